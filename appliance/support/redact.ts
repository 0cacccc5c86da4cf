/** Takes secrets out of what leaves the appliance. */
import { masked } from "../../core/tickets/masking/masking.ts";

const hidden = "(secret)";

/** Shapes of secrets, whoever they belong to. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  [/smk_[0-9A-Za-z]+/g, hidden],
  [/\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g, hidden],
  [/\b(Bearer|Basic) +[\w.~+/=-]{6,}/gi, `$1 ${hidden}`],
  [/(\/\/)[^\s/@"']+@/g, `$1${hidden}@`],
];

/** Shorter ones are words: what they stand in would be unreadable, and a secret of three letters is none. */
const shortest = 4;

/**
 * A function that replaces each of the secrets, in every way that they may be written, and all that has a secret's shape; `free`: in text that
 * people or programs have worded, also what stands where passwords stand.
 */
export function redactor(secrets: readonly string[]): (text: string, free: boolean) => string {
  const written = secrets
    .filter((secret) => secret.length >= shortest)
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
    ]);
  // Longer ones first: one may be part of another.
  const values = [...new Set(written)].sort((a, b) => b.length - a.length);
  return (text, free) => {
    let result = text;
    for (const value of values) result = result.replaceAll(value, hidden);
    for (const [shape, instead] of shapes) result = result.replace(shape, instead);
    return free ? masked(result) : result;
  };
}
