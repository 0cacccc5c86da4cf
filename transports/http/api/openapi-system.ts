/** The API document's entries of the routes beside the API: intake, health, metrics, the document itself. */
import type { SystemRoute } from "../system-routes.ts";

type Json = Record<string, unknown>;
type Described = Omit<SystemRoute, "answer" | "takes" | "query"> & Partial<Pick<SystemRoute, "takes" | "query">>;

const open = { method: "GET", scope: null, tag: "System" } as const;

export const documentItself: readonly Described[] = [
  {
    ...open,
    path: "/api/openapi.json",
    summary: "This document",
    description: "OpenAPI 3.1, made of the schemas that check requests.",
    answers: { 200: { description: "The document.", type: "application/json" } },
  },
  {
    ...open,
    path: "/api/docs",
    summary: "This document for people",
    description: "Needs no network.",
    answers: { 200: { description: "A page.", type: "text/html" } },
  },
  {
    ...open,
    path: "/api/docs/style.css",
    summary: "How that page looks",
    description: "Part of the page.",
    answers: { 200: { description: "A style sheet.", type: "text/css" } },
  },
];

export function systemOperation({
  method,
  path,
  scope,
  tag,
  summary,
  description,
  takes,
  query,
  answers,
}: Described): Json {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const name = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join("");
  const needs = scope === null ? "" : `\n\nTakes an API key with scope \`${scope}\`.`;
  const key = scope === null ? null : takes === undefined ? null : idempotencyHeader;
  const parameters = [
    ...Object.entries(query ?? {}).map(([parameter, text]) => ({
      name: parameter,
      in: "query",
      required: false,
      description: text,
      schema: { type: "string" },
    })),
    ...(key === null ? [] : [key]),
  ];
  const operation: Json = {
    operationId: `${method.toLowerCase()}${name}`,
    tags: [tag],
    summary,
    description: description + needs,
    security: scope === null ? [] : [{ apiKey: [] }, { bearer: [] }],
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description: text, type }]) => [
          status,
          { description: text, content: { [type]: { schema: schemaOf(type) } } },
        ]),
      ),
      ...(scope === null
        ? { 405: { $ref: "#/components/responses/Problem" } }
        : { 401: { $ref: "#/components/responses/Problem" }, 403: { $ref: "#/components/responses/Problem" } }),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
  if (parameters.length > 0) operation.parameters = parameters;
  if (takes !== undefined)
    operation.requestBody = {
      required: true,
      content: Object.fromEntries(takes.map((type) => [type, { schema: bodyOf(type) }])),
    };
  return operation;
}

const idempotencyHeader = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "1 to 255 printable ASCII characters without blanks; the same key with the same body counts once.",
  schema: { type: "string" },
};

function schemaOf(type: string): Json {
  if (type === "application/problem+json") return { $ref: "#/components/schemas/Problem" };
  return { type: type === "application/json" ? "object" : "string" };
}

function bodyOf(type: string): Json {
  return type === "application/json" ? { type: "array", items: { type: "object" } } : { type: "string" };
}
