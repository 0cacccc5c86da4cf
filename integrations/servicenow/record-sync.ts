/** Records kept in step: read back, found by what has changed, and changed themselves (protocols 4). */

import { DeliveryError } from "../../core/errors.ts";
import type { IncidentStatus } from "../../core/incident.ts";
import type { RemoteChange, RemoteComment, RemoteState, UpdateResult } from "../../core/tickets/ticket.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import { withoutCodeTags } from "../plain-text.ts";
import {
  changeOf,
  displayOf,
  type Meanings,
  rawOf,
  recordState,
  remoteNote,
  type StateRow,
  stateFields,
  utcOf,
  utcText,
} from "./record-state.ts";
import { refusedIn200, resultOf, type ServiceNowSettings, type Table } from "./table.ts";

const rowsAPage = 100;
const mostNotePages = 20;
/** What was written while a page was read is in the next one. */
const overlapMs = 120_000;
/** Times in queries may be read in the account's zone: west of Greenwich they then mean a later moment. */
const westernmostMs = 12 * hourMs;
const zoneLifeMs = dayMs;
const idForm = /^[0-9a-zA-Z-]{1,64}$/;

export class RecordSync {
  readonly #table: Table;
  readonly #settings: ServiceNowSettings;
  readonly #meanings: Meanings;
  readonly #now: () => number;
  #zone: { offsetMs: number; at: number } | null = null;

  constructor(table: Table, settings: ServiceNowSettings, now: () => number) {
    this.#table = table;
    this.#settings = settings;
    this.#meanings = settings;
    this.#now = now;
  }

  async read(id: string): Promise<RemoteState | null> {
    const path = `${this.#record(id)}?sysparm_display_value=all&sysparm_exclude_reference_link=true&sysparm_fields=${stateFields}`;
    const answer = await this.#table.target.request({ method: "GET", path, also: [404] });
    if (answer.status === 404) return null;
    const row = resultOf(answer) as StateRow | null;
    if (row === null || rawOf(row.sys_id) !== id) throw refusedIn200(answer);
    return this.#state(row);
  }

  /** The newest first. An account that may not read the journal learns nothing of it: the rest is kept in step all the same. */
  async notes(id: string, isKnown: (noteId: string) => boolean): Promise<RemoteComment[]> {
    const found: RemoteComment[] = [];
    for (let page = 0; page < mostNotePages; page++) {
      const rows = await this.#journal(id, page * rowsAPage);
      found.push(...rows.map((row) => remoteNote(row, this.#settings.username)));
      if (rows.length < rowsAPage || rows.some((row) => isKnown(rawOf(row.sys_id)))) break;
    }
    return found;
  }

  /** For a connection test: nothing stands still without it. */
  async testJournal(): Promise<string> {
    const path = "/api/now/table/sys_journal_field?sysparm_limit=1&sysparm_fields=sys_id";
    try {
      await this.#table.list(path);
      return "work notes of others come in";
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.retryable || error.code === "unauthorized") throw error;
      return "the account may not read sys_journal_field: notes of others do not come in";
    }
  }

  async findNote(id: string, token: string): Promise<{ commentId: string } | null> {
    for (let page = 0; page < mostNotePages; page++) {
      const rows = await this.#journal(id, page * rowsAPage);
      const found = rows.find((row) => rawOf(row.value).includes(token));
      if (found !== undefined) return { commentId: rawOf(found.sys_id) };
      if (rows.length < rowsAPage) break;
    }
    // Without the right to read the journal the record itself shows it.
    const path = `${this.#record(id)}?sysparm_display_value=true&sysparm_fields=sys_id,work_notes`;
    const answer = await this.#table.target.request({ method: "GET", path, also: [404] });
    const row = resultOf(answer) as StateRow | null;
    return row !== null && displayOf(row.work_notes).includes(token) ? { commentId: token } : null;
  }

  async *changes(cursor: string | null, since: number): AsyncGenerator<{ changes: RemoteChange[]; cursor: string }> {
    const from = (cursor === null ? since : Number(cursor)) - overlapMs + Math.min(0, await this.#zoneMs());
    let newest = cursor === null ? since : Number(cursor);
    // The newest first: what changes meanwhile moves to the front, and hides nothing that is still to come.
    const query = `correlation_display=RhythmX^sys_updated_on>=${utcText(from)}^ORDERBYDESCsys_updated_on`;
    const seen = new Set<string>();
    for (let offset = 0; ; offset += rowsAPage) {
      const rows = await this.#query(query, `&sysparm_limit=${rowsAPage}&sysparm_offset=${offset}`);
      const changes = rows.map(changeOf).filter(({ id, stamp }) => !seen.has(`${id} ${stamp}`));
      for (const { id, stamp, updated } of changes) {
        seen.add(`${id} ${stamp}`);
        newest = Math.max(newest, updated);
      }
      yield { changes, cursor: String(newest) };
      // An instance that does not know offsets would give the same page for ever.
      if (rows.length < rowsAPage || changes.length === 0) return;
    }
  }

  /** Work note, field or state: what the instance kept is compared with what was asked. */
  async patch(id: string, values: Readonly<Record<string, string>>): Promise<UpdateResult> {
    const path = `${this.#record(id)}?sysparm_display_value=all&sysparm_exclude_reference_link=true&sysparm_fields=${stateFields},impact,urgency,priority`;
    const answer = await this.#table.target.request({ method: "PATCH", path, body: JSON.stringify(values) });
    const row = resultOf(answer) as StateRow | null;
    if (row === null || rawOf(row.sys_id) !== id) throw refusedIn200(answer);
    for (const name of ["state", "assigned_to", "impact", "urgency"]) {
      const [asked, kept] = [values[name], rawOf(row[name])];
      if (asked === undefined || row[name] === undefined || kept === asked) continue;
      throw new DeliveryError(
        "not_kept",
        `the instance kept ${name} ${JSON.stringify(kept.slice(0, 40))} where ${JSON.stringify(asked)} was asked: a data policy, business rule or missing right; mend it there, or the setting that gives the value`,
        { retryable: false, data: { permanent: true, words: `${name}: ${kept.slice(0, 40)}` } },
      );
    }
    return { state: this.#state(row) };
  }

  /** The sys_id of one user with this user name, e-mail address or name; null: none, or several. */
  async findPerson(analyst: string): Promise<string | null> {
    if (!/^[^^=,\p{Cc}]{1,100}$/u.test(analyst)) return null;
    const query = ["user_name", "email", "name"].map((field) => `${field}=${analyst}`).join("^OR");
    const path = `/api/now/table/sys_user?sysparm_query=${encodeURIComponent(query)}&sysparm_limit=10&sysparm_fields=sys_id,user_name,email,name`;
    const rows = (await this.#table.list(path)) as StateRow[];
    const wanted = analyst.toLowerCase();
    const found = rows.filter((row) =>
      ["user_name", "email", "name"].some((f) => rawOf(row[f]).toLowerCase() === wanted),
    );
    return found.length === 1 ? rawOf(found[0]?.sys_id) : null;
  }

  statusValues(status: IncidentStatus, notes: string): Record<string, string> {
    const { stateValues, closeCode, falsePositiveCloseCode } = this.#settings;
    const state = stateValues[status];
    if (status === "OPEN" || status === "IN_PROGRESS") return { state };
    const code = status === "CLOSED" ? closeCode : falsePositiveCloseCode;
    return { state, close_code: code, close_notes: withoutCodeTags(notes) };
  }

  #record(id: string): string {
    if (!idForm.test(id))
      throw new DeliveryError("unexpected", "the record's sys_id is odd", {
        retryable: false,
        data: { permanent: true },
      });
    return `${this.#table.path}/${id}`;
  }

  #state(row: StateRow): RemoteState {
    const id = rawOf(row.sys_id);
    const ticket = this.#table.ticket(id, rawOf(row.number) || id);
    return recordState(ticket, row, this.#meanings, this.#settings.username);
  }

  async #journal(id: string, offset: number): Promise<StateRow[]> {
    this.#record(id);
    const query = `element_id=${id}^elementINwork_notes,comments^ORDERBYDESCsys_created_on`;
    const path = `/api/now/table/sys_journal_field?sysparm_query=${encodeURIComponent(query)}&sysparm_limit=${rowsAPage}&sysparm_offset=${offset}&sysparm_fields=sys_id,element_id,element,value,sys_created_by,sys_created_on`;
    try {
      const rows = (await this.#table.list(path)) as StateRow[];
      // A condition that the instance does not know is ignored in silence.
      return rows.filter((row) => rawOf(row.element_id) === id);
    } catch (error) {
      if (error instanceof DeliveryError && (error.data.status === 403 || error.data.status === 400)) return [];
      throw error;
    }
  }

  async #query(query: string, more: string): Promise<StateRow[]> {
    const path = `${this.#table.path}?sysparm_query=${encodeURIComponent(query)}&sysparm_exclude_reference_link=true&sysparm_fields=${stateFields}${more}`;
    return (await this.#table.list(path)) as StateRow[];
  }

  /** How far the account's clock is from UTC, by a time that is given in both; unknown: as far west as there is. */
  async #zoneMs(): Promise<number> {
    if (this.#zone !== null && this.#now() - this.#zone.at < zoneLifeMs) return this.#zone.offsetMs;
    const query = "correlation_display=RhythmX^ORDERBYDESCsys_updated_on";
    const [row] = await this.#query(query, "&sysparm_limit=1&sysparm_display_value=all");
    if (row === undefined) return -westernmostMs;
    const [utc, local] = [utcOf(rawOf(row.sys_updated_on)), utcOf(displayOf(row.sys_updated_on))];
    const offsetMs = utc === null || local === null ? -westernmostMs : local - utc;
    this.#zone = { offsetMs, at: this.#now() };
    return offsetMs;
  }
}
