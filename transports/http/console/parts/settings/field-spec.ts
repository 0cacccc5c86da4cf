/** How a setting stands in a form: described once, from which the form is made and what was sent is read (read-fields.ts). */
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
    /** Names with commas between them, of these: a check box for each. */
    | { kind: "several"; options: readonly (readonly [value: string, words: string])[] }
    /** The text of a JSON object, field by field: a row for each with its value, and a place for the whole. `of`: "Field". */
    | { kind: "pairs"; of: string }
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

/** Names of the controls of a row: its key, and each column. */
export const rowControl = (name: string, row: number, column = "") => `${name}.${row}${column && `.${column}`}`;
/** The check box of one of several names. */
export const boxName = (name: string, value: string) => `${name}.${value}`;
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
