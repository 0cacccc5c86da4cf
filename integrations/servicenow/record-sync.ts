/** Synchronises records: reads them back, searches for changed ones, and updates them (protocols 4). */

import { DeliveryError } from "../../core/errors.ts";
import type { IncidentStatus } from "../../core/incident.ts";
import type { RemoteChange, RemoteComment, RemoteState } from "../../core/tickets/ticket.ts";
import type { TitleChange, UpdateResult } from "../../core/tickets/ticket-system.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import { afterWriting } from "../answers.ts";
import { withoutCodeTags } from "../plain-text.ts";
import type { TestFinding } from "../test-steps.ts";
import { findTitle, titleResult } from "../titles.ts";
import { type RecordIdentity, rowOf } from "./identity.ts";
import { Journal } from "./journal.ts";
import {
  changeOf,
  displayOf,
  type Meanings,
  rawOf,
  recordState,
  type StateRow,
  stateFields,
  utcOf,
  utcText,
} from "./record-state.ts";
import { type ServiceNowSettings, type Table, withoutResult } from "./table.ts";

const rowsAPage = 100;
/** Overlap of searches, for records that were written while a page was read. */
const overlapMs = 120_000;
/** Times in queries may be interpreted in the account's time zone; west of Greenwich that is a later time. */
const westernmostMs = 12 * hourMs;
const zoneLifeMs = dayMs;
const journalFields = ["work_notes", "comments"];
const idForm = /^[0-9a-zA-Z-]{1,64}$/;

export class RecordSync {
  readonly #table: Table;
  readonly #settings: ServiceNowSettings;
  readonly #meanings: Meanings;
  readonly #now: () => number;
  readonly #identity: RecordIdentity;
  readonly #journal: Journal;
  #zone: { offsetMs: number; at: number } | null = null;

  constructor(table: Table, identity: RecordIdentity, settings: ServiceNowSettings, now: () => number) {
    this.#table = table;
    this.#identity = identity;
    this.#journal = new Journal({
      table,
      username: settings.username,
      path: (id) => this.#record(id),
      zoneMs: () => this.#zoneMs(),
      now,
    });
    this.#settings = settings;
    this.#meanings = settings;
    this.#now = now;
  }

  async read(id: string): Promise<RemoteState | null> {
    let record: string;
    try {
      record = await this.#record(id);
    } catch (error) {
      if (error instanceof DeliveryError && error.code === "not_found") return null;
      throw error;
    }
    const path = `${record}?sysparm_display_value=all&sysparm_exclude_reference_link=true&sysparm_fields=${stateFields}`;
    const answer = await this.#table.target.request({ method: "GET", path, also: [404] });
    if (answer.status === 404) return null;
    const row = rowOf(answer.body);
    // A record of which the account may read no field counts as missing.
    if (Object.keys(row).length === 0 && answer.body?.result !== undefined) return null;
    if (rawOf(row.sys_id) !== record.split("/").at(-1)) throw withoutResult(answer);
    return this.#state(row);
  }

  /** Newest first. Without permission to read notes there are none, and the other fields are still synchronised. */
  notes(id: string, isKnown: (noteId: string) => boolean): Promise<RemoteComment[]> {
    return this.#journal.notes(id, isKnown);
  }

  /** `recordId`: one of our tickets; "" = there is none. */
  testJournal(recordId: string): Promise<TestFinding> {
    return this.#journal.test(recordId);
  }

  /** Whether our own note exists, for a note that was written with the record itself. */
  async hasNote(id: string, text: string): Promise<boolean> {
    return (await this.#journal.find(id, text)) !== "absent";
  }

  async findNote(id: string, token: string): Promise<{ commentId: string } | null> {
    const found = await this.#journal.find(id, token);
    return typeof found === "string" ? null : found;
  }

  /** Journals are append-only, so a written note that is missing was dropped. @throws DeliveryError not_kept */
  async note(id: string, values: Readonly<Record<string, string>>, token: string): Promise<UpdateResult> {
    await this.patch(id, values);
    const found = await this.#journal.find(id, token).catch(afterWriting);
    const names = Object.keys(values).join(", ");
    if (found === "absent") throw notKept(names, "nothing", `a note with ${token}`);
    if (found === "unseen" || found === "there")
      return { warning: `the account may not read its own notes: whether ${names} arrived is not seen` };
    return { commentId: found.commentId };
  }

  async *changes(cursor: string | null, since: number): AsyncGenerator<{ changes: RemoteChange[]; cursor: string }> {
    const from = (cursor === null ? since : Number(cursor)) - overlapMs + Math.min(0, await this.#zoneMs());
    let newest = cursor === null ? since : Number(cursor);
    // Newest first: records that change during the search move to the front and hide none of the rest.
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
      // An instance that ignores offsets would return the same page without end.
      if (rows.length < rowsAPage || changes.length === 0) return;
    }
  }

  /** Level and title. A title that the instance does not take is only a warning. @throws DeliveryError not_kept: impact or urgency */
  async setRisk(
    id: string,
    values: Readonly<Record<string, string>>,
    title: TitleChange | null,
  ): Promise<UpdateResult> {
    const finding = await findTitle(title, () => this.#title(id));
    const asked = finding.write === null ? {} : { short_description: finding.write };
    const { state: _, ...result } = await this.patch(id, { ...values, ...asked }, Object.keys(asked));
    return titleResult(finding, result);
  }

  /** Null if the account may not read it. */
  async #title(id: string): Promise<string | null> {
    const path = `${await this.#record(id)}?sysparm_exclude_reference_link=true&sysparm_fields=sys_id,short_description`;
    const row = await this.#seen(path);
    return row.short_description === undefined ? null : rawOf(row.short_description);
  }

  /** Writes fields and state, and compares what the instance kept with the request. `soft`: fields that it need not keep. @throws DeliveryError not_kept */
  async patch(
    id: string,
    values: Readonly<Record<string, string>>,
    soft: readonly string[] = [],
  ): Promise<UpdateResult> {
    const record = await this.#record(id);
    const written = Object.keys(values).filter((name) => !journalFields.includes(name));
    const others = ["close_notes", "impact", "urgency", "priority", ...written, ...soft];
    const shown = [...new Set([...stateFields.split(","), ...others])].join(",");
    const more = `sysparm_display_value=all&sysparm_exclude_reference_link=true&sysparm_fields=${shown}`;
    const body = JSON.stringify(values);
    const answer = await this.#table.target.request({ method: "PATCH", path: `${record}?${more}`, body });
    let row = rowOf(answer.body);
    // If the answer contains no record, the record is read.
    if (rawOf(row.sys_id) === "") row = await this.#seen(`${record}?${more}`).catch(afterWriting);
    if (rawOf(row.sys_id) === "")
      return { warning: "the account may not read its own tickets: whether it was kept is not seen" };
    if (rawOf(row.sys_id) !== record.split("/").at(-1)) throw withoutResult(answer);
    const unseen: string[] = [];
    for (const name of written) {
      const [asked, field] = [values[name] ?? "", row[name]];
      if (field === undefined) unseen.push(name);
      else if (soft.includes(name)) continue;
      else if (rawOf(field) !== asked && displayOf(field) !== asked && !isShortened(asked, rawOf(field)))
        throw notKept(name, JSON.stringify(rawOf(field).slice(0, 40)), JSON.stringify(asked.slice(0, 40)));
    }
    const warning =
      unseen.length === 0
        ? {}
        : { warning: `the account may not read ${unseen.join(", ")}: whether it was kept is not seen` };
    const title = row.short_description === undefined ? {} : { title: rawOf(row.short_description) };
    return { state: this.#state(row), ...title, ...warning };
  }

  /** The sys_id of the user with this user name, e-mail address or name; null if there is none or more than one. */
  async findPerson(analyst: string): Promise<string | null> {
    if (!/^[^^=,\p{Cc}]{1,100}$/u.test(analyst)) return null;
    const query = ["user_name", "email", "name"].map((field) => `${field}=${analyst}`).join("^OR");
    const path = `/api/now/table/sys_user?sysparm_query=${encodeURIComponent(query)}&sysparm_limit=10&sysparm_fields=sys_id,user_name,email,name`;
    const rows = (await this.#table.list(path).catch((error: unknown) => {
      // A user that the account cannot see cannot be assigned.
      if (error instanceof DeliveryError && error.code === "hidden") return [];
      throw error;
    })) as StateRow[];
    const wanted = analyst.toLowerCase();
    const found = rows.filter((row) =>
      ["user_name", "email", "name"].some((f) => rawOf(row[f]).toLowerCase() === wanted),
    );
    return found.length === 1 ? rawOf(found[0]?.sys_id) : null;
  }

  statusValues(status: IncidentStatus, notes: string): Record<string, string> {
    const { stateValues, closeCode, falsePositiveCloseCode, closeFields } = this.#settings;
    const state = stateValues[status];
    if (status === "OPEN" || status === "IN_PROGRESS") return { state };
    const code = status === "CLOSED" ? closeCode : falsePositiveCloseCode;
    const others = Object.entries(closeFields).map(([name, value]) => [name, columnText(value)]);
    return { ...Object.fromEntries(others), state, close_code: code, close_notes: withoutCodeTags(notes) };
  }

  /** Reads the record at this path; an empty row if the account may not read it. */
  async #seen(path: string): Promise<StateRow> {
    try {
      return rowOf((await this.#table.target.request({ method: "GET", path, also: [404] })).body);
    } catch (error) {
      if (error instanceof DeliveryError && !error.retryable) return {};
      throw error;
    }
  }

  /** The record's path. @throws DeliveryError not_found: the account does not see the record with this number */
  async #record(id: string): Promise<string> {
    if (!idForm.test(id))
      throw new DeliveryError("unexpected", "the record's sys_id is odd", {
        retryable: false,
        data: { permanent: true },
      });
    return `${this.#table.path}/${await this.#identity.sysId(id)}`;
  }

  #state(row: StateRow): RemoteState {
    const id = rawOf(row.sys_id);
    const ticket = this.#table.ticket(id, rawOf(row.number) || id);
    return recordState(ticket, row, this.#meanings, this.#settings.username);
  }

  async #query(query: string, more: string): Promise<StateRow[]> {
    const path = `${this.#table.path}?sysparm_query=${encodeURIComponent(query)}&sysparm_exclude_reference_link=true&sysparm_fields=${stateFields}${more}`;
    return (await this.#table.list(path)) as StateRow[];
  }

  /** The offset of the account's time zone from UTC, from a time given in both; if unknown, the westernmost zone. */
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

/** A value of the settings as the Table API takes it; null empties a column. */
export function columnText(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A value that was only cut at the end, to the column's length, counts as kept. */
function isShortened(asked: string, kept: string): boolean {
  return kept.length >= 40 && asked.startsWith(kept);
}

function notKept(name: string, kept: string, asked: string): DeliveryError {
  return new DeliveryError(
    "not_kept",
    `the instance kept ${name} ${kept} where ${asked} was asked: a data policy, business rule or missing right; mend it there, or the setting that gives the value`,
    { retryable: false, data: { permanent: true, words: `${name}: ${kept}` } },
  );
}
