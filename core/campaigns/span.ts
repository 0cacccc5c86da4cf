/** How fast an outbreak was, in words. */
import { hourMs, minuteMs } from "../time.ts";

/** `1 minute`, `10 minutes`, `3 hours`: never less than it took. */
export function spanWords(milliseconds: number): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / minuteMs));
  if (minutes > 120) return `${Math.ceil(milliseconds / hourMs)} hours`;
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}
