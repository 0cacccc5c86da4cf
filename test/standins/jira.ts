/** A strict stand-in for Jira Cloud (v3) and Data Center (v2): by its OpenAPI subset, the ADF schema and protocols 3; shares no code with the adapter. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv-draft-04";
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
}

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
}

const errors = (fields: Record<string, string>, messages: string[] = []) => ({
  errorMessages: messages,
  errors: fields,
});

export class JiraStandIn extends StandIn {
  readonly issues: Issue[] = [];
  readonly options: Required<JiraOptions>;

  constructor(options: JiraOptions = {}) {
    super();
    this.options = {
      ...{ deployment: "Cloud", credentials: "soc@acme.example:jira-token-1", indexLagMs: 0 },
      ...{
        priorities: ["Highest", "High", "Medium", "Low", "Lowest"],
        required: [],
        contextPath: "",
        labels: true,
        baseUrl: null,
      },
      ...options,
    };
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
    if (method === "GET" && path === "/myself")
      return { status: 200, body: { accountId: "acc-1", displayName: "SOC Bot" } };
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
      return {
        status: 200,
        body: { id: issue.id, key: issue.key, fields: issue.fields, properties: Object.fromEntries(shown) },
      };
    }
    if (method === "POST" && rest === "/remotelink") return this.#remoteLink(asked, issue);
    return null;
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
              ...{ fieldId: "priority", name: "Priority", required: false, hasDefaultValue: true },
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
    const number = this.issues.length + 1;
    const issue: Issue = {
      ...{
        id: String(10_000 + number),
        key: `SEC-${number}`,
        properties,
        remoteLinks: new Map(),
        createdAt: Date.now(),
      },
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
    const visible = this.issues.filter(({ createdAt }) => Date.now() - createdAt >= this.options.indexLagMs);
    const jql = String(body.jql);
    const byLabel = /^project = "SEC" AND labels = "([^"\\]+)"$/.exec(jql);
    const newest = jql === 'project = "SEC" ORDER BY created DESC';
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
