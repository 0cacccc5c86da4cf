/** Forms of values that only settings of ticket systems have; `ticket-maps.ts` has those that are JSON objects. */

import type { RiskLevel } from "../risk.ts";
import { LinearPattern } from "../text/linear-pattern.ts";
import {
  defaultPolicies,
  type FieldPolicies,
  type FieldPolicy,
  fieldPolicies,
  type TicketField,
  ticketFields,
} from "../tickets/policy.ts";
import { type TicketSystemName, ticketSystems } from "../tickets/ticket.ts";
import { canCome } from "./cron.ts";
import { type Form, matching, path } from "./forms.ts";

export const line = matching(/^[^\p{Cc}]{1,500}$/u, "a text on one line");
export const headerValue = matching(/^[\x21-\x7e]{1,100}$/, "a word of printable ASCII characters");
export const url: Form<string> = {
  accepted: "an https address (http only to this machine), a path prefix may follow",
  read(value) {
    const text = typeof value === "string" ? value.trim().replace(/\/+$/, "") : "";
    return isTargetUrl(text) ? text : undefined;
  },
};
export const instance: Form<string> = {
  accepted: "an instance such as acme, acme.service-now.com or an https address",
  read(value) {
    const text = typeof value === "string" ? value.trim().replace(/\/+$/, "") : "";
    return /^[a-z0-9][a-z0-9.-]{0,253}$/i.test(text) || isTargetUrl(text) ? text : undefined;
  },
};
export const longestAuthority = 9_000;
/** Whether it is the text of certificates and not the path of a file. */
export const isPemText = (authority: string) => authority.includes("-----BEGIN ");
/** Who signed a target's certificate. Settings are shown, so a private key is refused. */
export const authority: Form<string> = {
  accepted: `the text of certificates in PEM without a private key, at most ${longestAuthority} characters, or the path of a file with them`,
  read(value) {
    if (typeof value !== "string" || !isPemText(value)) return path.read(value);
    const isWhole = /^-----BEGIN CERTIFICATE-----$[^-]+^-----END CERTIFICATE-----$/m.test(value.replaceAll("\r", ""));
    return isWhole && !value.includes("PRIVATE KEY") && value.length <= longestAuthority ? value.trim() : undefined;
  },
};
export const proxy = matching(/^https?:\/\/[^\s/@?#\\]+\/?$/, "an address such as http://proxy.example:3128");
/** A login in it is what the environment may have; one that is saved would be readable in the database. */
export const anyProxy = matching(/^https?:\/\/(?:[^\s/@?#\\]*@)?[^\s/@?#\\]+\/?$/, proxy.accepted);
export const noProxy: Form<string> = {
  accepted: "host names, domains such as .example.org, addresses or networks with commas between them",
  read(value) {
    const list = String(value)
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    return list.every((part) => /^[\w.*:[\]/-]{1,255}$/.test(part)) ? list.join(",") : undefined;
  },
};
export const projectKey = matching(/^[A-Z][A-Z0-9_]{1,79}$/, "a project key such as SEC");

export const numbers: Form<number[]> = {
  accepted: "seconds that grow, with commas between them, such as 60,300,900,3600",
  read(value) {
    const list = String(value)
      .split(",")
      .map((part) => Number(part.trim() || "x"));
    const grows = list.every(
      (number, at) => Number.isFinite(number) && number >= (list[at - 1] ?? 0) && number <= 86_400,
    );
    return grows && list.length <= 20 ? list : undefined;
  },
};
export const systems: Form<TicketSystemName[]> = {
  accepted: `${ticketSystems.join(", ")} with commas between them`,
  read(value) {
    const list = String(value)
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter((part) => part !== "");
    return list.every((one) => (ticketSystems as readonly string[]).includes(one))
      ? ([...new Set(list)] as TicketSystemName[])
      : undefined;
  },
  problem: (value) =>
    /^none$/i.test(String(value).trim())
      ? "one system at least; to make no ticket by itself, switch auto-push off"
      : undefined,
};
export const severity: Form<RiskLevel> = {
  accepted: "CRITICAL, HIGH, MEDIUM or LOW",
  read(value) {
    const word = String(value).trim().toLowerCase();
    return ["critical", "high", "medium", "low"].includes(word) ? (word as RiskLevel) : undefined;
  },
};
export const policies: Form<FieldPolicies> = {
  accepted: `fields with their policy each once, such as status=two_way,assignee=two_way,notes=ours,priority=once; policies: ${fieldPolicies.join(", ")} (priority: once or ours)`,
  read(value) {
    const read: Record<TicketField, FieldPolicy> = { ...defaultPolicies };
    const given = new Set<TicketField>();
    for (const part of String(value).split(",")) {
      const [name = "", word = ""] = part.split("=").map((side) => side.trim().toLowerCase().replaceAll("-", "_"));
      const field = ticketFields.find((one) => one === name);
      const policy = fieldPolicies.find((one) => one === word);
      if (field === undefined || policy === undefined || (field === "priority" && policy === "two_way"))
        return undefined;
      if (given.has(field)) return undefined;
      given.add(field);
      read[field] = policy;
    }
    return read;
  },
};
/** Lower case. */
export const names: Form<string[]> = {
  accepted: "names with commas between them",
  read(value) {
    const list = String(value)
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter((part) => part !== "");
    return list.length <= 100 ? list : undefined;
  },
};
export const cron: Form<string> = {
  accepted: "a schedule of five or six fields such as */2 * * * *, of a time that comes",
  read: (value) => (typeof value === "string" && /^\S+( \S+){4,5}$/.test(value) && canCome(value) ? value : undefined),
};
const mostPatterns = 20;
const longestPattern = 300;
export const maskPatterns: Form<LinearPattern[]> = {
  accepted: `a JSON list of at most ${mostPatterns} regular expressions such as ["(?<=badge )\\\\d{6}"]`,
  read(value) {
    const read = patternsOf(String(value));
    return typeof read === "string" ? undefined : read;
  },
};

/** Which of the patterns is wrong, and why; null = none. */
export function problemOfPatterns(text: string): string | null {
  const read = patternsOf(text);
  return typeof read === "string" ? read : null;
}

/** Those of a JSON list that are right, where not all are: a mistake in one does not unmask what the others mask. Undefined: none is. */
export function rightPatterns(text: string): LinearPattern[] | undefined {
  const right = (listOf(text) ?? [])
    .slice(0, mostPatterns)
    .map(patternOf)
    .filter((one) => typeof one !== "string");
  return right.length === 0 ? undefined : right;
}

/** The patterns of a JSON list, or what is wrong with the first that is. */
function patternsOf(text: string): LinearPattern[] | string {
  const list = listOf(text);
  if (list === null) return maskPatterns.accepted;
  if (list.length > mostPatterns) return `found ${list.length} patterns; accepted: at most ${mostPatterns}`;
  const patterns: LinearPattern[] = [];
  for (const [index, one] of list.entries()) {
    const pattern = patternOf(one);
    if (typeof pattern === "string") return `pattern ${index + 1}${pattern}`;
    patterns.push(pattern);
  }
  return patterns;
}

function listOf(text: string): unknown[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

/** What is wrong with it goes on behind its number. */
function patternOf(one: unknown): LinearPattern | string {
  if (typeof one !== "string" || one.length > longestPattern)
    return `: accepted is a text of at most ${longestPattern} characters`;
  const pattern = LinearPattern.of(one);
  if (typeof pattern === "string") return `: ${pattern}`;
  // It would put masks between all letters.
  return pattern.matches("") ? " also matches nothing at all, so it would mask everywhere" : pattern;
}

function isTargetUrl(text: string): boolean {
  // What programs read in different ways is no address: another one could be compared than is called.
  if (!URL.canParse(text) || /[\s\\?#@]/.test(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(hostname));
}
