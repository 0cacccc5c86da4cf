/** Numbers and names within sentences. */
import { lengthOf } from "../../parts/time.tsx";

/** `1 rule`, `2 rules`. */
export function counted(n: number, thing: string): string {
  return `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;
}

/** `a, b and 3 more` of at most so many by name. */
export function listed(names: readonly string[], most: number): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

/** A length of time that is told in whole hours where it can be: `4 h`, `3 h 42`, `30 min`. */
export function spanOf(milliseconds: number): string {
  const text = lengthOf(milliseconds);
  return text === "now" ? "less than a minute" : text.replace(/ h 00$/, " h").replace(/ d 0 h$/, " d");
}
