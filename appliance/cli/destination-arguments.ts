/** What commands about destinations take. */
import { UsageError } from "../../core/errors.ts";
import { acceptedTimes, parseTime } from "../../core/time.ts";
import type { Argument } from "./command.ts";

export const destinationArgument = {
  name: "DESTINATION",
  about: "name of a destination; with its feed before it where one of each feed has the name: incidents/siem",
  completes: "destination",
} as const satisfies Argument;

/** Epoch milliseconds. @throws UsageError */
export function timeOption(option: string, text: string): number {
  // A day is what people type.
  const time = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00Z` : text);
  if (time === null)
    throw new UsageError(
      `${option} ${JSON.stringify(text.slice(0, 60))}: accepted: ${acceptedTimes}, or a day such as 2026-03-01`,
    );
  return time;
}
