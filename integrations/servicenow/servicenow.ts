/** ServiceNow, Table API; protocols 4. */
import { DeliveryError } from "../../core/errors.ts";
import type { IncidentStatus } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";
import { fitDraft } from "../../core/tickets/draft.ts";
import type {
  CommentRequest,
  RemoteChange,
  RemoteComment,
  RemoteState,
  RemoteTicket,
  TestStep,
  TicketRequest,
  TicketSystem,
  UpdateResult,
} from "../../core/tickets/ticket.ts";
import type { AdapterTools } from "../http.ts";
import { plainComment, plainText, withoutCodeTags } from "../plain-text.ts";
import { TestSteps } from "../test-steps.ts";
import { RecordSync } from "./record-sync.ts";
import { refusedIn200, resultOf, type ServiceNowSettings, Table } from "./table.ts";

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
  readonly searches = true;
  readonly #settings: ServiceNowSettings;
  readonly #table: Table;
  readonly #sync: RecordSync;
  #group: string | null = null;

  constructor(settings: ServiceNowSettings, tools: AdapterTools) {
    this.#settings = settings;
    this.#table = new Table(settings, tools);
    this.#sync = new RecordSync(this.#table, settings, tools.now);
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
      short_description: withoutCodeTags(draft.summary).slice(0, longestShortDescription).toWellFormed(),
      description,
      impact,
      urgency,
      correlation_id: correlation,
      correlation_display: "RhythmX",
      ...(group === null ? {} : { assignment_group: group }),
      ...notes,
      ...this.#settings.extraFields,
    });
  }

  hint(): Promise<string | null> {
    return Promise.resolve(null);
  }

  async create(payload: string): Promise<RemoteTicket> {
    const answer = await this.#table.target.request({
      method: "POST",
      path: `${this.#table.path}?${fields}`,
      body: payload,
    });
    const row = resultOf(answer) as Row | null;
    if (row === null || typeof row.sys_id !== "string") throw refusedIn200(answer);
    const ticket = this.#table.ticket(row.sys_id, row.number ?? row.sys_id);
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
    const answer = await this.#table.target.request({
      method: "GET",
      path: `${this.#table.path}?sysparm_query=${query}&sysparm_limit=5&${fields}`,
      also: [404],
    });
    if (answer.status === 404) return null;
    const rows = resultOf(answer) as Row[] | null;
    if (!Array.isArray(rows)) throw refusedIn200(answer);
    // Invalid parts of a query are ignored in silence: each row is looked at.
    const row = rows.find((one) => one.correlation_id === correlation);
    return row?.sys_id === undefined ? null : this.#table.ticket(row.sys_id, row.number ?? row.sys_id);
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

  /** A work note: what the caller of an incident may not read. Journals keep no properties, so the reference is in the text. */
  renderComment({ blocks, token }: CommentRequest): Promise<string> {
    const text = plainComment(blocks).slice(0, workNoteBudget).toWellFormed();
    return Promise.resolve(JSON.stringify({ work_notes: `${text}\n\nRhythmX ${token}` }));
  }

  async comment(id: string, payload: string): Promise<UpdateResult> {
    // The state that it shows is not of this note's making: it is read when it is its turn.
    await this.#sync.patch(id, JSON.parse(payload) as Record<string, string>);
    return {};
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

  async setPriority(id: string, level: RiskLevel): Promise<UpdateResult> {
    const { impact, urgency } = matrix[level];
    await this.#sync.patch(id, { impact, urgency });
    return {};
  }

  async test(): Promise<TestStep[]> {
    const steps = new TestSteps();
    const { table, username, assignmentGroup } = this.#settings;
    const reached = await steps.take(`Log in and read ${table}`, async () => {
      const answer = await this.#table.target.request({
        method: "GET",
        path: `${this.#table.path}?sysparm_limit=1&${fields}`,
        also: [404],
      });
      if (answer.status !== 404 && !Array.isArray(resultOf(answer))) throw refusedIn200(answer);
      return `as ${username} at ${this.#table.origin}`;
    });
    if (!reached) return steps.done;
    if (assignmentGroup !== "")
      await steps.take(`Assignment group ${assignmentGroup}`, async () => {
        this.#group = null;
        return `is ${await this.#assignmentGroup()}`;
      });
    await steps.take("Work notes", () => this.#sync.testJournal());
    return steps.done;
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
    const answer = await this.#table.target.request({ method: "GET", path, also: [404] });
    const rows = answer.status === 404 ? [] : ((resultOf(answer) ?? []) as { sys_id?: string; name?: string }[]);
    const found = rows.filter(({ name }) => name === assignmentGroup);
    const [group] = found;
    if (group?.sys_id === undefined)
      throw groupError(assignmentGroup, "there is no such group, or the account may not read sys_user_group");
    this.#group = group.sys_id;
    return this.#group;
  }
}

const fields = "sysparm_exclude_reference_link=true&sysparm_fields=sys_id,number,priority,correlation_id,state";

/** Priority is the instance's to compute: what it made of impact and urgency is read back. */
function priorityWarning(
  { impact, urgency }: { impact: string; urgency: string },
  made: string | undefined,
): string | null {
  const wanted = Object.values(matrix).find((one) => one.impact === impact && one.urgency === urgency)?.priority;
  if (made === undefined || wanted === undefined || made === wanted) return null;
  return `the instance made priority ${made.slice(0, 40)} of impact ${impact} and urgency ${urgency}, not ${wanted}: see its Priority Lookup Rules`;
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
