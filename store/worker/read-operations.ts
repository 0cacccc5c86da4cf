/** What the reader's Worker can be asked: everything that the API lists and shows, on a connection that cannot write. */
import { type CasePattern, preparePatterns } from "../../core/correlation/patterns.ts";
import type { EventKind } from "../../core/event.ts";
import type { ListedFeed, PageQuery } from "../../core/feeds/page.ts";
import { type AuditQuery, listAudit } from "../access/audit.ts";
import type { Database } from "../database/database.ts";
import { lastSeq, oldestEvent, readEvents } from "../events/event-log.ts";
import { lastAlertId } from "../events/sequences.ts";
import { readCaseDetail, readIncidentDetail } from "../lists/incident-detail.ts";
import { listPage, readRow } from "../lists/list-pages.ts";
import { readSamples } from "../lists/rule-samples.ts";
import { listDeliveries, listTickets, type TicketFilter } from "../lists/ticket-lists.ts";
import { listDeadLetters } from "../outbox/dead-letters.ts";
import { findDelivery, findTicket } from "../outbox/tickets.ts";

/** `patterns` is added on the way: callers leave it out. */
export function readOperations(database: Database) {
  return {
    listPage: (query: PageQuery, patterns: readonly CasePattern[] = []) =>
      listPage(database, query, preparePatterns(patterns)),
    readRow: (feed: ListedFeed, id: string, patterns: readonly CasePattern[] = []) =>
      readRow(database, feed, id, preparePatterns(patterns)),
    readIncident: (incidentId: string, now: number, patterns: readonly CasePattern[] = []) =>
      readIncidentDetail(database, preparePatterns(patterns), incidentId, now),
    readSamples: (incidentId: string) => readSamples(database, incidentId),
    readCase: (caseId: string, patterns: readonly CasePattern[] = []) =>
      readCaseDetail(database, preparePatterns(patterns), caseId),
    readEvents: (after: number, limit: number, kinds: readonly EventKind[]) =>
      readEvents(database, after, limit, kinds),
    listTickets: (filter: TicketFilter) => listTickets(database, filter),
    listDeliveries: (filter: TicketFilter) => listDeliveries(database, filter),
    listDeadLetters: (entities: readonly string[] | null) => listDeadLetters(database, entities),
    findDelivery: (id: string) => findDelivery(database, id),
    findTicket: (incidentId: string, system: string) => findTicket(database, incidentId, system),
    oldestEvent: () => oldestEvent(database),
    /** The last position that was ever given in this order of the feed. */
    lastPosition: (feed: ListedFeed, by: "created" | "updated") =>
      feed === "alerts" && by === "created" ? lastAlertId(database) : lastSeq(database),
    listAudit: (query: AuditQuery) => listAudit(database, query),
  };
}

export type ReadOperations = ReturnType<typeof readOperations>;
