/**
 * Scripts of ingest pipelines, by Java: Painless is compiled to the same operations. They keep to what is the same in both languages, which
 * `checkPainless` holds them to. In go lines "N" with "p" and parameters, then "N" with "c" and a document each; an empty one asks for what is
 * still held. Out comes a line a document.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";

export interface Ran {
  /** Turns of loops, which Painless limits to a million. */
  turns: number;
  /** What the script has made of the document, also where it failed. */
  ctx: Record<string, unknown>;
  error?: string;
}

/** Methods that Painless allows on these types (its documents, "Painless API reference"), as far as they are used. */
const methods = new Set(
  "add addAll append charAt contains endsWith equals get indexOf isEmpty keySet length parseInt parseLong put putIfAbsent remove replace size startsWith substring toLowerCase toString toUpperCase valueOf".split(
    " ",
  ),
);
const types = new Set(
  "ArrayList Boolean HashMap IllegalArgumentException Integer List Long Map Object String StringBuilder".split(" "),
);
const words = new Set(
  "boolean break ctx else false for if instanceof int new null params return throw true while".split(" "),
);

/** Throws where a script has what is not the same in Java and Painless, or what Painless does not have. */
export function checkPainless(source: string): void {
  const code = source.replace(/\/\/.*$/gm, "").replace(/"(?:[^"\\]|\\.)*"/g, '""');
  if (/'/.test(code)) throw new Error("a quoted character is a text in Painless");
  if (/->|::|\[|\?|@|\bdef\b|~/.test(code)) throw new Error("lambda, array, ternary, regular expression or def");
  for (const [, name = ""] of code.matchAll(/\.\s*(\w+)/g))
    if (!methods.has(name)) throw new Error(`method ${name} is not on the list`);
  const declared = new Set(
    [...code.matchAll(/\b(?:[A-Z]\w*|int|boolean) (\w+) (?:=|:)/g)].map(([, name]) => name ?? ""),
  );
  for (const [name] of code.matchAll(/(?<![.\w])[A-Za-z_]\w*/g))
    if (!types.has(name) && !words.has(name) && !declared.has(name)) throw new Error(`${name} is not known`);
}

/** A process of Java with these scripts in it. Takes a second to start. */
export class Painless {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  readonly #folder = mkdtempSync(join(tmpdir(), "rhythmx-painless-"));
  readonly #scripts: readonly string[];

  constructor(scripts: readonly string[]) {
    this.#scripts = scripts;
    for (const script of scripts) checkPainless(script);
    const bodies = scripts.map((script, n) => `static void s${n}(Map ctx, Map params) {\n${counted(script)}}\n`);
    const cases = scripts.map((_, n) => `case ${n} -> s${n}(ctx, params);`);
    const run = `static void run(int script, Map ctx, Map params) { switch (script) { ${cases.join(" ")} default -> {} } }`;
    const program = readFileSync(join(import.meta.dirname, "Painless.java"), "utf8");
    const file = join(this.#folder, "Painless.java");
    writeFileSync(
      file,
      program.replace("// SCRIPTS", () => [...bodies, run].join("\n")),
    );
    this.#process = spawn("java", ["-Xshare:auto", "-XX:TieredStopAtLevel=1", file]);
    this.#process.stderr.on("data", (text) => console.error(String(text)));
    this.#reader = createInterface({ input: this.#process.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async run(script: string, params: object, documents: readonly object[]): Promise<Ran[]> {
    const n = this.#scripts.indexOf(script);
    if (n < 0) throw new Error("that script was not given at the start");
    const lines = [`${n}p${JSON.stringify(params)}`, ...documents.map((ctx) => `${n}c${JSON.stringify(ctx)}`)];
    this.#process.stdin.write(`${lines.join("\n")}\n\n`);
    const ran: Ran[] = [];
    for (const _ of documents) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error("Java has ended");
      ran.push(JSON.parse(value));
    }
    return ran;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.stdin.end();
    await ended;
    this.#reader.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Each turn of a loop is counted. */
function counted(script: string): string {
  const loops = script.match(/\b(?:while|for) \(/g) ?? [];
  const text = script.replace(/^(\s*(?:while|for) \(.*\) \{)$/gm, "$1 turn();");
  if ((text.match(/ turn\(\);/g) ?? []).length !== loops.length) throw new Error("a loop does not stand on its line");
  return text;
}
