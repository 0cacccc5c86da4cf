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

/** A field of a section and what is saved of it; undefined = nothing. */
export type SavedField = readonly [name: string, value: string | undefined];

/** Characters of a version for each field: 36 bits. */
const digits = 6;

/**
 * Changes with the saved values: six characters for each field, so that it can be told later which of them have changed since. `key`: keeps
 * short secrets among them from being guessed by it.
 */
export function sectionVersion(fields: readonly SavedField[], key = ""): string {
  return fields
    .map(([name, value]) =>
      createHash("sha256")
        .update(JSON.stringify([key, name, value ?? null]))
        .digest("base64url")
        .slice(0, digits),
    )
    .join("");
}

/** The fields that are saved with another value than at `version`; of a version that is none of this section's, all of them. */
export function changedSince(version: string, fields: readonly SavedField[], key = ""): ReadonlySet<string> {
  const isOurs = version.length === fields.length * digits;
  const changed = fields.filter((field, at) => {
    const then = version.slice(at * digits, (at + 1) * digits);
    return !isOurs || then !== sectionVersion([field], key);
  });
  return new Set(changed.map(([name]) => name));
}

/** The refusal of a request whose fields somebody else has changed meanwhile: `settings_changed`, with both values of each. */
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
    `${section} was saved${by} since it was read, with another value of a field of this request, so nothing was changed: read it again, and send what should hold with its version`,
    { data: { errors } },
  );
}

/** Refuses a request for all that is wrong with it. @throws UsageError whose `data.errors` has every field */
export function refuseProblems(problems: readonly FieldProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new UsageError(`${first.name}: ${first.reason}`, { errors: problems });
}
