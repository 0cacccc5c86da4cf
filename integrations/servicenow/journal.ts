/** Work notes and comments of a record: from the journal, or from the record's own fields if the account may not read the journal (protocols 4). */
import { createHash } from "node:crypto";
import { DeliveryError } from "../../core/errors.ts";
import type { RemoteComment } from "../../core/tickets/ticket.ts";
import { minuteMs } from "../../core/time.ts";
import { isTooLong } from "../answers.ts";
import type { TestFinding } from "../test-steps.ts";
import { displayOf, rawOf, remoteNote, type StateRow, utcOf } from "./record-state.ts";
import type { Table } from "./table.ts";

const rowsAPage = 100;
/** So many at a time where a page is too long, by notes with whole logs in them. */
const rowsAPart = 10;
const mostPages = 20;
const tryEveryMs = 5 * minuteMs;
const fields = ["work_notes", "comments"] as const;
/** `2026-03-13 05:30:00 - Carol Smith (Work notes)`, with the account's time format. */
const entryHead = /^(\S.{5,40}?) - (.{1,200}?) \(([^()\n]{1,40})\)$/;
/** Text that only our notes contain. */
const oursForm = /RhythmX dlv-[0-9a-f]{16}|Open INC-[0-9a-f]{8} in RhythmX Edge/;

/** Whether a note exists; `unseen`: the account may not read it. */
export type NoteFound = "there" | "absent" | "unseen";

interface JournalParts {
  table: Table;
  username: string;
  /** Path of a record, checked and resolved. */
  path(id: string): Promise<string>;
  /** The offset of the account's time zone from UTC. */
  zoneMs(): Promise<number>;
  /** Epoch milliseconds. */
  now(): number;
}

export class Journal {
  readonly #parts: JournalParts;
  /** Whether an entry was ever read: only then does an empty answer mean that a record has no entries. */
  #isReadable = false;
  /** When to try again; epoch milliseconds. */
  #tryAt = 0;

  constructor(parts: JournalParts) {
    this.#parts = parts;
  }

  /** Newest first, until a page of known ones. */
  async notes(id: string, isKnown: (noteId: string) => boolean): Promise<RemoteComment[]> {
    const found: RemoteComment[] = [];
    for (let page = 0; page < mostPages; page++) {
      const rows = await this.#page(id, page * rowsAPage);
      if (rows === null || (page === 0 && rows.length === 0 && !(await this.#canRead())))
        return this.#ownNotes(id, rows === null);
      const notes = rows.map((row) => remoteNote(row, this.#parts.username));
      // An entry read from the record's own fields, before the journal could be read.
      const isNew = ({ at, text }: RemoteComment) => !isKnown(noteId(at, text));
      found.push(...notes.filter(isNew));
      // Ours are known at once, so that one may be newer than others that are not.
      if (rows.length < rowsAPage || notes.every((one) => isKnown(one.id) || !isNew(one))) break;
    }
    return found;
  }

  /** Finds the note with this token. */
  async find(id: string, token: string): Promise<{ commentId: string } | NoteFound> {
    let isReadable = true;
    for (let page = 0; page < mostPages; page++) {
      const rows = await this.#page(id, page * rowsAPage);
      const found = rows?.find((row) => rawOf(row.value).includes(token));
      if (found !== undefined) return { commentId: rawOf(found.sys_id) };
      isReadable &&= rows !== null;
      if (rows === null || rows.length < rowsAPage) break;
    }
    const own = await this.#own(id);
    if (own === null) return isReadable ? "absent" : "unseen";
    const text = fields.map((name) => displayOf(own[name])).join("\n");
    if (text.includes(token)) return { commentId: token };
    return isReadable || fields.some((name) => own[name] !== undefined && displayOf(own[name]) !== "")
      ? "absent"
      : "unseen";
  }

  /** A step of the connection test. It passes if notes cannot be read, with a warning. `recordId`: one of our tickets; "" = there is none yet. */
  async test(recordId: string): Promise<TestFinding> {
    const rows = await this.#any();
    if (this.#isReadable) return "work notes of others come in";
    const own = recordId === "" ? null : await this.#own(recordId);
    if (own !== null && fields.some((name) => displayOf(own[name]) !== ""))
      return "the account may not read sys_journal_field: notes of others come in from the records' own work_notes and comments";
    if (rows === null)
      return {
        detail:
          "the account may not read sys_journal_field, and no ticket shows its work_notes: notes of others do not come in, and whether ours arrive is not seen",
        warning: true,
      };
    return {
      detail:
        "sys_journal_field shows no entry: it is empty, or the account may not read it; until one is seen, do not count on notes of others coming in",
      warning: true,
    };
  }

  async #canRead(): Promise<boolean> {
    if (this.#isReadable || this.#parts.now() < this.#tryAt) return this.#isReadable;
    this.#tryAt = this.#parts.now() + tryEveryMs;
    await this.#any();
    return this.#isReadable;
  }

  /** Reads any entry; null if the account may not read the journal. */
  async #any(): Promise<unknown[] | null> {
    const path = "/api/now/table/sys_journal_field?sysparm_limit=1&sysparm_fields=sys_id";
    const rows = await this.#parts.table.list(path).catch(unreadable);
    this.#isReadable ||= rows !== null && rows.length > 0;
    return rows;
  }

  /** Null if the account may not read the journal. */
  async #page(id: string, offset: number): Promise<StateRow[] | null> {
    const sysId = (await this.#parts.path(id)).split("/").at(-1) ?? "";
    const query = `element_id=${sysId}^elementINwork_notes,comments^ORDERBYDESCsys_created_on`;
    const path = `/api/now/table/sys_journal_field?sysparm_query=${encodeURIComponent(query)}&sysparm_fields=sys_id,element_id,element,value,sys_created_by,sys_created_on`;
    const ask = (limit: number, from: number) =>
      this.#parts.table.list(`${path}&sysparm_limit=${limit}&sysparm_offset=${from}`) as Promise<StateRow[]>;
    const inParts = async () => {
      const found: StateRow[] = [];
      for (let at = 0; at === found.length && at < rowsAPage; at += rowsAPart)
        found.push(...(await ask(rowsAPart, offset + at)));
      return found;
    };
    const rows = await ask(rowsAPage, offset)
      .catch((error: unknown) => (isTooLong(error) ? inParts() : Promise.reject(error)))
      .catch(unreadable);
    // The instance silently ignores unknown conditions.
    return rows === null ? null : rows.filter((row) => rawOf(row.element_id) === sysId);
  }

  /** The record with its journal fields; null if it does not exist, or if they are too long. */
  async #own(id: string): Promise<StateRow | null> {
    const path = `${await this.#parts.path(id)}?sysparm_display_value=true&sysparm_fields=sys_id,${fields.join(",")}`;
    const asked = { method: "GET" as const, path, also: [404] };
    const answer = await this.#parts.table.target.request(asked).catch((error: unknown) => {
      // All notes of the record are one text there.
      if (isTooLong(error)) return null;
      throw error;
    });
    const result: unknown = answer === null || answer.status === 404 ? null : answer.body?.result;
    return typeof result === "object" && result !== null && !Array.isArray(result) ? (result as StateRow) : null;
  }

  /** Reads entries from the record's own fields; `isHidden`: the journal may not be read; otherwise it may be empty. */
  async #ownNotes(id: string, isHidden: boolean): Promise<RemoteComment[]> {
    const own = await this.#own(id);
    if (own === null) return [];
    const texts = fields.map((name) => displayOf(own[name])).filter((text) => text !== "");
    if (texts.length === 0 || (!isHidden && texts.every((text) => oursForm.test(text)))) return [];
    const zoneMs = await this.#parts.zoneMs();
    const entries = texts.flatMap((text) => entriesOf(text, zoneMs));
    // Only display names are shown: the author of one of our notes is our account.
    const us = new Set(entries.filter(({ text }) => oursForm.test(text)).map(({ author }) => author));
    return entries
      .map((one) => ({ ...one, id: noteId(one.at, one.text), isUs: us.has(one.author) || oursForm.test(one.text) }))
      .sort((a, b) => b.at - a.at);
  }
}

/** Splits a journal field of the record into entries; each starts with a line of time and author. */
function entriesOf(text: string, zoneMs: number): { author: string; at: number; text: string }[] {
  const found: { author: string; at: number; lines: string[] }[] = [];
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const head = entryHead.exec(line.trim());
    const at = head === null ? null : utcOf(head[1] ?? "");
    if (head !== null && at !== null) found.push({ author: head[2] ?? "somebody", at: at - zoneMs, lines: [] });
    else found.at(-1)?.lines.push(line);
  }
  return found.map(({ author, at, lines }) => ({ author, at, text: lines.join("\n").trim() }));
}

/** A key that is the same for the same note, wherever it is read. */
function noteId(at: number, text: string): string {
  return `note-${createHash("sha256")
    .update(`${at}\n${text.replace(/\s+/g, " ").trim()}`)
    .digest("hex")
    .slice(0, 32)}`;
}

function unreadable(error: unknown): null {
  const isRefused =
    error instanceof DeliveryError &&
    (error.code === "hidden" || error.data.status === 403 || error.data.status === 400 || error.data.status === 404);
  if (isRefused) return null;
  throw error;
}
