/** The audit log on behalf of an administrator: pages, and all of what a filter matches as a file. */
import type { AuditFilters, AuditRecord, Change } from "../../core/access/audit.ts";
import type { Caller } from "../../core/access/caller.ts";
import { writeCsv } from "../../core/text/csv.ts";
import { toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";

type Json = Record<string, unknown>;
export type AuditFormat = "csv" | "ndjson";

/** Entries read at once for a file. */
const atOnce = 500;

export class AuditReading {
  readonly #reading: Store["reading"];
  readonly #audit: AuditLog;

  constructor(reading: Store["reading"], audit: AuditLog) {
    this.#reading = reading;
    this.#audit = audit;
  }

  /** Newest first. `before`: the number of an entry, those before it; null = from the newest on. */
  async page(query: { before: number | null; limit: number; filters: AuditFilters }) {
    const records = await this.#reading.listAudit({ ...query, limit: query.limit + 1 });
    const page = records.slice(0, query.limit);
    const nextBefore = records.length > query.limit ? (page.at(-1)?.id ?? null) : null;
    return { entries: page.map(entryJson), nextBefore };
  }

  /**
   * Everything that the filters match, newest first, as it is read. That somebody took it is itself an entry. `mayGoOn` is asked before each
   * part: a file of a million entries takes a while.
   */
  async export(
    caller: Caller,
    filters: AuditFilters,
    format: AuditFormat,
    mayGoOn: () => Promise<boolean>,
  ): Promise<ReadableStream<Uint8Array>> {
    const { from, to, ...words } = filters;
    const times = {
      ...(from === undefined ? {} : { from: toIso(from) }),
      ...(to === undefined ? {} : { to: toIso(to) }),
    };
    await this.#audit.note(auditAuthor(caller), "audit.export", "audit log", {
      format,
      filters: { ...words, ...times },
    });
    const encoder = new TextEncoder();
    let before: number | null = null;
    let isFirst = true;
    return new ReadableStream({
      pull: async (controller) => {
        if (!isFirst && !(await mayGoOn())) return controller.error(new Error("the caller may no longer read this"));
        const records: AuditRecord[] = await this.#reading.listAudit({ before, limit: atOnce, filters });
        const head = isFirst && format === "csv" ? [columns] : [];
        isFirst = false;
        before = records.at(-1)?.id ?? null;
        const text =
          format === "csv"
            ? writeCsv([...head, ...records.map(cellsOf)])
            : records.map((record) => `${JSON.stringify(entryJson(record))}\n`).join("");
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (records.length < atOnce) controller.close();
      },
    });
  }
}

function entryJson({ id, at, who, action, target, detail, address, source, outcome }: AuditRecord): Json {
  return { id, at: toIso(at), who, action, target, detail, address, source, outcome };
}

const columns = ["id", "at", "who", "action", "target", "outcome", "source", "address", "changes", "detail"] as const;

function cellsOf(record: AuditRecord): string[] {
  const { id, at, who, action, target, outcome, source, address, detail } = record;
  return [
    String(id),
    toIso(at),
    who,
    action,
    target,
    outcome,
    source,
    address,
    changesText(detail),
    JSON.stringify(detail),
  ];
}

/** `role: viewer → analyst; entities: (none) → North`. */
function changesText({ changes }: Record<string, unknown>): string {
  if (!Array.isArray(changes)) return "";
  const said = (value: string | null) => value ?? "(none)";
  return (changes as Change[]).map(({ name, old, new: next }) => `${name}: ${said(old)} → ${said(next)}`).join("; ");
}
