/** The API document as a page: no script, every text escaped. */
import { html } from "hono/html";

type Json = Record<string, unknown>;
type Html = ReturnType<typeof html> | string;

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  parameters?: { name: string; in: string; description?: string; schema: Json }[];
  requestBody?: { content: { "application/json": { schema: Json; example?: unknown } } };
  responses: Record<string, { description?: string; content?: Record<string, { schema: Json }> }>;
}

export const documentStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --mark: #06c; }
@media (prefers-color-scheme: dark) { :root { --mark: #6bf; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
nav ul { columns: 18rem; padding-left: 1rem; } a { color: var(--mark); }
section { margin: 1.5rem 0 2.5rem; } h3 { font-size: 1.05rem; overflow-wrap: anywhere; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: .4rem; }
.method { border: 1px solid var(--line); border-radius: .3rem; padding: 0 .4rem; margin-right: .4rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; } .scroll { overflow-x: auto; }
details summary { cursor: pointer; }
@media (max-width: 40rem) { td:first-child { white-space: normal; } }
`;

export function documentPage(document: Json): string {
  const { info, paths, tags } = document as {
    info: { title: string; version: string; description: string };
    paths: Record<string, Record<string, Operation>>;
    tags: { name: string }[];
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const ofTag = (tag: string) => operations.filter(({ operation }) => operation.tags.includes(tag));
  return String(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title}: API</title><link rel="stylesheet" href="/api/docs/style.css"></head><body>
<h1>${info.title}: API</h1><p>Version ${info.version}. The same for programs: <a href="/api/openapi.json">openapi.json</a>.</p>
${paragraphs(info.description)}
<nav aria-label="Endpoints"><ul>${operations.map(
    ({ path, method, operation }) =>
      html`<li><a href="#${operation.operationId}"><code>${method} ${path}</code></a></li>`,
  )}</ul></nav>
<main>${tags.map(({ name }) => html`<h2>${name}</h2>${ofTag(name).map(section)}`)}</main>
</body></html>`);
}

function section({ path, method, operation }: { path: string; method: string; operation: Operation }): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content["application/json"];
  return html`<section id="${operationId}"><h3><code class="method">${method}</code><code>${path}</code></h3>
<p><strong>${summary}.</strong></p>${paragraphs(description)}
${
  parameters.length === 0
    ? ""
    : html`<div class="scroll"><table><thead><tr><th>Parameter</th><th>Accepted</th><th></th></tr></thead><tbody>${parameters.map(
        (one) =>
          html`<tr><td><code>${one.name}</code> (${one.in})</td><td>${accepted(one.schema)}</td><td>${inline(one.description ?? "")}</td></tr>`,
      )}</tbody></table></div>`
}
${body === undefined ? "" : html`<p>Body:</p>${body.example === undefined ? "" : html`<pre>${JSON.stringify(body.example, null, 2)}</pre>`}${properties(body.schema)}`}
<p>Answers:</p><ul>${Object.entries(responses)
    .filter(([status, one]) => status !== "default" && one.description !== undefined)
    .map(
      ([status, one]) =>
        html`<li><code>${status}</code> ${inline(one.description ?? "")}${answerShape(one.content?.["application/json"]?.schema)}</li>`,
    )}
<li>else a problem document</li></ul></section>`;
}

function answerShape(schema: Json | undefined): Html {
  return schema === undefined ? "" : html`<details><summary>Fields</summary>${properties(schema)}</details>`;
}

function properties(schema: Json): Html {
  const fields = Object.entries((schema.properties ?? {}) as Record<string, Json>);
  const required = (schema.required ?? []) as string[];
  return html`<div class="scroll"><table><tbody>${fields.map(
    ([name, field]) =>
      html`<tr><td><code>${name}</code>${required.includes(name) ? "" : " (optional)"}</td><td>${accepted(field)}</td><td>${inline(String(field.description ?? ""))}${nested(field)}</td></tr>`,
  )}</tbody></table></div>`;
}

function nested(field: Json): Html {
  const inner = ((field.items as Json | undefined) ?? field) as Json;
  return inner.properties === undefined ? "" : properties(inner);
}

/** What a schema accepts, in a few words. */
function accepted(schema: Json): string {
  const choices = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (choices !== undefined) return choices.map(accepted).join(" or ");
  if (schema.enum !== undefined) return (schema.enum as string[]).join(", ");
  if (schema.const !== undefined) return String(schema.const);
  if (schema.type === "array") return `list of ${accepted((schema.items ?? {}) as Json)}`;
  const bounds = [
    schema.minimum === undefined ? "" : `from ${String(schema.minimum)}`,
    schema.maximum === undefined || Number(schema.maximum) > 1e15 ? "" : `to ${String(schema.maximum)}`,
    schema.maxLength === undefined ? "" : `at most ${String(schema.maxLength)} characters`,
    schema.default === undefined ? "" : `(default ${String(schema.default)})`,
  ];
  const type = schema.format === "date-time" ? "time" : String(schema.type ?? "any");
  return [type, ...bounds].filter((part) => part !== "").join(" ");
}

function paragraphs(text: string) {
  return text.split("\n\n").map((part) => html`<p>${inline(part)}</p>`);
}

/** `code` of Markdown, nothing else of it. */
function inline(text: string) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
