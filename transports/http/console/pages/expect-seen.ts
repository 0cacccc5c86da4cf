/** A change that somebody else has made since a page was shown is not overwritten unseen. */
import { EdgeError } from "../../../../core/errors.ts";
import type { ChangedField } from "../../../../core/incident-change.ts";
import { words } from "../parts/severity.tsx";

/** What the refusals `incident_changed` and `case_changed` say in the words of the console. `nameOf`: what an owner is called. */
export function changedWords(
  { field, now }: ChangedField,
  nameOf: (login: string) => string = (login) => login,
): string {
  const called = field === "status" ? words(now ?? "") : now === null ? "nobody" : nameOf(now);
  return `meanwhile somebody has set the ${field} to ${called}`;
}

/** Makes a change that names what was seen; its refusal is told in the words of the console. @throws EdgeError incident_changed, case_changed */
export async function unlessChanged<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof EdgeError) || !["incident_changed", "case_changed"].includes(error.code)) throw error;
    const { code, data } = error;
    const what = changedWords(data as unknown as ChangedField);
    throw new EdgeError(code, `nothing was changed: ${what}. Look again, then decide`, { cause: error, data });
  }
}
