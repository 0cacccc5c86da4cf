/**
 * What Cortex XSOAR does with an integration's answers, as its documents describe it: incidents of a fetch, fields by the pack's mappers, and the
 * mirroring, which calls the integration out for whatever has changed here, also where a mirroring has closed an incident.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PackProcess } from "./soar-scene.ts";

export const xsoarPack = join(import.meta.dirname, "../../appliance/packs/xsoar/Packs/RhythmXEdge");
// biome-ignore lint/suspicious/noExplicitAny: files of the pack
export const packJson = (path: string): any => JSON.parse(readFileSync(join(xsoarPack, path), "utf8"));

interface Mapping {
  [field: string]: { simple: string };
}
const mappingOf = (direction: string): Mapping =>
  packJson(`Classifiers/classifier-mapper-${direction}-RhythmXEdge.json`).mapping["RhythmX Incident"].internalMapping;
const cliNames = new Map<string, string>(
  readdirSync(join(xsoarPack, "IncidentFields"))
    .map((file) => packJson(`IncidentFields/${file}`))
    .map(({ name, cliName }) => [name, cliName]),
);

/** A path of a mapper: through lists it gives the value of each item. */
function valueAtPath(value: unknown, path: string): unknown {
  if (path === "" || value === null || value === undefined) return value ?? null;
  if (Array.isArray(value)) return value.map((one) => valueAtPath(one, path));
  const [first = "", ...rest] = path.split(".");
  return valueAtPath((value as Record<string, unknown>)[first], rest.join("."));
}

interface XsoarIncident {
  name: string;
  severity: number;
  occurred: string;
  fields: Record<string, unknown>;
  closed: { reason: string; notes: string } | null;
  /** Times that it was closed or opened again, by whomever. */
  turns: number;
  notes: string[];
  /** Fields that were changed here and are to be told. */
  dirty: Set<string>;
  entries: { id: string; type: number; contents: string; user: string }[];
}

export class Xsoar {
  readonly incidents = new Map<string, XsoarIncident>();
  /** Ids of incidents that a fetch gave a second time. */
  readonly doubles: string[] = [];
  readonly #pack: PackProcess;
  #left: string[] = [];
  params: Record<string, unknown>;
  clock = 0;

  constructor(pack: PackProcess, params: Record<string, unknown>) {
    this.#pack = pack;
    this.params = params;
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  run(command: string, args: object = {}, more: object = {}): Promise<any> {
    return this.#pack.run({ command, args, params: this.params, url: this.params.url, clock: this.clock, ...more });
  }

  /** One fetch; answers what the command answered. */
  async fetch(more: object = {}) {
    const answer = await this.run("fetch-incidents", {}, more);
    for (const { name, severity, occurred, rawJSON } of answer.incidents) {
      const fields = this.#mapped(JSON.parse(rawJSON));
      const id = fields.dbotMirrorId as string;
      if (this.incidents.has(id)) this.doubles.push(id);
      const state = { closed: null, turns: 0, notes: [], dirty: new Set<string>(), entries: [] };
      this.incidents.set(id, { name, severity, occurred, fields, ...state });
    }
    return answer;
  }

  /** Fetches until there is no more. */
  async fetchAll(more: object = {}): Promise<void> {
    for (;;) {
      const answer = await this.fetch(more);
      if (answer.error !== null) throw new Error(answer.error);
      if (answer.incidents.length === 0) return;
    }
  }

  actors(): string[] {
    return [...this.incidents.values()].map(({ fields }) => String(fields.rhythmxactor)).sort();
  }

  of(actor: string): XsoarIncident & { id: string } {
    const [id, incident] = [...this.incidents].find(([, { fields }]) => fields.rhythmxactor === actor) ?? [];
    if (id === undefined || incident === undefined) throw new Error(`no incident of ${actor}`);
    return Object.assign(incident, { id });
  }

  /** One round of the mirroring in; answers what went wrong. The platform knows failures by their words: where they are, it tries again. */
  async mirrorIn(): Promise<string | null> {
    const lastUpdate = new Date(Date.now() + this.clock * 1000).toISOString();
    const modified = await this.run("get-modified-remote-data", { lastUpdate });
    if (modified.error !== null) return modified.error;
    const ids = new Set([...this.#left, ...(modified.results[0] as string[])].filter((id) => this.incidents.has(id)));
    this.#left = [...ids];
    for (const id of ids) {
      const answer = await this.run("get-remote-data", { id, lastUpdate });
      if (answer.error?.includes("API rate limit")) return answer.error;
      this.#left = this.#left.filter((one) => one !== id);
      if (answer.error === null) this.#take(this.incidents.get(id)!, answer.results[0]);
    }
    return null;
  }

  /** Rounds both ways until all has come to rest, and some more. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      const errors = [await this.mirrorIn(), ...(await this.mirrorOut())].filter((error) => error !== null);
      if (errors.length > 0) throw new Error(errors.join("\n"));
    }
  }

  #take(
    incident: XsoarIncident,
    { object, entries }: { object: object; entries: { Contents: unknown; Note?: boolean }[] },
  ) {
    for (const [field, value] of Object.entries(this.#mapped(object)))
      if (!field.startsWith("dbot") && !incident.dirty.has(field)) incident.fields[field] = value;
    for (const { Contents: contents, Note: isNote } of entries) {
      if (isNote) incident.notes.push(String(contents));
      const { dbotIncidentClose, dbotIncidentReopen, closeReason, closeNotes } = contents as Record<string, string>;
      if (dbotIncidentClose && incident.closed === null) this.#close(incident, closeReason ?? "", closeNotes ?? "");
      if (dbotIncidentReopen && incident.closed !== null) {
        incident.closed = null;
        incident.turns += 1;
      }
    }
  }

  /** The platform tells of a closing out, whoever has closed it. */
  #close(incident: XsoarIncident, reason: string, notes: string): void {
    incident.closed = { reason, notes };
    incident.turns += 1;
    incident.dirty.add("closeReason");
  }

  close(actor: string, reason: string, notes: string): void {
    this.#close(this.of(actor), reason, notes);
  }

  change(actor: string, fields: Record<string, unknown>): void {
    const incident = this.of(actor);
    Object.assign(incident.fields, fields);
    for (const field of Object.keys(fields)) incident.dirty.add(field);
  }

  note(actor: string, contents: string, id: string): void {
    this.of(actor).entries.push({ id, type: 1, contents, user: "jane.doe" });
  }

  /** One round of the mirroring out. What fails stays to be told. */
  async mirrorOut(): Promise<(string | null)[]> {
    const errors: (string | null)[] = [];
    for (const [id, incident] of this.incidents) {
      if (incident.dirty.size === 0 && incident.entries.length === 0) continue;
      const closing = { closeReason: incident.closed?.reason, closeNotes: incident.closed?.notes };
      const isDirty = (field: string) => incident.dirty.has(field);
      const outgoing = Object.entries(mappingOf("outgoing"));
      const mapped = (wanted: (field: string) => boolean) =>
        Object.fromEntries(
          outgoing
            .filter(([, { simple }]) => wanted(simple))
            .map(([name, { simple }]) => [name, incident.fields[simple]]),
        );
      const answer = await this.run("update-remote-system", {
        ...{ remoteId: id, status: incident.closed === null ? 1 : 2, incidentChanged: incident.dirty.size > 0 },
        data: { ...mapped(() => true), ...(incident.closed === null ? {} : closing) },
        delta: { ...mapped(isDirty), ...(isDirty("closeReason") ? closing : {}) },
        entries: incident.entries,
      });
      errors.push(answer.error);
      if (answer.error !== null) continue;
      incident.dirty.clear();
      incident.entries = [];
    }
    return errors;
  }

  #mapped(raw: object): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(mappingOf("incoming")).map(([name, { simple }]) => [
        cliNames.get(name) ?? name,
        valueAtPath(raw, simple),
      ]),
    );
  }
}
