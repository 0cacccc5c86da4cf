/** One pattern for several texts of logs. */

import { patternOf, wildcard } from "../text/wildcard.ts";
import { masked } from "../tickets/masking/masking.ts";

/** What is common has to be so long, and so much of the shortest text, or it would say too little: encoded commands begin alike. */
const shortestCommon = 10;
const leastShare = 0.4;
/** Beginnings and ends shorter than this are chance. */
const shortestPart = 3;

/** What `masked` writes for a secret. A run of `*` is one wildcard. */
const secret = /\*{8}/;

/**
 * A pattern that fits all of them: the text itself where they are one, else what they begin and end with. Secrets are wildcards. Null where
 * they have too little in common. `longest`: characters of the pattern.
 */
export function commonPattern(texts: readonly string[], longest: number): string | null {
  const patterns = [...new Set(texts.map((text) => withoutSecrets(text.trim())))];
  const [first, ...others] = patterns;
  if (first === undefined || first === "") return null;
  const pattern = shortened(others.length === 0 ? first : joined(patterns), longest);
  const shortest = Math.min(...patterns.map(literals));
  const least = others.length === 0 ? 1 : Math.max(shortestCommon, leastShare * shortest);
  if (pattern === null || literals(pattern) < least) return null;
  const fits = wildcard(pattern);
  return texts.every((text) => fits(text)) ? pattern : null;
}

function withoutSecrets(text: string): string {
  return masked(text).split(secret).map(patternOf).join("*");
}

function joined(patterns: readonly string[]): string | null {
  const [first = ""] = patterns;
  const shortest = Math.min(...patterns.map(({ length }) => length));
  const lower = patterns.map((pattern) => pattern.toLowerCase());
  const [head = ""] = lower;
  let start = 0;
  while (start < shortest && lower.every((one) => one[start] === head[start])) start++;
  let end = 0;
  while (end < shortest - start && lower.every((one) => one.at(-1 - end) === head.at(-1 - end))) end++;
  // Lower case may be of another length in rare scripts.
  if (head.length !== first.length) return null;
  if (start < shortestPart) return null;
  return `${first.slice(0, start)}*${end < shortestPart ? "" : first.slice(first.length - end)}`.toWellFormed();
}

function shortened(pattern: string | null, longest: number): string | null {
  if (pattern === null || pattern.length <= longest) return pattern;
  return `${pattern.slice(0, longest - 1).toWellFormed()}*`;
}

function literals(pattern: string): number {
  return pattern.replace(/[*?\\\s]/g, "").length;
}
