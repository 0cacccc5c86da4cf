/** Exceptions: matching detections are deduplicated and sent as usual, but do not count as evidence (CONTRACT 5). */
import { normaliseUser } from "../intake/identity.ts";
import { isOnlyWildcards } from "../text/wildcard.ts";

/** What a detection has to be for an exception to hold. Empty text = any; all but `entity` may have wildcards (`core/text/wildcard.ts`). */
export interface ExceptionScope {
  entity: string;
  /** A rule's id or title. */
  rule: string;
  /** User, host or address that is the actor. */
  actor: string;
  host: string;
  /** Path of the process that the log names, or its file name alone. */
  process: string;
  commandLine: string;
  /** Of a file, as any kind of hash that the log names. */
  hash: string;
}

/** A request to create one. Times are epoch milliseconds. */
export interface NewException extends ExceptionScope {
  /** Null = until it is removed. */
  until: number | null;
  reason: string;
}

export interface Exception extends NewException {
  id: string;
  who: string;
  createdAt: number;
  /** Detections that it kept out of the evidence, and when last; null = none so far. */
  hits: number;
  lastHitAt: number | null;
}

/** What a change of one asks for; absent = as it is. Times are epoch milliseconds. */
export interface ExceptionChange extends Partial<NewException> {
  /** It holds no longer from now on. What it took out of the evidence stays out. */
  end?: boolean;
}

/** The most characters of each field. */
export const longestFields = {
  entity: 256,
  rule: 500,
  actor: 256,
  host: 256,
  process: 1_000,
  commandLine: 4_000,
  hash: 200,
} as const satisfies Record<keyof ExceptionScope, number>;

/** As the API calls a field. */
const fieldNames: Readonly<Record<keyof ExceptionScope, string>> = {
  ...{ entity: "entity", rule: "rule", actor: "actor", host: "host", process: "process" },
  ...{ commandLine: "command_line", hash: "hash" },
};

/** The most exceptions that an appliance holds: each takes a look at detections. */
export const mostExceptions = 2_000;

/** The kinds of hashes that logs name, with the digits of each. */
const hashForm = /^(?:(?:md5|sha1|sha-1|sha256|sha-256|imphash)[=:]\s*)?([0-9a-f*?]+)$/i;
const hashDigits = 64;

/** A hash as it is compared: digits alone. Null if it is none. */
export function hashPattern(hash: string): string | null {
  const digits = hashForm.exec(hash.trim())?.[1];
  return digits === undefined || digits.length > hashDigits ? null : digits.toLowerCase();
}

/** Whether it can only be told from a log, which the evidence does not keep. */
export function needsLog({ process, commandLine, hash }: ExceptionScope): boolean {
  return process !== "" || commandLine !== "" || hash !== "";
}

/** Why an exception cannot be made, for people: each complaint names its field. Null when it can. `now`: epoch ms. */
export function whyNoException(request: NewException, now: number): string | null {
  const { entity, rule, actor, host, hash, until } = request;
  for (const field of Object.keys(longestFields) as (keyof ExceptionScope)[])
    if (request[field].length > longestFields[field])
      return `${fieldNames[field]}: is ${request[field].length} characters long, and at most ${longestFields[field]} are taken: shorten it with a * at its end`;
  if (rule === "" && actor === "" && host === "")
    return "name a rule, an actor or a host: without any of them every detection would be no evidence";
  if (/[*?]/.test(entity)) return 'entity: takes one whole name, and no "*" or "?"; leave the field out for any entity';
  for (const field of ["rule", "actor", "host", "process", "commandLine", "hash"] as const)
    if (isOnlyWildcards(request[field]))
      return `${fieldNames[field]}: names nothing but wildcards, and so would cover everything: leave the field out for any`;
  // Actors go without their domain.
  if (actor !== "" && isOnlyWildcards(normaliseUser(actor)))
    return "actor: names a domain alone, and actors are compared without theirs, so it would cover everybody: name accounts";
  if (hash !== "" && hashPattern(hash) === null)
    return `hash: takes the hexadecimal digits of an MD5, SHA-1 or SHA-256, at most ${hashDigits}, with * and ? as wildcards`;
  if (until !== null && until <= now) return "until: is in the past: give a time to come, or leave it out";
  return null;
}
