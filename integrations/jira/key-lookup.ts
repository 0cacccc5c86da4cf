/** Finds an issue by reading the keys that follow: reading is consistent, while a search may miss it for hours. */
import { DeliveryError } from "../../core/errors.ts";

/** The most keys read by one look-up after the highest known one, and the missing keys in a row that end it. */
const mostKeys = 400;
const mostHoles = 10;
const mostRemembered = 10_000;
/** A missing issue may be created later, so a look-up that was interrupted longer ago than this starts again. */
const lookLifeMs = 10 * 60_000;

export interface KnownIssue {
  id: string;
  key: string;
  /** Correlation ids of our tickets. */
  correlations: readonly string[];
}

interface Look {
  since: number;
  /** The last number read. */
  number: number;
  holes: number;
  reads: number;
}

/** Each issue is read once for all look-ups, and an interrupted look-up continues where it was, so that it ends even if the target loses answers. */
export class KeyLookup {
  readonly #read: (number: number) => Promise<KnownIssue | null>;
  readonly #now: () => number;
  /** By number; the correlation of an issue never changes. */
  readonly #issues = new Map<number, KnownIssue>();
  /** Unfinished look-ups by correlation. */
  readonly #looks = new Map<string, Look>();

  /** `read`: returns the issue with a number, null if there is none. */
  constructor(read: (number: number) => Promise<KnownIssue | null>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /**
   * Finds the issue with this correlation after the number `known`.
   * @throws what `read` throws; DeliveryError inconclusive: more issues follow than one look-up reads
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

/** Adds an entry and removes the oldest one if there are too many. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size <= mostRemembered) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
