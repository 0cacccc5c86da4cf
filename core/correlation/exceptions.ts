/** Exceptions: detections that are deduplicated and sent as ever, but are no evidence (CONTRACT 5). */
import type { Detection } from "../detection.ts";
import { normaliseHost, normaliseName, normaliseUser } from "../intake/identity.ts";
import type { Actor } from "./actor.ts";

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

/** What somebody asks for when making one; empty text = any. */
export type NewException = Omit<Exception, "id" | "who" | "createdAt">;

interface Prepared {
  entity: string;
  rule: string;
  actor: string;
  host: string;
  until: number;
}

/** Exceptions in the order of what tells them apart fastest. */
export class ExceptionList {
  readonly #byRule = new Map<string, Prepared[]>();
  readonly #anyRule: Prepared[] = [];

  constructor(exceptions: readonly Exception[]) {
    for (const { entity, rule, actor, host, until } of exceptions) {
      const prepared = {
        entity: normaliseName(entity),
        rule: normaliseName(rule),
        actor: actor.trim() === "" ? "" : normaliseUser(actor),
        host: normaliseHost(host),
        until: until ?? Number.POSITIVE_INFINITY,
      };
      const list = prepared.rule === "" ? this.#anyRule : (this.#byRule.get(prepared.rule) ?? []);
      if (prepared.rule !== "") this.#byRule.set(prepared.rule, list);
      list.push(prepared);
    }
  }

  /** Whether one of them holds for this detection at `now` (epoch ms). */
  cover(detection: Detection, actor: Actor, now: number): boolean {
    if (this.#byRule.size === 0 && this.#anyRule.length === 0) return false;
    const holds = (exception: Prepared) =>
      exception.until > now &&
      (exception.entity === "" || exception.entity === normaliseName(detection.entity)) &&
      (exception.actor === "" || exception.actor === actor.name) &&
      (exception.host === "" || exception.host === normaliseHost(detection.host));
    const byRule = (rule: string | null) => this.#byRule.get(normaliseName(rule))?.some(holds) ?? false;
    return byRule(detection.ruleId) || byRule(detection.ruleTitle) || this.#anyRule.some(holds);
  }
}
