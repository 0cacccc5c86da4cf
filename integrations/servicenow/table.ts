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

  constructor({ instance, username, password, table }: ServiceNowSettings, tools: AdapterTools) {
    this.origin = instanceUrl(instance);
    this.#name = table;
    this.target = new Target({
      baseUrl: this.origin,
      ...tools,
      headers: { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
      secrets: [password, `${username}:${password}`],
    });
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
    const uri = encodeURIComponent(`${this.#name}.do?sys_id=${id}`);
    return { id, key, url: `${this.origin}/nav_to.do?uri=${uri}` };
  }
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
