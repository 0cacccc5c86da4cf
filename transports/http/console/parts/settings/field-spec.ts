/** How a setting stands in a form: described once, from which the form is made and what was sent is read. */
import type { FormFields } from "../../form-fields.ts";

interface Spec {
  /** As the section of the API calls it. */
  name: string;
  label: string;
  /** What it does, in a sentence; the accepted form is told by the check. */
  hint?: string;
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
    /** A list, one item a line. */
    | { kind: "lines" }
    /** A longer text, such as a JSON object. `fromFile`: it can be taken from a file of the person's. */
    | { kind: "area"; fromFile?: true }
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
    // A pinned field has no control that is sent.
    if (!form.has(shownName(name))) continue;
    const shown = form.text(shownName(name), longestText);
    const text = spec.kind === "switch" ? String(form.has(name)) : form.text(name, longestText);
    texts.set(name, text);
    if (text !== shown) changes[name] = valueSent(spec, text);
  }
  return { texts, changes };
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
