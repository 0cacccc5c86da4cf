/** Jira Cloud (REST v3, ADF) and Data Center (REST v2, wiki markup); protocols 3. */
import { DeliveryError } from "../../core/errors.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { JiraConnection } from "../../core/settings/tickets.ts";
import { type Draft, fitDraft } from "../../core/tickets/draft.ts";
import type { RemoteTicket, TestStep, TicketRequest, TicketSystem } from "../../core/tickets/ticket.ts";
import { type AdapterTools, Target } from "../http.ts";
import { plainText } from "../plain-text.ts";
import { TestSteps } from "../test-steps.ts";
import { adfDocument } from "./adf.ts";
import { type CreateMeta, readCreateMeta } from "./create-meta.ts";
import { KeyLookup, type KnownIssue } from "./key-lookup.ts";
import { wikiMarkup } from "./wiki.ts";

export type JiraSettings = Omit<JiraConnection, "caFile" | "proxy">;

type Deployment = "cloud" | "datacenter";

/** Of the 32,767 that a text field takes; how ADF is counted is not documented. */
const textBudget = 25_000;
const metaLifeMs = 3_600_000;
const priorityNames: Readonly<Record<RiskLevel, string>> = {
  critical: "Highest",
  high: "High",
  medium: "Medium",
  low: "Low",
};

export class Jira implements TicketSystem {
  readonly name = "jira";
  readonly #settings: JiraSettings;
  readonly #target: Target;
  readonly #now: () => number;
  #deployment: Deployment | null;
  #site: string | null = null;
  #meta: CreateMeta | null = null;
  readonly #keys: KeyLookup;
  /** The highest issue number seen. */
  #highest = 0;

  constructor(settings: JiraSettings, { fetch, now, patience, timeoutMs }: AdapterTools) {
    this.#settings = settings;
    this.#now = now;
    this.#keys = new KeyLookup((number) => this.#readIssue(number), now);
    this.#deployment = settings.deployment === "auto" ? null : settings.deployment;
    const { email, apiToken } = settings;
    const authorization =
      email === "" ? `Bearer ${apiToken}` : `Basic ${Buffer.from(`${email}:${apiToken}`).toString("base64")}`;
    this.#target = new Target({
      ...{
        baseUrl: settings.url.replace(/\/+$/, ""),
        fetch,
        now,
        patience,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      },
      headers: { Authorization: authorization, "X-Atlassian-Token": "no-check" },
      secrets: [apiToken, `${email}:${apiToken}`],
    });
  }

  async render({ correlation, draft }: TicketRequest): Promise<string> {
    const deployment = await this.#detect();
    const meta = await this.#createMeta();
    const { projectKey, extraFields } = this.#settings;
    const size = (one: Draft) => (deployment === "cloud" ? plainText(one).length : wikiMarkup(one).length);
    const fitted = fitDraft(draft, textBudget, size);
    const priority = this.#priority(meta, draft.level);
    const fields = {
      project: { key: projectKey },
      issuetype: { id: meta.issueTypeId },
      summary: draft.summary,
      description: deployment === "cloud" ? adfDocument(fitted) : wikiMarkup(fitted),
      ...(meta.labels ? { labels: ["rhythmx", correlation, `risk-${draft.level}`] } : {}),
      ...(priority === null ? {} : { priority: { id: priority } }),
      ...extraFields,
    };
    const properties = [{ key: "rhythmx", value: { incident_id: draft.incidentId, correlation, url: draft.url } }];
    return JSON.stringify({ fields, properties });
  }

  async hint(): Promise<string | null> {
    const jql = `project = "${this.#settings.projectKey}" ORDER BY created DESC`;
    try {
      const [newest] = await this.#search(jql, 1);
      this.#highest = Math.max(this.#highest, numberOf(newest?.key ?? ""));
    } catch (error) {
      // An account that may create and not search: what was seen so far has to do.
      if (!(error instanceof DeliveryError) || error.retryable) throw error;
    }
    return `${this.#settings.projectKey}-${this.#highest}`;
  }

  async create(payload: string): Promise<RemoteTicket> {
    const post = (body: string) => this.#target.request({ method: "POST", path: `${this.#api}/issue`, body });
    let answer: Awaited<ReturnType<typeof post>>;
    try {
      answer = await post(payload);
    } catch (error) {
      const without = withoutPriority(payload, error);
      // What Jira accepts has changed since it was asked.
      this.#meta = null;
      if (without === null) throw error;
      answer = await post(without);
    }
    const { id, key } = answer.body ?? {};
    if (typeof id !== "string" || typeof key !== "string") throw unexpected("its answer to the create names no issue");
    this.#highest = Math.max(this.#highest, numberOf(key));
    return this.#ticket(id, key);
  }

  async find(correlation: string, hint: string | null): Promise<RemoteTicket | null> {
    await this.#detect();
    if (!/^[a-z0-9-]{8,100}$/.test(correlation)) throw unexpected("the correlation is no label");
    const jql = `project = "${this.#settings.projectKey}" AND labels = "${correlation}"`;
    for (const issue of await this.#search(jql, 5))
      if (issue.labels.includes(correlation)) return this.#ticket(issue.id, issue.key);
    if (hint === null) return null;
    const found = await this.#keys.find(correlation, numberOf(hint));
    return found === null ? null : this.#ticket(found.id, found.key);
  }

  readonly link = async (ticket: RemoteTicket, draft: Draft): Promise<void> => {
    await this.#detect();
    const object = { url: draft.url, title: `${draft.incidentId} in RhythmX Edge` };
    const body = JSON.stringify({
      globalId: `rhythmx=${draft.incidentId}`,
      application: { name: "RhythmX Edge" },
      object,
    });
    await this.#target.request({
      method: "POST",
      path: `${this.#api}/issue/${encodeURIComponent(ticket.id)}/remotelink`,
      body,
    });
  };

  async test(): Promise<TestStep[]> {
    const steps = new TestSteps();
    const { projectKey, issueType } = this.#settings;
    const get = (path: string) => this.#target.request({ method: "GET", path: `${this.#api}${path}` });
    if (
      !(await steps.take(
        "Reach Jira",
        async () => `${(await this.#detect()) === "cloud" ? "Jira Cloud" : "Jira Data Center"} answers`,
      ))
    )
      return steps.done;
    // After one failed login no further one: Jira would ask for a CAPTCHA.
    if (
      !(await steps.take("Log in", async () => `as ${String((await get("/myself")).body?.displayName ?? "somebody")}`))
    )
      return steps.done;
    await steps.take(`Project ${projectKey}`, async () =>
      String((await get(`/project/${encodeURIComponent(projectKey)}`)).body?.name ?? ""),
    );
    await steps.take(`Issue type ${issueType}`, async () => {
      this.#meta = null;
      const meta = await this.#createMeta();
      if (meta.missing.length > 0)
        throw new Error(
          `the project wants fields that are not filled: ${meta.missing.join(", ")}; give them in JIRA_EXTRA_FIELDS`,
        );
      const priority =
        meta.priorities === null
          ? "no priority on the screen: it goes into text and label"
          : `priorities ${meta.priorities.map(({ name }) => name).join(", ")}`;
      return `can be created; ${priority}`;
    });
    await steps.take("Permissions", async () => {
      const wanted = ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "TRANSITION_ISSUES"];
      const { body } = await get(
        `/mypermissions?projectKey=${encodeURIComponent(projectKey)}&permissions=${wanted.join(",")}`,
      );
      const lacking = wanted.filter((name) => body?.permissions?.[name]?.havePermission === false);
      if (lacking.length > 0) throw new Error(`the account lacks ${lacking.join(", ")} in ${projectKey}`);
      return "browse, create, edit, comment, transition";
    });
    return steps.done;
  }

  get #api(): string {
    return this.#deployment === "datacenter" ? "/rest/api/2" : "/rest/api/3";
  }

  /** Which Jira it is: `serverInfo` is open on both. */
  async #detect(): Promise<Deployment> {
    if (this.#deployment !== null && this.#site !== null) return this.#deployment;
    const { body } = await this.#target.request({ method: "GET", path: "/rest/api/2/serverInfo" });
    if (typeof body?.baseUrl !== "string") throw unexpected("it does not answer like Jira: check the address");
    this.#deployment ??= body.deploymentType === "Cloud" ? "cloud" : "datacenter";
    // Where people open it; it is shown as a link, so nothing but a web address will do.
    this.#site = /^https?:\/\/[^\s"'<>]+$/i.test(body.baseUrl) ? body.baseUrl.replace(/\/+$/, "") : this.#settings.url;
    return this.#deployment;
  }

  async #createMeta(): Promise<CreateMeta> {
    if (this.#meta !== null && this.#now() - this.#meta.at < metaLifeMs) return this.#meta;
    this.#meta = await readCreateMeta(this.#target, this.#api, this.#settings, this.#now());
    return this.#meta;
  }

  /** The id of the level's priority, by name among those that are allowed. */
  #priority({ priorities }: CreateMeta, level: RiskLevel): string | null {
    const wanted = priorityNames[level].toLowerCase();
    return priorities?.find(({ name }) => name.toLowerCase() === wanted)?.id ?? null;
  }

  async #search(jql: string, maxResults: number): Promise<{ id: string; key: string; labels: string[] }[]> {
    const deployment = await this.#detect();
    const path = deployment === "cloud" ? `${this.#api}/search/jql` : `${this.#api}/search`;
    const body = JSON.stringify({ jql, maxResults, fields: ["labels"] });
    const answer = await this.#target.request({ method: "POST", path, body });
    const issues = (answer.body?.issues ?? []) as { id: string; key: string; fields?: { labels?: string[] } }[];
    return issues.map(({ id, key, fields }) => ({ id, key, labels: fields?.labels ?? [] }));
  }

  /** Null: there is none of this number. */
  async #readIssue(number: number): Promise<KnownIssue | null> {
    const path = `${this.#api}/issue/${encodeURIComponent(`${this.#settings.projectKey}-${number}`)}?fields=labels&properties=rhythmx`;
    const { status, body } = await this.#target.request({ method: "GET", path, also: [404] });
    if (status === 404) return null;
    // Where labels are not on the screen the property tells.
    const said = [...(body?.fields?.labels ?? []), body?.properties?.rhythmx?.correlation];
    const correlations = said.filter((one) => typeof one === "string" && one.startsWith("rhythmx-"));
    return { id: String(body?.id), key: String(body?.key), correlations };
  }

  #ticket(id: string, key: string): RemoteTicket {
    return { id, key, url: `${this.#site ?? this.#settings.url}/browse/${encodeURIComponent(key)}` };
  }
}

/** The payload without its priority, where the target refuses just that; else null. */
function withoutPriority(payload: string, error: unknown): string | null {
  if (!(error instanceof DeliveryError) || error.data.status !== 400 || !/\bpriority\b/i.test(String(error.data.words)))
    return null;
  const parsed = JSON.parse(payload) as { fields: Record<string, unknown> };
  if (parsed.fields.priority === undefined) return null;
  const { priority: _, ...fields } = parsed.fields;
  return JSON.stringify({ ...parsed, fields });
}

function numberOf(key: string): number {
  return Number(/-(\d+)$/.exec(key)?.[1] ?? 0);
}

function unexpected(what: string): DeliveryError {
  return new DeliveryError("unexpected", what, { retryable: true, data: { effectUnknown: true, permanent: false } });
}
