/**
 * Pollers that keep their own clock lose rows: what was recorded while they were being answered, what lay beyond their limit (protocols
 * 5). So a caller's bound never jumps over rows that it has not been given yet (CONTRACT 4).
 */

/** How far a caller has come with one question. */
export interface PollPosition {
  caller: string;
  /** The question: feed, order and filters. */
  poll: string;
  /** Every row up to this position has been given. */
  given: number;
  /** Epoch milliseconds. */
  polledAt: number;
}

/** A caller who has not asked for so long begins anew at its bound. */
export const continuityMs = 3_600_000;
const mostPositions = 10_000;

interface Remembered extends PollPosition {
  /** The bound as it was asked, where the answer began, and how many rows from there have been given: for pages by offset. */
  anchor: { since: string; start: number; rows: number };
}

export class Continuity {
  readonly #positions = new Map<string, Remembered>();
  readonly #changed = new Set<string>();

  constructor(stored: readonly PollPosition[]) {
    for (const position of stored) this.#keep({ ...position, anchor: { since: "", start: -1, rows: 0 } });
  }

  /**
   * Where an answer has to begin: `givenUpTo` bounds it from above; `start` is where the first page of the same question began, for a
   * further page by offset.
   */
  before(caller: string, poll: string, since: string, offset: number, now: number) {
    const known = this.#positions.get(keyOf(caller, poll));
    if (known === undefined || now - known.polledAt > continuityMs) return { givenUpTo: null, start: null };
    const samePages = offset > 0 && known.anchor.start >= 0 && known.anchor.since === since;
    return { givenUpTo: known.given, start: samePages ? known.anchor.start : null };
  }

  /** Notes an answer: it began behind `start`, skipped `offset` rows, gave `count`, and everything up to `end` has now been seen. */
  after(
    caller: string,
    poll: string,
    answer: { since: string; offset: number; start: number; count: number; end: number },
    now: number,
  ): void {
    const known = this.#positions.get(keyOf(caller, poll));
    const fresh = known === undefined || now - known.polledAt > continuityMs;
    const { since, offset, start, count, end } = answer;
    const first = offset === 0;
    // A page further on, whose forerunners this caller has not had, says nothing.
    const joined = first || (known !== undefined && known.anchor.start === start && offset <= known.anchor.rows);
    const given = fresh ? start : known.given;
    const rows = first ? count : Math.max(known?.anchor.rows ?? 0, joined ? offset + count : 0);
    this.#keep({
      ...{ caller, poll, polledAt: now },
      given: joined ? Math.max(given, end) : given,
      anchor: first ? { since, start, rows } : { ...(known?.anchor ?? { since, start }), rows },
    });
    this.#changed.add(keyOf(caller, poll));
  }

  /** What has changed since the last call. */
  takeChanges(): PollPosition[] {
    const changed = [...this.#changed].map((key) => this.#positions.get(key)).filter((one) => one !== undefined);
    this.#changed.clear();
    return changed.map(({ caller, poll, given, polledAt }) => ({ caller, poll, given, polledAt }));
  }

  #keep(position: Remembered): void {
    const key = keyOf(position.caller, position.poll);
    // The one that asked longest ago stands first.
    this.#positions.delete(key);
    this.#positions.set(key, position);
    for (const oldest of this.#positions.keys()) {
      if (this.#positions.size <= mostPositions) break;
      this.#positions.delete(oldest);
    }
  }
}

function keyOf(caller: string, poll: string): string {
  return `${caller}\n${poll}`;
}
