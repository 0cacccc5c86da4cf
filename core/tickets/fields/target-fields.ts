/** Fields that a ticket system offers on its screens, as it describes them itself, and values for them. */

import { scalarText } from "../../text/own.ts";
import { parseTime, toIso } from "../../time.ts";

/** A value that the target accepts. */
export interface AllowedValue {
  /** Its id there. */
  id: string;
  label: string;
  /** As it stands in the settings. */
  value: unknown;
}

/** How a value is written. `wrap`: the key under which the target wants it; null = the value itself. */
export type FieldShape =
  | { kind: "text"; wrap: string | null; longest: number | null }
  /** A longer text with formatting of the target: a document of Jira Cloud. */
  | { kind: "document" }
  | { kind: "number"; asText: boolean }
  | { kind: "date" }
  | { kind: "time"; of: "jira" | "servicenow" }
  | { kind: "flag" }
  /** `isWhole`: every accepted value is in the list. */
  | { kind: "one"; allowed: readonly AllowedValue[]; isWhole: boolean }
  | { kind: "many"; allowed: readonly AllowedValue[]; isWhole: boolean }
  /** A list of texts, `wrap` as above. */
  | { kind: "texts"; wrap: string | null }
  /** The id of a record. */
  | { kind: "record"; table: string }
  /** Whatever the target calls it: written as JSON. */
  | { kind: "json" };

export interface TargetField {
  id: string;
  /** By the target's own name. */
  label: string;
  /** In the target's own words. */
  type: string;
  required: boolean;
  hasDefault: boolean;
  shape: FieldShape;
  /** Filled by the appliance, and so not to be picked. */
  isFilled: boolean;
  /** On which of several screens, or when it is required; "" = always. */
  where: string;
}

/** A screen, and the setting that fills its fields: `extra_fields`. */
export interface FieldScreen {
  setting: string;
  title: string;
  /** Whose screen it is, for people; "" = nothing more to say. */
  of: string;
  fields: readonly TargetField[];
}

/** What a target says of its screens, and what it does not, in its own words. */
export interface TargetScreens {
  screens: readonly FieldScreen[];
  unread: readonly { what: string; why: string }[];
}

export type ReadValue = { value: unknown } | { problem: string };

const mostNamed = 8;

/** The value for the settings that a person's text means. */
export function valueOfText({ shape, type }: TargetField, text: string): ReadValue {
  const wrapped = (value: string, wrap: string | null) => ({ value: wrap === null ? value : { [wrap]: value } });
  switch (shape.kind) {
    case "text":
      return shape.longest !== null && text.length > shape.longest
        ? { problem: `at most ${shape.longest} characters` }
        : wrapped(text, shape.wrap);
    case "document":
      return { value: documentOf(text) };
    case "number":
      if (!/^[+-]?\d+(?:\.\d+)?$/.test(text)) return { problem: "a number such as 7 or 2.5" };
      return { value: shape.asText ? text : Number(text) };
    case "date":
      return isDate(text) ? { value: text } : { problem: "a day such as 2026-03-13" };
    case "time":
      return timeOf(text, shape.of);
    case "flag":
      return /^(?:true|false)$/i.test(text) ? { value: text.toLowerCase() } : { problem: "true or false" };
    case "one":
      return oneOf(text, shape);
    case "many": {
      const found = linesOf(text).map((line) => oneOf(line, shape));
      const wrong = found.find((one) => "problem" in one);
      return wrong ?? { value: found.map((one) => ("value" in one ? one.value : null)) };
    }
    case "texts":
      return { value: linesOf(text).map((line) => wrapped(line, shape.wrap).value) };
    case "record":
      return /^[0-9a-f]{32}$/.test(text)
        ? { value: text }
        : { problem: `the sys_id of a record of ${shape.table}: 32 hexadecimal digits` };
    case "json":
      return jsonOf(text, type);
  }
}

/** A value of the settings as its control shows it. */
export function textOfValue({ shape }: TargetField, value: unknown): string {
  if (value === undefined || value === null) return "";
  const unwrapped = (one: unknown, wrap: string | null) =>
    wrap !== null && typeof one === "object" && one !== null ? (one as Record<string, unknown>)[wrap] : one;
  const plain = (one: unknown) => (typeof one === "object" ? JSON.stringify(one) : String(one));
  switch (shape.kind) {
    case "text":
      return plain(unwrapped(value, shape.wrap) ?? value);
    case "document":
      return typeof value === "string" ? value : (textOfDocument(value) ?? JSON.stringify(value));
    case "one":
      return matching(value, shape.allowed)?.id ?? plain(value);
    case "many":
      return (Array.isArray(value) ? value : [value])
        .map((one) => matching(one, shape.allowed)?.id ?? plain(one))
        .join("\n");
    case "texts":
      return (Array.isArray(value) ? value : [value]).map((one) => plain(unwrapped(one, shape.wrap) ?? one)).join("\n");
    case "json":
      return JSON.stringify(value);
    default:
      return plain(value);
  }
}

/** What is wrong with a value that stands in the settings; null = nothing that can be told from here. */
export function problemOfValue(field: TargetField, value: unknown): string | null {
  const { shape } = field;
  if (shape.kind === "json" || value === null) return null;
  // A document of another making than ours is the target's to judge.
  if (shape.kind === "document")
    return isDocument(value) ? null : 'a document such as {"type":"doc","version":1,"content":[…]}';
  if ((shape.kind === "many" || shape.kind === "texts") && !Array.isArray(value)) return "a list such as [ … ]";
  if (shape.kind === "number" && !shape.asText && typeof value !== "number") return "a number, without quotes";
  if (shape.kind === "text" && (shape.wrap === null) !== (typeof value !== "object"))
    return shape.wrap === null ? "a text" : `an object such as {"${shape.wrap}": "…"}`;
  if ((shape.kind === "one" || shape.kind === "many") && !shape.isWhole) return null;
  const read = valueOfText(field, textOfValue(field, value));
  return "problem" in read ? read.problem : null;
}

/** The allowed value that this one means: by its id, or by its value or name as people write it. */
function matching(value: unknown, allowed: readonly AllowedValue[]): AllowedValue | undefined {
  const text = JSON.stringify(value);
  const exact = allowed.find((one) => JSON.stringify(one.value) === text);
  if (exact !== undefined) return exact;
  if (typeof value !== "object" || value === null) {
    const word = String(value);
    return allowed.find(({ id }) => id === word) ?? allowed.find(({ label }) => label === word);
  }
  const { id, value: named, name, child } = value as Record<string, unknown>;
  if (child !== undefined) return undefined;
  const word = named ?? name;
  return allowed.find((one) => (id !== undefined ? one.id === scalarText(id) : one.label === scalarText(word)));
}

function oneOf(text: string, { allowed, isWhole }: { allowed: readonly AllowedValue[]; isWhole: boolean }): ReadValue {
  const wanted = text.trim().toLowerCase();
  const found =
    allowed.find(({ id }) => id === text.trim()) ?? allowed.find(({ label }) => label.toLowerCase() === wanted);
  if (found !== undefined) return { value: found.value };
  if (/^[[{]/.test(text.trim()) && !isWhole) return jsonOf(text, "");
  const named = allowed.slice(0, mostNamed).map(({ label }) => label);
  const more = allowed.length > mostNamed ? ` and ${allowed.length - mostNamed} more` : "";
  return { problem: `one of ${named.join(", ")}${more}` };
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function jsonOf(text: string, type: string): ReadValue {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { problem: `JSON${type === "" ? "" : ` for the type ${type}`}, such as {"value": "SOC"} or "text"` };
  }
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && parseTime(`${text}T00:00:00Z`) !== null;
}

/** Jira takes `2026-03-13T04:30:00.000+0000`, ServiceNow `2026-03-13 04:30:00` in UTC. */
function timeOf(text: string, of: "jira" | "servicenow"): ReadValue {
  const at = /^\d{4}-/.test(text) ? parseTime(text) : null;
  if (at === null) return { problem: "a time such as 2026-03-13 04:30, in UTC unless it says another zone" };
  const iso = toIso(at);
  return { value: of === "jira" ? iso.replace("Z", "+0000") : iso.slice(0, 19).replace("T", " ") };
}

/** A document of one paragraph (Atlassian Document Format). */
function documentOf(text: string): object {
  return { type: "doc", version: 1, content: [{ type: "paragraph", content: [{ type: "text", text }] }] };
}

function isDocument(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as { type?: unknown }).type === "doc";
}

/** The text of a document that `documentOf` has made; null for another one. */
function textOfDocument(value: unknown): string | null {
  const { content } = value as { content?: { content?: { text?: string }[] }[] };
  const text = content?.[0]?.content?.[0]?.text;
  return typeof text === "string" && JSON.stringify(value) === JSON.stringify(documentOf(text)) ? text : null;
}
