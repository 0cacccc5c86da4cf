/** Holds a case as it would be sent against the fields of the API. */
import type { CaseBody } from "./wire.ts";

/** What was found. @throws Error that names what is empty */
export function heldCase(payload: string): string {
  const body = JSON.parse(payload) as CaseBody;
  const empty = Object.entries(body).filter(([, value]) => String(value).trim() === "");
  if (empty.length > 0)
    throw new Error(`${empty.map(([name]) => name).join(", ")} would be empty: mend it in the settings above`);
  return `${Object.keys(body).join(", ")} are filled, within the API's limits; which others an instance requires cannot be asked: the first case shows it. A case is never closed from here: what became of the incident is a work note`;
}
