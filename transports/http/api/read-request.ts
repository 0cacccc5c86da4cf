/** Reads query and body of a request by a schema; every problem is named with the accepted form. */

import * as v from "valibot";
import { hasMoreValues, isNestedDeeper } from "../../../core/text/json-depth.ts";
import { shownName } from "../../../core/text/visible.ts";
import type { ProblemError } from "../problem.ts";

/** All problems of a request at once. */
export class BadRequest extends Error {
  readonly errors: readonly ProblemError[];

  constructor(errors: readonly ProblemError[]) {
    super(errors.map(({ name, reason }) => `${name}: ${reason}`).join("; "));
    this.errors = errors;
  }
}

type Schema = v.GenericSchema & {
  type: string;
  wrapped?: Schema;
  item?: Schema;
  options?: unknown[];
  entries?: Record<string, Schema>;
};

/** Text of a query as the type that the schema asks for. */
function fromText(schema: Schema, text: string): unknown {
  if (schema.wrapped !== undefined) return fromText(schema.wrapped, text);
  if (schema.type === "array" && schema.item !== undefined) {
    const { item } = schema;
    const parts = text.split(",").map((part) => part.trim());
    return parts.filter((part) => part !== "").map((part) => fromText(item, part));
  }
  if (schema.type === "number" && /^-?\d{1,15}(\.\d{1,6})?$/.test(text.trim())) return Number(text);
  return inAnyCase(schema, text.trim() === "" ? text : text);
}

/** Words of a list count in any case (CONTRACT 9.8). */
function inAnyCase(schema: Schema, value: unknown): unknown {
  if (schema.wrapped !== undefined) return inAnyCase(schema.wrapped, value);
  if (typeof value !== "string" || schema.type !== "picklist") return value;
  const wanted = value.trim().toLowerCase();
  return schema.options?.find((option) => String(option).toLowerCase() === wanted) ?? value;
}

/**
 * The query as the schema's output. Parameters that the schema does not know are ignored, empty ones count as absent (but for those whose
 * schema takes an empty text). @throws BadRequest
 */
export function readQuery<S extends v.GenericSchema>(schema: S, url: URL): v.InferOutput<S> {
  const entries = (schema as unknown as Schema).entries ?? {};
  const given: Record<string, unknown> = {};
  const errors: ProblemError[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const values = url.searchParams.getAll(name);
    const isList = (entry.wrapped ?? entry).type === "array";
    const text = isList ? values.join(",") : values[0];
    if (!isList && values.length > 1) errors.push({ name, reason: "is given more than once" });
    if (text !== undefined && values.length > 0 && (text !== "" || takesEmpty.has(name)))
      given[name] = fromText(entry, text);
  }
  return check(schema, given, errors);
}

/** Parameters whose empty value means something: it asks for the order and the cursor that a bound brings. */
const takesEmpty: ReadonlySet<string> = new Set(["since", "updated_since"]);

/** No body of this API is nested deeper than a few levels. */
const deepest = 32;
/** Nor holds as many values: checking half a million of them holds every other caller up. */
const mostValues = 20_000;
/** Names that every object has: the schemas drop them without a word. */
const inherited: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The body as the schema's output. @throws BadRequest */
export function readBody<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> {
  if (isNestedDeeper(text, deepest))
    throw new BadRequest([{ name: "body", reason: `is nested deeper than ${deepest} levels` }]);
  if (hasMoreValues(text, mostValues))
    throw new BadRequest([{ name: "body", reason: `holds more than ${mostValues} values` }]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadRequest([
      { name: "body", reason: "is not JSON: send a JSON object with Content-Type application/json" },
    ]);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadRequest([{ name: "body", reason: "is no JSON object" }]);
  // Half a surrogate pair (as in "\ud800") has no UTF-8 and crashes the database driver.
  if (!isWhole(value))
    throw new BadRequest([{ name: "body", reason: "holds half a surrogate pair: send whole characters" }]);
  const entries = (schema as unknown as Schema).entries ?? {};
  const known = Object.keys(entries);
  const takesAny = (schema as unknown as Schema).type === "loose_object";
  const unknown = Object.keys(value).filter((name) => (takesAny ? inherited.has(name) : !Object.hasOwn(entries, name)));
  const accepted = takesAny ? "" : `: ${known.join(", ")}`;
  const errors = unknown
    .slice(0, 5)
    .map((name) => ({ name: shownName(name), reason: `is no field of this request${accepted}` }));
  const read = Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      Object.hasOwn(entries, name) ? inAnyCase(entries[name] as Schema, field) : field,
    ]),
  );
  return check(schema, read, errors);
}

/** Whether every string in it, names too, is well-formed UTF-16. */
function isWhole(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, one]) => name.isWellFormed() && isWhole(one));
}

function check<S extends v.GenericSchema>(schema: S, value: unknown, errors: ProblemError[]): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  for (const issue of result.issues ?? []) {
    const name = String(issue.path?.[0]?.key ?? "body");
    if (!errors.some((error) => error.name === name)) errors.push({ name, reason: issue.message });
  }
  if (errors.length > 0 || !result.success) throw new BadRequest(errors);
  return result.output;
}
