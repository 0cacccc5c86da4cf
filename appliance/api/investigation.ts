/** Incidents and cases on behalf of a caller, limited to the caller's entities. */
import { type Caller, seesEntity, sourceOf } from "../../core/access/caller.ts";
import { EdgeError } from "../../core/errors.ts";
import type { CaseRequest, ChangedField, IncidentRequest, SeenState } from "../../core/incident-change.ts";
import type { Collection } from "../../core/pages/page.ts";
import type { Clock } from "../../core/ports.ts";
import type { Store } from "../../store/open-store.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import { alertDetail, caseDetail, type IncidentTickets, incidentDetail } from "./details.ts";

type Json = Record<string, unknown>;

/** What became of one of several changes: the row as JSON, or why not. */
export type BulkResult =
  | { id: string; row: string }
  | {
      id: string;
      refused: {
        status: number;
        detail: string;
        /** What somebody else has set since it was seen. */
        changed?: ChangedField;
      };
    };

/** What may be wrong with one incident of several, and its status. */
const refusals: ReadonlyMap<string, number> = new Map([
  ["incident_unknown", 404],
  ["incident_newer", 409],
  ["incident_changed", 409],
  ["notes_too_long", 422],
]);

export class Investigation {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #audit: AuditLog;

  /** Tickets of an incident with their deliveries, and the tickets of others in which it was told. */
  readonly #ticketsOf: (incidentId: string) => Promise<IncidentTickets>;

  constructor(
    store: Store,
    clock: Clock,
    audit: AuditLog,
    ticketsOf: (incidentId: string) => Promise<IncidentTickets>,
  ) {
    this.#ticketsOf = ticketsOf;
    this.#store = store;
    this.#clock = clock;
    this.#audit = audit;
  }

  /** @throws EdgeError incident_unknown, also for one of an entity that the caller may not see */
  async incident(caller: Caller, id: string): Promise<Json> {
    const row = await this.#row("incidents", caller, id);
    const detail = await this.#store.reading.readIncident(id, this.#clock.now());
    if (detail === null) throw unknown("incidents", id);
    return incidentDetail(JSON.parse(row) as Json, detail, await this.#ticketsOf(id));
  }

  /** With the newest log, as it is kept. @throws EdgeError alert_unknown, the same */
  async alert(caller: Caller, hash: string): Promise<Json> {
    const row = await this.#row("alerts", caller, hash);
    const log = await this.#store.reading.readAlertLog(hash);
    if (log === null) throw unknown("alerts", hash);
    return alertDetail(JSON.parse(row) as Json, log);
  }

  /** @throws EdgeError case_unknown, the same */
  async threatCase(caller: Caller, id: string): Promise<Json> {
    const row = await this.#row("cases", caller, id);
    const detail = await this.#store.reading.readCase(id);
    if (detail === null) throw unknown("cases", id);
    return caseDetail(JSON.parse(row) as Json, detail);
  }

  /** Returns the row as JSON. @throws EdgeError incident_unknown, incident_newer, incident_changed */
  async changeIncident(caller: Caller, id: string, request: IncidentRequest): Promise<string> {
    await this.#row("incidents", caller, id);
    const { changed } = await this.#store.incidents.changeIncident(id, request, authorOf(caller), this.#clock.now());
    if (changed) await this.#audit.note(auditAuthor(caller), "incident.change", id, auditDetail(request));
    return this.#row("incidents", caller, id);
  }

  /** The same for several, one after the other: what is wrong with one is told in its place and holds up no other. `seen`: what was seen of each. */
  async changeIncidents(
    caller: Caller,
    ids: readonly string[],
    request: IncidentRequest,
    seen: ReadonlyMap<string, SeenState> = new Map(),
  ): Promise<BulkResult[]> {
    const results: BulkResult[] = [];
    for (const id of new Set(ids)) {
      try {
        results.push({ id, row: await this.changeIncident(caller, id, { ...request, seen: seen.get(id) ?? {} }) });
      } catch (error) {
        if (!(error instanceof EdgeError)) throw error;
        const status = refusals.get(error.code);
        if (status === undefined) throw error;
        const changed =
          error.code === "incident_changed" ? { changed: error.data as unknown as ChangedField } : undefined;
        results.push({ id, refused: { status, detail: error.message, ...changed } });
      }
    }
    return results;
  }

  /** Returns the row as JSON. @throws EdgeError case_unknown, case_newer, case_changed */
  async changeCase(caller: Caller, id: string, request: CaseRequest): Promise<string> {
    await this.#row("cases", caller, id);
    const { changed } = await this.#store.incidents.changeCase(id, request, authorOf(caller), this.#clock.now());
    if (changed) await this.#audit.note(auditAuthor(caller), "case.change", id, auditDetail(request));
    return this.#row("cases", caller, id);
  }

  /** Returns the new incident's row as JSON. @throws EdgeError actor_unknown, incident_exists */
  async promote(caller: Caller, request: { entity: string; actor: string; reason: string }): Promise<string> {
    // The same answer as for an unknown actor.
    if (!seesEntity(caller, request.entity))
      throw new EdgeError(
        "actor_unknown",
        "nothing is known of such an actor of this entity: give the user, host or address of a detection",
      );
    const id = await this.#store.incidents.promoteActor(request, authorOf(caller), this.#clock.now());
    const { entity, actor, reason } = request;
    await this.#audit.note(auditAuthor(caller), "incident.promote", id, { entity, actor, reason });
    return this.#row("incidents", caller, id);
  }

  async #row(collection: Collection, caller: Caller, id: string): Promise<string> {
    const row = await this.#store.reading.readRow(collection, id, this.#clock.now());
    if (row === null || !seesEntity(caller, row.entity)) throw unknown(collection, id);
    return row.json;
  }
}

const one = { incidents: "incident", cases: "case", alerts: "alert" } as const satisfies Record<Collection, string>;

function unknown(collection: Collection, id: string): EdgeError {
  return new EdgeError(
    `${one[collection]}_unknown`,
    `there is no ${one[collection]} ${id.slice(0, 32).toWellFormed()}`,
  );
}

function authorOf(caller: Caller): { who: string; source: string } {
  return { who: caller.name, source: sourceOf(caller) };
}

/** What the audit log keeps of a request: notes can be long and are in the history, so only their presence is noted. */
function auditDetail(request: Omit<IncidentRequest, "status"> & { status?: string }): Json {
  const names = { status: "status", assignedAnalyst: "assigned_analyst" } as const;
  const detail: Json = {};
  for (const [field, name] of Object.entries(names) as [keyof typeof names, string][])
    if (request[field] !== undefined) detail[name] = request[field];
  if (request.notes != null || request.investigationNotes != null) detail.notes = true;
  return detail;
}
