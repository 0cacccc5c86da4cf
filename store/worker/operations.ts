/** What the Worker can be asked to do. One table: its types are the store's interface on both sides. */
import type { AuditEntry } from "../../core/access/audit.ts";
import type { SessionRecord, UserRecord } from "../../core/access/user.ts";
import type { ApiKeyRecord } from "../../core/api-key.ts";
import type { Exception } from "../../core/correlation/exceptions.ts";
import { EdgeError } from "../../core/errors.ts";
import type { AppendedCounts, EventKind } from "../../core/event.ts";
import type { PollPosition } from "../../core/feeds/continuity.ts";
import type { Incident } from "../../core/incident.ts";
import type { CaseRequest, IncidentRequest } from "../../core/incident-change.ts";
import type { AlarmWrite, DetectionWrite } from "../../core/ports.ts";
import type { CorrelationSettings } from "../../core/settings.ts";
import type { ThreatCase } from "../../core/threat-case.ts";
import { insertApiKey, listApiKeys, revokeApiKey, touchApiKeys } from "../access/api-keys.ts";
import { addAudit, pruneAudit } from "../access/audit.ts";
import {
  deleteSessions,
  deleteUser,
  insertSession,
  insertUser,
  listPollPositions,
  listSessions,
  listUsers,
  savePollPositions,
  updateSession,
  updateUser,
} from "../access/users.ts";
import { readGeneration } from "../database/generation.ts";
import { heartbeat } from "../database/heartbeat.ts";
import { integrityCheck, storeFacts } from "../database/integrity.ts";
import type { EventBatch } from "../events/event-batch.ts";
import {
  countEventsAfter,
  listReaders,
  readEvents,
  readPosition,
  savePosition,
  seqBefore,
} from "../events/event-log.ts";
import { applyCaseChange } from "../incidents/case-changes.ts";
import { Correlator } from "../incidents/correlator.ts";
import { deleteException, insertException, listExceptions } from "../incidents/exceptions.ts";
import { type Author, applyIncidentChange, promote } from "../incidents/incident-changes.ts";
import { writeAlarms } from "../intake/alarms.ts";
import type { Written } from "../intake/alerts.ts";
import { findBatch } from "../intake/batches.ts";
import { recordHourly } from "../intake/hourly.ts";
import { type PruneStep, prune } from "../retention/retention.ts";
import type { Open } from "./open-file.ts";
import { ticketOperations } from "./ticket-operations.ts";

export type OnAppend = (end: number, counts: AppendedCounts) => void;

export function operations(store: Open, onAppend: OnAppend) {
  const { database, alerts, sequences, assessments } = store;
  const appended = (counts: AppendedCounts) => {
    if (Object.keys(counts).length > 0) onAppend(sequences.lastSeq, counts);
  };
  /** A change that has been written: its events are announced. */
  const written = (events: EventBatch) => {
    sequences.advance({ events: events.size });
    appended(events.counts());
  };
  const took = ({ tally, counts, periodIds }: Written, more: string | null) => {
    if (more !== null) assessments.wait(more, periodIds);
    appended(counts);
    return tally;
  };
  const assessed = ({ counts, more }: { counts: AppendedCounts; more: boolean }) => {
    appended(counts);
    return more;
  };
  const correlator = () => {
    if (store.correlator === null) throw new EdgeError("no_correlation", "this appliance runs without incidents");
    return store.correlator;
  };
  const changeRules = () => ({
    patterns: store.correlator?.rules.patterns ?? [],
    policies: store.ticketRules.policies,
  });
  const reloadExceptions = async () => {
    await store.correlator?.reloadExceptions();
  };
  return {
    /** Null leaves the incident step out. */
    configureCorrelation: async (settings: CorrelationSettings | null) => {
      store.correlator =
        settings === null ? null : await Correlator.load(database, sequences, settings, store.ticketRules);
    },
    ...ticketOperations(store, written),
    writeDetections: async (write: DetectionWrite) => took(await alerts.write(write, store.correlator), write.more),
    writeAlarms: async (write: AlarmWrite) =>
      took(await writeAlarms(database, sequences, write, store.correlator), write.more),
    assessBatch: async (name: string, now: number) =>
      store.correlator !== null && assessed(await assessments.batch(name, store.correlator, now)),
    assessLeft: async (now: number, starting: boolean) =>
      store.correlator !== null && assessed(await assessments.left(store.correlator, now, starting)),
    decayScores: async (now: number) =>
      store.correlator !== null && assessed(await assessments.decay(store.correlator, now)),
    changeIncident: async (incidentId: string, request: IncidentRequest, author: Author, now: number) => {
      const after = sequences.lastSeq;
      const { row, changed, events } = await applyIncidentChange(
        database,
        changeRules(),
        after,
        incidentId,
        request,
        author,
        now,
      );
      written(events);
      return { incident: row as Incident, changed };
    },
    promoteActor: async (request: { entity: string; actor: string; reason: string }, author: Author, now: number) => {
      const { incidentId, events } = await promote(database, correlator(), sequences.lastSeq, request, author, now);
      written(events);
      return incidentId;
    },
    changeCase: async (caseId: string, request: CaseRequest, author: Author, now: number) => {
      const after = sequences.lastSeq;
      const { row, changed, events } = await applyCaseChange(
        database,
        store.correlator,
        after,
        caseId,
        request,
        author,
        now,
      );
      written(events);
      return { threatCase: row as ThreatCase, changed };
    },
    listExceptions: () => listExceptions(database),
    insertException: async (exception: Exception) => {
      await insertException(database, exception);
      await reloadExceptions();
    },
    deleteException: async (id: string) => {
      const deleted = await deleteException(database, id);
      await reloadExceptions();
      return deleted;
    },
    recordHourly: async (now: number, intervalMs: number) => {
      const { recorded, more } = await recordHourly(database, sequences, now, intervalMs);
      if (recorded > 0) appended({ alert_hourly: recorded });
      return { recorded, more };
    },
    findBatch: (owner: string, key: string) => findBatch(database, owner, key),
    readEvents: (after: number, limit: number, kinds: readonly EventKind[]) =>
      readEvents(database, after, limit, kinds),
    countEventsAfter: (after: number, kinds: readonly EventKind[]) => countEventsAfter(database, after, kinds),
    lastSeq: async () => sequences.lastSeq,
    seqBefore: (at: number) => seqBefore(database, at),
    readPosition: (reader: string) => readPosition(database, reader),
    savePosition: (reader: string, position: number, now: number) => savePosition(database, reader, position, now),
    listReaders: () => listReaders(database),
    insertApiKey: (key: ApiKeyRecord) => insertApiKey(database, key),
    listApiKeys: () => listApiKeys(database),
    revokeApiKey: (id: string, now: number) => revokeApiKey(database, id, now),
    touchApiKeys: (uses: readonly (readonly [string, number])[]) => touchApiKeys(database, uses),
    prune: (now: number, retentionDays: number, step: PruneStep) =>
      prune(database, sequences, now, retentionDays, step),
    heartbeat: (now: number, distrustMs: number | null) => heartbeat(database, now, distrustMs),
    facts: () => storeFacts(database),
    integrityCheck: () => integrityCheck(database),
    listUsers: () => listUsers(database),
    insertUser: (user: UserRecord) => insertUser(database, user),
    updateUser: (user: UserRecord, tokenVersion: number) => updateUser(database, user, tokenVersion),
    deleteUser: (id: string) => deleteUser(database, id),
    listSessions: () => listSessions(database),
    insertSession: (session: SessionRecord) => insertSession(database, session),
    updateSession: (session: SessionRecord) => updateSession(database, session),
    deleteSessions: (ids: readonly string[]) => deleteSessions(database, ids),
    addAudit: (entries: readonly AuditEntry[]) => addAudit(database, entries),
    pruneAudit: (before: number, most: number) => pruneAudit(database, before, most),
    readGeneration: () => readGeneration(database),
    listPollPositions: () => listPollPositions(database),
    savePollPositions: (positions: readonly PollPosition[], before: number) =>
      savePollPositions(database, positions, before),
  };
}

export type StoreOperations = ReturnType<typeof operations>;
