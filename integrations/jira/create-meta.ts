/** The fields that a project accepts for a new issue (protocols 3.2, 3.4). */
import { DeliveryError } from "../../core/errors.ts";
import type { Target } from "../http.ts";

export interface CreateMeta {
  issueTypeId: string;
  /** Null if it is not on the screen. */
  priorities: { id: string; name: string }[] | null;
  labels: boolean;
  /** Whether a reporter is required and has no default. */
  wantsReporter: boolean;
  /** Whether a priority is required and has no default. */
  wantsPriority: boolean;
  /** Required fields without a default that we do not fill. */
  missing: string[];
  /** Everything on the screen, by id. */
  fields: ReadonlyMap<string, FieldMeta>;
  /** When this was read; epoch milliseconds. */
  at: number;
}

const filled = ["project", "issuetype", "summary", "description", "labels"];
/** Those that are not for the settings to fill. */
export const filledFields: readonly string[] = ["project", "issuetype", "summary", "description", "priority"];

/** Jira's description of a field, for new issues and on the screen of a transition. */
export interface FieldMeta {
  fieldId?: string;
  key?: string;
  name?: string;
  required?: boolean;
  hasDefaultValue?: boolean;
  allowedValues?: unknown[];
  schema?: { type?: string; items?: string; system?: string; custom?: string };
}

/** Whether the field is required and has no default. */
export function isWanted(field: FieldMeta | undefined): boolean {
  return field?.required === true && field.hasDefaultValue !== true;
}

/** The field's name and its id for settings, for people. */
export function fieldName(id: string, { name }: FieldMeta): string {
  return `${String(name ?? id)} (${id})`;
}

/** The fields that settings have to fill. */
export function fieldsRequired(where: string, missing: readonly string[], setting: string): DeliveryError {
  return new DeliveryError(
    "fields_required",
    `${where} wants fields that are not filled: ${missing.join(", ")}; give them in ${setting}`,
    {
      retryable: false,
      data: { permanent: true, words: missing.join(", ") },
    },
  );
}

/** @throws DeliveryError issue_type */
export async function readCreateMeta(
  target: Target,
  api: string,
  settings: { projectKey: string; issueType: string; extraFields: Readonly<Record<string, unknown>> },
  now: number,
): Promise<CreateMeta> {
  const { projectKey, issueType, extraFields } = settings;
  const path = `${api}/issue/createmeta/${encodeURIComponent(projectKey)}/issuetypes`;
  const types = await everyPage(target, path, ["issueTypes", "values"]);
  const type = types.find(({ name }) => String(name).toLowerCase() === issueType.toLowerCase());
  if (type === undefined) {
    const there = types.map(({ name }) => String(name)).join(", ");
    const message = `project ${projectKey} has no issue type ${issueType}: it has ${there || "none that this account may create"}`;
    throw new DeliveryError("issue_type", message, { retryable: false, data: { permanent: true } });
  }
  const fields = await everyPage(target, `${path}/${encodeURIComponent(String(type.id))}`, ["fields", "values"]);
  const byId = new Map(fields.map((field) => [String(field.fieldId ?? field.key), field as FieldMeta]));
  const priority = byId.get("priority");
  const priorities =
    priority === undefined ? null : (((priority as FieldMeta).allowedValues ?? []) as CreateMeta["priorities"]);
  const wants = (id: string) => isWanted(byId.get(id)) && !Object.hasOwn(extraFields, id);
  const ours = new Set([
    ...filled,
    "reporter",
    ...(priorities?.length ? ["priority"] : []),
    ...Object.keys(extraFields),
  ]);
  return {
    issueTypeId: String(type.id),
    priorities,
    labels: byId.has("labels"),
    wantsReporter: wants("reporter"),
    wantsPriority: wants("priority"),
    missing: [...byId]
      .filter(([id, field]) => isWanted(field) && !ours.has(id))
      .map(([id, field]) => fieldName(id, field)),
    fields: byId,
    at: now,
  };
}

async function everyPage(target: Target, path: string, names: readonly string[]): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let startAt = 0; ; ) {
    const { body } = await target.request({ method: "GET", path: `${path}?startAt=${startAt}&maxResults=100` });
    const name = names.find((one) => Array.isArray(body?.[one]));
    const page = (name === undefined ? [] : body[name]) as Record<string, unknown>[];
    found.push(...page);
    startAt += page.length;
    if (page.length === 0 || startAt >= Number(body?.total ?? 0) || found.length > 2000) return found;
  }
}

/** The payload without its priority if that is what the target refused; else null. */
export function withoutPriority(payload: string, error: unknown): string | null {
  if (!(error instanceof DeliveryError) || error.data.status !== 400 || !/\bpriority\b/i.test(String(error.data.words)))
    return null;
  const parsed = JSON.parse(payload) as { fields: Record<string, unknown> };
  if (parsed.fields.priority === undefined) return null;
  const { priority: _, ...fields } = parsed.fields;
  return JSON.stringify({ ...parsed, fields });
}
