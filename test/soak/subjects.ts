/**
 * What the load of a soak is made of: numbered subjects, each of them one alert. All that must come of one follows from its number, so that
 * the model needs to know no more than how often each was accepted.
 */
import { createHash } from "node:crypto";

/** One subject in so many makes an incident: a critical rule of its own, on a host of its own. */
const incidentEvery = 200;
const rules = 400;
/** One rule on five hosts would be an outbreak. */
const hostsPerRule = 4;

export const makesIncident = (n: number): boolean => n % incidentEvery === 0;

/** The actor of an incident, as incidents name it. */
export const actorOf = (n: number): string => `u-${n}`;

interface Subject {
  title: string;
  ruleId: string;
  level: string;
  user: string;
  host: string;
}

function subjectOf(n: number): Subject {
  const user = actorOf(n);
  if (makesIncident(n))
    return { title: `Own rule ${n}`, ruleId: `own-${n}`, level: "critical", user, host: `own-${n}` };
  const rule = n % rules;
  const host = `ws-${rule}-${Math.floor(n / rules) % hostsPerRule}`;
  return { title: `Rule ${rule}`, ruleId: `rule-${rule}`, level: rule % 2 === 0 ? "low" : "informational", user, host };
}

/** The key of an alert by the contract, written a second time on purpose. */
export function hashOf(n: number): string {
  const { ruleId, user, host } = subjectOf(n);
  const text = JSON.stringify(["Primary Site", ruleId, user, host, ""]).toLowerCase();
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

const pad = "x".repeat(1800);

/** One record. `at` = epoch milliseconds, `noteBytes` up to 1,800. */
export function recordOf(n: number, id: string | null, at: number, noteBytes: number): string {
  const { title, ruleId, level, user, host } = subjectOf(n);
  const fields = {
    rule_title: title,
    rule_id: ruleId,
    level,
    timestamp: new Date(at).toISOString(),
    user: `CORP\\${user}`,
    host,
    tags: ["attack.execution", "attack.t1059.001"],
    id,
  };
  return `${JSON.stringify(fields).slice(0, -1)},"raw":{"EventID":4624,"Keywords":9232379236109516800,"n":${n},"Note":"${pad.slice(0, noteBytes)}"}}`;
}

/** How often each subject was accepted, by its number; grows with them. */
export class Counts {
  #counts: Uint32Array = new Uint32Array(1024);
  /** The highest number that was accepted. */
  highest = 0;

  static from(counts: Uint32Array): Counts {
    const made = new Counts();
    made.#counts = counts;
    made.highest = Math.max(0, counts.length - 1);
    return made;
  }

  add(n: number): void {
    if (n >= this.#counts.length) {
      const larger = new Uint32Array(Math.max(n + 1, 2 * this.#counts.length));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[n] = this.of(n) + 1;
    this.highest = Math.max(this.highest, n);
  }

  of(n: number): number {
    return this.#counts[n] ?? 0;
  }

  /** From 0 to the highest. */
  all(): Uint32Array {
    return this.#counts.slice(0, this.highest + 1);
  }
}
