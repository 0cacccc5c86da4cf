/** ServiceNow, Table API; protocols 4. */
import { DeliveryError } from "../../core/errors.ts";
import type { IncidentStatus } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import type { TargetScreens } from "../../core/tickets/fields/target-fields.ts";
import { titleWithin } from "../../core/tickets/headline/headline.ts";
import {
  isOtherIncident,
  type RemoteChange,
  type RemoteComment,
  type RemoteState,
  type RemoteTicket,
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
import { plainComment, withoutCodeTags } from "../plain-text.ts";
import { type TestFinding, TestSteps } from "../test-steps.ts";
import { type Asked, matrix, priorityMade, priorityNames, warningOf } from "./asked.ts";
import { createdRecord, RecordIdentity, rowOf } from "./identity.ts";
import { testReal } from "./real-record.ts";
import { rawOf, type StateRow } from "./record-state.ts";
import { RecordSync } from "./record-sync.ts";
import { readScreens } from "./screens.ts";
import { SentRecords } from "./sent-records.ts";
import { type ServiceNowSettings, Table } from "./table.ts";
import { recordTexts } from "./texts.ts";

const longestNote = 30_000;
const longestShortDescription = 160;

export class ServiceNow implements TicketSystem {
  readonly name = "servicenow";
  readonly link = null;
  readonly searches = true;
  readonly searchLags = false;
  readonly testShowsReading = false;
  readonly fixedFields = ["correlation_id", "correlation_display"];
  readonly #settings: ServiceNowSettings;
  readonly #table: Table;
  readonly #identity: RecordIdentity;
  readonly #sent: SentRecords;
  readonly #sync: RecordSync;
  #group: string | null = null;

  constructor(settings: ServiceNowSettings, tools: AdapterTools) {
    this.#settings = settings;
    this.#table = new Table(settings, tools);
    this.#identity = new RecordIdentity(this.#table);
    this.#sent = new SentRecords(this.#table);
    this.#sync = new RecordSync(this.#table, this.#identity, settings, tools.now);
  }

  async render({ correlation, draft }: TicketRequest): Promise<string> {
    const group = await this.#assignmentGroup();
    const { impact, urgency } = matrix[draft.level];
    const { description, workNotes } = recordTexts(draft);
    return JSON.stringify({
      short_description: this.titleFor(draft.level, draft),
      description,
      impact,
      urgency,
      correlation_id: correlation,
      correlation_display: "RhythmX",
      ...(group === null ? {} : { assignment_group: group }),
      ...(workNotes === null ? {} : { work_notes: workNotes }),
      ...this.#settings.extraFields,
    });
  }

  hint(): Promise<string> {
    return Promise.resolve(this.#sent.hint());
  }

  async create(payload: string): Promise<RemoteTicket> {
    let row: StateRow = {};
    const asked = JSON.parse(payload) as Asked;
    const ticket = await this.#table.target.make({
      path: `${this.#table.path}?${fields}`,
      body: payload,
      identified: (answer) => {
        row = rowOf(answer.body);
        // A rule of the instance may answer with another record, of which this one is a duplicate.
        const isOther = isOtherIncident(rawOf(row.correlation_id), asked.correlation_id);
        return isOther ? null : createdRecord(this.#table, answer);
      },
    });
    const title = rawOf(row.short_description);
    const warnings = [
      warningOf(asked, row),
      asked.work_notes === undefined ? null : await this.#noteWarning(ticket.id, asked),
    ];
    const warning = warnings.filter((one) => one !== null).join("; ");
    return { ...ticket, ...(title === "" ? {} : { title }), ...(warning === "" ? {} : { warning }) };
  }

  titleOf(payload: string): string | null {
    return (JSON.parse(payload) as { short_description?: string }).short_description ?? null;
  }

  /** A journal shows changes of the title, and its code tags would become markup there. */
  titleFor(level: RiskLevel, { headline }: Draft): string {
    const { what, where, who, rules } = headline;
    const plain = { what: withoutCodeTags(what), where: withoutCodeTags(where), who: withoutCodeTags(who), rules };
    return titleWithin(level, plain, longestShortDescription);
  }

  priorityOf(payload: string): Promise<string | null> {
    const priority = priorityMade(JSON.parse(payload) as Asked);
    return Promise.resolve(priority === null ? null : (priorityNames[priority] ?? priority));
  }

  find(correlation: string, hint: string | null): Promise<RemoteTicket | null> {
    return this.#sent.find({ correlation, hint });
  }

  findAll(correlation: string): Promise<RemoteTicket[]> {
    return this.#identity.findAll(correlation);
  }

  readonly candidates = (sent: SentCreate): Promise<TicketCandidate[]> => this.#sent.candidates(sent);

  owns(known: KnownTicket): Promise<boolean> {
    return this.#identity.owns(known);
  }

  findsOwn(known: readonly KnownTicket[]): Promise<boolean> {
    return this.#identity.findsOwn(known);
  }

  named(number: string, sent: SentCreate): Promise<NamedTicket> {
    return this.#sent.named(number, sent);
  }

  read(id: string): Promise<RemoteState | null> {
    return this.#sync.read(id);
  }

  comments(id: string, isKnown: (commentId: string) => boolean): Promise<RemoteComment[]> {
    return this.#sync.notes(id, isKnown);
  }

  changes(cursor: string | null, since: number): AsyncIterable<{ changes: RemoteChange[]; cursor: string }> {
    return this.#sync.changes(cursor, since);
  }

  /** A work note, which the caller of an incident may not read. Journals have no properties, so the token is in the text. */
  renderComment({ blocks, token }: CommentRequest): Promise<string> {
    const text = plainComment(blocks).slice(0, longestNote).toWellFormed();
    return Promise.resolve(JSON.stringify({ work_notes: `${text}\n\nRhythmX ${token}` }));
  }

  /** The answer's state is ignored, because this note did not cause it; the next reading gets it. */
  async comment(id: string, payload: string): Promise<UpdateResult> {
    const values = JSON.parse(payload) as Record<string, string>;
    const token = /RhythmX (dlv-[\w-]+)/.exec(Object.values(values).join("\n"))?.[1] ?? "";
    const { commentId, warning } = await this.#sync.note(id, values, token);
    return { ...(commentId === undefined ? {} : { commentId }), ...(warning === undefined ? {} : { warning }) };
  }

  findComment(id: string, token: string): Promise<{ commentId: string } | null> {
    return this.#sync.findNote(id, token);
  }

  setStatus({ id }: RemoteState, status: IncidentStatus, notes: string): Promise<UpdateResult> {
    return this.#sync.patch(id, this.#sync.statusValues(status, notes));
  }

  findPerson(analyst: string): Promise<string | null> {
    return this.#sync.findPerson(analyst);
  }

  setAssignee(id: string, personId: string | null): Promise<UpdateResult> {
    return this.#sync.patch(id, { assigned_to: personId ?? "" });
  }

  async setPriority(
    id: string,
    level: RiskLevel,
    _draft: () => Promise<Draft>,
    title: TitleChange | null,
  ): Promise<UpdateResult> {
    const { impact, urgency } = matrix[level];
    return this.#sync.setRisk(id, { impact, urgency }, title);
  }

  readonly screens = async (): Promise<TargetScreens> =>
    readScreens(this.#table, this.#settings, {
      group: await this.#assignmentGroup().catch(() => null),
      sync: this.#sync,
    });

  async test(real?: TicketRequest): Promise<TestStep[]> {
    const steps = new TestSteps("SERVICENOW_CA_FILE");
    const { table, username, assignmentGroup } = this.#settings;
    const reached = await steps.take(`Log in and read ${table}`, async () => {
      await this.#table.list(`${this.#table.path}?sysparm_limit=1&${fields}`).catch((error: unknown) => {
        // The account need not see tickets of others.
        if (!(error instanceof DeliveryError) || error.code !== "hidden") throw error;
      });
      return `as ${username} at ${this.#table.origin}`;
    });
    if (!reached) return steps.done;
    if (assignmentGroup !== "")
      await steps.take(`Assignment group ${assignmentGroup}`, async () => {
        this.#group = null;
        return `is ${await this.#assignmentGroup()}`;
      });
    let own = "";
    await steps.take("Own tickets", async () => {
      const { id, finding } = await this.#testOwn();
      own = id;
      return finding;
    });
    await steps.take("Work notes", () => this.#sync.testJournal(own));
    const parts = { table: this.#table, settings: this.#settings, sync: this.#sync };
    if (real !== undefined) await testReal(steps, parts, () => this.render(real));
    return steps.done;
  }

  /** Checks the first work note, which contains the full text. The ticket exists, so nothing here may fail. */
  async #noteWarning(id: string, { work_notes = "" }: Asked): Promise<string | null> {
    const token = /INC-[0-9a-f]{8} in RhythmX Edge/.exec(work_notes)?.[0];
    if (token === undefined || (await this.#sync.hasNote(id, token).catch(() => true))) return null;
    return "the instance did not keep work_notes: the full text is missing; let the account write work notes";
  }

  /** Tickets are looked up by correlation id; whether the account may read that can be tested once there is a ticket. */
  async #testOwn(): Promise<{ id: string; finding: TestFinding }> {
    const query = encodeURIComponent("correlation_display=RhythmX^ORDERBYDESCsys_created_on");
    const rows = (await this.#table.list(
      `${this.#table.path}?sysparm_query=${query}&sysparm_limit=1&${fields}`,
    )) as StateRow[];
    const [row] = rows;
    if (row === undefined)
      return {
        id: "",
        finding: {
          detail:
            "none of RhythmX is seen: there is none yet, or the account may not read its own tickets; until it has read one, a create whose outcome is unknown waits for a person",
          warning: true,
        },
      };
    const id = rawOf(row.sys_id);
    if (id !== "" && rawOf(row.correlation_id) !== "") return { id, finding: "the account reads its own tickets" };
    throw new Error(
      "the account does not see sys_id and correlation_id of its own tickets: give it the right to read these columns; until then a create whose outcome is unknown waits for a person",
    );
  }

  /** Resolved once, because ServiceNow silently drops an unknown name. */
  async #assignmentGroup(): Promise<string | null> {
    const { assignmentGroup } = this.#settings;
    if (assignmentGroup === "") return null;
    if (/^[0-9a-f]{32}$/.test(assignmentGroup)) return assignmentGroup;
    if (this.#group !== null) return this.#group;
    if (assignmentGroup.includes("^")) throw groupError(assignmentGroup, "a group's name holds no ^");
    const query = encodeURIComponent(`name=${assignmentGroup}`);
    const path = `/api/now/table/sys_user_group?sysparm_query=${query}&sysparm_limit=2&sysparm_fields=sys_id,name`;
    const rows = (await this.#table.list(path)) as { sys_id?: string; name?: string }[];
    const found = rows.filter(({ name }) => name === assignmentGroup);
    const [group] = found;
    if (group?.sys_id === undefined)
      throw groupError(assignmentGroup, "there is no such group, or the account may not read sys_user_group");
    this.#group = group.sys_id;
    return this.#group;
  }
}

const fields =
  "sysparm_exclude_reference_link=true&sysparm_fields=sys_id,number,priority,correlation_id,state,impact,urgency,assignment_group,short_description";

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
