/** Lengths of time for people. */
import { dayMs, hourMs, minuteMs } from "../time.ts";

/** Such as `3 days`, `5 hours`, `1 minute`; whole, rounded down. Negative counts as none. */
export function ageInWords(milliseconds: number): string {
  const units = [
    ["day", dayMs],
    ["hour", hourMs],
    ["minute", minuteMs],
  ] as const;
  for (const [name, length] of units) {
    const n = Math.floor(milliseconds / length);
    if (n >= 1) return `${n} ${name}${n === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}
