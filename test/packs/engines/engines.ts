/**
 * Regular expressions by the engines that SIEMs run them with, each in one process for all messages. In go: the number of patterns, the patterns,
 * then the messages, one a line, in base64. Out comes one line a message: for each pattern, with tabs between, its matches (`;`) as their groups (`,`)
 * in base64, `~` for a group that took no part, `-` for none.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { installed } from "../../harness/rsyslog.ts";

const engines = {
  /** Splunk (PCRE). */
  pcre: ["perl", join(import.meta.dirname, "engine.pl")],
  /** Logstash's grok. */
  onigmo: ["ruby", join(import.meta.dirname, "engine.rb")],
  /** QRadar, Graylog; Elasticsearch's grok (Joni) is near to it and to Onigmo. */
  java: ["java", "-Xshare:auto", join(import.meta.dirname, "Engine.java")],
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

/** For each message, how many looks at its characters the patterns together take until the first match of each: the work, whatever else runs. */
export function looksAtCharacters(engine: "java", patterns: readonly string[], messages: readonly string[]): number[] {
  return run(engine, patterns, messages, "count").split("\n").map(Number);
}

function run(engine: EngineName, patterns: readonly string[], messages: readonly string[], ...more: string[]): string {
  const lines = [String(patterns.length), ...[...patterns, ...messages].map(encoded)];
  const [program, ...args] = engines[engine];
  const { status, stdout, stderr } = spawnSync(program, [...args, ...more], {
    input: `${lines.join("\n")}\n`,
    encoding: "latin1",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${engine}: ${stderr}`);
  return stdout.trimEnd();
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
