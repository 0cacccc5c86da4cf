/** One table of one instance through the Table API, whose answers are checked (protocols 4). */
import { DeliveryError } from "../../core/errors.ts";
import type { ServiceNowConnection } from "../../core/settings/ticket-settings.ts";
import type { RemoteTicket } from "../../core/tickets/ticket.ts";
import { type AdapterTools, Target, type TargetAnswer } from "../http.ts";

export type ServiceNowSettings = Omit<ServiceNowConnection, "caFile" | "proxy">;

export class Table {
  readonly target: Target;
  readonly origin: string;
  readonly #name: string;

  constructor(settings: ServiceNowSettings, tools: AdapterTools) {
    const { instance, username, password, table } = settings;
    this.sibling = (name) => new Table({ ...settings, table: name }, tools);
    this.origin = instanceUrl(instance);
    this.#name = table;
    this.target = new Target({
      baseUrl: this.origin,
      ...tools,
      headers: { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
      secrets: [password, `${username}:${password}`],
    });
  }

  /** Another table of the same instance. */
  readonly sibling: (name: string) => Table;

  get name(): string {
    return this.#name;
  }

  get path(): string {
    return `/api/now/table/${encodeURIComponent(this.#name)}`;
  }

  /**
   * Without rows, some versions answer 404 and others an empty list.
   * @throws DeliveryError; `hidden`: the instance counts rows but returns none, because of an access control rule
   */
  async list(path: string): Promise<unknown[]> {
    const answer = await this.target.request({ method: "GET", path, also: [404] });
    const rows = answer.status === 404 ? [] : resultOf(answer);
    if (!Array.isArray(rows)) throw withoutResult(answer);
    const counted = Number(answer.headers.get("x-total-count") ?? 0);
    // After the last page there are none either.
    if (rows.length > 0 || !(counted > 0) || /sysparm_offset=[1-9]/.test(path)) return rows;
    throw new DeliveryError(
      "hidden",
      `the instance counts ${counted} rows of ${path.split("?")[0]?.split("/").at(-1)} and shows none: an access control rule (ACL) hides them from the account; give it the right to read them`,
      { retryable: false, data: { permanent: true, status: answer.status, words: "" } },
    );
  }

  ticket(id: string, key: string): RemoteTicket {
    return { id, key, url: recordUrl(this.origin, this.#name, id) };
  }

  /** Whether this is the address of a record of this table. */
  has(url: string): boolean {
    return url.startsWith(recordUrl(this.origin, this.#name, ""));
  }
}

/** Where people open a record of a table of the instance at this address. */
export function recordUrl(origin: string, table: string, id: string): string {
  return `${origin}/nav_to.do?uri=${encodeURIComponent(`${table}.do?sys_id=${id}`)}`;
}

/** `https://acme.service-now.com` from any form in which people give an instance; a path prefix is kept. */
export function instanceUrl(instance: string): string {
  const text = instance.trim().replace(/\/+$/, "");
  if (/^https?:\/\//i.test(text)) return text;
  return `https://${text.includes(".") || text.includes(":") ? text : `${text}.service-now.com`}`;
}

function resultOf({ body }: TargetAnswer): unknown {
  return typeof body === "object" && body !== null && "result" in body ? body.result : null;
}

/** The error for an answer without the requested record or rows. */
export function withoutResult({ status }: TargetAnswer): DeliveryError {
  return new DeliveryError("unexpected", `it answers ${status} without a result`, {
    retryable: true,
    data: { status, words: "", permanent: false, effectUnknown: true },
  });
}
