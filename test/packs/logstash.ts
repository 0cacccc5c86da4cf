/**
 * Logstash's configuration: its grammar, and of its filters those that the packs use, with those settings, and an error for any other.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Document, expandGrok, matchWhole } from "./ingest-pipeline.ts";

type Value = string | number | boolean | Value[] | { [key: string]: Value } | Plugin;
interface Plugin {
  plugin: string;
  settings: Record<string, Value>;
}
interface Branch {
  /** null = else */
  condition: string | null;
  steps: Step[];
}
type Step = Plugin | { branches: Branch[] };

const settings: Readonly<Record<string, readonly string[]>> = {
  "input tcp": ["id", "port", "codec", "add_field"],
  "input udp": ["id", "port", "buffer_size", "add_field"],
  "codec line": ["charset"],
  "filter mutate": ["copy", "add_field", "remove_field"],
  "filter grok": ["match", "pattern_definitions", "tag_on_failure"],
  "filter ruby": ["path"],
  "filter date": ["match"],
  "filter fingerprint": ["source", "concatenate_sources", "method", "target"],
  "output elasticsearch":
    "hosts api_key ssl_certificate_authorities index action document_id data_stream manage_template ilm_enabled silence_errors_in_log pipeline".split(
      " ",
    ),
  "output opensearch":
    "hosts user password cacert index action document_id manage_template failure_type_logging_whitelist pipeline".split(
      " ",
    ),
};

/** The sections of a configuration. Throws with what is left where it is none, and for a setting that is not on the list. */
export function readLogstash(text: string): Record<"input" | "filter" | "output", Step[]> {
  const reader = new Reader(text);
  const sections = { input: [] as Step[], filter: [] as Step[], output: [] as Step[] };
  while (!reader.done()) {
    const name = reader.take(/(input|filter|output)\b/);
    if (name !== "input" && name !== "filter" && name !== "output") throw reader.problem("a section");
    sections[name].push(...reader.steps(name));
  }
  return sections;
}

class Reader {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
    this.#skip();
  }

  done = () => this.#rest === "";
  problem = (what: string) => new Error(`${what} is missing before ${JSON.stringify(this.#rest.slice(0, 60))}`);

  /** What the pattern's first group holds, or null. */
  take(pattern: RegExp): string | null {
    const match = new RegExp(`^${pattern.source}`, pattern.flags).exec(this.#rest);
    if (match === null) return null;
    this.#rest = this.#rest.slice(match[0].length);
    this.#skip();
    return match[1] ?? match[0];
  }

  steps(section: string): Step[] {
    this.#must("{");
    const steps: Step[] = [];
    while (this.take(/\}/) === null) {
      if (this.take(/if /) !== null) steps.push({ branches: this.#branches(section) });
      else steps.push(this.#plugin(section, this.take(/([a-z_]+)(?= *\{)/)));
    }
    return steps;
  }

  #branches(section: string): Branch[] {
    const condition = this.take(/([^{]+?) *(?=\{)/);
    const branches: Branch[] = [{ condition, steps: this.steps(section) }];
    if (this.take(/else(?= *\{)/) !== null) branches.push({ condition: null, steps: this.steps(section) });
    return branches;
  }

  #plugin(section: string, plugin: string | null): Plugin {
    const known = settings[`${section} ${plugin}`];
    if (plugin === null || known === undefined) throw this.problem(`a known ${section} plugin`);
    this.#must("{");
    const given: Record<string, Value> = {};
    while (this.take(/\}/) === null) {
      const name = this.take(/([a-z_]+)(?= *=>)/);
      if (name === null || !known.includes(name)) throw this.problem(`a known setting of ${plugin}`);
      if (name in given) throw new Error(`${name} stands twice in ${plugin}`);
      this.#must("=>");
      given[name] = this.#value();
    }
    return { plugin, settings: given };
  }

  #value(): Value {
    // Escapes in strings are off unless a setting of Logstash turns them on: what stands there is the value.
    const text = this.take(/"([^"]*)"/) ?? this.take(/'([^']*)'/);
    if (text !== null) return text;
    const number = this.take(/(\d+)\b/);
    if (number !== null) return Number(number);
    const truth = this.take(/(true|false)\b/);
    if (truth !== null) return truth === "true";
    const name = this.take(/([a-z_]+)(?= *\{)/);
    if (name !== null) return this.#plugin("codec", name);
    const items: Value[] = [];
    if (this.take(/\[/) !== null) {
      while (this.take(/\]/) === null) {
        items.push(this.#value());
        this.take(/,/);
      }
      return items;
    }
    this.#must("{");
    const pairs: [string, Value][] = [];
    while (this.take(/\}/) === null) {
      const key = this.#value();
      this.#must("=>");
      pairs.push([String(key), this.#value()]);
    }
    return Object.fromEntries(pairs);
  }

  #must(text: string): void {
    if (!this.#rest.startsWith(text)) throw this.problem(text);
    this.#rest = this.#rest.slice(text.length);
    this.#skip();
  }

  #skip(): void {
    this.#rest = this.#rest.replace(/^(?:\s+|#.*)*/, "");
  }
}

/** What comes out of the filters, in the order of the events. `script` takes the place of the path in the filter ruby. */
export function runFilters(steps: readonly Step[], events: readonly Document[], script: string): Document[] {
  const all = events.map((event) => structuredClone(event));
  const run = (some: readonly Step[], chosen: number[]): void => {
    for (const step of some) {
      if ("branches" in step) {
        let left = chosen;
        for (const { condition, steps: inside } of step.branches) {
          const taken = left.filter((n) => condition === null || holds(condition, all[n] ?? {}));
          const gone = new Set(taken);
          left = left.filter((n) => !gone.has(n));
          run(inside, taken);
        }
        continue;
      }
      const before = chosen.map((n) => all[n] ?? {});
      const after = filter(step, before, script);
      for (const [m, n] of chosen.entries()) all[n] = after[m] ?? {};
    }
  };
  run(
    steps,
    all.map((_, n) => n),
  );
  return all;
}

function holds(condition: string, event: Document): boolean {
  const [, tag] = /^"(\w+)" not in \[tags\]$/.exec(condition) ?? [];
  if (tag !== undefined) return !((event.tags as string[] | undefined) ?? []).includes(tag);
  const [, field] = /^!((?:\[\w+\])+)$/.exec(condition) ?? [];
  if (field !== undefined) return at(event, field) === undefined;
  throw new Error(`condition ${condition} is not understood here`);
}

function filter({ plugin, settings: given }: Plugin, events: Document[], script: string): Document[] {
  switch (plugin) {
    case "mutate":
      for (const event of events) mutate(given, event);
      return events;
    case "grok": {
      const pattern = String((given.match as Record<string, Value>).message);
      const { regex, names } = expandGrok(pattern, given.pattern_definitions as Record<string, string>);
      const found = matchWhole(
        regex,
        events.map(({ message }) => String(message)),
      );
      for (const [n, event] of events.entries())
        if (found[n] === null || found[n] === undefined) tag(event, String((given.tag_on_failure as Value[])[0]));
        else for (const [m, name] of names.entries()) set(event, name, found[n]?.[m + 1] ?? "");
      return events;
    }
    case "ruby": {
      const input = events.map((event) => `${JSON.stringify(event)}\n`).join("");
      const { stdout, stderr, status } = spawnSync("ruby", [join(import.meta.dirname, "engines/logstash.rb"), script], {
        input,
        encoding: "utf8",
        maxBuffer: 2 ** 30,
      });
      if (status !== 0) throw new Error(stderr);
      return stdout === ""
        ? []
        : stdout
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line));
    }
    case "date": {
      const [field, format] = given.match as string[];
      if (format !== "ISO8601" || field === undefined) throw new Error("a format that is not understood here");
      for (const event of events) {
        const time = Date.parse(String(at(event, field)));
        if (Number.isNaN(time)) tag(event, "_dateparsefailure");
        else event["@timestamp"] = new Date(time).toISOString();
      }
      return events;
    }
    case "fingerprint":
      for (const event of events)
        set(event, String(given.target), (given.source as string[]).map((field) => at(event, field)).join("|"));
      return events;
    default:
      throw new Error(`filter ${plugin} is not known here`);
  }
}

function mutate(given: Record<string, Value>, event: Document): void {
  for (const [from, to] of Object.entries((given.copy ?? {}) as Record<string, string>)) {
    const value = at(event, from);
    if (value !== undefined) set(event, to, value);
  }
  for (const [field, value] of Object.entries((given.add_field ?? {}) as Record<string, string>))
    set(event, field, value);
  for (const field of (given.remove_field ?? []) as string[]) delete event[field];
}

const steps = (reference: string) =>
  reference.startsWith("[") ? [...reference.matchAll(/\[([^[\]]+)\]/g)].map(([, step]) => step ?? "") : [reference];

/** The value at a reference such as `[event][original]`; undefined where there is none. */
export function at(event: Document, reference: string): unknown {
  return steps(reference).reduce<unknown>((here, step) => (here as Document | undefined)?.[step], event);
}

function set(event: Document, reference: string, value: unknown): void {
  const path = steps(reference);
  const last = path.pop() ?? "";
  let here = event;
  for (const step of path) {
    here[step] ??= {};
    here = here[step] as Document;
  }
  here[last] = value;
}

function tag(event: Document, name: string): void {
  event.tags = [...((event.tags as string[] | undefined) ?? []), name];
}
