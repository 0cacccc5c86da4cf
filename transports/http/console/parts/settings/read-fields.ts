/** What a person has sent for the fields of a section: read by the same description from which the form is made. */
import { UsageError } from "../../../../../core/errors.ts";
import type { FormFields } from "../../form-fields.ts";
import { boxName, type FieldSpec, type RowsSpec, removeName, rowControl, shownName } from "./field-spec.ts";
import { readPairs } from "./pairs.ts";

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
    if (spec.kind === "several") {
      readSeveral(form, spec, texts, changes);
      continue;
    }
    if (spec.kind === "pairs") {
      const read = readPairs(form, spec);
      if (read !== null) texts.set(name, read.text);
      if (read?.isChanged === true) changes[name] = read.text === "" ? null : read.text;
      continue;
    }
    // A pinned field has no control that is sent.
    if (!form.has(shownName(name))) continue;
    const longest = spec.kind === "area" ? (spec.longest ?? longestText) : longestText;
    const shown = form.text(shownName(name), longest);
    const typed = () => (spec.kind === "area" && spec.fromFile ? form.pem(name, longest) : form.text(name, longest));
    const text = spec.kind === "switch" ? String(form.has(name)) : typed();
    texts.set(name, text);
    if (text !== shown) changes[name] = valueSent(spec, text);
  }
  return { texts, changes };
}

/** Of the texts that were sent those that a person has typed. What somebody else has saved meanwhile stands in the other fields. */
export function typedOnly({ texts, changes }: SentFields): ReadonlyMap<string, string> {
  return new Map([...texts].filter(([name]) => name in changes));
}

/** Rows that are read; more would be an import. */
const mostRows = 1_000;

/** What is sent where no box is ticked, so that the check says what that means: nothing at all would be the default. */
const noneTicked = "none";

/** A check box each. */
function readSeveral(
  form: FormFields,
  { name, options }: FieldSpec & { kind: "several" },
  texts: Map<string, string>,
  changes: Record<string, unknown>,
): void {
  // A pinned field has no boxes that are sent.
  if (!options.some(([value]) => form.has(shownName(boxName(name, value))))) return;
  const ticked = options.map(([value]) => value).filter((value) => form.has(boxName(name, value)));
  const shown = options
    .map(([value]) => value)
    .filter((value) => form.text(shownName(boxName(name, value))) === "true");
  texts.set(name, ticked.join(","));
  if (ticked.join() !== shown.join()) changes[name] = ticked.length === 0 ? noneTicked : ticked.join(",");
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
