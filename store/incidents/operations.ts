/** Operations on incidents, cases and exceptions. */
import { createHash } from "node:crypto";

import { EdgeError } from "../../core/errors.ts";
import type { Exception } from "../../core/exceptions/exception.ts";
import type { Incident } from "../../core/incident.ts";
import type { CaseRequest, IncidentRequest } from "../../core/incident-change.ts";
import type { CorrelationSettings } from "../../core/settings.ts";
import type { ThreatCase } from "../../core/threat-case.ts";
import { noteFile } from "../assets/asset-rows.ts";
import type { OpenAssets } from "../assets/operations.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import type { OpenOutbox } from "../outbox/operations.ts";
import { type Assessments, assessLeft, decayScores } from "./assessments.ts";
import { applyCaseChange } from "./case-changes.ts";
import { Correlator } from "./correlator.ts";
import { applyExceptions } from "./exception-effects.ts";
import { deleteException, insertException, listExceptions, updateException } from "./exceptions.ts";
import { applyIncidentChange, type ChangeRules, promote } from "./incident-changes.ts";
import { findIncidents } from "./incident-rows.ts";
import { applyRoles } from "./role-effects.ts";
import { type Author, type OpenUnit, UnitOfWork } from "./unit-of-work.ts";

export interface OpenIncidents extends OpenUnit, OpenOutbox, OpenAssets {
  readonly assessments: Assessments;
  /** Null while the incident step is off: records are then no evidence. */
  correlator: Correlator | null;
}

export const incidentOperations = {
  /** Null turns the incident step off. */
  configureCorrelation: {
    kind: "write",
    run: async (open, settings: CorrelationSettings | null): Promise<void> => {
      const { database, ticketRules, assets } = open;
      const file = settings?.assets ?? [];
      const sha256 = file.length === 0 ? "" : createHash("sha256").update(JSON.stringify(file)).digest("hex");
      const noted = await noteFile(database, sha256);
      if (noted.length > 0) await database.write(noted);
      await assets.setFile(database, file);
      open.correlator =
        settings === null ? null : await Correlator.load(database, settings, { tickets: ticketRules, assets });
    },
  },
  assessLeft: {
    kind: "write",
    run: async (open, now: number, starting: boolean) =>
      open.correlator !== null &&
      ((await assessLeft(open, open.correlator, now, starting)) ||
        (await applyExceptions(open, open.correlator, now)) ||
        // Intake need not wait for this.
        (!starting && (await applyRoles(open, open.correlator, now)))),
  },
  decayScores: {
    kind: "write",
    run: async (open, now: number) => open.correlator !== null && decayScores(open, open.correlator, now),
  },
  changeIncident: {
    kind: "write",
    run: async (open, incidentId: string, request: IncidentRequest, author: Author, now: number) => {
      const { row, changed } = await UnitOfWork.inOneWrite(open, author, now, (unit) =>
        applyIncidentChange(unit, changeRules(open), incidentId, request),
      );
      return { incident: row as Incident, changed };
    },
  },
  promoteActor: {
    kind: "write",
    run: async (open, request: { entity: string; actor: string; reason: string }, author: Author, now: number) => {
      const { correlator } = open;
      if (correlator === null) throw new EdgeError("no_correlation", "this appliance runs without incidents");
      return UnitOfWork.inOneWrite(open, author, now, (unit) => promote(unit, correlator, request));
    },
  },
  changeCase: {
    kind: "write",
    run: async (open, caseId: string, request: CaseRequest, author: Author, now: number) => {
      const { row, changed } = await UnitOfWork.inOneWrite(open, author, now, (unit) =>
        applyCaseChange(unit, open.correlator, caseId, request),
      );
      return { threatCase: row as ThreatCase, changed };
    },
  },
  /** A step of what saved and removed exceptions do to the evidence that is there; returns whether more is left. */
  applyExceptions: {
    kind: "write",
    run: async (open, now: number) => open.correlator !== null && applyExceptions(open, open.correlator, now),
  },
  /** Null while the incident step is off. */
  actorRules: { kind: "memory", run: async ({ correlator }) => correlator?.actorRules ?? null },
  listExceptions: { kind: "read", run: ({ database }) => listExceptions(database) },
  insertException: {
    kind: "write",
    run: async ({ database, correlator }, exception: Exception): Promise<void> => {
      await insertException(database, exception);
      await correlator?.reloadExceptions();
    },
  },
  updateException: {
    kind: "write",
    run: async ({ database, correlator }, before: Exception, after: Exception, now: number) => {
      const updated = await updateException(database, before, after, now);
      await correlator?.reloadExceptions();
      return updated;
    },
  },
  deleteException: {
    kind: "write",
    run: async ({ database, correlator }, id: string, now: number, expected: Exception | null = null) => {
      const deleted = await deleteException(database, id, now, expected);
      await correlator?.reloadExceptions();
      return deleted;
    },
  },
} satisfies Operations<OpenIncidents>;

/** Called by intake when a batch is complete. */
export const assessmentOperations = {
  assessBatch: {
    kind: "write",
    run: async (open, name: string, now: number) =>
      open.correlator !== null && open.assessments.batch(open, open.correlator, name, now),
  },
} satisfies Operations<OpenIncidents>;

/** Queries of the ticket lanes. */
export const incidentLookups = {
  findIncident: {
    kind: "read",
    run: async ({ database }, id: string): Promise<Incident | null> =>
      (await findIncidents(database, [id])).get(id) ?? null,
  },
} satisfies Operations<OpenDatabase>;

/** The rules that apply to a change of an incident or case at present. */
export function changeRules({ correlator, ticketRules }: OpenIncidents): ChangeRules {
  return { patterns: correlator?.rules.patterns ?? [], policies: ticketRules.policies };
}
