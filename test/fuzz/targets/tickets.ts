/** What ticket systems answer: every request gets the same input, whatever it asks for. */
import { DeliveryError } from "../../../core/errors.ts";
import type { RemoteState } from "../../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../../core/tickets/ticket-system.ts";
import { guarded } from "../../../integrations/guarded.ts";
import { Jira } from "../../../integrations/jira/jira.ts";
import { Proactive } from "../../../integrations/proactive/proactive.ts";
import { ServiceNow } from "../../../integrations/servicenow/servicenow.ts";
import { assertKnown, assertPlain, assertWords, errorOf, holds, type Target, textOf } from "../target.ts";

/** More requests for one question than any answer may lead to. */
const mostRequests = 400;
export const ticketId = "10001";
export const record = "0123456789abcdef0123456789abcdef";

/** Answers every request with this body. The first byte chooses the status. */
function answering(input: Uint8Array): { fetch: typeof fetch; count(): number } {
  const statuses = [200, 200, 200, 201, 400, 401, 404, 429, 500, 303];
  const status = statuses[(input[0] ?? 0) % statuses.length] ?? 200;
  const body = Uint8Array.from(input.subarray(1));
  let count = 0;
  const answer = async () => {
    if (++count > mostRequests) throw new Error("no more");
    const headers = { "Retry-After": textOf(body.subarray(0, 12)).replace(/[^ -~]/g, ""), "X-Total-Count": "1" };
    return new Response(body, { status, headers });
  };
  return { fetch: answer as unknown as typeof fetch, count: () => count };
}

const isText = (value: unknown) => value === null || value === undefined || typeof value === "string";

function assertState(state: RemoteState): void {
  const { id, key, url, status, means, isFinal, assignee, changedBy, mergedInto, updated, stamp } = state;
  holds(
    [id, key, url, status, stamp].every((one) => typeof one === "string"),
    "a text of a ticket that is none",
  );
  holds(means === null || ["OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"].includes(means), "a status that is none");
  holds(typeof isFinal === "boolean" && Number.isFinite(updated), "a ticket with odd facts");
  holds([assignee?.id, assignee?.name, mergedInto, changedBy?.name].every(isText), "a name that is no text");
  holds(
    (assignee?.aliases ?? []).every((one) => typeof one === "string"),
    "an alias that is no text",
  );
}

async function asked(work: () => Promise<unknown>): Promise<unknown> {
  let result: unknown = null;
  const error = await errorOf(async () => {
    result = await work();
  });
  if (error !== null) assertKnown(error, DeliveryError);
  assertPlain(result);
  return result;
}

async function attemptSystem(system: TicketSystem, id: string, count: () => number): Promise<void> {
  const state = (await asked(() => system.read(id))) as RemoteState | null;
  if (state !== null) assertState(state);
  const comments = (await asked(() => system.comments(id, () => false))) as Record<string, unknown>[] | null;
  for (const { id: commentId, author, at, text } of comments ?? [])
    holds([commentId, author, text].every((one) => typeof one === "string") && Number.isFinite(at), "an odd comment");
  await asked(async () => {
    for await (const { changes, cursor } of system.changes(null, 0)) {
      holds(typeof cursor === "string", "a cursor that is no text");
      for (const one of changes)
        holds(
          typeof one.id === "string" && typeof one.stamp === "string" && Number.isFinite(one.updated),
          "an odd change",
        );
    }
  });
  const made = (await asked(() => system.create("{}"))) as { id: unknown; key: unknown } | null;
  holds(made === null || (typeof made.id === "string" && typeof made.key === "string"), "a ticket without an id");
  const found = (await asked(() => system.find("rhythmx-0123456789", null))) as { id: unknown; key: unknown } | null;
  holds(found === null || (typeof found.id === "string" && typeof found.key === "string"), "a ticket without an id");
  const person = await asked(() => system.findPerson("jane.doe"));
  holds(person === null || typeof person === "string", "a person without an id");
  const steps = ((await asked(() => system.test())) ?? []) as { detail: string; words?: string }[];
  for (const { detail, words = "" } of steps) for (const text of [detail, words]) assertWords(text);
  if (system.screens !== null) await asked(system.screens);
  if (state !== null) await asked(() => system.setStatus(state, "CLOSED", "done"));
  holds(count() <= mostRequests, "answers lead to requests without end");
}

export const tools = (input: Uint8Array) => ({
  ...answering(input),
  now: () => 1_790_000_000_000,
  throttle: { name: "test", until: 0 },
});

const jiraOf = (deployment: "cloud" | "datacenter") => (input: Uint8Array) => {
  const fields = { extraFields: {}, transitionFields: {}, statuses: new Map(), falsePositiveResolutions: ["noise"] };
  const account = { url: "https://jira.example", email: "a@b.example", apiToken: "jira-token-1" };
  const settings = { ...account, ...fields, projectKey: "SEC", issueType: "Task", deployment };
  // Reads of the address come before everything else; they are not what is tried here.
  const { fetch: answer, count, ...others } = tools(input);
  const fetch = ((url: string, init: RequestInit) =>
    url.endsWith("/serverInfo")
      ? Response.json({ baseUrl: "https://jira.example" })
      : answer(url, init)) as typeof answer;
  return attemptSystem(guarded(new Jira(settings, { ...others, fetch })), ticketId, count);
};

const serviceNow = (input: Uint8Array) => {
  const codes = { closeCode: "Solved", falsePositiveCloseCode: "Noise", extraFields: {}, closeFields: {} };
  const stateValues = { OPEN: "1", IN_PROGRESS: "2", CLOSED: "6", FALSE_POSITIVE: "8" };
  const account = {
    instance: "acme",
    username: "rhythmx",
    password: "snow-pass-1",
    assignmentGroup: "",
    table: "incident",
  };
  const settings = { ...account, ...codes, stateValues, states: new Map() };
  const { count, ...others } = tools(input);
  return attemptSystem(guarded(new ServiceNow(settings, others)), record, count);
};

const proactive = (input: Uint8Array) => {
  const account = { appId: "app", secret: "proactive-secret", source: "rhythmx", serviceIdentifier: "svc" };
  const settings = { baseUrl: "https://cases.example/api", table: "case", ...account };
  const { count, ...others } = tools(input);
  return attemptSystem(guarded(new Proactive(settings, others)), "CS0001", count);
};

const user = { accountId: "acc-jane", displayName: "Jane Doe", emailAddress: "jane.doe@acme.example" };
const issue = {
  id: ticketId,
  key: "SEC-1",
  fields: {
    status: { name: "In Progress", statusCategory: { key: "indeterminate" } },
    resolution: { name: "Noise" },
    assignee: user,
    updated: "2026-03-13T04:30:00.000+0100",
    labels: ["rhythmx-0123456789"],
    issuelinks: [{ type: { name: "Duplicate" }, outwardIssue: { key: "SEC-2" } }],
  },
  changelog: {
    histories: [{ id: "1", created: "2026-03-13T04:30:00.000+0100", author: user, items: [{ field: "status" }] }],
  },
  comments: [
    {
      id: "7",
      author: user,
      created: "2026-03-13T04:30:00.000+0100",
      body: { type: "doc", content: [{ type: "paragraph", content: [{ type: "text", text: "hello" }] }] },
    },
  ],
  total: 1,
  issues: [
    {
      id: ticketId,
      key: "SEC-1",
      fields: { updated: "2026-03-13T04:30:00.000+0100", labels: ["rhythmx-0123456789"], status: { name: "Done" } },
    },
  ],
  isLast: true,
  issueTypes: [{ id: "3", name: "Task" }],
  fieldsOf: { errors: {} },
  transitions: [
    {
      id: "11",
      name: "Done",
      to: { name: "Done", statusCategory: { key: "done" } },
      fields: { resolution: { required: true, allowedValues: [{ name: "Done" }] } },
    },
  ],
};
const meta = {
  issueTypes: [{ id: "3", name: "Task" }],
  fields: [
    {
      fieldId: "priority",
      name: "Priority",
      required: true,
      schema: { type: "priority" },
      allowedValues: [{ id: "1", name: "High" }],
    },
  ],
  total: 1,
};
const row = Object.fromEntries(
  Object.entries({
    sys_id: record,
    number: "INC0010023",
    state: "2",
    close_code: "",
    assigned_to: "abc",
    sys_updated_on: "2026-03-13 04:30:00",
    sys_updated_by: "admin",
    sys_mod_count: "4",
    correlation_id: "rhythmx-0123456789",
    sys_created_by: "admin",
    sys_created_on: "2026-03-13 04:30:00",
    value: "hello",
  }).map(([name, value]) => [name, { value, display_value: value }]),
);
const oneCase = {
  ticketNumber: "CS0001",
  ticketStatus: "Work in Progress",
  correlationId: "rhythmx-0123456789",
  priority: "P2",
  shortDescription: "Mimikatz",
};
export const jiraErrors = {
  errorMessages: ["It does not exist."],
  errors: { priority: "Field 'priority' cannot be set." },
};
export const bodies = (status: number, ...all: unknown[]) =>
  all.map((body) => String.fromCharCode(status) + (typeof body === "string" ? body : JSON.stringify(body)));
const jiraWords = [
  '"fields"',
  '"issues"',
  '"comments"',
  '"displayName"',
  '"status"',
  '"nextPageToken":"x","isLast":false,',
  '"total":1e9',
];

export const ticketTargets: readonly Target[] = (
  [
    ["jira-cloud", jiraOf("cloud"), [...bodies(0, issue, meta, [user]), ...bodies(4, jiraErrors)], jiraWords],
    [
      "jira-datacenter",
      jiraOf("datacenter"),
      [...bodies(0, issue, meta, [{ ...user, name: "jane.doe" }]), ...bodies(3, { id: "1", key: "SEC-1" })],
      jiraWords,
    ],
    [
      "servicenow",
      serviceNow,
      [
        ...bodies(0, { result: [row] }, { result: row }),
        ...bodies(4, { error: { message: "No Record found", detail: "ACL" }, status: "failure" }),
      ],
      ['"result"', '"value"', '"display_value"', '"closed"'],
    ],
    [
      "proactive",
      proactive,
      [
        ...bodies(0, oneCase, [oneCase], { result: [oneCase] }),
        ...bodies(3, { ticket_number: "CS1" }),
        ...bodies(4, { message: "serviceIdentifier is not available" }),
      ],
      ['"ticketStatus"', '"constructor"', '"resolved"', '"CS0001"'],
    ],
  ] as const
).map(([name, attempt, samples, words]) => ({ name, attempt, samples, words }));
