/** The API document (OpenAPI 3.1), made of the schemas that check requests. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { rolesWith, scopesWith } from "../../../core/access/caller.ts";
import type { SystemRoute } from "../system-routes.ts";
import { documentItself, systemOperation } from "./openapi-system.ts";
import type { Answer, Route } from "./route.ts";

type Json = Record<string, unknown>;

const problemSchema = {
  type: "object",
  description: "RFC 9457",
  required: ["type", "title", "status", "detail"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["name", "reason"],
        properties: { name: { type: "string" }, reason: { type: "string" } },
      },
    },
  },
};

const tags: Readonly<Record<Route["tag"] | SystemRoute["tag"], string>> = {
  Intake: "Detections and alarms in.",
  Login: "Logging in and out, one's own password and second factor.",
  Overview: "Figures, activity, and the state of the appliance.",
  Incidents: "All that concerns one actor.",
  Cases: "Attack patterns that an actor's detections fulfil.",
  Alerts: "Equal detections as one row each, with their newest log.",
  Feeds: "For programs that poll or listen.",
  Exceptions: "Detections that are no evidence.",
  Assets: "Hosts and accounts: what they are for, and how much depends on them.",
  Tickets: "In Jira and ServiceNow: at most one per incident and system.",
  Settings: "Of ticket systems.",
  Packs: "Files by which SIEMs, SOARs and monitors are connected.",
  Administration: "Users, API keys and the audit log.",
  System: "Health, metrics, and this document.",
};

export function openApiDocument(routes: readonly Route[], others: readonly SystemRoute[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of [...others, ...documentItself])
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: systemOperation(route) };
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "RhythmX Edge",
      version,
      summary: "Incidents, threat cases and alerts for SOARs and people.",
      description:
        "Pollers keep `next_cursor` of the last page and send it with the next request: it never skips and never repeats a row, whatever is written meanwhile. Errors are problem documents (RFC 9457) that name the parameter and the accepted form.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "An access token of POST /api/login (JWT), or an API key: `Bearer smk_…`.",
        },
      },
      schemas: { Problem: problemSchema },
      responses: {
        Problem: {
          description: "What is wrong, and how to mend it.",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

function operation(route: Route): Json {
  const { permission, callers, summary, tag, query, body, bodyExample, textBody } = route;
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery =
    query === undefined
      ? []
      : Object.entries(query.entries).map(([name, schema]) => queryParameter(name, schema as v.GenericSchema));
  const literal = query !== undefined && "since" in query.entries ? [literalHeader] : [];
  const resume = route.path.endsWith("/stream") ? [lastEventHeader] : [];
  const keys = callers === "users and keys";
  const security = permission === null ? [] : [...(keys ? [{ apiKey: [] }] : []), { bearer: [] }];
  const needs =
    permission === null
      ? []
      : [
          `Takes ${keys ? `an API key with scope \`${scopesWith(permission).join("` or `")}\`, or ` : ""}a user with role ${rolesWith(permission).join(", ")}.`,
        ];
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    security,
    description: [route.description, ...needs].filter(Boolean).join("\n\n"),
    ...(inPath.length + inQuery.length === 0 ? {} : { parameters: [...inPath, ...inQuery, ...literal, ...resume] }),
    ...(textBody === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              "application/json": { schema: bodySchema(textBody.schema), example: textBody.example },
              "text/csv": { schema: { type: "string" }, example: textBody.csv },
            },
          },
        }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: bodySchema(body),
                ...(bodyExample === undefined ? {} : { example: bodyExample }),
              },
            },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, one]) => [status, response(Number(status), one, route)]),
      ),
      ...(query !== undefined || body !== undefined || textBody !== undefined
        ? { 400: { $ref: "#/components/responses/Problem" } }
        : {}),
      ...(permission === null
        ? {}
        : { 401: { $ref: "#/components/responses/Problem" }, 403: { $ref: "#/components/responses/Problem" } }),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

const literalHeader = {
  name: "X-RhythmX-Since",
  in: "header",
  schema: { type: "string", enum: ["literal"] },
  description: "Takes since and updated_since by their word, whatever this caller has been given.",
};
const lastEventHeader = {
  name: "Last-Event-ID",
  in: "header",
  schema: { type: "string", pattern: "^([0-9]+-)?[0-9]+$" },
  description: "The id of the last event that was received.",
};

function queryParameter(name: string, schema: v.GenericSchema): Json {
  const { description, default: fallback, ...json } = schemaOf(schema);
  const isList = json.type === "array";
  return {
    name,
    in: "query",
    required: false,
    ...(description === undefined ? {} : { description }),
    ...(isList ? { style: "form", explode: false } : {}),
    schema: { ...json, ...(fallback === undefined ? {} : { default: fallback }) },
  };
}

function response(status: number, { description, schema, example, csv, file }: Answer, { path }: Route): Json {
  if (status >= 400) {
    const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
    return { description, content };
  }
  if (path.endsWith("/stream"))
    return { description, content: { "text/event-stream": { schema: { type: "string" } } } };
  if (file !== undefined) return { description, content: { [file]: {} } };
  if (schema === undefined) return { description };
  const content = { schema: schemaOf(schema), ...(example === undefined ? {} : { example }) };
  const asCsv = csv === undefined ? {} : { "text/csv": { schema: { type: "string" }, example: csv } };
  return { description, content: { "application/json": content, ...asCsv } };
}

/** What a schema accepts; checks that JSON Schema has no word for are left out. */
function schemaOf(schema: v.GenericSchema): Json {
  const { $schema: _, ...json } = toJsonSchema(schema, {
    errorMode: "ignore",
    typeMode: "input",
    target: "draft-2020-12",
  });
  return json as Json;
}

/** Fields that a body does not name are refused, unless it takes any. */
function bodySchema(body: v.GenericSchema): Json {
  const schema = schemaOf(body);
  return (body as unknown as { type: string }).type === "loose_object"
    ? { ...schema, additionalProperties: true }
    : { ...schema, additionalProperties: false };
}

function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/api\/(v1\/)?/, "")
    .split(/[/:]+/)
    .filter((word) => word !== "")
    .map((word, at) => (at === 0 ? word : `${word[0]?.toUpperCase()}${word.slice(1)}`));
  const verb = { GET: "get", POST: "post", PUT: "put", PATCH: "patch", DELETE: "delete" }[method];
  const [first = "", ...rest] = words;
  return `${verb}${first[0]?.toUpperCase()}${first.slice(1)}${rest.join("")}`;
}
