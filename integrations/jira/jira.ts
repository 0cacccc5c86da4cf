/** Jira Cloud (REST v3, ADF) and Data Center (REST v2, wiki markup); protocols 3. */
import { DeliveryError } from "../../core/errors.ts";
import type { IncidentStatus } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import type { TargetScreens } from "../../core/tickets/fields/target-fields.ts";
import { fitDraft } from "../../core/tickets/fit.ts";
import { titleWithin } from "../../core/tickets/headline/headline.ts";
import type { RemoteChange, RemoteComment, RemoteState, RemoteTicket } from "../../core/tickets/ticket.ts";
import type {
  CommentRequest,
  KnownTicket,
  NamedTicket,
  TestStep,
  TicketCandidate,
  TicketRequest,
  TicketSystem,
  TitleChange,
  UpdateResult,
} from "../../core/tickets/ticket-system.ts";
import type { AdapterTools } from "../http.ts";
import { plainText } from "../plain-text.ts";
import { adfDocument } from "./adf.ts";
import { testJira } from "./connection-test.ts";
import { withoutPriority } from "./create-meta.ts";
import { createdIssue, IssueIdentity } from "./issue-identity.ts";
import { IssueReader } from "./issue-reader.ts";
import { IssueUpdates } from "./issue-updates.ts";
import { KeyLookup, type KnownIssue } from "./key-lookup.ts";
import { refusedSearch, withLabel } from "./label-search.ts";
import { priorityOf } from "./priorities.ts";
import { readScreens } from "./screens.ts";
import { withShorterText } from "./shorter.ts";
import { type JiraSettings, JiraSite, unexpected } from "./site.ts";
import { wikiMarkup } from "./wiki.ts";

/** A text field takes 32,767 characters; how ADF is counted is not documented. */
const textBudget = 25_000;
const longestSummary = 255;
/** How often a create that was refused is changed and sent again. */
const mostChanges = 2;

export class Jira implements TicketSystem {
  readonly name = "jira";
  readonly searches = true;
  readonly testShowsReading = true;
  readonly fixedFields = ["project", "labels", "properties"];
  readonly #settings: JiraSettings;
  readonly #site: JiraSite;
  readonly #keys: KeyLookup;
  readonly #updates: IssueUpdates;
  readonly #reader: IssueReader;
  readonly #identity: IssueIdentity;
  /** The highest issue number seen so far. */
  #highest = 0;

  constructor(settings: JiraSettings, tools: AdapterTools) {
    this.#settings = settings;
    this.#site = new JiraSite(settings, tools);
    this.#keys = new KeyLookup((number) => this.#readIssue(number), tools.now);
    const { statuses, falsePositiveResolutions } = settings;
    const meanings = { statuses, falsePositiveResolutions };
    this.#updates = new IssueUpdates(this.#site, meanings, settings.transitionFields);
    this.#identity = new IssueIdentity(this.#site);
    this.#reader = new IssueReader(this.#site, this.#updates, meanings, tools.now);
  }

  async render({ correlation, draft }: TicketRequest): Promise<string> {
    const deployment = await this.#site.detect();
    const meta = await this.#site.createMeta();
    const { projectKey, extraFields } = this.#settings;
    const size = (one: Draft) => (deployment === "cloud" ? plainText(one).length : wikiMarkup(one).length);
    const fitted = fitDraft(draft, textBudget, size);
    const priority = priorityOf(meta.priorities, draft.level, meta.wantsPriority);
    const reporter = meta.wantsReporter ? await this.#reporter() : {};
    // Labels of the settings come beside ours, by which the ticket is found again.
    const { labels: given = [], ...others } = extraFields;
    const fields = {
      project: { key: projectKey },
      issuetype: { id: meta.issueTypeId },
      summary: this.titleFor(draft.level, draft),
      description: deployment === "cloud" ? adfDocument(fitted) : wikiMarkup(fitted),
      ...(meta.labels ? { labels: ["rhythmx", correlation, `risk-${draft.level}`, ...[given].flat()] } : {}),
      ...(priority === null ? {} : { priority: { id: priority.id } }),
      ...reporter,
      ...others,
    };
    const properties = [{ key: "rhythmx", value: { incident_id: draft.incidentId, correlation, url: draft.url } }];
    return JSON.stringify({ fields, properties });
  }

  /** Search may be behind, or see nothing at all: what we have made ourselves counts too. */
  async hint(known: readonly KnownTicket[]): Promise<string | null> {
    const prefix = `${this.#settings.projectKey}-`;
    const ours = known.filter(({ remote }) => remote.key.startsWith(prefix)).map(({ remote }) => numberOf(remote.key));
    this.#highest = Math.max(this.#highest, numberOf((await this.#newest())?.key ?? ""), ...ours);
    return `${this.#settings.projectKey}-${this.#highest}`;
  }

  async create(payload: string): Promise<RemoteTicket> {
    const post = (body: string) =>
      this.#site.target.make({
        path: `${this.#site.api}/issue`,
        body,
        identified: (answer) => createdIssue(this.#site, answer),
      });
    let body = payload;
    for (let changes = 0; ; changes++)
      try {
        const made = await post(body);
        this.#highest = Math.max(this.#highest, numberOf(made.key));
        return made;
      } catch (error) {
        // The fields that Jira accepts have changed since they were read.
        this.#site.forgetMeta();
        const other = withoutPriority(body, error) ?? withShorterText(body, error);
        if (other === null || other === body || changes === mostChanges) throw error;
        body = other;
      }
  }

  async priorityOf(payload: string): Promise<string | null> {
    const { fields } = JSON.parse(payload) as { fields: { priority?: { id?: string; name?: string } } };
    if (fields.priority === undefined) return null;
    const { id, name } = fields.priority;
    const known = (await this.#site.createMeta()).priorities?.find((one) => one.id === id);
    return known?.name ?? name ?? id ?? null;
  }

  titleOf(payload: string): string | null {
    const { summary } = (JSON.parse(payload) as { fields?: { summary?: unknown } }).fields ?? {};
    return typeof summary === "string" ? summary : null;
  }

  titleFor(level: RiskLevel, { headline }: Draft): string {
    return titleWithin(level, headline, longestSummary);
  }

  findsOwn(known: readonly KnownTicket[]): Promise<boolean> {
    return this.#identity.findsOwn(known);
  }

  /** Jira counts its issues: another one has an issue of the same id. */
  readonly owns = async (known: KnownTicket): Promise<boolean> => {
    await this.#site.detect();
    return this.#site.has(known.remote.url) || !(await this.#identity.isAnother(known));
  };

  named(number: string): Promise<NamedTicket> {
    return this.#identity.named(number);
  }

  async find(correlation: string, hint: string | null): Promise<RemoteTicket | null> {
    const { projectKey } = this.#settings;
    if (hint === null) return (await this.findAll(correlation))[0] ?? null;
    // Reading by key decides where the account may not search.
    const [first] = await this.findAll(correlation).catch(refusedSearch);
    if (first !== undefined) return first;
    // It was sent while the settings named another project, and goes there if it is sent again.
    const sentTo = hint.slice(0, hint.lastIndexOf("-"));
    if (sentTo.toUpperCase() !== projectKey.toUpperCase()) {
      const [other] = await this.#labelled(sentTo, correlation).catch(refusedSearch);
      if (other !== undefined) return other;
      throw new DeliveryError(
        "inconclusive",
        `it was sent to project ${sentTo}, and the settings now name ${projectKey}; a search of ${sentTo} does not show it`,
        { retryable: true, data: { permanent: false, words: "" } },
      );
    }
    const found = await this.#keys.find(correlation, numberOf(hint));
    return found === null ? null : this.#site.ticket(found.id, found.key);
  }

  findAll(correlation: string): Promise<RemoteTicket[]> {
    return this.#labelled(this.#settings.projectKey, correlation);
  }

  async #labelled(projectKey: string, correlation: string): Promise<RemoteTicket[]> {
    await this.#site.detect();
    const jql = withLabel(projectKey, correlation);
    const issues = (await this.#site.search(jql, 5)).filter(({ labels }) => labels.includes(correlation));
    return issues.map(({ id, key }) => this.#site.ticket(id, key));
  }

  readonly candidates = (correlation: string): Promise<TicketCandidate[]> =>
    this.#identity.candidates(correlation, withLabel(this.#settings.projectKey, correlation));

  readonly link = async (ticket: RemoteTicket, draft: Draft): Promise<void> => {
    await this.#site.detect();
    const object = { url: draft.url, title: `${draft.incidentId} in RhythmX Edge` };
    const body = JSON.stringify({
      globalId: `rhythmx=${draft.incidentId}`,
      application: { name: "RhythmX Edge" },
      object,
    });
    await this.#site.target.request({
      method: "POST",
      path: `${this.#site.api}/issue/${encodeURIComponent(ticket.id)}/remotelink`,
      body,
    });
  };

  read(id: string): Promise<RemoteState | null> {
    return this.#reader.read(id);
  }

  comments(id: string, isKnown: (commentId: string) => boolean): Promise<RemoteComment[]> {
    return this.#reader.comments(id, isKnown);
  }

  changes(cursor: string | null, since: number): AsyncIterable<{ changes: RemoteChange[]; cursor: string }> {
    return this.#reader.changes(cursor, since);
  }

  async renderComment(request: CommentRequest): Promise<string> {
    return this.#updates.render(request, (await this.#site.detect()) === "cloud");
  }

  async comment(id: string, payload: string): Promise<UpdateResult> {
    await this.#site.detect();
    return this.#updates.comment(id, payload);
  }

  async findComment(id: string, token: string): Promise<{ commentId: string } | null> {
    await this.#site.detect();
    return this.#updates.findComment(id, token);
  }

  setStatus(state: RemoteState, status: IncidentStatus): Promise<UpdateResult> {
    return this.#updates.setStatus(state, status, () => this.read(state.id));
  }

  async findPerson(analyst: string): Promise<string | null> {
    const isCloud = (await this.#site.detect()) === "cloud";
    return this.#updates.findPerson(analyst, this.#settings.projectKey, isCloud);
  }

  async setAssignee(id: string, personId: string | null): Promise<UpdateResult> {
    return this.#updates.setAssignee(id, personId, (await this.#site.detect()) === "cloud");
  }

  async setPriority(
    id: string,
    level: RiskLevel,
    _draft: () => Promise<Draft>,
    title: TitleChange | null,
  ): Promise<UpdateResult> {
    await this.#site.detect();
    const meta = await this.#site.createMeta();
    const priorityId = priorityOf(meta.priorities, level, false)?.id ?? null;
    return this.#updates.setRisk(id, { level, priorityId, hasLabels: meta.labels, title });
  }

  test(real?: TicketRequest): Promise<TestStep[]> {
    const rendered = real === undefined ? null : () => this.render(real);
    return testJira({ ...this.#parts, reader: this.#reader, rendered });
  }

  readonly screens = (): Promise<TargetScreens> => readScreens(this.#parts);

  get #parts() {
    return { settings: this.#settings, site: this.#site, updates: this.#updates };
  }

  /** The project's newest issue; null if there is none or the account may not search. */
  async #newest(): Promise<{ id: string; key: string } | null> {
    const jql = `project = "${this.#settings.projectKey}" ORDER BY created DESC`;
    try {
      return (await this.#site.search(jql, 1))[0] ?? null;
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.retryable) throw error;
      return null;
    }
  }

  /** If the project requires a reporter, this is our account, as far as the account may know itself. */
  async #reporter(): Promise<object> {
    const us = await this.#site.us();
    if (us === null) return {};
    return { reporter: (await this.#site.detect()) === "cloud" ? { accountId: us } : { name: us } };
  }

  /** Null if there is no issue with this number. */
  async #readIssue(number: number): Promise<KnownIssue | null> {
    const path = `${this.#site.api}/issue/${encodeURIComponent(`${this.#settings.projectKey}-${number}`)}?fields=labels&properties=rhythmx`;
    const { status, body } = await this.#site.target.request({ method: "GET", path, also: [404] });
    if (status === 404) return null;
    if (typeof body?.key !== "string") throw unexpected("it answers an issue without a key");
    // If the screen has no labels, the property is used.
    const said = [...(body?.fields?.labels ?? []), body?.properties?.rhythmx?.correlation];
    const correlations = said.filter((one) => typeof one === "string" && one.startsWith("rhythmx-"));
    return { id: String(body?.id), key: String(body?.key), correlations };
  }
}

function numberOf(key: string): number {
  return Number(/-(\d+)$/.exec(key)?.[1] ?? 0);
}
