/** The Proactive Case API of an MSSP (seed 001 "Proactive Case API"). */
import { DeliveryError } from "../../core/errors.ts";
import type { IncidentStatus } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { ProactiveConnection } from "../../core/settings/ticket-settings.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import { fitDraft } from "../../core/tickets/fit.ts";
import { titleWithin } from "../../core/tickets/headline/headline.ts";
import { isOtherIncident, type RemoteComment, type RemoteState, type RemoteTicket } from "../../core/tickets/ticket.ts";
import type {
  CommentRequest,
  KnownTicket,
  NamedTicket,
  SentCreate,
  TestStep,
  TicketRequest,
  TicketSystem,
  TitleChange,
  UpdateResult,
} from "../../core/tickets/ticket-system.ts";
import { type AdapterTools, Target, type TargetAnswer } from "../http.ts";
import { plainComment, plainText } from "../plain-text.ts";
import { TestSteps } from "../test-steps.ts";
import { findTitle, titleResult } from "../titles.ts";
import { CaseIdentity, nobodys } from "./case-identity.ts";
import { heldCase } from "./held-case.ts";
import { fittedHtml } from "./html.ts";
import {
  type CaseAnswer,
  type CaseBody,
  casesOf,
  finalStatus,
  headers,
  limits,
  meanings,
  numberInAddress,
  paths,
  priorities,
} from "./wire.ts";

export type ProactiveSettings = Omit<ProactiveConnection, "caFile" | "proxy" | "verifySsl">;

export class Proactive implements TicketSystem {
  readonly name = "proactive";
  readonly link = null;
  readonly searches = false;
  readonly searchLags = false;
  readonly screens = null;
  readonly candidates = null;
  readonly testShowsReading = false;
  readonly fixedFields = ["correlationId", "serviceIdentifier"];
  readonly #settings: ProactiveSettings;
  readonly #target: Target;
  readonly #identity: CaseIdentity;

  constructor(settings: ProactiveSettings, tools: AdapterTools) {
    this.#settings = settings;
    this.#target = new Target({
      baseUrl: settings.baseUrl.replace(/\/+$/, ""),
      ...tools,
      headers: headers(settings),
      secrets: [settings.secret, `${settings.appId}:${settings.secret}`],
    });
    this.#identity = new CaseIdentity(this.#target, settings);
  }

  render({ correlation, draft }: TicketRequest): Promise<string> {
    const body: CaseBody = {
      serviceIdentifier: this.#settings.serviceIdentifier,
      correlationId: correlation,
      shortDescription: this.titleFor(draft.level, draft),
      description: fittedHtml(draft, limits.description),
      priority: priorities[draft.level],
      // The same content without markup.
      workNotes: plainText(fitDraft(draft, limits.workNotes, (one) => plainText(one).length)),
    };
    return Promise.resolve(JSON.stringify(body));
  }

  hint(): Promise<string> {
    return Promise.resolve(this.#identity.hint());
  }

  create(payload: string): Promise<RemoteTicket> {
    const { table } = this.#settings;
    const { correlationId } = JSON.parse(payload) as Partial<CaseBody>;
    const identified = ({ body, headers }: TargetAnswer) => {
      const [made] = casesOf(body);
      // Another case, of which this one is a duplicate, is not what was made.
      if (isOtherIncident(made?.correlationId ?? "", correlationId)) return null;
      if (made !== undefined) return this.#identity.ticket(made);
      const number = numberInAddress(table, headers.get("location") ?? "");
      return number === "" ? null : this.#identity.ticket({ ticketNumber: number, ticketStatus: "" });
    };
    return this.#ask(() => this.#target.make({ path: paths.create(table), body: payload, identified }));
  }

  priorityOf(payload: string): Promise<string | null> {
    return Promise.resolve((JSON.parse(payload) as Partial<CaseBody>).priority ?? null);
  }

  titleOf(payload: string): string | null {
    return (JSON.parse(payload) as Partial<CaseBody>).shortDescription ?? null;
  }

  titleFor(level: RiskLevel, { headline }: Draft): string {
    return titleWithin(level, headline, limits.shortDescription);
  }

  find(correlation: string, hint: string | null): Promise<RemoteTicket | null> {
    return this.#identity.find({ correlation, hint });
  }

  findAll(correlation: string): Promise<RemoteTicket[]> {
    return this.#identity.findAll(correlation);
  }

  owns(known: KnownTicket): Promise<boolean> {
    return this.#identity.owns(known);
  }

  findsOwn(known: readonly KnownTicket[]): Promise<boolean> {
    return this.#identity.findsOwn(known);
  }

  named(number: string, sent: SentCreate): Promise<NamedTicket> {
    return this.#identity.named(number, sent);
  }

  async read(id: string): Promise<RemoteState | null> {
    const answer = await this.#target.request({ method: "GET", path: this.#path(id), also: [404] });
    if (answer.status === 404) return null;
    const found = casesOf(answer.body).find(({ ticketNumber }) => ticketNumber === id);
    if (found === undefined || found.ticketStatus === "") throw unexpected(answer);
    return this.#state(found);
  }

  async *changes(): AsyncGenerator<never> {}

  /** The API has no comments. */
  comments(): Promise<RemoteComment[]> {
    return Promise.resolve([]);
  }

  renderComment({ blocks, token }: CommentRequest): Promise<string> {
    const text = plainComment(blocks)
      .slice(0, limits.workNotes - 100)
      .toWellFormed();
    return Promise.resolve(JSON.stringify({ workNotes: `${text}\n\nRhythmX ${token}` }));
  }

  async comment(id: string, payload: string): Promise<UpdateResult> {
    await this.#patch(id, JSON.parse(payload) as Partial<CaseBody>);
    return {};
  }

  /** Notes cannot be read back. */
  findComment(): Promise<{ commentId: string } | null> {
    return Promise.resolve(null);
  }

  /** Analysts work on the case in ServiceNow, so our decision is only sent as a note. */
  setStatus(_: RemoteState, status: IncidentStatus, notes: string): Promise<UpdateResult> {
    return Promise.resolve({ instead: `Status in RhythmX Edge: ${status}. ${notes}` });
  }

  readonly findPerson = (): Promise<null> => Promise.resolve(null);

  setAssignee(): Promise<UpdateResult> {
    return Promise.resolve({ instead: "Assigned to nobody in RhythmX Edge." });
  }

  async setPriority(
    id: string,
    level: RiskLevel,
    draft: () => Promise<Draft>,
    title: TitleChange | null,
  ): Promise<UpdateResult> {
    const priority = priorities[level];
    const finding = await findTitle(title, () => this.#title(id), { writesUnseen: true });
    const asked = finding.write === null ? {} : { shortDescription: finding.write };
    const kept = await this.#patch(id, {
      priority,
      description: fittedHtml(await draft(), limits.description),
      ...asked,
    });
    if (kept?.priority == null || kept.priority === priority)
      return titleResult(finding, { title: kept?.shortDescription ?? finding.write });
    throw new DeliveryError(
      "not_kept",
      `the API kept priority ${JSON.stringify(kept.priority.slice(0, 40))} where ${JSON.stringify(priority)} was asked: mend it there`,
      { retryable: false, data: { permanent: true, words: `priority: ${kept.priority.slice(0, 40)}` } },
    );
  }

  async test(real?: TicketRequest): Promise<TestStep[]> {
    const steps = new TestSteps("PROACTIVE_SNOW_CA_FILE");
    const { table, appId, baseUrl, serviceIdentifier, source } = this.#settings;
    const path = paths.find(table, nobodys);
    const reached = await steps.take(`Log in and read ${table}`, async () => {
      await this.#target.request({ method: "GET", path, also: [404] });
      return `as ${appId} at ${baseUrl}, source ${source}`;
    });
    if (!reached) return steps.done;
    await steps.take("Service identifier", async () => `${serviceIdentifier}: checked with the first case`);
    if (real !== undefined) await steps.take("A real case", async () => heldCase(await this.render(real)));
    return steps.done;
  }

  /** Null if the API does not show it. */
  async #title(id: string): Promise<string | null> {
    const answer = await this.#target.request({ method: "GET", path: this.#path(id), also: [403, 404] });
    if (answer.status !== 200) return null;
    return casesOf(answer.body).find(({ ticketNumber }) => ticketNumber === id)?.shortDescription ?? null;
  }

  /** Returns the case after the change, if the answer contains it. */
  async #patch(id: string, body: Partial<CaseBody>): Promise<CaseAnswer | undefined> {
    const asked = { method: "PATCH" as const, path: this.#path(id), body: JSON.stringify(body) };
    const answer = await this.#ask(() => this.#target.request(asked));
    return casesOf(answer.body).find(({ ticketNumber }) => ticketNumber === id);
  }

  /** Adds what to do to a well-known refusal. */
  async #ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof DeliveryError) || !/serviceIdentifier is not available/i.test(String(error.data.words)))
        throw error;
      throw new DeliveryError(
        "service_identifier",
        `${error.message}. Ask the ServiceNow administrator for the CMDB configuration item that is registered for tickets of RhythmX, and set PROACTIVE_SNOW_SERVICE_IDENTIFIER to it (now ${JSON.stringify(this.#settings.serviceIdentifier)})`,
        { retryable: false, data: { ...error.data, permanent: true } },
      );
    }
  }

  #path(ticketNumber: string): string {
    return paths.one(this.#settings.table, ticketNumber);
  }

  #state(found: CaseAnswer): RemoteState {
    const status = found.ticketStatus.slice(0, 50);
    const known = meanings.get(status.trim().toLowerCase());
    return {
      ...this.#identity.ticket(found),
      status,
      means: known ?? null,
      isStrange: known === undefined,
      isFinal: finalStatus.test(status.trim()),
      assignee: null,
      changedBy: null,
      mergedInto: null,
      updated: 0,
      stamp: status,
    };
  }
}

function unexpected({ status }: TargetAnswer): DeliveryError {
  const data = { status, words: "", effectUnknown: true, permanent: false };
  return new DeliveryError("unexpected", `it answers ${status} without a ticketNumber`, { retryable: true, data });
}
