/**
 * Reads JSON and keeps the line of every value, because a problem of a hand-written file must be told with its place. The engine's
 * JSON.parse tells neither line nor column. Accepts exactly what RFC 8259 accepts, up to 32 levels deep.
 */
import { shown } from "./problem.ts";

export interface JsonObject {
  kind: "object";
  line: number;
  entries: Map<string, JsonNode>;
  /** Keys that were given more than once; the last one counts. */
  repeated: { key: string; line: number }[];
}
interface JsonArray {
  kind: "array";
  line: number;
  items: JsonNode[];
}
interface JsonScalar {
  kind: "scalar";
  line: number;
  value: string | number | boolean | null;
}
export type JsonNode = JsonObject | JsonArray | JsonScalar;

/** Where and why a text is not JSON. Line and column (UTF-16 units) count from 1. */
interface JsonFault {
  line: number;
  column: number;
  found: string;
  accepted: string;
}

const deepest = 32;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordToken = /[A-Za-z_$][\w$.-]*/y;
const literals: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Parses a JSON text; never throws. */
export function parseJsonText(text: string): { root: JsonNode } | { fault: JsonFault } {
  try {
    return { root: new Reader(text).document() };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault };
    throw error;
  }
}

/** The plain value of a node, as JSON.parse would give it for scalars and lists; objects are not followed. */
export function plainValue(node: JsonNode): unknown {
  if (node.kind === "array") return node.items.map(plainValue);
  return node.kind === "object" ? {} : node.value;
}

class Fault extends Error {
  readonly fault: JsonFault;
  constructor(fault: JsonFault) {
    super(fault.found);
    this.fault = fault;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode {
    this.#skipSpace();
    const root = this.#value(1);
    this.#skipSpace();
    if (this.#at < this.#text.length)
      this.#fail(`${this.#here()} after the end of the value`, "one JSON value and nothing after it");
    return root;
  }

  #value(depth: number): JsonNode {
    if (depth > deepest) this.#fail(`nesting deeper than ${deepest} levels`, "a flatter file");
    const line = this.#line;
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return { kind: "scalar", line, value: this.#string() };
    const number = this.#token(numberToken);
    if (number !== "") return { kind: "scalar", line, value: Number(number) };
    const start = this.#at;
    const word = this.#token(wordToken);
    const literal = literals.get(word);
    if (literal !== undefined) return { kind: "scalar", line, value: literal };
    this.#at = start;
    return this.#fail(
      word === "" ? this.#here() : shown(word),
      'a value: "text" in double quotes, a number, true, false, null, { or [',
    );
  }

  #object(depth: number): JsonObject {
    const node: JsonObject = { kind: "object", line: this.#line, entries: new Map(), repeated: [] };
    this.#at++;
    this.#skipSpace();
    if (this.#take("}")) return node;
    for (;;) {
      if (this.#text[this.#at] === "}") this.#fail('a comma before "}"', "no comma after the last entry");
      if (this.#text[this.#at] !== '"')
        this.#fail(`${this.#here()} where a key should stand`, "a key in double quotes");
      const line = this.#line;
      const key = this.#string();
      this.#skipSpace();
      if (!this.#take(":")) this.#fail(`${this.#here()} after the key ${shown(key)}`, 'a ":" between key and value');
      this.#skipSpace();
      if (node.entries.has(key)) node.repeated.push({ key, line });
      node.entries.set(key, this.#value(depth + 1));
      this.#skipSpace();
      if (this.#take("}")) return node;
      if (!this.#take(",")) this.#fail(`${this.#here()} after the value of ${shown(key)}`, '"," or "}"');
      this.#skipSpace();
    }
  }

  #array(depth: number): JsonArray {
    const node: JsonArray = { kind: "array", line: this.#line, items: [] };
    this.#at++;
    this.#skipSpace();
    if (this.#take("]")) return node;
    for (;;) {
      if (this.#text[this.#at] === "]") this.#fail('a comma before "]"', "no comma after the last entry");
      node.items.push(this.#value(depth + 1));
      this.#skipSpace();
      if (this.#take("]")) return node;
      if (!this.#take(",")) this.#fail(`${this.#here()} after a value of a list`, '"," or "]"');
      this.#skipSpace();
    }
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (; this.#text[end] !== '"'; end++) {
      const unit = this.#text.charCodeAt(end);
      if (Number.isNaN(unit) || unit < 0x20)
        this.#fail("a text that is not closed on its line", 'a closing " on the same line');
      if (this.#text[end] === "\\") end++;
    }
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch {
      this.#at = start;
      return this.#fail(
        "a backslash sequence that JSON does not have",
        'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000',
      );
    }
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += match.length;
    return match;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === "\n") {
        this.#line++;
        this.#lineStart = this.#at + 1;
      } else if (character !== " " && character !== "\t" && character !== "\r") return;
      this.#at++;
    }
  }

  /** What stands at the present place, for people. */
  #here(): string {
    const rest = this.#text.slice(this.#at, this.#at + 2);
    if (rest === "") return "the end of the file";
    if (rest === "//" || rest === "/*" || rest.startsWith("#")) return "a comment (JSON has none)";
    return shown(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0));
  }

  #fail(found: string, accepted: string): never {
    const column = this.#at - this.#lineStart + 1;
    const line = this.#text.slice(this.#lineStart, this.#at + 20).split(/[\r\n]/, 1)[0] ?? "";
    const excerpt = line.slice(Math.max(0, column - 21)).trim();
    throw new Fault({
      line: this.#line,
      column,
      found: excerpt === "" ? found : `${found}, near ${shown(excerpt)}`,
      accepted,
    });
  }
}
