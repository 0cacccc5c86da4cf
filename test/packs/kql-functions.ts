/** Operators and functions of KQL on values, those that the pack `sentinel` uses; regular expressions by RE2. */
import { RE2 } from "re2-wasm";

/** string; number (int, long, real), Date, boolean, or null for none; dynamic as JSON gives it. */
export type KqlValue = unknown;

export const comparisons: Readonly<Record<string, (left: KqlValue, right: KqlValue) => boolean>> = {
  EqualExpression: (left, right) => left === right,
  NotEqualExpression: (left, right) => left !== right,
  GreaterThanExpression: (left, right) => left !== null && right !== null && Number(left) > Number(right),
  GreaterThanOrEqualExpression: (left, right) => left !== null && right !== null && Number(left) >= Number(right),
  LessThanOrEqualExpression: (left, right) => left !== null && right !== null && Number(left) <= Number(right),
  ContainsExpression: (left, right) => text(left).toLowerCase().includes(text(right).toLowerCase()),
};

const terms = new Map<string, RegExp>();

/** Terms are what is between characters that are no letters and digits; `has` ignores case. */
export function hasTerm(value: string, term: string): boolean {
  const known = terms.get(term) ?? new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(term)}(?![\\p{L}\\p{N}])`, "iu");
  terms.set(term, known);
  return known.test(value);
}

export function text(value: KqlValue): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const compiled = new Map<string, RE2>();

function re2(pattern: string, flags = "u"): RE2 {
  const key = `${flags} ${pattern}`;
  const known = compiled.get(key) ?? new RE2(pattern, flags);
  compiled.set(key, known);
  known.lastIndex = 0;
  return known;
}

const found = new Map<string, Map<string, ReturnType<RE2["exec"]>>>();

/** Several parsers ask the same of the same message. */
function firstMatch(pattern: string, value: string): ReturnType<RE2["exec"]> {
  const ofPattern = found.get(pattern) ?? new Map<string, ReturnType<RE2["exec"]>>();
  found.set(pattern, ofPattern);
  const known = ofPattern.get(value);
  if (known !== undefined) return known;
  const result = re2(pattern).exec(value);
  ofPattern.set(value, result);
  return result;
}

const number = (value: KqlValue): number | null => {
  const trimmed = text(value).trim();
  const converted = trimmed === "" ? Number.NaN : Number(trimmed);
  return Number.isNaN(converted) ? null : converted;
};
const isEmpty = (value: KqlValue) => value === null || value === undefined || value === "";

export const functions: Readonly<Record<string, (...args: KqlValue[]) => KqlValue>> = {
  array_length: (list) => (Array.isArray(list) ? list.length : null),
  bag_pack: (...args) =>
    Object.fromEntries(args.flatMap((key, n) => (n % 2 === 0 ? [[text(key), args[n + 1] ?? null]] : []))),
  case: (...args) => {
    for (let n = 0; n + 1 < args.length; n += 2) if (args[n] === true) return args[n + 1];
    return args.at(-1);
  },
  coalesce: (...args) => args.find((one) => !isEmpty(one)) ?? args.at(-1),
  extract: (pattern, group, value) => firstMatch(text(pattern), text(value))?.[Number(group)] ?? "",
  extract_all: (pattern, value) => {
    const [search, source, found] = [re2(text(pattern), "gu"), text(value), [] as string[]];
    for (let groups = search.exec(source); groups !== null; groups = search.exec(source)) found.push(groups[1] ?? "");
    return found.length === 0 ? null : found;
  },
  // A prefix is a whole address or ends with a point.
  has_any_ipv4_prefix: (value, prefixes) =>
    (text(value).match(/(?<![\d.])\d+(?:\.\d+){3}(?![\d.])/g) ?? []).some((address) =>
      (prefixes as string[]).some((one) => (one.endsWith(".") ? address.startsWith(one) : address === one)),
    ),
  iff: (condition, yes, no) => (condition === true ? yes : no),
  isempty: isEmpty,
  isnotempty: (value) => !isEmpty(value),
  isnull: (value) => value === null,
  not: (value) => value !== true,
  parse_json: (value) => {
    try {
      return JSON.parse(text(value));
    } catch {
      return text(value);
    }
  },
  replace_regex: (value, pattern, rewrite) => {
    const source = text(value);
    if (source === "") return "";
    const template = text(rewrite)
      .replace(/\$/g, "$$$$")
      .replace(/\\(\d)/g, "$$$1");
    return source.replace(re2(text(pattern), "gu") as unknown as RegExp, template);
  },
  replace_string: (value, from, to) => text(value).replaceAll(text(from), () => text(to)),
  replace_strings: (value, from, to) => {
    const pairs = (from as string[]).map((one, n) => [one, (to as string[])[n] ?? ""] as const);
    return pairs.reduce((result, [one, other]) => result.replaceAll(one, () => other), text(value));
  },
  strcat: (...args) => args.map(text).join(""),
  strcat_array: (list, delimiter) => (Array.isArray(list) ? list.map(text).join(text(delimiter)) : ""),
  strlen: (value) => [...text(value)].length,
  // Characters are code points.
  substring: (value, start) => [...text(value)].slice(Number(start)).join(""),
  tobool: (value) => {
    const word = text(value).toLowerCase();
    return word === "true" || word === "1" ? true : word === "false" || word === "0" ? false : null;
  },
  todatetime: (value) => {
    const at = Date.parse(text(value));
    return Number.isNaN(at) ? null : new Date(at);
  },
  toint: number,
  tolong: number,
  tolower: (value) => text(value).toLowerCase(),
  toreal: number,
  tostring: text,
  toupper: (value) => text(value).toUpperCase(),
  trim_start: (pattern, value) => {
    const found = re2(`^(?:${text(pattern)})+`).exec(text(value));
    return text(value).slice(found?.[0]?.length ?? 0);
  },
};
