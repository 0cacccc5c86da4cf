/** Exceptions: matching detections are deduplicated and sent as usual, but do not count as evidence (CONTRACT 5). */
import type { Detection } from "../detection.ts";
import { normaliseHost, normaliseName, normaliseUser } from "../intake/identity.ts";
import { type Actor, type ActorRules, canonicalIp, shortHost } from "./actor.ts";

/** Empty text = any. Times are epoch milliseconds. */
export interface Exception {
  id: string;
  entity: string;
  /** A rule's id or title. */
  rule: string;
  /** User, host or address that is the actor. */
  actor: string;
  host: string;
  /** Null = until it is removed. */
  until: number | null;
  reason: string;
  who: string;
  createdAt: number;
}

/** A request to create one; empty text = any. */
export type NewException = Omit<Exception, "id" | "who" | "createdAt">;

/** Why an exception cannot be made, for people: each complaint names its field. Null when it can. `now`: epoch ms. */
export function whyNoException(request: NewException, now: number): string | null {
  const { entity, rule, actor, host, until } = request;
  if (rule === "" && actor === "" && host === "")
    return "name a rule, an actor or a host: without any of them every detection would be no evidence";
  for (const [field, text] of Object.entries({ entity, rule, actor, host }))
    if (text.includes("*"))
      return `${field}: "*" stands for nothing here and would match nothing: write the whole name, or leave the field out for any`;
  if (until !== null && until <= now) return "until: is in the past: give a time to come, or leave it out";
  return null;
}

interface Prepared {
  entity: string;
  rule: string;
  /** Every spelling under which detections may have this actor; empty = any. */
  actors: readonly string[];
  host: string;
  until: number;
}

/** Exceptions, indexed by their most selective condition. */
export class ExceptionList {
  readonly #byRule = new Map<string, Prepared[]>();
  readonly #anyRule: Prepared[] = [];
  readonly #shortNames: boolean;

  /** `hostShortNames`: hosts go by their first label, as their actors do. */
  constructor(exceptions: readonly Exception[], { hostShortNames }: Pick<ActorRules, "hostShortNames">) {
    this.#shortNames = hostShortNames;
    for (const { entity, rule, actor, host, until } of exceptions) {
      const prepared = {
        entity: normaliseName(entity),
        rule: normaliseName(rule),
        actors: this.#actors(actor),
        host: this.#host(host),
        until: until ?? Number.POSITIVE_INFINITY,
      };
      const list = prepared.rule === "" ? this.#anyRule : (this.#byRule.get(prepared.rule) ?? []);
      if (prepared.rule !== "") this.#byRule.set(prepared.rule, list);
      list.push(prepared);
    }
  }

  /** Users without domain, addresses in their one spelling, hosts, and machine accounts as the machine that they are of. */
  #actors(actor: string): string[] {
    if (actor.trim() === "") return [];
    const user = normaliseUser(actor);
    const host = this.#host(user.endsWith("$") ? user.slice(0, -1) : actor);
    return [...new Set([user, host, canonicalIp(actor)])];
  }

  #host(host: string | null): string {
    const name = normaliseHost(host);
    return this.#shortNames ? shortHost(canonicalIp(name)) : canonicalIp(name);
  }

  /** Whether one of them holds for this detection at `now` (epoch ms). */
  cover(detection: Detection, actor: Actor, now: number): boolean {
    if (this.#byRule.size === 0 && this.#anyRule.length === 0) return false;
    // The account of a machine has its short name, whatever the machine's logs call it.
    const machine = actor.type === "host" ? shortHost(actor.name) : actor.name;
    const holds = (exception: Prepared) =>
      exception.until > now &&
      (exception.entity === "" || exception.entity === normaliseName(detection.entity)) &&
      (exception.actors.length === 0 || exception.actors.some((name) => name === actor.name || name === machine)) &&
      (exception.host === "" || exception.host === this.#host(detection.host));
    const byRule = (rule: string | null) => this.#byRule.get(normaliseName(rule))?.some(holds) ?? false;
    return byRule(detection.ruleId) || byRule(detection.ruleTitle) || this.#anyRule.some(holds);
  }
}
