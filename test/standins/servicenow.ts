/** A strict stand-in for ServiceNow's Table API, by its documented behaviour (protocols 4); shares no code with the adapter. */
import { randomBytes } from "node:crypto";
import { type Asked, type Reply, StandIn } from "./stand-in.ts";

export type Row = Record<string, string>;

export interface ServiceNowOptions {
  credentials?: string;
  /** Groups by name. */
  groups?: Readonly<Record<string, string>>;
  /** Whether the instance computes priority its own way. */
  oddPriorities?: boolean;
}

const failure = (message: string, detail = "") => ({ error: { message, detail }, status: "failure" });
const columns: readonly string[] = [
  ...[
    "short_description",
    "description",
    "impact",
    "urgency",
    "correlation_id",
    "correlation_display",
    "assignment_group",
  ],
  ...["work_notes", "comments", "state", "close_code", "close_notes", "u_soc"],
];
const priorities: Readonly<Record<string, string>> = {
  "1,1": "1",
  "1,2": "2",
  "2,1": "2",
  "1,3": "3",
  "2,2": "3",
  "3,1": "3",
  "2,3": "4",
  "3,2": "4",
};

export class ServiceNowStandIn extends StandIn {
  readonly rows: Row[] = [];
  readonly options: Required<ServiceNowOptions>;

  constructor(options: ServiceNowOptions = {}) {
    super();
    this.options = {
      credentials: "rhythmx:snow-password-1",
      groups: { "SOC Team": "a".repeat(32) },
      oddPriorities: false,
      ...options,
    };
  }

  protected answer(asked: Asked): Reply {
    const expected = `Basic ${Buffer.from(this.options.credentials).toString("base64")}`;
    if (asked.headers.authorization !== expected)
      return { status: 401, body: failure("User Not Authenticated", "Required to provide Auth information") };
    if (asked.headers.accept !== "application/json") return { status: 400, body: failure("Accept header is missing") };
    const [, table = ""] = /^\/api\/now\/table\/(\w+)$/.exec(asked.path) ?? [];
    if (table === "sys_user_group" && asked.method === "GET") return this.#groups(asked);
    if (table !== "incident") return { status: 400, body: failure(`Invalid table ${table}`) };
    if (asked.method === "GET") return this.#list(asked);
    if (asked.method === "POST") return this.#insert(asked);
    return { status: 405, body: failure("Method not supported") };
  }

  #groups(asked: Asked): Reply {
    const name = /^name=([^^]+)$/.exec(asked.query.get("sysparm_query") ?? "")?.[1] ?? "";
    const found = Object.entries(this.options.groups).filter(([one]) => one === name);
    return { status: 200, body: { result: found.map(([one, id]) => ({ sys_id: id, name: one })) } };
  }

  /** Parts of a query that it does not understand are ignored in silence, as the documentation says. */
  #list(asked: Asked): Reply {
    const conditions = (asked.query.get("sysparm_query") ?? "").split("^").map((part) => /^(\w+)=(.*)$/.exec(part));
    const valid = conditions.filter((one) => one !== null && (columns.includes(one[1] ?? "") || one[1] === "sys_id"));
    const found = this.rows.filter((row) => valid.every((one) => row[one?.[1] ?? ""] === one?.[2]));
    const limit = Number(asked.query.get("sysparm_limit") ?? 10_000);
    const shown = found.slice(0, limit).map((row) => this.#shown(row, asked));
    // Version 1: no rows are a 404.
    if (shown.length === 0)
      return {
        status: 404,
        body: failure("No Record found", "Record doesn't exist or ACL restricts the record retrieval"),
      };
    return { status: 200, body: { result: shown } };
  }

  #insert(asked: Asked): Reply {
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
      number: `INC${String(10_000 + this.rows.length).padStart(7, "0")}`,
      state: "1",
    };
    // Columns that there are not are dropped in silence; texts are cut at the column's length.
    for (const [name, value] of Object.entries(body))
      if (columns.includes(name)) row[name] = String(value).slice(0, name === "short_description" ? 160 : 4000);
    if (typeof body.work_notes === "string") row.work_notes = body.work_notes;
    row.priority = this.options.oddPriorities ? "5" : (priorities[`${row.impact ?? "3"},${row.urgency ?? "3"}`] ?? "5");
    this.rows.push(row);
    return {
      status: 201,
      body: { result: this.#shown(row, asked) },
      headers: { Location: `${this.url}${asked.path}/${row.sys_id}` },
    };
  }

  #shown(row: Row, asked: Asked): Row {
    const wanted = (asked.query.get("sysparm_fields") ?? "").split(",").filter((name) => name !== "");
    return wanted.length === 0
      ? row
      : Object.fromEntries(Object.entries(row).filter(([name]) => wanted.includes(name)));
  }
}
