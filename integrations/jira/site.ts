/** One Jira site: its kind, our account, the fields of its project, and its search (protocols 3.1-3.2). */

import { DeliveryError } from "../../core/errors.ts";
import type { JiraConnection } from "../../core/settings/ticket-settings.ts";
import type { RemoteTicket } from "../../core/tickets/ticket.ts";
import { hourMs } from "../../core/time.ts";
import { type AdapterTools, Target } from "../http.ts";
import { type CreateMeta, readCreateMeta } from "./create-meta.ts";
import { idOf } from "./issue-state.ts";

export type JiraSettings = Omit<JiraConnection, "caFile" | "proxy">;

type Deployment = "cloud" | "datacenter";

const metaLifeMs = hourMs;
/** Transitions are those of an issue: so many of the newest are looked at for different statuses, and so many statuses. */
const newestLooked = 50;
const mostStatuses = 5;

/** An issue that a search has found. */
export interface FoundIssue {
  id: string;
  key: string;
  fields: Readonly<Record<string, unknown>>;
}

export class JiraSite {
  readonly target: Target;
  readonly #settings: JiraSettings;
  readonly #now: () => number;
  #deployment: Deployment | null;
  #site: string | null = null;
  #meta: CreateMeta | null = null;
  /** Our account; null = not known yet. */
  #ourId: string | null = null;

  constructor(settings: JiraSettings, tools: AdapterTools) {
    this.#settings = settings;
    this.#now = tools.now;
    this.#deployment = settings.deployment === "auto" ? null : settings.deployment;
    const { email, apiToken } = settings;
    const authorization =
      email === "" ? `Bearer ${apiToken}` : `Basic ${Buffer.from(`${email}:${apiToken}`).toString("base64")}`;
    this.target = new Target({
      baseUrl: settings.url.replace(/\/+$/, ""),
      ...tools,
      headers: { Authorization: authorization, "X-Atlassian-Token": "no-check" },
      secrets: [apiToken, `${email}:${apiToken}`],
    });
  }

  get api(): string {
    return this.#deployment === "datacenter" ? "/rest/api/2" : "/rest/api/3";
  }

  /** Read once. If the account may not read itself, our own changes are recognised by the ledger. */
  async us(): Promise<string | null> {
    if (this.#ourId !== null) return this.#ourId;
    const { status, body } = await this.target.request({
      method: "GET",
      path: `${this.api}/myself`,
      also: [403, 404],
    });
    this.#ourId = status === 200 ? idOf(body) : null;
    return this.#ourId;
  }

  /** Finds out whether it is Cloud or Data Center: `serverInfo` is public on both. */
  async detect(): Promise<Deployment> {
    if (this.#deployment !== null && this.#site !== null) return this.#deployment;
    const asked = { method: "GET" as const, path: "/rest/api/2/serverInfo" };
    const { status, body } = await this.target.request({ ...asked, also: [404] });
    if (status === 404)
      throw new DeliveryError("not_found", "there is no Jira at this address: check it, with its path if it has one", {
        retryable: false,
        data: { status, permanent: true },
      });
    if (typeof body?.baseUrl !== "string") throw unexpected("it does not answer like Jira: check the address");
    this.#deployment ??= body.deploymentType === "Cloud" ? "cloud" : "datacenter";
    // It is shown as a link, so only a web address is accepted.
    this.#site = /^https?:\/\/[^\s"'<>]+$/i.test(body.baseUrl) ? body.baseUrl.replace(/\/+$/, "") : this.#settings.url;
    return this.#deployment;
  }

  async createMeta(): Promise<CreateMeta> {
    if (this.#meta !== null && this.#now() - this.#meta.at < metaLifeMs) return this.#meta;
    this.#meta = await readCreateMeta(this.target, this.api, this.#settings, this.#now());
    return this.#meta;
  }

  get projectKey(): string {
    return this.#settings.projectKey;
  }

  /** Discards what was read about fields, which may have changed. */
  forgetMeta(): void {
    this.#meta = null;
  }

  async search(jql: string, maxResults: number): Promise<{ id: string; key: string; labels: string[] }[]> {
    const issues = await this.issues(jql, maxResults, ["labels"]);
    return issues.map(({ id, key, fields }) => ({ id, key, labels: labelsOf(fields) }));
  }

  /** The issues that a search finds, with these of their fields. After it, `address` is the site's own. */
  async issues(jql: string, maxResults: number, wanted: readonly string[]): Promise<FoundIssue[]> {
    const deployment = await this.detect();
    const path = deployment === "cloud" ? `${this.api}/search/jql` : `${this.api}/search`;
    const body = JSON.stringify({ jql, maxResults, fields: wanted });
    const answer = await this.target.request({ method: "POST", path, body });
    if (!Array.isArray(answer.body?.issues)) throw unexpected("it answers a search without issues");
    const issues = answer.body.issues as unknown[];
    return issues.map((issue) => {
      const { id, key, fields } = (issue ?? {}) as Readonly<Record<string, unknown>>;
      if (typeof id !== "string" || typeof key !== "string")
        throw unexpected("it answers a search with an issue that has no id or no key");
      return { id, key, fields: (fields ?? {}) as FoundIssue["fields"] };
    });
  }

  /** The project's newest issue of each status that is among the newest. @throws DeliveryError, where the account may not search too */
  async newestOfEachStatus(): Promise<{ id: string; key: string; status: string }[]> {
    const jql = `project = "${this.projectKey}" ORDER BY created DESC`;
    const issues = await this.issues(jql, newestLooked, ["status"]);
    const found = new Map<string, { id: string; key: string; status: string }>();
    for (const { id, key, fields } of issues) {
      const status = statusName(fields);
      if (!found.has(status)) found.set(status, { id, key, status });
    }
    return [...found.values()].slice(0, mostStatuses);
  }

  ticket(id: string, key: string): RemoteTicket {
    return { id, key, url: `${this.#browse}${encodeURIComponent(key)}` };
  }

  /** Whether this is the address of an issue of this site. */
  has(url: string): boolean {
    return url.startsWith(this.#browse);
  }

  /** What it calls its own address; the configured one before `detect`. */
  get address(): string {
    return this.#site ?? this.#settings.url.replace(/\/+$/, "");
  }

  get #browse(): string {
    return `${this.address}/browse/`;
  }
}

/** An issue's labels; none where its screen has none. @throws DeliveryError: what is no list does not say that a label is missing */
export function labelsOf({ labels }: FoundIssue["fields"]): string[] {
  if (labels === undefined || labels === null) return [];
  if (!Array.isArray(labels)) throw unexpected("it answers an issue whose labels are no list");
  return labels.filter((one) => typeof one === "string");
}

/** The name of an issue's status; "" = not said. */
export function statusName({ status }: FoundIssue["fields"]): string {
  return String((status as { name?: unknown } | null | undefined)?.name ?? "");
}

export function unexpected(what: string): DeliveryError {
  return new DeliveryError("unexpected", what, { retryable: true, data: { effectUnknown: true, permanent: false } });
}
