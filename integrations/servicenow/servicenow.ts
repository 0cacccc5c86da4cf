/** ServiceNow, Table API; protocols 4. */
import { DeliveryError } from "../../core/errors.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { ServiceNowConnection } from "../../core/settings/tickets.ts";
import { fitDraft } from "../../core/tickets/draft.ts";
import type { RemoteTicket, TestStep, TicketRequest, TicketSystem } from "../../core/tickets/ticket.ts";
import { type AdapterTools, Target, type TargetAnswer } from "../http.ts";
import { plainText } from "../plain-text.ts";
import { TestSteps } from "../test-steps.ts";

export type ServiceNowSettings = Omit<ServiceNowConnection, "caFile" | "proxy">;

/** Of the field `description`. */
const descriptionBudget = 3_900;
/** The full text goes into the first work note where the description is too short for it. */
const workNoteBudget = 30_000;
const longestShortDescription = 160;

/** By the base system's Priority Lookup Rules these give priorities 1 to 4. */
const matrix: Readonly<Record<RiskLevel, { impact: string; urgency: string; priority: string }>> = {
  critical: { impact: "1", urgency: "1", priority: "1" },
  high: { impact: "2", urgency: "1", priority: "2" },
  medium: { impact: "2", urgency: "2", priority: "3" },
  low: { impact: "3", urgency: "2", priority: "4" },
};

interface Row {
  sys_id?: string;
  number?: string;
  priority?: string;
  correlation_id?: string;
}

export class ServiceNow implements TicketSystem {
  readonly name = "servicenow";
  readonly link = null;
  readonly #settings: ServiceNowSettings;
  readonly #origin: string;
  readonly #target: Target;
  #group: string | null = null;

  constructor(settings: ServiceNowSettings, { fetch, now, patience, timeoutMs }: AdapterTools) {
    this.#settings = settings;
    this.#origin = instanceUrl(settings.instance);
    const { username, password } = settings;
    this.#target = new Target({
      ...{ baseUrl: this.#origin, fetch, now, patience, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      headers: { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
      secrets: [password, `${username}:${password}`],
    });
  }

  async render({ correlation, draft }: TicketRequest): Promise<string> {
    const group = await this.#assignmentGroup();
    const { impact, urgency } = matrix[draft.level];
    const whole = plainText(draft);
    const description = plainText(fitDraft(draft, descriptionBudget, (one) => plainText(one).length));
    const notes =
      whole === description
        ? {}
        : { work_notes: plainText(fitDraft(draft, workNoteBudget, (one) => plainText(one).length)) };
    return JSON.stringify({
      short_description: draft.summary.slice(0, longestShortDescription).toWellFormed(),
      description,
      ...{ impact, urgency, correlation_id: correlation, correlation_display: "RhythmX" },
      ...(group === null ? {} : { assignment_group: group }),
      ...notes,
      ...this.#settings.extraFields,
    });
  }

  hint(): Promise<string | null> {
    return Promise.resolve(null);
  }

  async create(payload: string): Promise<RemoteTicket> {
    const answer = await this.#target.request({ method: "POST", path: `${this.#table}?${fields}`, body: payload });
    const row = resultOf(answer) as Row | null;
    if (row === null || typeof row.sys_id !== "string") throw refusedIn200(answer);
    const ticket = this.#ticket(row.sys_id, row.number ?? row.sys_id);
    const asked = JSON.parse(payload) as { impact: string; urgency: string; correlation_id: string };
    const lost =
      row.correlation_id === asked.correlation_id
        ? null
        : "the instance did not keep correlation_id: after a broken connection a ticket cannot be found; let the account write and read that column";
    const warning = [lost, priorityWarning(asked, row.priority)].filter((one) => one !== null).join("; ");
    return warning === "" ? ticket : { ...ticket, warning };
  }

  async find(correlation: string): Promise<RemoteTicket | null> {
    // An empty or odd value would be dropped from the query, and the rest of it would find everybody's tickets.
    if (!/^[A-Za-z0-9-]{8,100}$/.test(correlation))
      throw new DeliveryError("unexpected", "the correlation id is odd", {
        retryable: false,
        data: { permanent: true },
      });
    const query = encodeURIComponent(`correlation_id=${correlation}`);
    const answer = await this.#target.request({
      method: "GET",
      path: `${this.#table}?sysparm_query=${query}&sysparm_limit=5&${fields}`,
      also: [404],
    });
    if (answer.status === 404) return null;
    const rows = resultOf(answer) as Row[] | null;
    if (!Array.isArray(rows)) throw refusedIn200(answer);
    // Invalid parts of a query are ignored in silence: each row is looked at.
    const row = rows.find((one) => one.correlation_id === correlation);
    return row?.sys_id === undefined ? null : this.#ticket(row.sys_id, row.number ?? row.sys_id);
  }

  async test(): Promise<TestStep[]> {
    const steps = new TestSteps();
    const { table, username, assignmentGroup } = this.#settings;
    const reached = await steps.take(`Log in and read ${table}`, async () => {
      const answer = await this.#target.request({
        method: "GET",
        path: `${this.#table}?sysparm_limit=1&${fields}`,
        also: [404],
      });
      if (answer.status !== 404 && !Array.isArray(resultOf(answer))) throw refusedIn200(answer);
      return `as ${username} at ${this.#origin}`;
    });
    if (!reached) return steps.done;
    if (assignmentGroup !== "")
      await steps.take(`Assignment group ${assignmentGroup}`, async () => {
        this.#group = null;
        return `is ${await this.#assignmentGroup()}`;
      });
    return steps.done;
  }

  get #table(): string {
    return `/api/now/table/${encodeURIComponent(this.#settings.table)}`;
  }

  /** Resolved once: a name that does not exist would be dropped in silence. */
  async #assignmentGroup(): Promise<string | null> {
    const { assignmentGroup } = this.#settings;
    if (assignmentGroup === "") return null;
    if (/^[0-9a-f]{32}$/.test(assignmentGroup)) return assignmentGroup;
    if (this.#group !== null) return this.#group;
    if (assignmentGroup.includes("^")) throw groupError(assignmentGroup, "a group's name holds no ^");
    const query = encodeURIComponent(`name=${assignmentGroup}`);
    const path = `/api/now/table/sys_user_group?sysparm_query=${query}&sysparm_limit=2&sysparm_fields=sys_id,name`;
    const answer = await this.#target.request({ method: "GET", path, also: [404] });
    const rows = answer.status === 404 ? [] : ((resultOf(answer) ?? []) as { sys_id?: string; name?: string }[]);
    const found = rows.filter(({ name }) => name === assignmentGroup);
    const [group] = found;
    if (group?.sys_id === undefined)
      throw groupError(assignmentGroup, "there is no such group, or the account may not read sys_user_group");
    this.#group = group.sys_id;
    return this.#group;
  }

  #ticket(id: string, key: string): RemoteTicket {
    const uri = encodeURIComponent(`${this.#settings.table}.do?sys_id=${id}`);
    return { id, key, url: `${this.#origin}/nav_to.do?uri=${uri}` };
  }
}

const fields = "sysparm_exclude_reference_link=true&sysparm_fields=sys_id,number,priority,correlation_id,state";

/** `https://acme.service-now.com` of every form in which people give an instance; a path prefix stays. */
function instanceUrl(instance: string): string {
  const text = instance.trim().replace(/\/+$/, "");
  if (/^https?:\/\//i.test(text)) return text;
  return `https://${text.includes(".") || text.includes(":") ? text : `${text}.service-now.com`}`;
}

function resultOf({ body }: TargetAnswer): unknown {
  return typeof body === "object" && body !== null && "result" in body ? body.result : null;
}

/** Priority is the instance's to compute: what it made of impact and urgency is read back. */
function priorityWarning(
  { impact, urgency }: { impact: string; urgency: string },
  made: string | undefined,
): string | null {
  const wanted = Object.values(matrix).find((one) => one.impact === impact && one.urgency === urgency)?.priority;
  if (made === undefined || wanted === undefined || made === wanted) return null;
  return `the instance made priority ${made.slice(0, 40)} of impact ${impact} and urgency ${urgency}, not ${wanted}: see its Priority Lookup Rules`;
}

/** An error, or something else, under a status that says that all is well. */
function refusedIn200({ status, body }: TargetAnswer): DeliveryError {
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

function groupError(name: string, why: string): DeliveryError {
  return new DeliveryError(
    "assignment_group",
    `assignment group ${JSON.stringify(name)}: ${why}; give its sys_id or another name`,
    {
      retryable: false,
      data: { permanent: true, words: why },
    },
  );
}
