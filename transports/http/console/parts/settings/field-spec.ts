/** How a setting stands in a form: described once, from which the form is made and what was sent is read. */
import { UsageError } from "../../../../../core/errors.ts";
import type { FormFields } from "../../form-fields.ts";

interface Spec {
  /** As the section of the API calls it. */
  name: string;
  label: string;
  /** What it does, in a sentence; the accepted form is told by the check. */
  hint?: string;
  /** The accepted form as it is here, where it is another one than in the environment. */
  accepted?: string;
  /** Over both columns. */
  wide?: boolean;
  mono?: boolean;
  placeholder?: string;
}

export type FieldSpec = Spec &
  (
    | { kind: "text" | "secret" }
    | { kind: "number" }
    /** A check box: `true` or `false`. */
    | { kind: "switch" }
    /** Value and words of each. */
    | { kind: "choice"; options: readonly (readonly [value: string, words: string])[] }
    /** A list, one item a line; `json`: the API gives it as the text of a JSON list. */
    | { kind: "lines"; json?: true }
    /** A longer text, such as a JSON object. `longest`: characters, default 10,000. `fromFile`: it can be taken from a file of the person's. */
    | { kind: "area"; rows?: number; longest?: number; fromFile?: true }
    /** The text of a JSON object, by key: a row for each, a control for each column. */
    | { kind: "rows"; of: string; columns: readonly (readonly [key: string, label: string])[] }
  );

/** Fields that belong together, under a heading. */
export interface FieldGroup {
  title: string;
  note?: string;
  fields: readonly FieldSpec[];
}

/** A field of a section, as the API gives it. */
export interface SectionField {
  value?: unknown;
  /** Of a secret, in the place of its value. */
  configured?: boolean;
  setting: string;
  /** "environment", the path of a file, "saved…" or "default". */
  source: string;
  pinned: boolean;
  /** The accepted form, in words, and what counts when nothing is given. */
  accepted?: string;
  default?: string;
}

export interface Section {
  section: string;
  version: string;
  saved: { who: string; at: string } | null;
  /** What is wrong in files, and what happens meanwhile. */
  problems?: readonly string[];
  fields: Readonly<Record<string, SectionField>>;
}

/** A value as its control shows it. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The value of a field as the control of its spec shows it. */
export function shownText(spec: FieldSpec, value: unknown): string {
  if (spec.kind !== "lines" || spec.json !== true) return valueText(value);
  const list = parsed(valueText(value));
  return Array.isArray(list) ? list.map(String).join("\n") : valueText(value);
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands beside a field in a form, so that only what a person has changed is saved: the text that it was shown with. */
export const shownName = (name: string) => `shown.${name}`;
/** The check box that takes a secret away. */
export const removeName = (name: string) => `remove.${name}`;

/** What a person has sent for the fields of a section. */
export interface SentFields {
  /** Texts of every control by its name; secrets are not among them. */
  texts: ReadonlyMap<string, string>;
  /** What differs from what the form was shown with, as the API takes it; null = back to the default. */
  changes: Readonly<Record<string, unknown>>;
}

/** Characters of a setting; a certificate bundle is longer, and is no setting. */
const longestText = 10_000;

/** @throws UsageError for texts that are too long or hold NUL */
export function readFields(form: FormFields, specs: readonly FieldSpec[]): SentFields {
  const texts = new Map<string, string>();
  const changes: Record<string, unknown> = {};
  for (const spec of specs) {
    const { name } = spec;
    if (spec.kind === "secret") {
      const typed = form.exact(name, longestText).trim();
      if (typed !== "") changes[name] = typed;
      else if (form.has(removeName(name))) changes[name] = null;
      continue;
    }
    if (spec.kind === "rows") {
      readRows(form, spec, texts, changes);
      continue;
    }
    // A pinned field has no control that is sent.
    if (!form.has(shownName(name))) continue;
    const longest = spec.kind === "area" ? (spec.longest ?? longestText) : longestText;
    const shown = form.text(shownName(name), longest);
    const text = spec.kind === "switch" ? String(form.has(name)) : form.text(name, longest);
    texts.set(name, text);
    if (text !== shown) changes[name] = valueSent(spec, text);
  }
  return { texts, changes };
}

/** Names of the controls of a row: its key, and each column. */
export const rowControl = (name: string, row: number, column = "") => `${name}.${row}${column && `.${column}`}`;
/** Rows that are read; more would be an import. */
const mostRows = 1_000;

export type RowsSpec = FieldSpec & { kind: "rows" };

/** The object in force, by row: its key and the value of each column. */
export function rowsOf(spec: RowsSpec, text: string): { key: string; values: string[] }[] {
  const object = parsed(text);
  if (typeof object !== "object" || object === null) return [];
  return Object.entries(object as Record<string, Record<string, unknown> | null>).map(([key, value]) => ({
    key,
    values: spec.columns.map(([column]) => valueText(value?.[column])),
  }));
}

/** Rows become one object; one without a key and values is none. */
function readRows(
  form: FormFields,
  spec: RowsSpec,
  texts: Map<string, string>,
  changes: Record<string, unknown>,
): void {
  const { name, columns } = spec;
  const collect = (read: (control: string) => string): [string, Record<string, string>][] => {
    const found: [string, Record<string, string>][] = [];
    for (let row = 0; row < mostRows && form.has(rowControl(name, row)); row++) {
      const key = read(rowControl(name, row));
      const values = columns.flatMap(([column]) => {
        const value = read(rowControl(name, row, column));
        return value === "" ? [] : [[column, value] as const];
      });
      if (key !== "" || values.length > 0) found.push([key, Object.fromEntries(values)]);
    }
    return found;
  };
  if (!form.has(rowControl(name, 0))) return;
  const rows = collect((control) => form.text(control, 500));
  const shown = collect((control) => form.text(shownName(control), 500));
  const [text, before] = [rows, shown].map((list) =>
    list.length === 0 ? "" : JSON.stringify(Object.fromEntries(list)),
  );
  texts.set(name, text ?? "");
  // What nobody has changed holds nothing back, whoever saved it.
  if (text === before) return;
  const keys = rows.map(([key]) => key.toLowerCase());
  if (keys.includes("")) throw new UsageError(`${name}: a row says what, but not of which ${spec.of.toLowerCase()}`);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) throw new UsageError(`${name}: ${JSON.stringify(twice)} is there twice`);
  changes[name] = text === "" ? null : text;
}

/** The value of the API; what is no number stays a text, and the check says what is accepted. */
function valueSent(spec: FieldSpec, text: string): unknown {
  if (text === "") return null;
  if (spec.kind === "number") return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
  if (spec.kind === "switch") return text === "true";
  if (spec.kind !== "lines") return text;
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
