/** What a project accepts when an issue is made (protocols 3.2, 3.4). */
import { DeliveryError } from "../../core/errors.ts";
import type { Target } from "../http.ts";

export interface CreateMeta {
  issueTypeId: string;
  /** Null: not on the screen. */
  priorities: { id: string; name: string }[] | null;
  labels: boolean;
  /** Required, without a default, and not filled by us. */
  missing: string[];
  /** When it was read, epoch milliseconds. */
  at: number;
}

const filled = ["project", "issuetype", "summary", "description", "labels", "priority", "reporter"];

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
  const byId = new Map(fields.map((field) => [String(field.fieldId ?? field.key), field]));
  const priority = byId.get("priority");
  const ours = new Set([...filled, ...Object.keys(extraFields)]);
  return {
    issueTypeId: String(type.id),
    priorities: priority === undefined ? null : ((priority.allowedValues ?? []) as { id: string; name: string }[]),
    labels: byId.has("labels"),
    missing: [...byId]
      .filter(([id, field]) => field.required === true && field.hasDefaultValue !== true && !ours.has(id))
      .map(([id, field]) => `${String(field.name)} (${id})`),
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
