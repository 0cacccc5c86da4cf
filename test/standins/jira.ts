/** A strict stand-in for Jira Cloud (v3) and Data Center (v2): by its OpenAPI subset, the ADF schema and protocols 3; shares no code with the adapter. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv-draft-04";
import { hourMs } from "../../core/time.ts";
import { type Asked, type Reply, StandIn } from "./stand-in.ts";

const folder = join(import.meta.dirname, "../data/jira");
const adf = new Ajv({ strict: false, allErrors: false }).compile(
  JSON.parse(readFileSync(join(folder, "adf-full.schema.json"), "utf8")) as object,
);

export interface Issue {
  id: string;
  key: string;
  fields: Record<string, unknown> & { labels: string[]; summary: string; description: unknown };
  properties: { key: string; value: unknown }[];
  remoteLinks: Map<string, unknown>;
  createdAt: number;
  /** As of now; `fields` above is what the create said. */
  status: string;
  resolution: string | null;
  assignee: JiraPerson | null;
  updated: number;
  comments: JiraComment[];
  changes: { id: string; created: number; author: JiraPerson; field: string; from: string; to: string }[];
  duplicateOf: string | null;
}

export interface JiraPerson {
  accountId: string;
  displayName: string;
  emailAddress?: string;
}

export interface JiraComment {
  id: string;
  author: JiraPerson;
  body: unknown;
  created: number;
  properties: { key: string; value: unknown }[];
}

export interface JiraStatus {
  name: string;
  category: "new" | "indeterminate" | "done";
  /** Names of those that can be reached from it. */
  to: readonly string[];
}

const us: JiraPerson = { accountId: "acc-1", displayName: "SOC Bot" };

/** What a status can be left for; a transition is called like where it leads to. */
const simpleWorkflow: readonly JiraStatus[] = [
  { name: "To Do", category: "new", to: ["In Progress", "Done"] },
  { name: "In Progress", category: "indeterminate", to: ["To Do", "Done"] },
  { name: "Done", category: "done", to: ["In Progress"] },
];

export interface JiraOptions {
  deployment?: "Cloud" | "Server";
  credentials?: string;
  /** Search does not see an issue for so long. */
  indexLagMs?: number;
  priorities?: string[] | null;
  required?: { fieldId: string; name: string }[];
  /** Whether labels are on the create screen. */
  labels?: boolean;
  contextPath?: string;
  /** What it calls its own address; null = the true one. */
  baseUrl?: string | null;
  now?: () => number;
  workflow?: readonly JiraStatus[];
  /** That a transition to a done status takes; null: it is not on the screen. */
  resolutions?: readonly string[] | null;
  people?: readonly JiraPerson[];
  /** Whether it may be searched. */
  searchable?: boolean;
  /** Whether it refuses an issue without a priority. */
  priorityRequired?: boolean;
  /** Required on the screens of transitions to a done status. */
  transitionRequired?: { fieldId: string; name: string }[];
  /** Whether it takes an assignment and keeps none. */
  dropsAssignee?: boolean;
}

const errors = (fields: Record<string, string>, messages: string[] = []) => ({
  errorMessages: messages,
  errors: fields,
});

export class JiraStandIn extends StandIn {
  readonly issues: Issue[] = [];
  #serial = 50_000;
  #created = 0;
  readonly options: Required<JiraOptions>;

  constructor(options: JiraOptions = {}) {
    super();
    this.options = {
      deployment: "Cloud",
      credentials: "soc@acme.example:jira-token-1",
      indexLagMs: 0,
      priorities: ["Highest", "High", "Medium", "Low", "Lowest"],
      required: [],
      contextPath: "",
      labels: true,
      baseUrl: null,
      now: () => Date.now(),
      workflow: simpleWorkflow,
      resolutions: ["Done", "Won't Do"],
      people: [],
      searchable: true,
      priorityRequired: false,
      transitionRequired: [],
      dropsAssignee: false,
      ...options,
    };
  }

  issue(key: string): Issue {
    const found = this.issues.find((one) => one.key === key || one.id === key);
    if (found === undefined) throw new Error(`there is no issue ${key}`);
    return found;
  }

  /** Somebody moves it, whatever the workflow says. */
  move(key: string, status: string, resolution: string | null = null, author: JiraPerson = bob): void {
    const issue = this.issue(key);
    this.#changed(issue, author, "status", issue.status, status);
    issue.status = status;
    issue.resolution = resolution;
  }

  say(key: string, text: string, author: JiraPerson = bob): void {
    const issue = this.issue(key);
    const paragraph = { type: "paragraph", content: [{ type: "text", text }] };
    const body = this.options.deployment === "Cloud" ? { version: 1, type: "doc", content: [paragraph] } : text;
    issue.comments.push({ id: String(this.#serial++), author, body, created: this.options.now(), properties: [] });
    issue.updated = this.options.now();
  }

  assign(key: string, person: JiraPerson | null, author: JiraPerson = bob): void {
    const issue = this.issue(key);
    this.#changed(issue, author, "assignee", issue.assignee?.displayName ?? "", person?.displayName ?? "");
    issue.assignee = person;
  }

  remove(key: string): Issue {
    const issue = this.issue(key);
    this.issues.splice(this.issues.indexOf(issue), 1);
    return issue;
  }

  #changed(issue: Issue, author: JiraPerson, field: string, from: string, to: string): void {
    const now = this.options.now();
    issue.changes.push({ id: String(this.#serial++), created: now, author, field, from, to });
    issue.updated = now;
  }

  get #version(): string {
    return this.options.deployment === "Cloud" ? "3" : "2";
  }

  protected answer(asked: Asked): Reply {
    const { contextPath, deployment, credentials, baseUrl } = this.options;
    if (!asked.path.startsWith(`${contextPath}/rest/api/`)) return { status: 404, body: errors({}, ["no such page"]) };
    const [, version = "", path = ""] = /\/rest\/api\/(\d)(\/.*)$/.exec(asked.path.slice(contextPath.length)) ?? [];
    if (asked.method === "GET" && path === "/serverInfo")
      return {
        status: 200,
        body: { baseUrl: baseUrl ?? `${this.url}${contextPath}`, deploymentType: deployment, version: "9.12.0" },
      };
    if (version !== this.#version) return { status: 404, body: errors({}, [`no version ${version} here`]) };
    const expected =
      deployment === "Cloud" ? `Basic ${Buffer.from(credentials).toString("base64")}` : `Bearer ${credentials}`;
    if (asked.headers.authorization !== expected)
      return { status: 401, body: errors({}, ["Client must be authenticated to access this resource."]) };
    if (asked.headers.accept !== "application/json") return { status: 406 };
    if (asked.body !== "" && asked.headers["content-type"] !== "application/json") return { status: 415 };
    return this.#route(asked, path) ?? { status: 404, body: errors({}, [`${asked.method} ${path} is not there`]) };
  }

  #route(asked: Asked, path: string): Reply | null {
    const { method } = asked;
    if (method === "GET" && path === "/myself") return { status: 200, body: us };
    if (method === "GET" && path === "/project/SEC") return { status: 200, body: { key: "SEC", name: "Security" } };
    if (method === "GET" && path === "/mypermissions") {
      const names = (asked.query.get("permissions") ?? "").split(",");
      return {
        status: 200,
        body: { permissions: Object.fromEntries(names.map((name) => [name, { havePermission: true }])) },
      };
    }
    if (method === "GET" && path === "/issue/createmeta/SEC/issuetypes")
      return {
        status: 200,
        body: {
          startAt: 0,
          maxResults: 50,
          total: 2,
          issueTypes: [
            { id: "10001", name: "Task" },
            { id: "10002", name: "Bug" },
          ],
        },
      };
    if (method === "GET" && /^\/issue\/createmeta\/SEC\/issuetypes\/1000[12]$/.test(path)) return this.#meta(asked);
    if (method === "POST" && path === "/issue") return this.#create(asked);
    if (method === "POST" && path === (this.options.deployment === "Cloud" ? "/search/jql" : "/search"))
      return this.#search(asked);
    if (method === "GET" && path === "/user/assignable/search") return this.#assignable(asked);
    const [, reference = "", rest = ""] = /^\/issue\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const issue = this.issues.find(({ id, key }) => id === reference || key === decodeURIComponent(reference));
    if (reference === "") return null;
    if (issue === undefined)
      return { status: 404, body: errors({}, ["Issue does not exist or you do not have permission to see it."]) };
    if (method === "GET" && rest === "") {
      const wanted = (asked.query.get("properties") ?? "").split(",");
      const shown = issue.properties
        .filter(({ key }) => wanted.includes(key))
        .map(({ key, value }) => [key, value] as const);
      const changelog = {
        histories: [...issue.changes].reverse().map(({ id, created, author, field, from, to }) => ({
          id,
          created: stamp(created),
          author,
          items: [{ field, fromString: from, toString: to }],
        })),
      };
      return {
        status: 200,
        body: {
          id: issue.id,
          key: issue.key,
          fields: this.#fields(issue, asked.query.get("fields")),
          properties: Object.fromEntries(shown),
          ...(asked.query.get("expand") === "changelog" ? { changelog } : {}),
        },
      };
    }
    if (rest === "/transitions") return method === "GET" ? this.#transitions(issue) : this.#transition(asked, issue);
    if (rest === "/comment") return method === "GET" ? this.#comments(asked, issue) : this.#comment(asked, issue);
    if (method === "PUT" && rest === "/assignee") return this.#assignee(asked, issue);
    if (method === "PUT" && rest === "") return this.#edit(asked, issue);
    if (method === "POST" && rest === "/remotelink") return this.#remoteLink(asked, issue);
    return null;
  }

  #fields(issue: Issue, wanted: string | null): Record<string, unknown> {
    const { workflow } = this.options;
    const status = workflow.find(({ name }) => name === issue.status);
    const all: Record<string, unknown> = {
      ...issue.fields,
      status: { name: issue.status, statusCategory: { key: status?.category ?? "undefined" } },
      resolution: issue.resolution === null ? null : { name: issue.resolution },
      assignee: issue.assignee === null ? null : this.#shownPerson(issue.assignee),
      updated: stamp(issue.updated),
      issuelinks:
        issue.duplicateOf === null
          ? []
          : [{ type: { name: "Duplicate", outward: "duplicates" }, outwardIssue: { key: issue.duplicateOf } }],
    };
    const names = (wanted ?? "").split(",").filter((name) => name !== "");
    return names.length === 0 ? all : Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  }

  #shownPerson(person: JiraPerson): object {
    const { accountId, ...others } = person;
    return this.options.deployment === "Cloud" ? person : { name: accountId, key: accountId, ...others };
  }

  #transitions(issue: Issue): Reply {
    const { workflow, resolutions } = this.options;
    const from = workflow.find(({ name }) => name === issue.status);
    const transitions = (from?.to ?? []).map((name) => {
      const to = workflow.find((one) => one.name === name);
      const screen =
        to?.category === "done" && resolutions !== null
          ? { resolution: { required: true, allowedValues: resolutions.map((one) => ({ name: one })) } }
          : {};
      const wanted = to?.category === "done" ? this.options.transitionRequired : [];
      const others = wanted.map(({ fieldId, name: label }) => [
        fieldId,
        { required: true, hasDefaultValue: false, name: label },
      ]);
      return {
        id: String(workflow.findIndex((one) => one.name === name) * 10 + 1),
        name,
        to: { name, statusCategory: { key: to?.category } },
        fields: { ...screen, ...(Object.fromEntries(others) as object) },
      };
    });
    return { status: 200, body: { transitions } };
  }

  #transition(asked: Asked, issue: Issue): Reply {
    const body = json(asked.body) as {
      transition?: { id?: string };
      fields?: { resolution?: { name: string } };
    } | null;
    const known = (this.#transitions(issue).body as { transitions: { id: string; name: string; fields: object }[] })
      .transitions;
    const chosen = known.find(({ id }) => id === body?.transition?.id);
    if (chosen === undefined)
      return {
        status: 400,
        body: errors({}, ["It seems that you have tried to perform a workflow operation that is not valid."]),
      };
    const resolution = body?.fields?.resolution?.name ?? null;
    const hasScreen = "resolution" in chosen.fields;
    if (resolution !== null && !hasScreen)
      return {
        status: 400,
        body: errors({
          resolution: "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
        }),
      };
    if (hasScreen && !(this.options.resolutions ?? []).includes(resolution ?? ""))
      return { status: 400, body: errors({ resolution: "Please select a valid resolution." }) };
    const given = (body?.fields ?? {}) as Record<string, unknown>;
    const lacking = this.options.transitionRequired.find(
      ({ fieldId }) => fieldId in chosen.fields && given[fieldId] === undefined,
    );
    if (lacking !== undefined)
      return { status: 400, body: errors({ [lacking.fieldId]: `${lacking.name} is required.` }) };
    this.#changed(issue, us, "status", issue.status, chosen.name);
    issue.status = chosen.name;
    issue.resolution = resolution;
    return { status: 204 };
  }

  #comments(asked: Asked, issue: Issue): Reply {
    const startAt = Number(asked.query.get("startAt") ?? 0);
    const maxResults = Math.min(100, Number(asked.query.get("maxResults") ?? 50));
    const ordered = asked.query.get("orderBy") === "-created" ? [...issue.comments].reverse() : issue.comments;
    const withProperties = asked.query.get("expand") === "properties";
    const comments = ordered.slice(startAt, startAt + maxResults).map(({ properties, author, created, ...one }) => ({
      ...one,
      author: this.#shownPerson(author),
      created: stamp(created),
      ...(withProperties ? { properties } : {}),
    }));
    return { status: 200, body: { startAt, maxResults, total: issue.comments.length, comments } };
  }

  #comment(asked: Asked, issue: Issue): Reply {
    const body = json(asked.body);
    const strange = Object.keys(body ?? {}).find((name) => !["body", "properties", "visibility"].includes(name));
    if (body === null || strange !== undefined)
      return { status: 400, body: errors({}, [`Unrecognized field ${strange}`]) };
    const isRight = this.options.deployment === "Cloud" ? adf(body.body) : typeof body.body === "string";
    if (!isRight) return { status: 400, body: errors({ comment: "Comment body is not valid!" }) };
    if (textLength(body.body) > 32_767)
      return { status: 400, body: errors({ comment: "The entered text is too long." }) };
    const id = String(this.#serial++);
    const now = this.options.now();
    const properties = (body.properties ?? []) as JiraComment["properties"];
    issue.comments.push({ id, author: us, body: body.body, created: now, properties });
    issue.updated = now;
    return { status: 201, body: { id, author: us, created: stamp(now) } };
  }

  #assignable(asked: Asked): Reply {
    const word = (asked.query.get("query") ?? asked.query.get("username") ?? "").toLowerCase();
    const found = this.options.people.filter(({ displayName, emailAddress = "", accountId }) =>
      [displayName, emailAddress, accountId].some((one) => one.toLowerCase().includes(word)),
    );
    return { status: 200, body: found.map((one) => this.#shownPerson(one)) };
  }

  #assignee(asked: Asked, issue: Issue): Reply {
    const body = json(asked.body);
    const id = this.options.deployment === "Cloud" ? body?.accountId : body?.name;
    const person = this.options.people.find(({ accountId }) => accountId === id) ?? null;
    if (id !== null && person === null)
      return { status: 400, body: errors({ assignee: "User cannot be assigned issues." }) };
    this.#changed(issue, us, "assignee", issue.assignee?.displayName ?? "", person?.displayName ?? "");
    if (!this.options.dropsAssignee) issue.assignee = person;
    return { status: 204 };
  }

  #edit(asked: Asked, issue: Issue): Reply {
    const body = json(asked.body) as {
      fields?: Record<string, unknown>;
      update?: { labels?: { add?: string; remove?: string }[] };
    } | null;
    const priority = body?.fields?.priority as { id?: string } | undefined;
    const { priorities, labels } = this.options;
    if (priority !== undefined && (priorities === null || Number(priority.id) > priorities.length))
      return {
        status: 400,
        body: errors({ priority: "Field 'priority' cannot be set. It is not on the appropriate screen, or unknown." }),
      };
    if (body?.update?.labels !== undefined && !labels)
      return {
        status: 400,
        body: errors({ labels: "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown." }),
      };
    if (priority !== undefined) issue.fields.priority = priority;
    for (const { add, remove } of body?.update?.labels ?? []) {
      issue.fields.labels = issue.fields.labels.filter((label) => label !== remove && label !== add);
      if (add !== undefined) issue.fields.labels.push(add);
    }
    issue.updated = this.options.now();
    return { status: 204 };
  }

  #meta(asked: Asked): Reply {
    const { priorities, required } = this.options;
    const fields = [
      ...["summary", "issuetype", "project"].map((fieldId) => ({
        fieldId,
        name: fieldId,
        required: true,
        hasDefaultValue: false,
      })),
      ...(this.options.labels ? ["description", "labels"] : ["description"]).map((fieldId) => ({
        fieldId,
        name: fieldId,
        required: false,
        hasDefaultValue: false,
      })),
      ...(priorities === null
        ? []
        : [
            {
              fieldId: "priority",
              name: "Priority",
              required: this.options.priorityRequired,
              hasDefaultValue: !this.options.priorityRequired,
              allowedValues: priorities.map((name, at) => ({ id: String(at + 1), name })),
            },
          ]),
      ...required.map((field) => ({ ...field, required: true, hasDefaultValue: false })),
    ];
    const startAt = Number(asked.query.get("startAt") ?? 0);
    const page = fields.slice(startAt, startAt + 4);
    return { status: 200, body: { startAt, maxResults: 4, total: fields.length, fields: page } };
  }

  #create(asked: Asked): Reply {
    const body = json(asked.body);
    if (body === null || typeof body.fields !== "object")
      return { status: 400, body: errors({}, ["Unexpected content"]) };
    const unknown = Object.keys(body).filter((name) => !["fields", "properties", "update"].includes(name));
    if (unknown.length > 0) return { status: 400, body: errors({}, [`Unrecognized field ${unknown[0]}`]) };
    const fields = body.fields as Record<string, unknown>;
    const wrong = this.#wrongFields(fields);
    if (Object.keys(wrong).length > 0) return { status: 400, body: errors(wrong) };
    const properties = (body.properties ?? []) as Issue["properties"];
    const number = ++this.#created;
    const issue: Issue = {
      id: String(10_000 + number),
      key: `SEC-${number}`,
      properties,
      remoteLinks: new Map(),
      createdAt: this.options.now(),
      status: this.options.workflow[0]?.name ?? "To Do",
      resolution: null,
      assignee: null,
      duplicateOf: null,
      updated: this.options.now(),
      comments: [],
      changes: [],
      fields: { labels: [], ...fields } as unknown as Issue["fields"],
    };
    this.issues.push(issue);
    return {
      status: 201,
      body: { id: issue.id, key: issue.key, self: `${this.url}/rest/api/${this.#version}/issue/${issue.id}` },
    };
  }

  #wrongFields(fields: Record<string, unknown>): Record<string, string> {
    const { priorities, required, deployment } = this.options;
    const wrong: Record<string, string> = {};
    const known = [
      "project",
      "issuetype",
      "summary",
      "description",
      "labels",
      "priority",
      ...required.map(({ fieldId }) => fieldId),
    ];
    for (const name of Object.keys(fields))
      if (
        !known.includes(name) ||
        (name === "priority" && priorities === null) ||
        (name === "labels" && !this.options.labels)
      )
        wrong[name] = `Field '${name}' cannot be set. It is not on the appropriate screen, or unknown.`;
    for (const { fieldId, name } of required)
      if (fields[fieldId] === undefined) wrong[fieldId] = `${name} is required.`;
    if (this.options.priorityRequired && fields.priority === undefined) wrong.priority = "Priority is required.";
    const { project, issuetype, summary, description, labels, priority } = fields as Record<string, never>;
    if ((project as { key?: string } | undefined)?.key !== "SEC") wrong.project = "valid project is required";
    if (!["10001", "10002"].includes(String((issuetype as { id?: string } | undefined)?.id)))
      wrong.issuetype = "The issue type selected is invalid.";
    if (typeof summary !== "string" || summary === "") wrong.summary = "You must specify a summary of the issue.";
    else if ((summary as string).length > 255 || /[\r\n]/.test(summary))
      wrong.summary = "The summary is invalid because it contains newline characters or is too long.";
    if (deployment === "Cloud" ? !adf(description) : typeof description !== "string")
      wrong.description = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
    else if (JSON.stringify(description).length > 200_000 || textLength(description) > 32_767)
      wrong.description = "The entered text is too long. It exceeds the allowed limit of 32,767 characters.";
    if (
      labels !== undefined &&
      !(labels as unknown[]).every((label) => typeof label === "string" && !/\s/.test(label) && label.length <= 255)
    )
      wrong.labels = "The label contains spaces which is invalid.";
    if (priority !== undefined && priorities !== null && Number((priority as { id?: string }).id) > priorities.length)
      wrong.priority = "The priority selected is invalid.";
    return wrong;
  }

  #search(asked: Asked): Reply {
    const body = json(asked.body);
    const allowed =
      this.options.deployment === "Cloud"
        ? ["jql", "maxResults", "fields", "nextPageToken", "expand", "properties"]
        : ["jql", "maxResults", "fields", "startAt"];
    const strange = Object.keys(body ?? {}).find((name) => !allowed.includes(name));
    if (body === null || strange !== undefined)
      return { status: 400, body: errors({}, [`Unrecognized field ${strange}`]) };
    const now = this.options.now();
    const visible = this.issues.filter(({ createdAt }) => now - createdAt >= this.options.indexLagMs);
    const jql = String(body.jql);
    const byLabel = /^project = "SEC" AND labels = "([^"\\]+)"$/.exec(jql);
    const changed = /^(?:labels = "rhythmx"|project = "SEC") AND updated >= -(\d+)m ORDER BY updated DESC$/.exec(jql);
    const newest = jql === 'project = "SEC" ORDER BY created DESC';
    if (!this.options.searchable) return { status: 400, body: errors({}, ["The account may not browse."]) };
    if (changed !== null) return this.#changedSince(body, now - Number(changed[1]) * 60_000);
    if (byLabel === null && !newest) return { status: 400, body: errors({}, [`Error in the JQL Query: ${jql}`]) };
    const found =
      byLabel === null
        ? [...visible].reverse()
        : visible.filter(({ fields }) => fields.labels.includes(byLabel[1] ?? ""));
    const issues = found
      .slice(0, Number(body.maxResults ?? 50))
      .map(({ id, key, fields }) => ({ id, key, fields: { labels: fields.labels } }));
    return {
      status: 200,
      body:
        this.options.deployment === "Cloud" ? { issues, isLast: true } : { issues, total: issues.length, startAt: 0 },
    };
  }

  /** The index sees a change later. */
  #changedSince(body: Record<string, unknown>, since: number): Reply {
    const { deployment, indexLagMs, now } = this.options;
    const found = this.issues
      .filter(({ updated }) => updated >= since && now() - updated >= indexLagMs)
      .sort((a, b) => b.updated - a.updated);
    const most = Math.min(50, Number(body.maxResults ?? 50));
    const start = Number(body.nextPageToken ?? body.startAt ?? 0);
    const issues = found
      .slice(start, start + most)
      .map(({ id, key, updated }) => ({ id, key, fields: { updated: stamp(updated) } }));
    const isLast = start + most >= found.length;
    if (deployment !== "Cloud") return { status: 200, body: { issues, total: found.length, startAt: start } };
    return { status: 200, body: { issues, isLast, ...(isLast ? {} : { nextPageToken: String(start + most) }) } };
  }

  #remoteLink(asked: Asked, issue: Issue): Reply {
    const body = json(asked.body);
    const globalId = String(body?.globalId ?? "");
    const object = body?.object as { url?: string; title?: string } | undefined;
    if (globalId === "" || typeof object?.url !== "string" || typeof object.title !== "string")
      return { status: 400, body: errors({ object: "is required" }) };
    const status = issue.remoteLinks.has(globalId) ? 200 : 201;
    issue.remoteLinks.set(globalId, body);
    return { status, body: { id: 1, self: "x" } };
  }
}

/** Somebody who works there. */
export const bob: JiraPerson = { accountId: "acc-bob", displayName: "Bob Miller", emailAddress: "bob@acme.example" };

/** `2026-03-13T04:30:00.000+0100`: in the zone of whoever asks. */
function stamp(epochMs: number): string {
  return new Date(epochMs + hourMs).toISOString().replace("Z", "+0100");
}

function json(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function textLength(node: unknown): number {
  if (typeof node === "string") return node.length;
  if (typeof node !== "object" || node === null) return 0;
  const { text, content } = node as { text?: string; content?: unknown[] };
  return (text?.length ?? 0) + (content ?? []).reduce((sum: number, one) => sum + textLength(one), 0);
}
