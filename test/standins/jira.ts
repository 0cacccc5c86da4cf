/** A strict stand-in for Jira Cloud (v3) and Data Center (v2): by its OpenAPI subset, the ADF schema and protocols 3; shares no code with the adapter. */

import { comment, comments, transition, transitions } from "./jira-issue.ts";
import {
  bob,
  errors,
  type Issue,
  type JiraOptions,
  type JiraPerson,
  json,
  simpleWorkflow,
  stamp,
  us,
} from "./jira-model.ts";
import { createMeta, metaPage, wrongFields, wrongSummary } from "./jira-screens.ts";
import { search } from "./jira-search.ts";
import { type Asked, type Reply, StandIn } from "./stand-in.ts";

export class JiraStandIn extends StandIn {
  readonly issues: Issue[] = [];
  #serial = 50_000;
  #created = 0;
  readonly options: Required<JiraOptions>;

  constructor(options: JiraOptions = {}) {
    super(options.tls);
    this.options = {
      deployment: "Cloud",
      credentials: "soc@acme.example:jira-token-1",
      indexLagMs: 0,
      priorities: ["Highest", "High", "Medium", "Low", "Lowest"],
      required: [],
      offered: [],
      contextPath: "",
      labels: true,
      baseUrl: null,
      now: () => Date.now(),
      workflow: simpleWorkflow,
      resolutions: ["Done", "Won't Do"],
      people: [],
      searchable: true,
      priorityRequired: false,
      titleEditable: true,
      longestText: 32_767,
      transitionRequired: [],
      dropsAssignee: false,
      tls: null,
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
    this.changed(issue, author, "status", issue.status, status);
    issue.status = status;
    issue.resolution = resolution;
  }

  say(key: string, text: string, author: JiraPerson = bob): void {
    const issue = this.issue(key);
    const paragraph = { type: "paragraph", content: [{ type: "text", text }] };
    const body = this.options.deployment === "Cloud" ? { version: 1, type: "doc", content: [paragraph] } : text;
    issue.comments.push({ id: this.nextId(), author, body, created: this.options.now(), properties: [] });
    issue.updated = this.options.now();
  }

  assign(key: string, person: JiraPerson | null, author: JiraPerson = bob): void {
    const issue = this.issue(key);
    this.changed(issue, author, "assignee", issue.assignee?.displayName ?? "", person?.displayName ?? "");
    issue.assignee = person;
  }

  remove(key: string): Issue {
    const issue = this.issue(key);
    this.issues.splice(this.issues.indexOf(issue), 1);
    return issue;
  }

  changed(issue: Issue, author: JiraPerson, field: string, from: string, to: string): void {
    const now = this.options.now();
    issue.changes.push({ id: this.nextId(), created: now, author, field, from, to });
    issue.updated = now;
  }

  nextId(): string {
    return String(this.#serial++);
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
      return metaPage(this.options, "issueTypes", 0, [
        { id: "10001", name: "Task" },
        { id: "10002", name: "Bug" },
      ]);
    if (method === "GET" && /^\/issue\/createmeta\/SEC\/issuetypes\/1000[12]$/.test(path))
      return createMeta(this.options, asked);
    if (method === "POST" && path === "/issue") return this.#create(asked);
    if (method === "POST" && path === (this.options.deployment === "Cloud" ? "/search/jql" : "/search"))
      return search(this, asked);
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
    if (rest === "/transitions") return method === "GET" ? transitions(this, issue) : transition(this, asked, issue);
    if (rest === "/comment") return method === "GET" ? comments(this, asked, issue) : comment(this, asked, issue);
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
      assignee: issue.assignee === null ? null : this.shownPerson(issue.assignee),
      updated: stamp(issue.updated),
      issuelinks:
        issue.duplicateOf === null
          ? []
          : [{ type: { name: "Duplicate", outward: "duplicates" }, outwardIssue: { key: issue.duplicateOf } }],
    };
    const names = (wanted ?? "").split(",").filter((name) => name !== "");
    return names.length === 0 ? all : Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  }

  shownPerson(person: JiraPerson): object {
    const { accountId, ...others } = person;
    return this.options.deployment === "Cloud" ? person : { name: accountId, key: accountId, ...others };
  }

  #assignable(asked: Asked): Reply {
    const word = (asked.query.get("query") ?? asked.query.get("username") ?? "").toLowerCase();
    const found = this.options.people.filter(({ displayName, emailAddress = "", accountId }) =>
      [displayName, emailAddress, accountId].some((one) => one.toLowerCase().includes(word)),
    );
    return { status: 200, body: found.map((one) => this.shownPerson(one)) };
  }

  #assignee(asked: Asked, issue: Issue): Reply {
    const body = json(asked.body);
    const id = this.options.deployment === "Cloud" ? body?.accountId : body?.name;
    const person = this.options.people.find(({ accountId }) => accountId === id) ?? null;
    if (id !== null && person === null)
      return { status: 400, body: errors({ assignee: "User cannot be assigned issues." }) };
    this.changed(issue, us, "assignee", issue.assignee?.displayName ?? "", person?.displayName ?? "");
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
    const summary = body?.fields?.summary;
    const wrong = summary === undefined ? null : wrongSummary(summary, this.options.titleEditable);
    if (wrong !== null) return { status: 400, body: errors({ summary: wrong }) };
    if (summary !== undefined) Object.assign(issue.fields, { summary });
    if (priority !== undefined) issue.fields.priority = priority;
    for (const { add, remove } of body?.update?.labels ?? []) {
      issue.fields.labels = issue.fields.labels.filter((label) => label !== remove && label !== add);
      if (add !== undefined) issue.fields.labels.push(add);
    }
    issue.updated = this.options.now();
    return { status: 204 };
  }

  #create(asked: Asked): Reply {
    const body = json(asked.body);
    if (body === null || typeof body.fields !== "object")
      return { status: 400, body: errors({}, ["Unexpected content"]) };
    const unknown = Object.keys(body).filter((name) => !["fields", "properties", "update"].includes(name));
    if (unknown.length > 0) return { status: 400, body: errors({}, [`Unrecognized field ${unknown[0]}`]) };
    const fields = body.fields as Record<string, unknown>;
    const wrong = wrongFields(this.options, fields);
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
