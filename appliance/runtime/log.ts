/**
 * The appliance's own log: one line for each entry, JSON or text, on stderr. Whatever the values contain, an entry stays one
 * line, and values that are named like a secret or look like an API key are never written.
 */
import type { Clock } from "../../core/ports.ts";
import { escaped } from "../../core/text/visible.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** A line of the log, before it is written. */
export interface KeptLine {
  /** ISO 8601. */
  time: string;
  level: LogLevel;
  msg: string;
  fields: LogFields;
}

export interface Log {
  debug(msg: string, fields?: LogFields): void;
  info(msg: string, fields?: LogFields): void;
  warn(msg: string, fields?: LogFields): void;
  error(msg: string, fields?: LogFields): void;
}

const secretName = /pass(word|wd)?|secret|token|api_?key|authorization|cookie|master_?key/i;
/** Names that contain a secret's name but hold a path, which people need to see. */
const pathName = /_file$/i;
const secretValue = /smk_[0-9A-Za-z]+/g;

export function createLog(options: {
  /** Functions, where they may change. */
  level: LogLevel | (() => LogLevel);
  format: "json" | "text" | (() => "json" | "text");
  clock: Clock;
  write?: (line: string) => void;
  /** Keeps the last lines. */
  recent?: { keep(line: KeptLine): void };
}): Log {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const { level: least, format } = options;
  const threshold = () => logLevels.indexOf(typeof least === "function" ? least() : least);
  const isJson = () => (typeof format === "function" ? format() : format) === "json";
  const entry =
    (level: LogLevel) =>
    (msg: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < threshold()) return;
      const time = new Date(options.clock.now()).toISOString();
      const what = clean(msg);
      const values = mask(fields);
      options.recent?.keep({ time, level, msg: what, fields: values });
      write(`${(isJson() ? jsonLine : textLine)(time, level, what, values)}\n`);
    };
  return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
}

function jsonLine(time: string, level: LogLevel, msg: string, fields: LogFields): string {
  return JSON.stringify({ time, level, msg, ...fields });
}

function textLine(time: string, level: LogLevel, msg: string, fields: LogFields): string {
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? JSON.stringify(value) : value}`,
  );
  return [time, level.toUpperCase().padEnd(5), msg, ...rest].join(" ");
}

function mask(fields: LogFields): LogFields {
  const masked: LogFields = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    masked[key] =
      secretName.test(key) && !pathName.test(key) ? "***" : typeof value === "string" ? clean(value) : value;
  }
  return masked;
}

/** Masks keys and removes control characters. */
function clean(text: string): string {
  return escaped(text.replace(secretValue, "smk_***"));
}
