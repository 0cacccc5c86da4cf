/** Operations for lists and details of the API, and counts of tickets and deliveries. */
import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import type { Collection, PageQuery } from "../../core/pages/page.ts";
import type { OpenCampaigns } from "../campaigns/step.ts";
import { entitySpellings, listEntities } from "../database/entity-spellings.ts";
import { fileFacts } from "../database/integrity.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { recentHistory } from "../incidents/history.ts";
import { readAlertLog } from "./alert-detail.ts";
import { listCampaigns, readCampaign } from "./campaigns.ts";
import { matchedAlerts } from "./exception-matches.ts";
import { type Trial, tryException } from "./exception-trial.ts";
import { failedDeliveries, ticketLevels } from "./failed-deliveries.ts";
import { actorsCalled } from "./filters.ts";
import { newestIncident, readCaseDetail, readIncidentDetail } from "./incident-detail.ts";
import { readKept } from "./kept/kept-data.ts";
import { listPage, readRow } from "./list-pages.ts";
import { readMonitored } from "./monitoring.ts";
import { type OverviewQuery, readHours, readOverview } from "./overview.ts";
import { falsePositives, readProposalEvidence } from "./proposal-evidence.ts";
import { countPeakLevels, recentEntities, recentUsers } from "./recent.ts";
import { readSamples } from "./rule-samples.ts";
import {
  countDeliveries,
  countTickets,
  listDeliveries,
  listTickets,
  listToldIn,
  readDelivery,
  type TicketFilter,
} from "./ticket-lists.ts";

/** The state of the reading Worker. */
export interface OpenReading extends OpenCampaigns {
  /** The patterns that make a case, for lists and details of cases. */
  patterns: readonly PreparedPattern[];
}

export const listReading = {
  listPage: {
    kind: "read",
    run: async ({ database, patterns, assets }, query: PageQuery) =>
      listPage(database, query, patterns, await actorsAsked(database, assets, query)),
  },
  readRow: {
    kind: "read",
    run: ({ database, patterns }, collection: Collection, id: string, now: number) =>
      readRow(database, collection, id, { patterns, now }),
  },
  readIncident: {
    kind: "read",
    run: async ({ database, patterns, assets }, incidentId: string, now: number) =>
      readIncidentDetail(database, { patterns, roles: await assets.current(database) }, incidentId, now),
  },
  newestIncident: { kind: "read", run: ({ database }) => newestIncident(database) },
  readCampaign: { kind: "read", run: ({ database }, campaignId: string) => readCampaign(database, campaignId) },
  listCampaigns: {
    kind: "read",
    run: ({ database }, query: Parameters<typeof listCampaigns>[1]) => listCampaigns(database, query),
  },
  tryException: {
    kind: "read",
    run: async ({ database, assets }, trial: Trial, after: number) =>
      tryException(database, trial, (await assets.current(database)).names.book, after),
  },
  matchedAlerts: {
    kind: "read",
    run: async ({ database, assets }, query: Parameters<typeof matchedAlerts>[1], most: number) =>
      matchedAlerts(database, query, (await assets.current(database)).names.book, most),
  },
  readProposalEvidence: {
    kind: "read",
    run: ({ database }, incidentId: string) => readProposalEvidence(database, incidentId),
  },
  falsePositives: {
    kind: "read",
    run: ({ database }, since: number, limit: number, entities: readonly string[] | null) =>
      falsePositives(database, since, limit, entities),
  },
  readCase: {
    kind: "read",
    run: ({ database, patterns }, caseId: string) => readCaseDetail(database, patterns, caseId),
  },
  recentHistory: {
    kind: "read",
    run: ({ database }, entities: readonly string[] | null, limit: number) => recentHistory(database, entities, limit),
  },
  listEntities: {
    kind: "read",
    run: ({ database }, among: readonly string[] | null, most: number) => listEntities(database, among, most),
  },
  readAlertLog: { kind: "read", run: ({ database }, hash: string) => readAlertLog(database, hash) },
  readOverview: { kind: "read", run: ({ database }, query: OverviewQuery) => readOverview(database, query) },
  readHours: {
    kind: "read",
    run: ({ database }, query: { entities: readonly string[] | null; from: number; to: number }) =>
      readHours(database, query),
  },
  countPeakLevels: { kind: "read", run: ({ database }, since: number) => countPeakLevels(database, since) },
  failedDeliveries: {
    kind: "read",
    run: ({ database }, since: number, limit: number) => failedDeliveries(database, since, limit),
  },
  ticketLevels: {
    kind: "read",
    run: ({ database }, since: number, limit: number) => ticketLevels(database, since, limit),
  },
  recentEntities: { kind: "read", run: ({ database }, since: number) => recentEntities(database, since) },
  recentUsers: {
    kind: "read",
    run: ({ database }, since: number, after: number) => recentUsers(database, since, after),
  },
  readMonitored: { kind: "read", run: ({ database, campaigns }) => readMonitored(database, campaigns.readTo) },
  fileFacts: { kind: "read", run: ({ database }) => fileFacts(database) },
  readKept: {
    kind: "read",
    run: ({ database }, asked: { now: number; days: number; auditDays: number }) => readKept(database, asked),
  },
  readSamples: { kind: "read", run: ({ database }, incidentId: string) => readSamples(database, incidentId) },
  listToldIn: {
    kind: "read",
    run: ({ database }, incidentIds: readonly string[]) => listToldIn(database, incidentIds),
  },
  listTickets: {
    kind: "read",
    run: async ({ database }, filter: TicketFilter) => listTickets(database, await spelled(database, filter)),
  },
  readDelivery: { kind: "read", run: ({ database }, id: string) => readDelivery(database, id) },
  listDeliveries: {
    kind: "read",
    run: async ({ database }, filter: TicketFilter) => listDeliveries(database, await spelled(database, filter)),
  },
} satisfies Operations<OpenReading>;

export const ticketCounts = {
  countDeliveries: { kind: "read", run: ({ database }) => countDeliveries(database) },
  countTickets: { kind: "read", run: ({ database }) => countTickets(database) },
} satisfies Operations<OpenDatabase>;

/** The actors that the filters ask for; null = no one in particular. */
async function actorsAsked(
  database: OpenDatabase["database"],
  assets: OpenReading["assets"],
  { filters: { actor, primaryUser } }: PageQuery,
): Promise<string[] | null> {
  const asked = actor ?? primaryUser;
  return asked === undefined ? null : actorsCalled(asked, (await assets.current(database)).names.book);
}

async function spelled(database: OpenDatabase["database"], filter: TicketFilter): Promise<TicketFilter> {
  return { ...filter, entities: await entitySpellings(database, filter.entities) };
}
