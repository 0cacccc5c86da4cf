/**
 * Ingest pipelines, as Elasticsearch and OpenSearch document their processors: those that the packs use, with those options, and an error for any
 * other. All documents go through a processor together, so that an engine is asked once.
 */
import { createHash } from "node:crypto";
import { matchAll } from "./engines/engines.ts";
import type { Painless } from "./engines/painless.ts";

export type Document = Record<string, unknown>;
type Options = Record<string, unknown>;
export type Processor = Record<string, Options>;
export interface Pipeline {
  description: string;
  processors: Processor[];
  on_failure: Processor[];
}

const common = ["tag", "description", "ignore_failure"];
const inBoth = {
  rename: ["field", "target_field", "ignore_missing"],
  remove: ["field", "ignore_missing"],
  set: ["field", "value", "override"],
  grok: ["field", "patterns", "pattern_definitions"],
  script: ["lang", "source", "params"],
  json: ["field", "target_field"],
  date: ["field", "target_field", "formats"],
};
/** The closed list. `set.copy_from`, for one, is Elasticsearch's alone. */
const knownProcessors: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  elastic: { ...inBoth, fingerprint: ["fields", "target_field", "method"] },
  opensearch: { ...inBoth, fingerprint: ["fields", "target_field", "hash_method"] },
};

/** Throws for a processor or an option that is not on the list of the product. */
export function checkProcessors({ processors, on_failure }: Pipeline, product: "elastic" | "opensearch"): void {
  for (const processor of [...processors, ...on_failure]) {
    const [[type = "", options = {}] = [], ...more] = Object.entries(processor);
    const allowed = knownProcessors[product]?.[type];
    if (allowed === undefined || more.length > 0) throw new Error(`${product} has no processor ${type} here`);
    for (const option of Object.keys(options))
      if (!allowed.includes(option) && !common.includes(option))
        throw new Error(`${product}: ${type} has no ${option}`);
  }
}

class Failure extends Error {}

interface State {
  document: Document;
  failure: { type: string; tag: string; message: string } | null;
}

export interface Ingested {
  id: string;
  document: Document;
}

const now = "2026-11-29T12:00:00.123456Z";

/** What is stored of each document. `watch` sees all documents after each processor, by its tag. */
export async function ingest(
  pipeline: Pipeline,
  documents: readonly Document[],
  painless: Painless,
  watch: (tag: string, documents: readonly Document[]) => void = () => undefined,
): Promise<Ingested[]> {
  const states: State[] = documents.map((document) => ({ document: structuredClone(document), failure: null }));
  for (const processor of pipeline.processors) {
    const [[type = "", options = {}] = []] = Object.entries(processor);
    const live = states.filter(({ failure }) => failure === null);
    const problems = await batch(type, options, live, painless);
    for (const [n, problem] of problems.entries())
      if (problem !== null && options.ignore_failure !== true && live[n] !== undefined)
        live[n].failure = { type, tag: String(options.tag ?? ""), message: problem };
    watch(
      String(options.tag),
      live.map(({ document }) => document),
    );
  }
  for (const state of states) {
    if (state.failure === null) continue;
    for (const processor of pipeline.on_failure) {
      const [[type = "", options = {}] = []] = Object.entries(processor);
      one(type, options, state);
    }
  }
  return states.map(({ document: { _id: id, ...document } }, n) => ({ id: String(id ?? `auto-${n}`), document }));
}

/** For each document what went wrong, or null. */
async function batch(type: string, options: Options, states: State[], painless: Painless): Promise<(string | null)[]> {
  if (type === "script") {
    const ran = await painless.run(
      String(options.source),
      (options.params as object | undefined) ?? {},
      states.map(({ document }) => document),
    );
    for (const [n, { ctx }] of ran.entries()) {
      const state = states[n];
      if (state !== undefined) state.document = ctx;
    }
    return ran.map(({ error }) => error ?? null);
  }
  if (type === "grok") return grok(options, states);
  return states.map((state) => {
    try {
      one(type, options, state);
      return null;
    } catch (error) {
      if (error instanceof Failure) return error.message;
      throw error;
    }
  });
}

function one(type: string, options: Options, state: State): void {
  const { document } = state;
  const field = String(options.field);
  switch (type) {
    case "rename": {
      const value = get(document, field);
      if (value === undefined) {
        if (options.ignore_missing === true) return;
        throw new Failure(`field [${field}] doesn't exist`);
      }
      const target = String(options.target_field);
      if (get(document, target) !== undefined) throw new Failure(`field [${target}] already exists`);
      put(document, target, value);
      drop(document, field);
      return;
    }
    case "remove":
      for (const name of options.field as string[]) {
        if (get(document, name) === undefined && options.ignore_missing !== true)
          throw new Failure(`field [${name}] not present`);
        drop(document, name);
      }
      return;
    case "set":
      if (options.override === false && get(document, field) !== undefined) return;
      put(document, field, filled(options.value, state));
      return;
    case "json": {
      try {
        put(document, String(options.target_field), JSON.parse(String(needed(document, field))));
      } catch (error) {
        throw new Failure(String(error));
      }
      return;
    }
    case "date": {
      const text = String(needed(document, field));
      if (JSON.stringify(options.formats) !== '["ISO8601"]') throw new Error("a format that is not understood here");
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text))
        throw new Failure(`unable to parse date [${text}]`);
      put(document, String(options.target_field), new Date(text).toISOString());
      return;
    }
    case "fingerprint": {
      const hash = createHash("sha256");
      for (const name of options.fields as string[]) hash.update(`${name}\0${needed(document, name)}\0`);
      put(document, String(options.target_field), hash.digest("base64"));
      return;
    }
    default:
      throw new Error(`processor ${type} is not known here`);
  }
}

/** By Onigmo, to which Joni is nearest, and by Java: both must find the same. */
function grok(options: Options, states: State[]): (string | null)[] {
  const field = String(options.field);
  const [pattern = "", ...more] = options.patterns as string[];
  if (more.length > 0) throw new Error("one pattern is understood here");
  const { regex, names } = expandGrok(pattern, options.pattern_definitions as Record<string, string>);
  const texts = states.map(({ document }) => String(get(document, field) ?? ""));
  const found = matchWhole(regex, texts);
  return states.map(({ document }, n) => {
    if (get(document, field) === undefined) return `field [${field}] not present as part of path [${field}]`;
    const groups = found[n] ?? null;
    if (groups === null) return `Provided Grok expressions do not match field value: [${texts[n]}]`;
    for (const [at, name] of names.entries()) put(document, name, groups[at + 1] ?? "");
    return null;
  });
}

type Match = readonly (string | undefined)[] | null;
const matched = new Map<string, Map<string, Match>>();

/** Groups of each text's first match, by both engines. What was asked before is remembered: each engine takes a second to start. */
export function matchWhole(regex: string, texts: readonly string[]): Match[] {
  const known = matched.get(regex) ?? new Map<string, Match>();
  matched.set(regex, known);
  const missing = [...new Set(texts)].filter((text) => !known.has(text));
  if (missing.length > 0) {
    const [first = [], second = []] = (["onigmo", "java"] as const).map((engine) =>
      matchAll(engine, [regex], missing).map(([matches]) => matches?.[0] ?? null),
    );
    for (const [n, text] of missing.entries()) {
      if (JSON.stringify(first[n]) !== JSON.stringify(second[n])) throw new Error(`Onigmo and Java differ on ${text}`);
      known.set(text, first[n] ?? null);
    }
  }
  return texts.map((text) => known.get(text) ?? null);
}

/** A pattern of grok as a regular expression, and the fields of its groups in their order. Only patterns that are defined beside it. */
export function expandGrok(
  pattern: string,
  definitions: Readonly<Record<string, string>>,
): { regex: string; names: string[] } {
  const names: string[] = [];
  const expand = (text: string): string =>
    text.replaceAll(/%\{(\w+)(?::([[\]@\w.]+))?\}/g, (_, name: string, field: string | undefined) => {
      const definition = definitions[name];
      if (definition === undefined) throw new Error(`grok pattern ${name} is not defined here`);
      if (field !== undefined) names.push(field);
      // Named, because Onigmo has no groups without names beside them.
      return field === undefined ? `(?:${expand(definition)})` : `(?<f${names.length}>${expand(definition)})`;
    });
  return { regex: expand(pattern), names };
}

function filled(value: unknown, { document, failure }: State): unknown {
  return typeof value !== "string"
    ? value
    : value.replaceAll(/\{\{\{([\w.]+)\}\}\}/g, (_, name: string) => {
        if (name === "_ingest.timestamp") return now;
        const [, part] = /^_ingest\.on_failure_(processor_type|processor_tag|message)$/.exec(name) ?? [];
        if (part === undefined) return String(get(document, name) ?? "");
        return { processor_type: failure?.type, processor_tag: failure?.tag, message: failure?.message }[part] ?? "";
      });
}

function needed(document: Document, path: string): unknown {
  const value = get(document, path);
  if (value === undefined) throw new Failure(`field [${path}] not present as part of path [${path}]`);
  return value;
}

/** The value at a dotted path; undefined where there is none. */
export function get(document: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (here, key) => (typeof here === "object" && here !== null ? (here as Document)[key] : undefined),
      document,
    );
}

function put(document: Document, path: string, value: unknown): void {
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  let here = document;
  for (const step of steps) {
    if (typeof here[step] !== "object" || here[step] === null) here[step] = {};
    here = here[step] as Document;
  }
  here[last] = value;
}

function drop(document: Document, path: string): void {
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  const parent = steps.length === 0 ? document : get(document, steps.join("."));
  if (typeof parent === "object" && parent !== null) delete (parent as Document)[last];
}
