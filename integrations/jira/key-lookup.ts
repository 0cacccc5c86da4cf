/** Finding an issue by reading the keys that follow: reading sees what was written, searching may not for hours. */
import { DeliveryError } from "../../core/errors.ts";

/** Keys read by one look behind the highest one known, and how many holes in a row end it. */
const mostKeys = 400;
const mostHoles = 10;
const mostRemembered = 10_000;
/** A hole may be filled meanwhile: a look that broke off longer ago begins anew. */
const lookLifeMs = 10 * 60_000;

export interface KnownIssue {
  id: string;
  key: string;
  /** Of tickets of ours. */
  correlations: readonly string[];
}

interface Look {
  since: number;
  /** The last number that was read. */
  number: number;
  holes: number;
  reads: number;
}

/** An issue is read once, whoever looks, and a look that broke off goes on where it was: so looks end at a target that loses every third answer. */
export class KeyLookup {
  readonly #read: (number: number) => Promise<KnownIssue | null>;
  readonly #now: () => number;
  /** By number; what an issue belongs to never changes. */
  readonly #issues = new Map<number, KnownIssue>();
  /** Looks that have not come to an end, by correlation. */
  readonly #looks = new Map<string, Look>();

  /** `read`: the issue of a number, null where there is none. */
  constructor(read: (number: number) => Promise<KnownIssue | null>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /**
   * The issue of this correlation among those after `known`.
   * @throws what `read` throws; DeliveryError inconclusive: there are more than one look reads
   */
  async find(correlation: string, known: number): Promise<KnownIssue | null> {
    const look = this.#look(correlation, known);
    let found: KnownIssue | null = null;
    for (; found === null && look.reads < mostKeys && look.holes < mostHoles; look.number++, look.reads++) {
      const issue = this.#issues.get(look.number + 1) ?? (await this.#read(look.number + 1));
      look.holes = issue === null ? look.holes + 1 : 0;
      if (issue === null) continue;
      remember(this.#issues, look.number + 1, issue);
      if (issue.correlations.includes(correlation)) found = issue;
    }
    this.#looks.delete(correlation);
    if (found !== null || look.holes >= mostHoles) return found;
    throw new DeliveryError(
      "inconclusive",
      `search shows nothing, and it is not among the ${mostKeys} issues after number ${known}; there are more`,
      { retryable: true, data: { permanent: false, words: "" } },
    );
  }

  #look(correlation: string, known: number): Look {
    const now = this.#now();
    const before = this.#looks.get(correlation);
    if (before !== undefined && now - before.since < lookLifeMs) return before;
    const look = { since: now, number: known, holes: 0, reads: 0 };
    remember(this.#looks, correlation, look);
    return look;
  }
}

/** Kept, and the oldest forgotten. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size <= mostRemembered) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
