/** One table of one instance: the Table API, whose answers are looked at twice (protocols 4). */
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
    const { fetch, now, throttle, timeoutMs } = tools;
    this.origin = instanceUrl(instance);
    this.#name = table;
    this.target = new Target({
      baseUrl: this.origin,
      fetch,
      now,
      throttle,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      headers: { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
      secrets: [password, `${username}:${password}`],
    });
  }

  get path(): string {
    return `/api/now/table/${encodeURIComponent(this.#name)}`;
  }

  /** No rows are a 404 in one version and an empty list in the other. @throws DeliveryError */
  async list(path: string): Promise<unknown[]> {
    const answer = await this.target.request({ method: "GET", path, also: [404] });
    if (answer.status === 404) return [];
    const rows = resultOf(answer);
    if (!Array.isArray(rows)) throw refusedIn200(answer);
    return rows;
  }

  ticket(id: string, key: string): RemoteTicket {
    const uri = encodeURIComponent(`${this.#name}.do?sys_id=${id}`);
    return { id, key, url: `${this.origin}/nav_to.do?uri=${uri}` };
  }
}

/** `https://acme.service-now.com` of every form in which people give an instance; a path prefix stays. */
function instanceUrl(instance: string): string {
  const text = instance.trim().replace(/\/+$/, "");
  if (/^https?:\/\//i.test(text)) return text;
  return `https://${text.includes(".") || text.includes(":") ? text : `${text}.service-now.com`}`;
}

export function resultOf({ body }: TargetAnswer): unknown {
  return typeof body === "object" && body !== null && "result" in body ? body.result : null;
}

/** An error, or something else, under a status that says that all is well. */
export function refusedIn200({ status, body }: TargetAnswer): DeliveryError {
  const words = String(body?.error?.message ?? body?.error ?? "").slice(0, 300);
  const refused = body?.error !== undefined;
  return new DeliveryError(
    refused ? "rejected" : "unexpected",
    `it answers ${status} without a result${words === "" ? "" : `: ${words}`}`,
    {
      retryable: !refused,
      data: { status, words, permanent: refused, effectUnknown: !refused },
    },
  );
}
