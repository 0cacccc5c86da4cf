/** Which state of a section somebody has seen, so that two people who save at once overwrite nothing of each other unseen. */
import { createHash } from "node:crypto";
import { EdgeError, UsageError } from "../../errors.ts";

/** Who saved last, and when (epoch milliseconds). */
export interface LastSaved {
  who: string;
  at: number;
}

/** A field of a request at fault, as problem documents name it. */
export interface FieldProblem {
  name: string;
  reason: string;
}

/** A field that is saved with another value than the request has. Secrets as "(secret)". */
export interface Difference {
  name: string;
  saved: string;
  given: string;
}

/** 16 hexadecimal digits that change with the saved values. `key`: keeps short secrets among them from being guessed by it. */
export function sectionVersion(values: Iterable<readonly [name: string, value: string]>, key = ""): string {
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([key, sorted]))
    .digest("hex")
    .slice(0, 16);
}

/** The refusal of a request that was made from another state: `settings_changed`, with both values of every field that differs. */
export function settingsChanged(
  section: string,
  last: LastSaved | null,
  differences: readonly Difference[],
): EdgeError {
  const by = last === null ? "" : ` by ${last.who} at ${new Date(last.at).toISOString()}`;
  const errors: FieldProblem[] = differences.map(({ name, saved, given }) => ({
    name,
    reason: `saved now: ${saved}; in this request: ${given}`,
  }));
  return new EdgeError(
    "settings_changed",
    `${section} was saved${by} since it was read, so nothing was changed: read it again, and send what should hold with its version`,
    { data: { errors } },
  );
}

/** Refuses a request for all that is wrong with it. @throws UsageError whose `data.errors` has every field */
export function refuseProblems(problems: readonly FieldProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new UsageError(`${first.name}: ${first.reason}`, { errors: problems });
}
