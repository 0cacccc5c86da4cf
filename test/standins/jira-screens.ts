/** The create screen of the stand-in for Jira: what it says of its fields, and what it refuses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ValidateFunction } from "ajv";
import Ajv from "ajv-draft-04";
import type { JiraField, JiraOptions } from "./jira-model.ts";
import type { Asked, Reply } from "./stand-in.ts";

const folder = join(import.meta.dirname, "../data/jira");
/** Yes or no is all that is asked, and each file of tests compiles it anew: without the forms that make many checks of one schema quicker. */
const quick = {
  strict: false,
  allErrors: false,
  messages: false,
  validateSchema: false,
  inlineRefs: false,
  code: { optimize: false },
};
let schemaOfAdf: ValidateFunction | null = null;
/** Whether it is a document by the ADF schema, which is compiled when it is first asked for: few that load this file ever do. */
export function adf(value: unknown): boolean {
  schemaOfAdf ??= new Ajv(quick).compile(
    JSON.parse(readFileSync(join(folder, "adf-full.schema.json"), "utf8")) as object,
  );
  return schemaOfAdf(value) === true;
}

export function createMeta(options: Required<JiraOptions>, asked: Asked): Reply {
  const { priorities, required } = options;
  const fields = [
    ...["summary", "issuetype", "project"].map((fieldId) => ({
      fieldId,
      name: fieldId,
      required: true,
      hasDefaultValue: false,
    })),
    ...(options.labels ? ["description", "labels"] : ["description"]).map((fieldId) => ({
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
            required: options.priorityRequired,
            hasDefaultValue: !options.priorityRequired,
            allowedValues: priorities.map((name, at) => ({ id: String(at + 1), name })),
          },
        ]),
    ...required.map((field) => ({ ...field, required: true, hasDefaultValue: false })),
    ...options.offered.map((field) => ({ ...field, required: false, hasDefaultValue: false })),
  ];
  return metaPage(options, "fields", Number(asked.query.get("startAt") ?? 0), fields);
}

/** Cloud names its lists, Data Center from 9.0 on calls each of them values. */
export function metaPage(
  { deployment }: Required<JiraOptions>,
  name: "fields" | "issueTypes",
  startAt: number,
  all: readonly object[],
): Reply {
  const page = all.slice(startAt, startAt + 4);
  const own = deployment === "Cloud" ? { [name]: page } : { values: page, isLast: startAt + page.length >= all.length };
  return { status: 200, body: { startAt, maxResults: 4, total: all.length, ...own } };
}

/** What is wrong with a value by the field's description; null = nothing. */
function wrongValue({ name, schema, allowedValues }: JiraField, value: unknown, isCloud: boolean): string | null {
  const isAllowed = (one: unknown) => {
    const { id, value: named } = (one ?? {}) as { id?: string; value?: string };
    return allowedValues?.some((option) => option.id === id || option.value === named);
  };
  if (allowedValues !== undefined)
    return (schema?.type === "array" ? Array.isArray(value) && value.every(isAllowed) : isAllowed(value))
      ? null
      : `Specify a valid 'id' or 'name' for ${name}`;
  if (schema?.type === "number" && typeof value !== "number") return "Operation value must be a number";
  if (schema?.type === "date" && !/^\d{4}-\d\d-\d\d$/.test(String(value)))
    return "Error parsing date string: yyyy-MM-dd";
  if (schema?.custom?.endsWith(":textarea") && isCloud && !adf(value))
    return "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
  return null;
}

export function wrongFields(options: Required<JiraOptions>, fields: Record<string, unknown>): Record<string, string> {
  const { priorities, required, deployment } = options;
  const wrong: Record<string, string> = {};
  const known = [
    "project",
    "issuetype",
    "summary",
    "description",
    "labels",
    "priority",
    ...[...required, ...options.offered].map(({ fieldId }) => fieldId),
  ];
  for (const name of Object.keys(fields))
    if (!known.includes(name) || (name === "priority" && priorities === null) || (name === "labels" && !options.labels))
      wrong[name] = `Field '${name}' cannot be set. It is not on the appropriate screen, or unknown.`;
  for (const { fieldId, name } of required) if (fields[fieldId] === undefined) wrong[fieldId] = `${name} is required.`;
  for (const field of [...required, ...options.offered]) {
    if (fields[field.fieldId] === undefined) continue;
    const problem = wrongValue(field, fields[field.fieldId], deployment === "Cloud");
    if (problem !== null) wrong[field.fieldId] = problem;
  }
  if (options.priorityRequired && fields.priority === undefined) wrong.priority = "Priority is required.";
  const { project, issuetype, summary, description, labels, priority } = fields as Record<string, never>;
  if ((project as { key?: string } | undefined)?.key !== "SEC") wrong.project = "valid project is required";
  if (!["10001", "10002"].includes(String((issuetype as { id?: string } | undefined)?.id)))
    wrong.issuetype = "The issue type selected is invalid.";
  const refusal = wrongSummary(summary);
  if (refusal !== null) wrong.summary = refusal;
  if (deployment === "Cloud" ? !adf(description) : typeof description !== "string")
    wrong.description = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
  else if (JSON.stringify(description).length > 200_000 || textLength(description) > options.longestText)
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

/** Characters of all texts of an ADF document. */
export function textLength(node: unknown): number {
  if (typeof node === "string") return node.length;
  if (typeof node !== "object" || node === null) return 0;
  const { text, content } = node as { text?: string; content?: unknown[] };
  return (text?.length ?? 0) + (content ?? []).reduce((sum: number, one) => sum + textLength(one), 0);
}

/** Why Jira refuses this summary; null = it takes it. */
export function wrongSummary(summary: unknown, editable = true): string | null {
  if (!editable) return "Field 'summary' cannot be set. It is not on the appropriate screen, or unknown.";
  if (typeof summary !== "string" || summary === "") return "You must specify a summary of the issue.";
  if (summary.length > 255 || /[\r\n]/.test(summary))
    return "The summary is invalid because it contains newline characters or is too long.";
  return null;
}
