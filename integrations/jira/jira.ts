/** Jira Cloud (REST v3, ADF) and Data Center (REST v2, wiki markup); protocols 3. */
import type { IncidentStatus } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import type { TargetScreens } from "../../core/tickets/fields/target-fields.ts";
import { fitDraft } from "../../core/tickets/fit.ts";
import { titleWithin } from "../../core/tickets/headline/headline.ts";
import {
  type RemoteChange,
  type RemoteComment,
  type RemoteState,
  type RemoteTicket,
  sentTo,
} from "../../core/tickets/ticket.ts";
import type {
  CommentRequest,
  KnownTicket,
  NamedTicket,
  SentCreate,
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
import { withLabel } from "./label-search.ts";
import { LostIssues, projectOf } from "./lost-issues.ts";
import { priorityOf } from "./priorities.ts";
import { readScreens } from "./screens.ts";
import { withShorterText } from "./shorter.ts";
import { type JiraSettings, JiraSite } from "./site.ts";
import { wikiMarkup } from "./wiki.ts";

/** A text field takes 32,767 characters; how ADF is counted is not documented. */
const textBudget = 25_000;
const longestSummary = 255;
/** How often a create that was refused is changed and sent again. */
const mostChanges = 2;

export class Jira implements TicketSystem {
  readonly name = "jira";
  readonly searches = true;
  readonly searchLags = true;
  readonly testShowsReading = true;
  readonly fixedFields = ["project", "labels", "properties"];
  readonly #settings: JiraSettings;
  readonly #site: JiraSite;
  readonly #lost: LostIssues;
  readonly #updates: IssueUpdates;
  readonly #reader: IssueReader;
  readonly #identity: IssueIdentity;

  constructor(settings: JiraSettings, tools: AdapterTools) {
    this.#settings = settings;
    this.#site = new JiraSite(settings, tools);
    this.#lost = new LostIssues(this.#site, tools.now);
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

  hint(known: readonly KnownTicket[], payload: string): Promise<string> {
    return this.#lost.hint(known, payload);
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
        this.#lost.made(made);
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

  async owns(known: KnownTicket): Promise<boolean> {
    return this.#identity.owns(known);
  }

  named(number: string, sent: SentCreate): Promise<NamedTicket> {
    return this.#identity.named(number, sent);
  }

  find(correlation: string, hint: string | null): Promise<RemoteTicket | null> {
    return this.#lost.find(correlation, hint);
  }

  findAll(correlation: string): Promise<RemoteTicket[]> {
    return this.#lost.all(correlation, this.#settings.projectKey);
  }

  readonly candidates = async ({ correlation, hint }: SentCreate): Promise<TicketCandidate[]> => {
    const sent = sentTo(hint);
    const project = sent === null ? this.#settings.projectKey : projectOf(sent.mark);
    const found = await this.#identity.candidates(correlation, withLabel(project, correlation));
    if (found.length === 0) this.#lost.expectHere(sent);
    return found;
  };

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

  /** If the project requires a reporter, this is our account, as far as the account may know itself. */
  async #reporter(): Promise<object> {
    const us = await this.#site.us();
    if (us === null) return {};
    return { reporter: (await this.#site.detect()) === "cloud" ? { accountId: us } : { name: us } };
  }
}
