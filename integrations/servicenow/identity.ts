/** Identifies records: from the answer to a create or by a number; and checks whether the account sees its own records (protocols 4). */
import { DeliveryError } from "../../core/errors.ts";
import type { RemoteTicket } from "../../core/tickets/ticket.ts";
import type { KnownTicket, NamedTicket, TicketCandidate } from "../../core/tickets/ticket-system.ts";
import { toIso } from "../../core/time.ts";
import type { TargetAnswer } from "../http.ts";
import { displayOf, rawOf, type StateRow, utcOf } from "./record-state.ts";
import type { Table } from "./table.ts";

/** How many of our own tickets are tried before the account counts as unable to see them. */
const mostKnown = 3;
const sysIdForm = /^[0-9a-f]{32}$/;
const numberForm = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

/** The record that the instance made, from the record, a key or the address in the answer. */
export function createdRecord(table: Table, answer: TargetAnswer): RemoteTicket | null {
  const row = rowOf(answer.body);
  const number = rawOf(row.number) || rawOf(row.task_effective_number);
  const id = rawOf(row.sys_id) || idInAddress(answer.headers.get("location"));
  if (id !== "") return table.ticket(id, number || id);
  return number === "" ? null : table.ticket(number, number);
}

/** The record of an answer: under `result`, in a list, or alone. */
export function rowOf(body: unknown): StateRow {
  const inner = typeof body === "object" && body !== null && "result" in body ? body.result : body;
  const row: unknown = Array.isArray(inner) ? inner[0] : inner;
  return typeof row === "object" && row !== null ? (row as StateRow) : {};
}

function idInAddress(location: string | null): string {
  return /\/api\/now\/(?:v\d\/)?table\/\w+\/([0-9a-zA-Z]{1,64})\/?(?:\?.*)?$/.exec(location ?? "")?.[1] ?? "";
}

/** If the record could not be read when it was made, its number is used instead of its sys_id. */
function isNumber(id: string): boolean {
  return !sysIdForm.test(id) && /^[A-Z]{2,}\d+$/.test(id);
}

export class RecordIdentity {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The record with this correlation id; null if there is none. @throws DeliveryError hidden: it exists, but the account may not read it; unfiltered */
  async find(correlation: string): Promise<RemoteTicket | null> {
    const [row] = await this.#ours(correlation);
    return row === undefined ? null : this.#shown(row);
  }

  /** Every record with this correlation id. @throws DeliveryError hidden */
  async findAll(correlation: string): Promise<RemoteTicket[]> {
    return (await this.#ours(correlation)).map((row) => this.#shown(row));
  }

  /** The same with what people recognise them by. @throws DeliveryError hidden */
  async candidates(correlation: string): Promise<TicketCandidate[]> {
    const rows = await this.#ours(correlation, ",short_description,state");
    return rows.map((row) => {
      const made = utcOf(rawOf(row.sys_created_on));
      return {
        ticket: this.#shown(row),
        title: rawOf(row.short_description),
        status: displayOf(row.state),
        madeAt: made === null ? null : toIso(made),
        others: [],
      };
    });
  }

  /**
   * Whether what the settings name has this record. A record that could not be read when it was made is known by its number alone, which another one
   * has after a clone of the instance, or elsewhere.
   */
  async owns({ remote, correlation }: KnownTicket): Promise<boolean> {
    const isHere = this.#table.has(remote.url);
    const isKnownByNumber = !sysIdForm.test(remote.id);
    if (isHere && !isKnownByNumber) return true;
    const field = isKnownByNumber ? "number" : "sys_id";
    const rows = await this.#rows(`${field}=${remote.id}`).catch(noneShown);
    const row = rows.find((one) => rawOf(one[field]) === remote.id);
    if (row === undefined) return isHere;
    const said = rawOf(row.correlation_id);
    return said === "" ? isHere || !isKnownByNumber : said === correlation;
  }

  async findsOwn(known: readonly KnownTicket[]): Promise<boolean> {
    for (const { remote, correlation } of known.slice(0, mostKnown)) {
      const found = await this.find(correlation).catch((error: unknown) => {
        if (error instanceof DeliveryError && error.code === "unfiltered") return null;
        throw error;
      });
      if (found !== null && (found.id === remote.id || found.key === remote.key)) return true;
    }
    return false;
  }

  /** @throws DeliveryError number_form, hidden */
  async named(number: string): Promise<NamedTicket> {
    const isId = sysIdForm.test(number);
    if (!isId && !numberForm.test(number))
      throw new DeliveryError("number_form", "a number such as INC0010023, or a sys_id of 32 characters", {
        retryable: false,
        data: { permanent: true },
      });
    const field = isId ? "sys_id" : "number";
    const rows = await this.#rows(`${field}=${number}`).catch(noneShown);
    const row = rows.find((one) => rawOf(one[field]).toLowerCase() === number.toLowerCase());
    const ticket = row === undefined ? null : this.#ticket(row);
    if (row === undefined || ticket === null) {
      const key = isId ? number : number.toUpperCase();
      return { ticket: this.#table.ticket(key, key), seen: false, correlation: null };
    }
    return { ticket, seen: true, correlation: rawOf(row.correlation_id) || null };
  }

  /** Returns the sys_id for a number. @throws DeliveryError not_found */
  async sysId(id: string): Promise<string> {
    if (!isNumber(id)) return id;
    const row = (await this.#rows(`number=${id}`)).find((one) => rawOf(one.number) === id);
    const found = rawOf(row?.sys_id);
    if (found !== "") return found;
    throw new DeliveryError("not_found", `${id} is not there, or the account may not read its own tickets`, {
      retryable: false,
      data: { permanent: true, status: 404, words: "" },
    });
  }

  async #ours(correlation: string, more = ""): Promise<StateRow[]> {
    // ServiceNow would drop an empty or invalid value from the query, which would then match any ticket.
    if (!/^[A-Za-z0-9-]{8,100}$/.test(correlation))
      throw new DeliveryError("unexpected", "the correlation id is odd", {
        retryable: false,
        data: { permanent: true },
      });
    // ServiceNow silently ignores invalid parts of a query, so each row is checked. The oldest first: a copy of a record has its columns.
    const rows = await this.#rows(`correlation_id=${correlation}`, more);
    const ours = rows.filter((one) => rawOf(one.correlation_id) === correlation);
    const madeAt = (row: StateRow) => rawOf(row.sys_created_on);
    if (ours.length > 0 || rows.length === 0) return ours.toSorted((a, b) => (madeAt(a) < madeAt(b) ? -1 : 1));
    throw new DeliveryError(
      "unfiltered",
      "the instance gives records that do not show the correlation_id asked for, so that it says nothing: it ignores the condition, or the account may not read that column",
      { retryable: true, data: { permanent: false, words: "" } },
    );
  }

  /** @throws DeliveryError hidden */
  #shown(row: StateRow): RemoteTicket {
    const number = rawOf(row.number);
    const ticket = this.#ticket(row) ?? (number === "" ? null : this.#table.ticket(number, number));
    if (ticket !== null) return ticket;
    throw new DeliveryError(
      "hidden",
      "it is there, and the account sees neither its sys_id nor its number: give it the right to read these columns",
      { retryable: false, data: { permanent: true, words: "" } },
    );
  }

  /** `more`: further columns, each after a comma; then every column has its value for people too. */
  async #rows(query: string, more = ""): Promise<StateRow[]> {
    const shown = more === "" ? "" : "&sysparm_display_value=all";
    const path = `${this.#table.path}?sysparm_query=${encodeURIComponent(query)}&sysparm_limit=5&sysparm_exclude_reference_link=true&sysparm_fields=sys_id,number,correlation_id,sys_created_on${more}${shown}`;
    return (await this.#table.list(path)) as StateRow[];
  }

  #ticket(row: StateRow): RemoteTicket | null {
    const id = rawOf(row.sys_id);
    return id === "" ? null : this.#table.ticket(id, rawOf(row.number) || id);
  }
}

/** For `catch`: what the account may not read shows nothing. @throws the error */
function noneShown(error: unknown): StateRow[] {
  if (error instanceof DeliveryError && !error.retryable && error.code !== "unauthorized") return [];
  throw error;
}
