/**
 * What Splunk makes of an event at search time, in its order: EXTRACT, REPORT, EVAL (props.conf, "search-time operation sequence"). Regular
 * expressions run by PCRE's rules; of eval what the add-on uses, and an error for anything else.
 */

import type { Conf } from "./conf-files.ts";
import { groupNames, matchAll } from "./engines/engines.ts";
import { valueAt } from "./json-values.ts";

type Value = string | string[] | null;
export type SplunkFields = Record<string, Value>;

/** Fields of each of these events, all of one sourcetype. */
export function searchTimeFields(
  sourcetype: string,
  events: readonly string[],
  props: Conf,
  transforms: Conf,
): SplunkFields[] {
  const stanza = props.get(sourcetype);
  if (stanza === undefined) throw new Error(`no stanza [${sourcetype}]`);
  if (stanza.get("KV_MODE") !== "none") throw new Error("KV_MODE is not none: Splunk would extract fields by itself");
  const extracts = [...stanza].filter(([key]) => key.startsWith("EXTRACT-")).map(([, pattern]) => pattern);
  const found = matchAll("pcre", extracts, events);
  const extracted = events.map((_, n) => {
    const fields: SplunkFields = {};
    for (const [m, pattern] of extracts.entries()) {
      const groups = found[n]?.[m]?.[0];
      if (groups === undefined) continue;
      for (const [name, group] of groupNames(pattern)) fields[name] = groups[group] ?? null;
    }
    return fields;
  });
  for (const [key, name] of stanza) if (key.startsWith("REPORT-")) report(transforms.get(name), extracted);
  const evals = [...stanza].flatMap(([key, text]) => (key.startsWith("EVAL-") ? [[key.slice(5), text] as const] : []));
  // Calculated fields do not see each other.
  return extracted.map((fields) => ({
    ...fields,
    ...Object.fromEntries(evals.map(([name, text]) => [name, evaluate(text, fields)])),
  }));
}

function report(transform: ReadonlyMap<string, string> | undefined, events: SplunkFields[]): void {
  const [source = "", pattern = "", format = ""] = ["SOURCE_KEY", "REGEX", "FORMAT"].map((key) => transform?.get(key));
  const [, name = ""] = /^(\w+)::\$1$/.exec(format) ?? [];
  if (transform?.get("MV_ADD") !== "true" || name === "") throw new Error("a REPORT that is not understood here");
  const texts = events.map((fields) => String(fields[source] ?? ""));
  const found = matchAll("pcre", [pattern], texts);
  for (const [n, fields] of events.entries()) {
    const values = (found[n]?.[0] ?? []).map((groups) => groups[1] ?? "");
    if (values.length > 0) fields[name] = values;
  }
}

function evaluate(text: string, fields: SplunkFields): Value {
  const parser = new Expression(text, fields);
  const value = parser.value();
  if (parser.rest !== "") throw new Error(`eval: ${JSON.stringify(parser.rest)} is left of ${text}`);
  return value;
}

class Expression {
  rest: string;

  constructor(
    text: string,
    private readonly fields: SplunkFields,
  ) {
    this.rest = text;
  }

  value(): Value {
    const literal = this.#take(/^"((?:[^"\\]|\\.)*)"/);
    if (literal !== null) return literal.replace(/\\(["\\])/g, "$1");
    const name = this.#take(/^([a-z_]\w*)/);
    if (name === null) throw new Error(`eval: ${this.rest}`);
    if (this.#take(/^(\()/) === null) return this.fields[name] ?? null;
    // mvmap evaluates its second argument for each value of the field that is its first.
    if (name === "mvmap") return this.#mvmap();
    const args = [this.value()];
    while (this.#take(/^(, )/) !== null) args.push(this.value());
    this.#close();
    return call(name, args);
  }

  #mvmap(): Value {
    const field = this.#take(/^([a-z_]\w*), /) ?? "";
    const values = this.fields[field] ?? null;
    const expression = this.rest;
    const mapped = [values ?? []].flat().map((value) => {
      const one = new Expression(expression, { ...this.fields, [field]: value });
      const result = one.value();
      this.rest = one.rest;
      return String(result);
    });
    if (values === null) this.rest = expression.slice(expression.lastIndexOf(")"));
    this.#close();
    return values === null ? null : mapped;
  }

  #close(): void {
    if (this.#take(/^(\))/) === null) throw new Error(`eval: a bracket is missing before ${this.rest}`);
  }

  #take(pattern: RegExp): string | null {
    const match = pattern.exec(this.rest);
    if (match === null) return null;
    this.rest = this.rest.slice(match[0].length);
    return match[1] ?? "";
  }
}

function call(name: string, args: readonly Value[]): Value {
  const [first = null, second = null, third = null] = args;
  switch (name) {
    case "coalesce":
      return args.find((arg) => arg !== null) ?? null;
    case "lower":
      return first === null ? null : String(first).toLowerCase();
    case "upper":
      return first === null ? null : String(first).toUpperCase();
    case "replace":
      // The third is a template in which \1 is a group.
      return first === null
        ? null
        : String(first).replace(new RegExp(String(second), "g"), String(third).replace(/\\(\d)/g, "$$$1"));
    case "spath": {
      if (first === null) return null;
      const value = valueAt(JSON.parse(String(first)), String(second).replaceAll("{}", "[]"));
      if (Array.isArray(value)) return value.length === 0 ? null : value.map(String);
      return value === null ? null : String(value);
    }
    default:
      throw new Error(`eval: ${name} is not known here`);
  }
}
