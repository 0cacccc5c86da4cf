/** Reads `since` and `updated_since` as pollers write them (protocols 5). */
import { parseTime } from "../time.ts";
import type { SinceBound } from "./page-request.ts";

/** What `readSince` reads, for error messages. */
export const acceptedSince =
  "a time such as 2026-03-13T04:30:00Z, with 0 to 9 fraction digits, Z or an offset (no zone = UTC), a day such as 2026-03-13, epoch seconds or milliseconds, or empty for no bound";

const dayForm = /^\d{4}-\d\d-\d\d$/;
/** A plus sign that was not percent-encoded arrives as a blank. */
const blankForPlus = /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?) (\d\d(?::?\d\d)?[Zz]?)$/;
const belowMilliseconds = /[.,]\d{3}\d*[1-9]/;

/** Null for anything else. */
export function readSince(text: string): SinceBound | null {
  const trimmed = text.trim();
  if (trimmed === "") return { text: "", at: null, finer: false };
  const whole = dayForm.test(trimmed) ? `${trimmed}T00:00:00Z` : trimmed.replace(blankForPlus, "$1+$2");
  const at = parseTime(whole);
  return at === null ? null : { text: trimmed, at, finer: belowMilliseconds.test(whole) };
}
