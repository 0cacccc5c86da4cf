/**
 * A problem in a configuration, for the person who has to fix it: where it stands, which key, what was found there,
 * what is accepted, and what the appliance does meanwhile (CONTRACT 1: all problems at once, each with its key and accepted form).
 */
export interface Problem {
  /** Where it stands: "environment", "/etc/rhythmx/config.json line 12". */
  source: string;
  /** The setting, `syslog[1].port`, or "" when it is the source as a whole. */
  key: string;
  /** What was found there, short and escaped. Never the value of a secret. */
  found: string;
  accepted: string;
  /** What the appliance does until this is fixed. */
  effect: string;
  /** The appliance cannot run without it: `serve` refuses to start. */
  fatal: boolean;
}

/** Collects problems and warnings while a configuration is read, so that all of them are reported at once. */
export interface Report {
  problems: Problem[];
  warnings: Problem[];
}

/** Parts of a configuration that are valid or invalid independently. */
export const settingsSections = [
  "environment",
  "alerts",
  "incidents",
  "case_patterns",
  "floors",
  "assets",
  "tickets",
] as const;

/** What is wrong with each section. */
export type SectionProblems = Readonly<Record<(typeof settingsSections)[number], readonly Problem[]>>;

const longestShown = 80;

/** A value as people may see it: on one line, ASCII, at most about 80 characters, nested values by their kind only. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  const open = withoutLogin(value);
  const short = open.length > longestShown ? `${open.slice(0, longestShown)}...` : open;
  return toAscii(JSON.stringify(short));
}

/** An address with a login in it is no setting's, but people write one, and what was found is shown in the log and in health. */
export function withoutLogin(text: string): string {
  return text.replace(/(:\/\/)[^/]*@/g, "$1(secret)@");
}

/** A key of somebody's file as part of a path: as it is when plain, else quoted and escaped. */
export function shownKey(key: string): string {
  return /^[\w.-]{1,64}$/.test(key) ? key : shown(key);
}

function toAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** One line: source, key, what was found, what is accepted, what happens meanwhile. */
export function formatProblem(problem: Problem): string {
  const where = problem.key === "" ? problem.source : `${problem.source}: ${problem.key}`;
  return `${where}: found ${problem.found}; accepted: ${problem.accepted}; ${problem.effect}`;
}

/** The text that `rhythmx check` and `serve` print: one line each, what stops the start first; "" when there is nothing to tell. */
export function formatProblems(report: Readonly<Report>): string {
  const lines = [
    ...report.problems.filter((problem) => problem.fatal).map((problem) => `error: ${formatProblem(problem)}`),
    ...report.problems.filter((problem) => !problem.fatal).map((problem) => `problem: ${formatProblem(problem)}`),
    ...report.warnings.map((warning) => `warning: ${formatProblem(warning)}`),
  ];
  return lines.join("\n");
}
