/**
 * Graylog's rule language (RuleLang.g4 of its server): what the pack's rules use of it, and no more; anything else is an error. Expressions are read here,
 * and run by graylog-pipeline.ts.
 */
export type Expression =
  | { is: "literal"; value: string | number | boolean }
  | { is: "variable"; name: string }
  | { is: "field"; name: string }
  | { is: "call"; name: string; positional: Expression[]; named: Map<string, Expression> }
  | { is: "map"; entries: Map<string, Expression> }
  | { is: "property"; of: Expression; name: string }
  | { is: "item"; of: Expression; key: Expression }
  | { is: "binary"; operator: "==" | "%" | "&&"; left: Expression; right: Expression };

export interface Rule {
  name: string;
  when: Expression;
  then: { variable: string | null; value: Expression }[];
}

export interface Pipeline {
  name: string;
  stages: string[][];
}

const token = /\s*(?:("(?:[^"\\]|\\.)*")|(\$message)|([A-Za-z_]\w*)|(\d+)|(&&|==|[(){}[\],:;.=%]))/sy;

class Tokens {
  readonly #all: string[] = [];
  #at = 0;

  constructor(text: string) {
    token.lastIndex = 0;
    while (token.lastIndex < text.trimEnd().length) {
      const from = token.lastIndex;
      const found = token.exec(text);
      if (found === null) throw new Error(`rule: ${text.slice(from, from + 60)}`);
      this.#all.push(found[0].trim());
    }
  }

  get next(): string {
    return this.#all[this.#at] ?? "";
  }

  get over(): boolean {
    return this.#at >= this.#all.length;
  }

  take(): string {
    const taken = this.next;
    this.#at++;
    return taken;
  }

  expect(text: string): void {
    const taken = this.take();
    if (taken !== text) throw new Error(`rule: ${taken} where ${text} is expected`);
  }

  takeIf(text: string): boolean {
    if (this.next !== text) return false;
    this.#at++;
    return true;
  }

  string(): string {
    const taken = this.take();
    if (!taken.startsWith('"')) throw new Error(`rule: ${taken} where a string is expected`);
    // Of the escapes of the grammar: those that the pack uses.
    return taken.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => {
      if (!/["\\]/.test(character)) throw new Error(`rule: an escape that is not known: \\${character}`);
      return character;
    });
  }
}

export function readRule(source: string): Rule {
  const tokens = new Tokens(source);
  tokens.expect("rule");
  const name = tokens.string();
  tokens.expect("when");
  const when = expression(tokens);
  const then: Rule["then"] = [];
  tokens.expect("then");
  while (!tokens.takeIf("end")) {
    let variable: string | null = null;
    if (tokens.takeIf("let")) {
      variable = tokens.take();
      tokens.expect("=");
    }
    const value = expression(tokens);
    if (variable === null && value.is !== "call") throw new Error("rule: a statement that is no call");
    then.push({ variable, value });
    tokens.expect(";");
  }
  if (!tokens.over) throw new Error(`rule: ${tokens.next} behind end`);
  return { name, when, then };
}

export function readPipeline(source: string): Pipeline {
  const tokens = new Tokens(source);
  tokens.expect("pipeline");
  const name = tokens.string();
  const stages: string[][] = [];
  while (!tokens.takeIf("end")) {
    tokens.expect("stage");
    tokens.expect(String(stages.length));
    tokens.expect("match");
    tokens.expect("either");
    const rules: string[] = [];
    while (tokens.takeIf("rule")) rules.push(tokens.string());
    stages.push(rules);
  }
  return { name, stages };
}

/** By how strongly they bind. */
const operators = ["&&", "==", "%"] as const;

function expression(tokens: Tokens, level = 0): Expression {
  const operator = operators[level];
  if (operator === undefined) return suffixed(tokens);
  let left = expression(tokens, level + 1);
  while (tokens.takeIf(operator)) left = { is: "binary", operator, left, right: expression(tokens, level + 1) };
  return left;
}

function suffixed(tokens: Tokens): Expression {
  let value = primary(tokens);
  for (;;) {
    if (tokens.takeIf(".")) value = { is: "property", of: value, name: tokens.take() };
    else if (tokens.takeIf("[")) {
      value = { is: "item", of: value, key: expression(tokens) };
      tokens.expect("]");
    } else return value;
  }
}

function primary(tokens: Tokens): Expression {
  if (tokens.next.startsWith('"')) return { is: "literal", value: tokens.string() };
  const word = tokens.take();
  if (/^\d+$/.test(word)) return { is: "literal", value: Number(word) };
  if (word === "true" || word === "false") return { is: "literal", value: word === "true" };
  if (word === "{") return { is: "map", entries: named(tokens, "}") };
  if (word === "$message") {
    tokens.expect(".");
    return { is: "field", name: tokens.take() };
  }
  if (!/^[A-Za-z_]/.test(word)) throw new Error(`rule: ${word}`);
  return tokens.takeIf("(") ? call(tokens, word) : { is: "variable", name: word };
}

/** `NAME: EXPRESSION, …`, up to the closing bracket. */
function named(tokens: Tokens, closing: string): Map<string, Expression> {
  const entries = new Map<string, Expression>();
  while (!tokens.takeIf(closing)) {
    const name = tokens.take();
    tokens.expect(":");
    entries.set(name, expression(tokens));
    if (tokens.next !== closing) tokens.expect(",");
  }
  return entries;
}

/** Arguments are all named or all without names. */
function call(tokens: Tokens, name: string): Expression {
  const positional: Expression[] = [];
  while (!tokens.takeIf(")")) {
    const argument = expression(tokens);
    if (tokens.takeIf(":")) {
      if (argument.is !== "variable" || positional.length > 0) throw new Error(`rule: arguments of ${name}`);
      const first = expression(tokens);
      if (tokens.next !== ")") tokens.expect(",");
      return { is: "call", name, positional: [], named: new Map([[argument.name, first], ...named(tokens, ")")]) };
    }
    positional.push(argument);
    if (tokens.next !== ")") tokens.expect(",");
  }
  return { is: "call", name, positional, named: new Map() };
}
