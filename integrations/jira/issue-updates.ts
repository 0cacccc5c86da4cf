/** Updates issues when their incidents change: transitions, comments, assignee, priority (protocols 3.2-3.4). */
import { DeliveryError } from "../../core/errors.ts";
import { type IncidentStatus, isOpen } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { RemoteState } from "../../core/tickets/ticket.ts";
import type { CommentRequest, TitleChange, UpdateResult } from "../../core/tickets/ticket-system.ts";
import { isTooLong } from "../answers.ts";
import type { TargetAnswer } from "../http.ts";
import { findTitle, titleResult } from "../titles.ts";
import { adfComment } from "./adf.ts";
import { fieldsRequired } from "./create-meta.ts";
import { type CommentBody, idOf, type JiraUser, type Meanings } from "./issue-state.ts";
import { type JiraSite, unexpected } from "./site.ts";
import { type Step, stepOf, type Transition } from "./transitions.ts";
import { wikiComment } from "./wiki.ts";

/** The most transitions for one update; workflows have few steps between two states. */
const mostSteps = 5;
const commentsAPage = 100;
const mostCommentPages = 20;

/** What an issue's level is written as. */
export interface Risk {
  level: RiskLevel;
  /** Null: the project has no such priority. */
  priorityId: string | null;
  /** Whether the project has labels. */
  hasLabels: boolean;
  title: TitleChange | null;
}

export class IssueUpdates {
  readonly #site: JiraSite;
  readonly #meanings: Meanings;

  readonly #transitionFields: Readonly<Record<string, unknown>>;

  /** `transitionFields`: values by field id, for transition screens that require them. */
  constructor(site: JiraSite, meanings: Meanings, transitionFields: Readonly<Record<string, unknown>>) {
    this.#site = site;
    this.#meanings = meanings;
    this.#transitionFields = transitionFields;
  }

  /** The token is stored as a property of the comment, which makes it findable and is not shown. Internal in a service desk project. */
  render({ blocks, token }: CommentRequest, isCloud: boolean): string {
    const reference = { kind: "text" as const, text: `RhythmX ${token}` };
    const body = isCloud ? adfComment([...blocks, reference]) : wikiComment([...blocks, reference]);
    const properties = [
      { key: "rhythmx", value: { delivery: token } },
      { key: "sd.public.comment", value: { internal: true } },
    ];
    return JSON.stringify({ body, properties });
  }

  async comment(id: string, payload: string): Promise<UpdateResult> {
    const { body } = await this.#site.target.request({
      method: "POST",
      path: `${this.#issue(id)}/comment`,
      body: payload,
    });
    if (body?.id === undefined) throw unexpected("its answer to the comment names none");
    const commentId = String(body.id);
    const warning = await this.#kept(async () => {
      const path = `${this.#issue(id)}/comment?startAt=0&maxResults=${commentsAPage}&orderBy=-created`;
      const answer = (await this.#site.target.request({ method: "GET", path })).body;
      const page = (answer?.comments ?? []) as CommentBody[];
      const isWhole = Number(answer?.total ?? Number.POSITIVE_INFINITY) <= page.length;
      if (isWhole && !page.some((one) => String(one.id) === commentId))
        throw notKept("comment", "none", "one that it had taken");
    });
    return { commentId, ...warning };
  }

  async findComment(id: string, token: string): Promise<{ commentId: string } | null> {
    for await (const page of this.commentPages(id, "&expand=properties"))
      for (const comment of page) {
        const isOurs = comment.properties?.some(({ key, value }) => key === "rhythmx" && value?.delivery === token);
        if (isOurs === true || JSON.stringify(comment.body ?? "").includes(token))
          return { commentId: String(comment.id) };
      }
    return null;
  }

  /** Newest first. */
  async *commentPages(id: string, more = ""): AsyncGenerator<CommentBody[]> {
    let most = commentsAPage;
    for (let at = 0, pages = 0; pages < mostCommentPages; pages++) {
      const path = `${this.#issue(id)}/comment?startAt=${at}&maxResults=${most}&orderBy=-created${more}`;
      let body: TargetAnswer["body"];
      try {
        body = (await this.#site.target.request({ method: "GET", path })).body;
      } catch (error) {
        if (!isTooLong(error) || most === 1) throw error;
        most = Math.ceil(most / 10);
        continue;
      }
      const page = (body?.comments ?? []) as CommentBody[];
      yield page;
      at += page.length;
      if (page.length === 0 || at >= Number(body?.total ?? 0)) return;
    }
  }

  /** Runs transitions until the issue's state means `status`. `read` reads the issue again. */
  async setStatus(
    state: RemoteState,
    status: IncidentStatus,
    read: () => Promise<RemoteState | null>,
  ): Promise<UpdateResult> {
    let now = state;
    /** Statuses already visited, to avoid loops. */
    const seen = new Set([state.status]);
    for (let taken = 0; now.means !== status && taken < mostSteps; taken++) {
      const steps = (await this.#steps(now.id, status)).filter(({ to }) => !seen.has(to));
      const step = this.#choose(steps, now, status);
      if (step === null) return this.#noWay(steps, now, status);
      if (step.missing.length > 0)
        throw fieldsRequired(`the transition to ${step.to}`, step.missing, "JIRA_TRANSITION_FIELDS");
      const fields = { ...(step.resolution === null ? {} : { resolution: { name: step.resolution } }), ...step.fields };
      const body = JSON.stringify({
        transition: { id: step.id },
        ...(Object.keys(fields).length === 0 ? {} : { fields }),
      });
      await this.#site.target.request({ method: "POST", path: `${this.#issue(now.id)}/transitions`, body });
      const after = await read();
      if (after === null)
        return { warning: "the account may not read the issue any more: whether it took the transition is not seen" };
      if (after.status === now.status) return this.#noWay(steps, now, status);
      now = after;
      seen.add(step.to);
    }
    const warning =
      now.means === status ? {} : { warning: `it is ${now.status} now: its workflow has nothing nearer to ${status}` };
    return { state: now, ...warning };
  }

  async findPerson(analyst: string, projectKey: string, isCloud: boolean): Promise<string | null> {
    const word = isCloud ? "query" : "username";
    const path = `${this.#site.api}/user/assignable/search?project=${encodeURIComponent(projectKey)}&${word}=${encodeURIComponent(analyst)}&maxResults=50`;
    const { body } = await this.#site.target.request({ method: "GET", path, also: [404] });
    const wanted = analyst.trim().toLowerCase();
    const found = (Array.isArray(body) ? body : []).filter(
      // biome-ignore lint/suspicious/noExplicitAny: whatever the target says
      (user: any) =>
        [user.emailAddress, user.displayName, user.name, user.key, String(user.emailAddress ?? "").split("@")[0]]
          .filter((one) => typeof one === "string" && one !== "")
          .some((one) => one.toLowerCase() === wanted),
    );
    return found.length === 1 ? idOf(found[0]) : null;
  }

  async setAssignee(id: string, personId: string | null, isCloud: boolean): Promise<UpdateResult> {
    const body = JSON.stringify(isCloud ? { accountId: personId } : { name: personId });
    await this.#site.target.request({ method: "PUT", path: `${this.#issue(id)}/assignee`, body });
    return this.#kept(async () => {
      const kept = (await this.#fieldsOf(id, "assignee")).assignee as JiraUser | null | undefined;
      const ids = [kept?.accountId, kept?.name, kept?.key].filter((one) => one !== undefined);
      if (personId === null ? ids.length > 0 : !ids.includes(personId))
        throw notKept("assignee", idOf(kept) ?? "nobody", personId ?? "nobody");
    });
  }

  /** Priority, label and title. What is not on the edit screen is left out with a warning. */
  async setRisk(id: string, { level, priorityId, hasLabels, title }: Risk): Promise<UpdateResult> {
    const finding = await findTitle(title, async () => {
      const { summary } = await this.#fieldsOf(id, "summary");
      return typeof summary === "string" ? summary : null;
    });
    const others = ["critical", "high", "medium", "low"].filter((one) => one !== level);
    const labels = [...others.map((one) => ({ remove: `risk-${one}` })), { add: `risk-${level}` }];
    const fields: Record<string, unknown> = {
      ...(priorityId === null ? {} : { priority: { id: priorityId } }),
      ...(finding.write === null ? {} : { summary: finding.write }),
    };
    const warnings =
      priorityId === null && !hasLabels ? ["the project has neither this priority nor labels"] : ([] as string[]);
    while (Object.keys(fields).length > 0 || hasLabels) {
      try {
        const set = Object.keys(fields).length === 0 ? {} : { fields };
        const body = JSON.stringify({ ...set, ...(hasLabels ? { update: { labels } } : {}) });
        await this.#site.target.request({ method: "PUT", path: this.#issue(id), body });
        break;
      } catch (error) {
        // It is on the create screen, but not on the edit screen.
        const refused = Object.keys(fields).find((name) => isAbout(error, name));
        if (refused === undefined) throw error;
        delete fields[refused];
        const said = refused === "priority" && hasLabels ? "only the label says it" : "it stays as it is";
        warnings.push(`the ${refused} is not on the screen for editing: ${said}`);
      }
    }
    let keptTitle: string | undefined;
    const kept = await this.#kept(async () => {
      const found = await this.#fieldsOf(id, "priority,labels,summary");
      if (typeof found.summary === "string") keptTitle = found.summary;
      const priority = (found.priority as { id?: string } | null | undefined)?.id;
      if ("priority" in fields && priority !== undefined && String(priority) !== priorityId)
        throw notKept("priority", String(priority), priorityId ?? "none");
      if (hasLabels && Array.isArray(found.labels) && !found.labels.includes(`risk-${level}`))
        throw notKept("labels", found.labels.join(" "), `risk-${level}`);
    });
    if (kept.warning !== undefined) warnings.push(kept.warning);
    const result = {
      ...(warnings.length === 0 ? {} : { warning: warnings.join("; ") }),
      ...(keptTitle === undefined ? {} : { title: keptTitle }),
    };
    const isRefused = finding.write !== null && !("summary" in fields);
    return titleResult(isRefused ? { ...finding, write: null } : finding, result);
  }

  /** Verifies what was written. If the account cannot read it, that is no failure. @throws DeliveryError not_kept, or a temporary one */
  async #kept(look: () => Promise<void>): Promise<UpdateResult> {
    try {
      await look();
      return {};
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.code === "not_kept") throw error;
      return { warning: `whether it was kept is not seen: ${error.message}` };
    }
  }

  async #fieldsOf(id: string, names: string): Promise<Readonly<Record<string, unknown>>> {
    const { body } = await this.#site.target.request({ method: "GET", path: `${this.#issue(id)}?fields=${names}` });
    if (typeof body?.fields !== "object" || body.fields === null) throw unexpected("its answer is no issue");
    return body.fields as Record<string, unknown>;
  }

  #issue(id: string): string {
    return `${this.#site.api}/issue/${encodeURIComponent(id)}`;
  }

  async #steps(id: string, status: IncidentStatus): Promise<Step[]> {
    return (await this.transitions(id)).map((one) => stepOf(one, status, this.#meanings, this.#transitionFields));
  }

  /** The transitions that an issue has now, with the fields of their screens. */
  async transitions(id: string): Promise<Transition[]> {
    const path = `${this.#issue(id)}/transitions?expand=transitions.fields`;
    const { body } = await this.#site.target.request({ method: "GET", path });
    return ((body?.transitions ?? []) as Transition[]).filter((one) => one.id !== undefined);
  }

  /** Chooses the transition that leads to the status or nearest to it. */
  #choose(steps: readonly Step[], { means }: RemoteState, status: IncidentStatus): Step | null {
    const exact = steps.find(({ leadsTo }) => leadsTo === status);
    if (exact !== undefined) return exact;
    if (isNear(means, status)) return null;
    const near = steps.find(({ leadsTo }) => isNear(leadsTo, status));
    return near ?? steps.find(({ leadsTo }) => leadsTo === "IN_PROGRESS") ?? null;
  }

  #noWay(steps: readonly Step[], state: RemoteState, status: IncidentStatus): UpdateResult {
    if (isNear(state.means, status))
      return { state, warning: `it stays ${state.status}: its workflow has nothing nearer to ${status}` };
    const ways = steps.map(({ to, leadsTo }) => `${to} (${leadsTo ?? "means nothing"})`).join(", ");
    throw new DeliveryError(
      "no_transition",
      `no transition leads from ${state.status} to ${status}: there is ${ways || "none that this account may take"}; mend the workflow, or name its statuses in JIRA_STATUS_MAP`,
      { retryable: false, data: { permanent: true, words: ways } },
    );
  }
}

/** Whether both are finished or both are open. */
function isNear(means: IncidentStatus | null, status: IncidentStatus): boolean {
  return means !== null && isOpen(means) === isOpen(status);
}

function isAbout(error: unknown, field: string): boolean {
  return (
    error instanceof DeliveryError &&
    error.data.status === 400 &&
    new RegExp(`\\b${field}\\b`, "i").test(String(error.data.words))
  );
}

function notKept(name: string, kept: string, asked: string): DeliveryError {
  return new DeliveryError(
    "not_kept",
    `Jira kept ${name} ${JSON.stringify(kept.slice(0, 40))} where ${JSON.stringify(asked.slice(0, 40))} was asked: a workflow, automation or missing right changes it; mend it there`,
    { retryable: false, data: { permanent: true, words: `${name}: ${kept.slice(0, 40)}` } },
  );
}
