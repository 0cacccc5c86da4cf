/**
 * Regular expressions by the engines that SIEMs run them with, each in one process for all messages. In go: the number of patterns, the patterns,
 * then the messages, one a line, in base64. Out comes one line a message: for each pattern, with tabs between, its matches (`;`) as their groups (`,`)
 * in base64, `~` for a group that took no part, `-` for none.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { installed } from "../../harness/rsyslog.ts";

const engines = {
  /** Splunk (PCRE). */
  pcre: ["perl", join(import.meta.dirname, "engine.pl")],
  /** Logstash's grok. */
  onigmo: ["ruby", join(import.meta.dirname, "engine.rb")],
  /** QRadar, Graylog; Elasticsearch's grok (Joni) is near to it and to Onigmo. */
  java: ["javac"],
} as const;

export type EngineName = keyof typeof engines;

const packages: Record<EngineName, string> = {
  pcre: "perl",
  onigmo: "ruby",
  java: "openjdk-17-jdk-headless",
};

/** Whether all of them are here; says so once where not. In CI a missing one is a failure. */
export const enginesHere = (...names: EngineName[]): boolean =>
  names.every((name) => installed(engines[name][0], packages[name]));

/** Groups of a match: the whole at 0, `undefined` where one took no part. */
export type Groups = readonly (string | undefined)[];

/** For each message, for each pattern, all matches. Throws with the engine's own words for a pattern that is none. */
export function matchAll(engine: EngineName, patterns: readonly string[], messages: readonly string[]): Groups[][][] {
  return run(engine, patterns, messages)
    .split("\n")
    .map((line) =>
      line
        .split("\t")
        .map((field) => (field === "-" ? [] : field.split(";").map((match) => match.split(",").map(decoded)))),
    );
}

/** For each question the groups of the first match; null for none. */
export function firstMatches(engine: "java", questions: readonly (readonly [pattern: string, text: string])[]) {
  const numbers = numbered(questions.map(([pattern]) => pattern));
  const lines = questions.map(([pattern, text]) => `${numbers.get(pattern)} ${encoded(text)}`);
  return answers(engine, "first", [...numbers.keys()], [], lines).map((line) =>
    line === "-" ? null : line.split(",").map(decoded),
  );
}

/** For each question the text with all matches replaced; `$1` is a group. */
export function replaced(
  engine: "java",
  questions: readonly (readonly [pattern: string, replacement: string, text: string])[],
): string[] {
  // A pattern has one replacement: the number is that of both.
  const numbers = numbered(questions.map(([pattern, replacement]) => `${pattern}\n${replacement}`));
  const both = [...numbers.keys()].map((key) => key.split("\n"));
  const lines = questions.map(([pattern, replacement, text]) => {
    return `${numbers.get(`${pattern}\n${replacement}`)} ${encoded(text)}`;
  });
  const [patterns, replacements] = [both.map(([pattern = ""]) => pattern), both.map(([, text = ""]) => text)];
  return answers(engine, "replace", patterns, replacements, lines).map((line) => decoded(line) ?? "");
}

const numbered = (texts: readonly string[]) => new Map([...new Set(texts)].map((text, n) => [text, n]));

function answers(
  engine: "java",
  mode: string,
  patterns: readonly string[],
  replacements: readonly string[],
  lines: readonly string[],
): string[] {
  if (lines.length === 0) return [];
  const input = [String(patterns.length), ...[...patterns, ...replacements].map(encoded), ...lines];
  return execute(engine, input, [mode]).split("\n").slice(0, lines.length);
}

/** For each message, how many looks at its characters the patterns together take until the first match of each: the work, whatever else runs. */
export function looksAtCharacters(engine: "java", patterns: readonly string[], messages: readonly string[]): number[] {
  return run(engine, patterns, messages, "count").split("\n").map(Number);
}

function run(engine: EngineName, patterns: readonly string[], messages: readonly string[], ...more: string[]): string {
  return execute(engine, [String(patterns.length), ...[...patterns, ...messages].map(encoded)], more).trimEnd();
}

function execute(engine: EngineName, lines: readonly string[], more: readonly string[]): string {
  const [program, ...args] =
    engine === "java" ? ["java", ...javaOptions, "-cp", compiledJava(), "Engine"] : engines[engine];
  const { status, stdout, stderr } = spawnSync(program, [...args, ...more], {
    input: `${lines.join("\n")}\n`,
    encoding: "latin1",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${engine}: ${stderr}`);
  return stdout;
}

/** Short runs: no time is spent on making code fast. */
const javaOptions = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
let classes: string | null = null;

/** The folder with the class, which is made once for each version of the source, for all processes. */
function compiledJava(): string {
  if (classes !== null) return classes;
  const source = join(import.meta.dirname, "Engine.java");
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const cache = join(import.meta.dirname, "../../../node_modules/.cache/rhythmx-test");
  const folder = join(cache, `java-${hash}`);
  if (!existsSync(join(folder, "Engine.class"))) {
    mkdirSync(cache, { recursive: true });
    // Two processes may do it at the same time: each in a folder of its own.
    const own = mkdtempSync(join(cache, "java-"));
    const { status, stderr } = spawnSync("javac", ["-d", own, source], { encoding: "utf8" });
    if (status !== 0) throw new Error(`javac: ${stderr}`);
    try {
      renameSync(own, folder);
    } catch (error) {
      rmSync(own, { recursive: true });
      if (!existsSync(join(folder, "Engine.class"))) throw error;
    }
  }
  classes = folder;
  return folder;
}

/** The names of a pattern's groups by their number; a group without a name has none. */
export function groupNames(pattern: string): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  let number = 0;
  // Escapes and classes first, so that no bracket in them counts.
  for (const [token, name] of pattern.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?P?<([A-Za-z]\w*)>|(?!\?))/gs)) {
    if (!token.startsWith("(")) continue;
    number++;
    if (name !== undefined) names.set(name, number);
  }
  return names;
}

const encoded = (text: string) => Buffer.from(text, "utf8").toString("base64");
const decoded = (text: string) => (text === "~" ? undefined : Buffer.from(text, "base64").toString("utf8"));
