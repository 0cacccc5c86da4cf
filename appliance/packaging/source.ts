/** Which source a build is made from. The same source gives the same bytes, so the time in all files is that of the commit. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface Source {
  /** First twelve digits of the commit. */
  commit: string;
  /** Seconds since 1970, of the commit. */
  time: number;
}

/**
 * The source of this checkout, by git. Where there is no git, as in an unpacked archive of the sources, from the environment:
 * `RHYTHMX_COMMIT`, and `SOURCE_DATE_EPOCH`, which is also taken where there is git.
 * @throws Error that says what to set.
 */
export function sourceOf(env: NodeJS.ProcessEnv = process.env): Source {
  const commit = env.RHYTHMX_COMMIT || git("rev-parse", "--short=12", "HEAD");
  const time = env.SOURCE_DATE_EPOCH || git("log", "-1", "--format=%ct");
  if (commit === null || time === null)
    throw new Error(
      "no git here: set RHYTHMX_COMMIT (the commit) and SOURCE_DATE_EPOCH (its time, seconds since 1970)",
    );
  if (!/^\d{1,11}$/.test(time)) throw new Error(`SOURCE_DATE_EPOCH: "${time}" is no number of seconds since 1970`);
  return { commit, time: Number(time) };
}

/** Files that differ from the commit, or that it does not have; none where there is no git. */
export function uncommitted(): string[] {
  return (git("status", "--porcelain") ?? "").split("\n").filter((line) => line !== "");
}

function git(...words: string[]): string | null {
  try {
    return execFileSync("git", words, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trimEnd();
  } catch {
    return null;
  }
}
