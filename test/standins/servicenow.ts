/** A strict stand-in for ServiceNow's Table API, by its documented behaviour (protocols 4); shares no code with the adapter. */

import { randomBytes } from "node:crypto";
import { dictionaryTable, lackingColumn } from "./servicenow-dictionary.ts";
import {
  columns,
  failure,
  type JournalEntry,
  journals,
  priorities,
  type Row,
  type ServiceNowOptions,
  shifted,
  stateNames,
} from "./servicenow-model.ts";
import { type Asked, type Reply, StandIn } from "./stand-in.ts";

export class ServiceNowStandIn extends StandIn {
  readonly rows: Row[] = [];
  readonly journal: JournalEntry[] = [];
  #inserted = 0;
  readonly options: Required<ServiceNowOptions>;

  constructor(options: ServiceNowOptions = {}, tls: { cert: Buffer; key: Buffer } | null = null) {
    super(tls);
    this.options = {
      credentials: "rhythmx:snow-password-1",
      groups: { "SOC Team": "a".repeat(32) },
      oddPriorities: false,
      now: () => Date.now(),
      users: {},
      zoneHours: 0,
      readOnly: [],
      journal: true,
      readable: true,
      createAnswer: "whole",
      counted: true,
      dictionary: [],
      policies: [],
      unreadable: [],
      tables: ["incident"],
      filters: true,
      ...options,
    };
  }

  protected answer(asked: Asked): Reply {
    const expected = `Basic ${Buffer.from(this.options.credentials).toString("base64")}`;
    if (asked.headers.authorization !== expected)
      return { status: 401, body: failure("User Not Authenticated", "Required to provide Auth information") };
    if (asked.headers.accept !== "application/json") return { status: 400, body: failure("Accept header is missing") };
    const [, table = "", id = ""] = /^\/api\/now\/table\/(\w+)(?:\/(\w+))?$/.exec(asked.path) ?? [];
    if (table === "sys_user_group" && asked.method === "GET") return this.#groups(asked);
    if (table === "sys_user" && asked.method === "GET") return this.#people(asked);
    if (table === "sys_journal_field" && asked.method === "GET") return this.#journalOf(asked);
    const described = asked.method === "GET" ? dictionaryTable(this.options, table, asked) : null;
    if (described !== null) return described;
    if (!this.options.tables.includes(table)) return { status: 400, body: failure(`Invalid table ${table}`) };
    if (id !== "") return this.#one(asked, table, id);
    if (asked.method === "GET") return this.#list(asked, table);
    if (asked.method === "POST") return this.#insert(asked, table);
    return { status: 405, body: failure("Method not supported") };
  }

  #groups(asked: Asked): Reply {
    const name = /^name=([^^]+)$/.exec(asked.query.get("sysparm_query") ?? "")?.[1] ?? "";
    const found = Object.entries(this.options.groups).filter(([one]) => one === name);
    return { status: 200, body: { result: found.map(([one, id]) => ({ sys_id: id, name: one })) } };
  }

  /** Parts of a query that it does not understand are ignored in silence, as the documentation says. */
  #list(asked: Asked, table: string): Reply {
    const parts = (asked.query.get("sysparm_query") ?? "").split("^");
    const valid = parts
      .map((part) => /^(\w+?)(>=|=)(.*)$/.exec(part))
      .filter(
        (one) =>
          one !== null && [...columns, "sys_id", "number", "sys_created_on", "sys_updated_on"].includes(one[1] ?? ""),
      );
    // Times in queries are those of the account's zone.
    const local = (row: Row) => shifted(row.sys_updated_on ?? "", this.options.zoneHours);
    const ofTable = this.rows.filter((row) => (row.sys_class_name ?? "incident") === table);
    const found = ofTable.filter((row) =>
      (this.options.filters ? valid : []).every((one) =>
        one?.[2] === ">=" ? local(row) >= (one[3] ?? "") : row[one?.[1] ?? ""] === one?.[3],
      ),
    );
    if (parts.includes("ORDERBYDESCsys_updated_on"))
      found.sort((a, b) => (b.sys_updated_on ?? "").localeCompare(a.sys_updated_on ?? ""));
    const limit = Number(asked.query.get("sysparm_limit") ?? 10_000);
    const offset = Number(asked.query.get("sysparm_offset") ?? 0);
    const shown = found.slice(offset, offset + limit).map((row) => this.#shown(row, asked));
    if (!this.options.readable)
      return {
        status: 200,
        body: { result: [] },
        ...(this.options.counted ? { headers: { "X-Total-Count": String(found.length) } } : {}),
      };
    // Version 1: no rows are a 404.
    if (shown.length === 0)
      return {
        status: 404,
        body: failure("No Record found", "Record doesn't exist or ACL restricts the record retrieval"),
      };
    return { status: 200, body: { result: shown } };
  }

  #insert(asked: Asked, table: string): Reply {
    if (asked.headers["content-type"] !== "application/json")
      return { status: 400, body: failure("Content-Type is missing") };
    let body: Record<string, unknown>;
    try {
      body = JSON.parse(asked.body) as Record<string, unknown>;
    } catch {
      return { status: 400, body: failure("Exception while reading request", "The payload is not valid JSON.") };
    }
    const row: Row = {
      sys_id: randomBytes(16).toString("hex"),
      number: `INC${String(10_000 + this.#inserted++).padStart(7, "0")}`,
      state: "1",
      assigned_to: "",
      sys_mod_count: "0",
      sys_class_name: table,
    };
    // Columns that there are not are dropped in silence; texts are cut at the column's length.
    for (const [name, value] of Object.entries(body))
      if (columns.includes(name) && !this.options.readOnly.includes(name))
        row[name] = String(value).slice(0, name === "short_description" ? 160 : 4000);
    const lacking = lackingColumn(this.options, row);
    if (lacking !== undefined) return refusedByPolicy(lacking);
    this.#touch(row, this.#account);
    row.sys_created_on = row.sys_updated_on ?? "";
    for (const name of journals)
      if (typeof body[name] === "string" && !this.options.readOnly.includes(name))
        this.#write(row, name, String(body[name]), this.#account);
    row.priority = this.options.oddPriorities ? "5" : (priorities[`${row.impact ?? "3"},${row.urgency ?? "3"}`] ?? "5");
    this.rows.push(row);
    return this.#made(row, asked);
  }

  #made(row: Row, asked: Asked): Reply {
    const headers = { Location: `${this.url}${asked.path}/${row.sys_id}` };
    const whole = this.#shown(row, asked);
    switch (this.options.createAnswer) {
      case "location":
        return { status: 201, body: { result: {} }, headers };
      case "number":
        return { status: 201, body: { result: { number: row.number } } };
      case "nothing":
        return { status: 201, body: { result: {} } };
      case "empty":
        return { status: 204 };
      case "list":
        return { status: 200, body: { result: [whole] } };
      case "error":
        return {
          status: 200,
          body: { result: {}, error: { message: "Transaction cancelled: maximum execution time exceeded" } },
        };
      case "whole":
        return { status: 201, body: { result: whole }, headers };
    }
  }

  get #account(): string {
    return this.options.credentials.split(":")[0] ?? "";
  }

  row(number: string): Row {
    const found = this.rows.find((one) => one.number === number || one.sys_id === number);
    if (found === undefined) throw new Error(`there is no record ${number}`);
    return found;
  }

  /** Somebody changes it. */
  change(number: string, values: Row, by = "carol"): void {
    const row = this.row(number);
    Object.assign(row, values);
    this.#touch(row, by);
  }

  say(number: string, text: string, by = "carol"): void {
    const row = this.row(number);
    this.#write(row, "work_notes", text, by);
    this.#touch(row, by);
  }

  remove(number: string): Row {
    const row = this.row(number);
    this.rows.splice(this.rows.indexOf(row), 1);
    return row;
  }

  #touch(row: Row, by: string): void {
    row.sys_updated_on = new Date(this.options.now()).toISOString().slice(0, 19).replace("T", " ");
    row.sys_updated_by = by;
    row.sys_mod_count = String(Number(row.sys_mod_count ?? 0) + 1);
  }

  #write(row: Row, element: string, value: string, by: string): void {
    this.journal.push({
      sys_id: randomBytes(16).toString("hex"),
      element_id: row.sys_id ?? "",
      element,
      value,
      sys_created_by: by,
      sys_created_on: new Date(this.options.now()).toISOString().slice(0, 19).replace("T", " "),
    });
  }

  #one(asked: Asked, table: string, id: string): Reply {
    const row = this.rows.find((one) => one.sys_id === id && (one.sys_class_name ?? "incident") === table);
    const isHidden = asked.method === "GET" && !this.options.readable;
    if (row === undefined || isHidden)
      return {
        status: 404,
        body: failure("No Record found", "Record doesn't exist or ACL restricts the record retrieval"),
      };
    if (asked.method === "GET") return { status: 200, body: { result: this.#shown(row, asked) } };
    if (asked.method !== "PATCH") return { status: 405, body: failure("Method not supported") };
    const body = JSON.parse(asked.body) as Record<string, string>;
    const ends = ["6", "7"].includes(body.state ?? "");
    if (ends && !(body.close_code && body.close_notes))
      return {
        status: 403,
        body: failure("Operation Failed", "Data Policy Exception: close_code, close_notes are mandatory"),
      };
    const lacking = lackingColumn(this.options, { ...row, ...body });
    if (lacking !== undefined) return refusedByPolicy(lacking);
    for (const [name, value] of Object.entries(body)) {
      if (!columns.includes(name) || this.options.readOnly.includes(name)) continue;
      if (journals.includes(name)) this.#write(row, name, value, this.#account);
      else row[name] = value;
    }
    row.priority = this.options.oddPriorities ? "5" : (priorities[`${row.impact ?? "3"},${row.urgency ?? "3"}`] ?? "5");
    this.#touch(row, this.#account);
    return { status: 200, body: { result: this.options.readable ? this.#shown(row, asked) : {} } };
  }

  #people(asked: Asked): Reply {
    const wanted = (asked.query.get("sysparm_query") ?? "").split("^OR").map((part) => part.split("=")[1]);
    const found = Object.entries(this.options.users)
      .filter(([name]) => wanted.includes(name))
      .map(([name, id]) => ({ sys_id: id, user_name: name, email: `${name}@acme.example`, name: name.toUpperCase() }));
    return { status: 200, body: { result: found } };
  }

  #journalOf(asked: Asked): Reply {
    if (!this.options.journal) return { status: 403, body: failure("Insufficient rights to query records") };
    const [, id = ""] = /element_id=(\w+)/.exec(asked.query.get("sysparm_query") ?? "") ?? [];
    const [limit, offset] = [Number(asked.query.get("sysparm_limit")), Number(asked.query.get("sysparm_offset"))];
    const found = this.journal.filter((one) => id === "" || one.element_id === id).reverse();
    return { status: 200, body: { result: found.slice(offset, offset + limit) } };
  }

  #shown(row: Row, asked: Asked): Row {
    const display = asked.query.get("sysparm_display_value");
    if (display === "all" || display === "true") return this.#displayed(row, asked, display);
    const wanted = (asked.query.get("sysparm_fields") ?? "").split(",").filter((name) => name !== "");
    return wanted.length === 0
      ? row
      : Object.fromEntries(Object.entries(row).filter(([name]) => wanted.includes(name)));
  }

  #displayed(row: Row, asked: Asked, display: "all" | "true"): Row {
    const { users, zoneHours } = this.options;
    const user = Object.entries(users).find(([, id]) => id === row.assigned_to)?.[0];
    const shown: Record<string, string> = {
      ...row,
      state: stateNames[row.state ?? ""] ?? row.state ?? "",
      assigned_to: user ?? row.assigned_to ?? "",
      sys_updated_on: shifted(row.sys_updated_on ?? "", zoneHours),
      work_notes: this.journal
        .filter((one) => one.element_id === row.sys_id && one.element === "work_notes")
        .map((one) => `${shifted(one.sys_created_on, zoneHours)} - ${one.sys_created_by} (Work notes)\n${one.value}\n`)
        .reverse()
        .join("\n"),
    };
    const wanted = (asked.query.get("sysparm_fields") ?? "").split(",");
    const names = Object.keys(shown).filter((name) => wanted.includes(name));
    const value = (name: string) =>
      display === "true" ? shown[name] : { value: row[name] ?? "", display_value: shown[name] };
    return Object.fromEntries(names.map((name) => [name, value(name)])) as Row;
  }
}

function refusedByPolicy(column: string): Reply {
  return { status: 403, body: failure("Operation Failed", `Data Policy Exception: ${column} is mandatory`) };
}
