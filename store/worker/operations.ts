/** The tables of operations of the two Workers, joined from the folders of the store: by group, then by method. */
import type { ListedAsset } from "../../core/assets/asset.ts";
import type { ActorRules } from "../../core/correlation/actor.ts";
import type { FloorRow } from "../../core/correlation/floors.ts";
import { type CasePattern, preparePatterns } from "../../core/correlation/patterns.ts";
import { accessOperations, auditReading, settingsOperations } from "../access/operations.ts";
import { assetOperations, assetReading } from "../assets/operations.ts";
import { backupOperations } from "../backup/operations.ts";
import { campaignOperations, campaignReading, outbreakOperations } from "../campaigns/operations.ts";
import { newMemory } from "../campaigns/step.ts";
import type { Operation, OperationKind, Operations } from "../database/operation.ts";
import { fileOperations } from "../database/operations.ts";
import { eventOperations, eventReading, positionOperations } from "../events/operations.ts";
import { assessmentOperations, incidentLookups, incidentOperations } from "../incidents/operations.ts";
import { intakeOperations } from "../intake/operations.ts";
import { listReading, type OpenReading, ticketCounts } from "../lists/operations.ts";
import { outboxOperations, outboxReading } from "../outbox/operations.ts";
import { retentionOperations, retentionReading } from "../retention/operations.ts";
import { searchOperations } from "../search/operations.ts";
import { syncOperations } from "../sync/operations.ts";
import type { Open } from "./open-file.ts";

export type Groups<State> = Readonly<Record<string, Operations<State>>>;

/** Operations on the one connection that writes. */
export const writing = {
  intake: { ...intakeOperations, ...assessmentOperations },
  events: eventOperations,
  admin: {
    ...accessOperations,
    ...backupOperations,
    ...fileOperations,
    ...positionOperations,
    ...retentionOperations,
    ...searchOperations,
  },
  incidents: { ...incidentOperations, ...assetOperations },
  campaigns: { ...campaignOperations, ...outbreakOperations },
  tickets: {
    ...settingsOperations,
    ...outboxOperations,
    ...incidentLookups,
    ...syncOperations,
    ...ticketCounts,
  },
} satisfies Groups<Open>;

/** Settings of the reading Worker. */
export interface ReadingSettings {
  patterns: readonly CasePattern[];
  /** Of `assets.json`. */
  assets: readonly ListedAsset[];
  /** What one detection is worth by itself. */
  floors: readonly FloorRow[];
  actors: ActorRules;
}

/** Operations on a connection that cannot write. */
export const reading = {
  reading: {
    ...eventReading,
    ...auditReading,
    ...outboxReading,
    ...listReading,
    ...retentionReading,
    ...assetReading,
    ...campaignReading,
  },
  settings: {
    /** Sets which patterns make a case, and the assets of the file. */
    configure: {
      kind: "read",
      run: async (open, { patterns, assets, floors, actors }: ReadingSettings): Promise<void> => {
        open.patterns = preparePatterns(patterns);
        open.campaigns = newMemory(floors, actors, open.assets);
        await open.assets.setFile(open.database, assets);
      },
    },
  },
} satisfies Groups<OpenReading>;

export type Writing = typeof writing;
export type Reading = typeof reading;

type NameIn<Table> = {
  [Group in keyof Table & string]: `${Group}.${keyof Table[Group] & string}`;
}[keyof Table & string];

/** The name of an operation in calls, such as `events.read`. */
export type OperationName = NameIn<Writing> | NameIn<Reading>;

/** The names and kinds of a table's operations, so that the client need not load their code. */
export type Catalogue = Readonly<Record<string, Readonly<Record<string, OperationKind>>>>;

/** Returns the catalogue of a table. */
export function catalogueOf(table: Groups<never>): Catalogue {
  const kinds = (group: Operations<never>) =>
    Object.fromEntries(Object.entries(group).map(([name, { kind }]) => [name, kind]));
  return Object.fromEntries(Object.entries(table).map(([name, group]) => [name, kinds(group)]));
}

/** The operation with this name, if the table has one. */
export function operationIn<State>(table: Groups<State>, name: string): Operation<State> | undefined {
  const [group = "", method = ""] = name.split(".");
  return table[group]?.[method];
}
