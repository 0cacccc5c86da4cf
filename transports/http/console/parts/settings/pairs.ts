/** A setting that is a JSON object of fields: a row for each, its value as people write it, and the whole as JSON for who has it so. */
import { UsageError } from "../../../../../core/errors.ts";
import type { FormFields } from "../../form-fields.ts";
import { type FieldSpec, rowControl, shownName } from "./field-spec.ts";

export type PairsSpec = FieldSpec & { kind: "pairs" };

/** The column with the value. */
export const valueColumn = "value";
/** Characters of a value, and of the whole as JSON. */
const longestValue = 10_000;
const longestId = 200;
/** Rows that are read; more would be an import. */
const mostRows = 200;

/** A row: the id of a field, and its value as a person types it. */
export type Pair = readonly [id: string, value: string];

/** The rows of an object's text; null for a text that is none. */
export function pairsOf(text: string): Pair[] | null {
  if (text.trim() === "") return [];
  try {
    const object: unknown = JSON.parse(text);
    if (typeof object !== "object" || object === null || Array.isArray(object)) return null;
    return Object.entries(object).map(([id, value]) => [id, typedValue(value)] as const);
  } catch {
    return null;
  }
}

/** As it is typed: a text stands for itself where nothing else could be meant, everything else is JSON. */
function typedValue(value: unknown): string {
  const isPlain = typeof value === "string" && value === value.trim() && !/[\r\n]/.test(value);
  return isPlain && valueOfTyped(value) === value ? value : JSON.stringify(value);
}

/** JSON where it is JSON, else a text; so is a number with more digits than one keeps, such as that of an account. */
export function valueOfTyped(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const keepsDigits = typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    return keepsDigits ? value : text;
  } catch {
    return text;
  }
}

/** Written out pair by pair, so that a name such as `__proto__` stays one and is refused by its check. */
export function textOfPairs(pairs: Iterable<readonly [id: string, value: unknown]>): string {
  const written = [...pairs].map(([id, value]) => `${JSON.stringify(id)}:${JSON.stringify(value)}`);
  return written.length === 0 ? "" : `{${written.join(",")}}`;
}

/**
 * The text of the object that the rows make. What stands in the field for the whole as JSON takes the place of all rows. Null: the form has no
 * control for it, as where it is pinned. @throws UsageError for a value without a field, and a field that is there twice
 */
export function readPairs(form: FormFields, { name, label }: PairsSpec): { text: string; isChanged: boolean } | null {
  if (!form.has(rowControl(name, 0))) return null;
  const rows = (read: (control: string, longest: number) => string): Pair[] => {
    const found: Pair[] = [];
    for (let row = 0; row < mostRows && form.has(rowControl(name, row)); row++) {
      const id = read(rowControl(name, row), longestId);
      const value = read(rowControl(name, row, valueColumn), longestValue);
      if (id !== "" || value !== "") found.push([id, value]);
    }
    return found;
  };
  const textOf = (pairs: readonly Pair[]) => textOfPairs(pairs.map(([id, value]) => [id, valueOfTyped(value)]));
  const before = textOf(rows((control, longest) => form.text(shownName(control), longest)));
  const whole = form.text(name, longestValue);
  if (whole !== "") return { text: whole, isChanged: whole !== before };
  const typed = rows((control, longest) => form.text(control, longest));
  const text = textOf(typed);
  if (text === before) return { text, isChanged: false };
  const ids = typed.map(([id]) => id);
  if (ids.includes("")) throw new UsageError(`${label}: a row has a value, but no field`);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw new UsageError(`${label}: ${JSON.stringify(twice.slice(0, 80))} is there twice`);
  return { text, isChanged: true };
}
