/**
 * Runs a pipeline of Graylog on messages, expressions by java.util.regex. Java is asked in rounds: what a round wants to know is written down, all of it is
 * asked at once, and the messages begin anew, until nothing is left to ask.
 */
import { firstMatches, replaced } from "./engines/engines.ts";
import { type Expression, type Pipeline, type Rule, readPipeline, readRule } from "./graylog-rules.ts";
import { valueAt } from "./json-values.ts";

/** As Graylog keeps it: texts without spaces around them, none that is empty. */
export type GraylogMessage = Record<string, unknown>;

interface Content {
  pipeline: string;
  rules: readonly string[];
  grok: ReadonlyMap<string, string>;
  /** Tables by their names; keys in lower case. */
  lookup: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export function runPipeline(content: Content, messages: readonly GraylogMessage[]): GraylogMessage[] {
  const pipeline = readPipeline(content.pipeline);
  const rules = new Map(content.rules.map(readRule).map((rule) => [rule.name, rule]));
  const java = new Java();
  for (let round = 0; round < 12; round++) {
    const results = messages.map((message) => {
      const copy = { ...message };
      run(pipeline, rules, new Evaluation(copy, content, java));
      return copy;
    });
    if (!java.ask()) return results;
  }
  throw new Error("the pipeline asks for ever");
}

function run({ stages }: Pipeline, rules: ReadonlyMap<string, Rule>, evaluation: Evaluation): void {
  for (const stage of stages) {
    // The conditions of a stage see what the stages before it have made.
    const matching = stage
      .map((name) => rules.get(name) ?? missing(name))
      .filter(({ when }) => evaluation.value(when, new Map()) === true);
    for (const { then } of matching) {
      const variables = new Map<string, unknown>();
      for (const { variable, value } of then) {
        const result = evaluation.value(value, variables);
        if (variable !== null) variables.set(variable, result);
      }
    }
    // `match either`: without any the pipeline ends.
    if (matching.length === 0) return;
  }
}

function missing(name: string): never {
  throw new Error(`no rule "${name}"`);
}

/** What Java has said, and what it is still to be asked. */
class Java {
  readonly #groups = new Map<string, readonly (string | undefined)[] | null>();
  readonly #replaced = new Map<string, string>();
  readonly #toFind = new Map<string, [pattern: string, text: string]>();
  readonly #toReplace = new Map<string, [pattern: string, replacement: string, text: string]>();

  /** The first match's groups; null while there is none. */
  find(...question: [pattern: string, text: string]): readonly (string | undefined)[] | null {
    const key = question.join("\n");
    const known = this.#groups.get(key);
    if (known === undefined) this.#toFind.set(key, question);
    return known ?? null;
  }

  /** Empty while Java has not said. */
  replace(...question: [pattern: string, replacement: string, text: string]): string {
    const key = question.join("\n");
    const known = this.#replaced.get(key);
    if (known === undefined) this.#toReplace.set(key, question);
    return known ?? "";
  }

  /** Whether there was anything to ask. */
  ask(): boolean {
    const found = firstMatches("java", [...this.#toFind.values()]);
    for (const [n, key] of [...this.#toFind.keys()].entries()) this.#groups.set(key, found[n] ?? null);
    const texts = replaced("java", [...this.#toReplace.values()]);
    for (const [n, key] of [...this.#toReplace.keys()].entries()) this.#replaced.set(key, texts[n] ?? "");
    const any = this.#toFind.size + this.#toReplace.size > 0;
    this.#toFind.clear();
    this.#toReplace.clear();
    return any;
  }
}

type Arguments = (name: string, position: number) => unknown;

class Evaluation {
  constructor(
    private readonly message: GraylogMessage,
    private readonly content: Content,
    private readonly java: Java,
  ) {}

  value(expression: Expression, variables: ReadonlyMap<string, unknown>): unknown {
    const of = (inner: Expression) => this.value(inner, variables);
    switch (expression.is) {
      case "literal":
        return expression.value;
      case "variable":
        if (!variables.has(expression.name)) throw new Error(`rule: no variable ${expression.name}`);
        return variables.get(expression.name);
      case "field":
        return this.message[expression.name] ?? null;
      case "map":
        return Object.fromEntries([...expression.entries].map(([name, inner]) => [name, of(inner)]));
      case "property":
        if (expression.name !== "matches") throw new Error(`rule: a property that is not known: ${expression.name}`);
        return (of(expression.of) as { matches: boolean }).matches;
      case "item": {
        const { groups } = of(expression.of) as { groups: Record<string, unknown> };
        return groups[String(of(expression.key))] ?? null;
      }
      case "binary":
        return this.#binary(expression, variables);
      case "call": {
        const { name, positional, named } = expression;
        return this.#call(name, (parameter, position) => {
          const argument = named.get(parameter) ?? positional[position];
          return argument === undefined ? null : of(argument);
        });
      }
    }
  }

  #binary({ operator, left, right }: Expression & { is: "binary" }, variables: ReadonlyMap<string, unknown>): unknown {
    const first = this.value(left, variables);
    if (operator === "&&") return first === true && this.value(right, variables) === true;
    const second = this.value(right, variables);
    return operator === "==" ? first === second : Number(first) % Number(second);
  }

  /** Parameters by their names and places, as in Graylog's list of functions. */
  #call(name: string, argument: Arguments): unknown {
    const value = () => argument("value", 0);
    switch (name) {
      case "concat":
        return `${text(argument("first", 0))}${text(argument("second", 1))}`;
      case "grok":
        return this.#grok(text(argument("pattern", 0)), text(argument("value", 1)));
      case "has_field":
        return text(argument("field", 0)) in this.message;
      case "lookup_value": {
        const table = this.content.lookup.get(text(argument("lookup_table", 0)));
        if (table === undefined) throw new Error("rule: no such lookup table");
        return table.get(text(argument("key", 1)).toLowerCase()) ?? argument("default", 2);
      }
      case "parse_date":
        return this.#date(text(value()), text(argument("pattern", 1)), text(argument("timezone", 3)));
      case "parse_json":
        return text(value()) === "" ? null : JSON.parse(text(value()));
      case "regex": {
        const found = this.java.find(text(argument("pattern", 0)), text(argument("value", 1)));
        const groups = (found ?? []).slice(1).map((group, n) => [String(n), group]);
        return { matches: found !== null, groups: Object.fromEntries(groups) };
      }
      case "regex_replace":
        return this.java.replace(
          text(argument("pattern", 0)),
          text(argument("replacement", 2)),
          text(argument("value", 1)),
        );
      case "remove_field":
        delete this.message[text(argument("field", 0))];
        return null;
      case "select_jsonpath":
        return selected(argument("json", 0), argument("paths", 1) as Record<string, string>);
      case "set_field":
        return this.#set(text(argument("field", 0)), argument("value", 1));
      case "set_fields":
        for (const [field, one] of Object.entries(argument("fields", 0) as Record<string, unknown>))
          if (field === "groups") for (const [key, group] of Object.entries(one as object)) this.#set(key, group);
          else if (field !== "matches") this.#set(field, one);
        return null;
      case "to_bool":
        return text(value()).toLowerCase() === "true";
      case "to_double":
        return Number(text(value()));
      case "to_long":
        return /^-?\d+$/.test(text(value())) ? Number(text(value())) : 0;
      case "to_string":
        return text(value());
      default:
        throw new Error(`rule: a function that is not known here: ${name}`);
    }
  }

  #set(field: string, value: unknown): null {
    const kept = typeof value === "string" ? value.trim() : value;
    if (kept !== null && kept !== undefined && kept !== "") this.message[field] = kept;
    return null;
  }

  #grok(pattern: string, value: string): { matches: boolean; groups: Record<string, unknown> } {
    const names: string[] = [];
    const found = this.java.find(expanded(pattern, this.content.grok, names), value);
    const groups = names.map((name, n) => [name, found?.[n + 1]]);
    return { matches: found !== null, groups: Object.fromEntries(groups) };
  }

  /** Joda's pattern that the pack uses. */
  #date(value: string, pattern: string, timezone: string): Date | null {
    if (pattern !== "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'" || timezone !== "UTC") throw new Error("rule: a date's pattern");
    // Java has not answered yet.
    if (value === "") return null;
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) throw new Error(`rule: no date: ${value}`);
    return new Date(value);
  }
}

/** The expression of a grok pattern; a name becomes a group, whose names are put into the list in order. */
export function expanded(pattern: string, known: ReadonlyMap<string, string>, names: string[]): string {
  return pattern.replace(/%\{(\w+)(?::(\w+))?\}/g, (_, name: string, field: string | undefined) => {
    const inner = known.get(name);
    if (inner === undefined) throw new Error(`grok: no pattern ${name}`);
    if (field !== undefined) names.push(field);
    const within = expanded(inner, known, names);
    return field === undefined ? `(?:${within})` : `(${within})`;
  });
}

function selected(json: unknown, paths: Readonly<Record<string, string>>): Record<string, unknown> {
  const values = Object.entries(paths).map(([name, path]) => {
    // A list of objects is `[*]`; one of texts is taken whole.
    const own = path.replace(/^\$\./, "").replaceAll("[*]", "[]");
    return [name, json === null ? null : valueAt(json, own)];
  });
  return Object.fromEntries(values);
}

/** As Java's: lists in brackets with `, ` between. */
function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
  return String(value);
}
