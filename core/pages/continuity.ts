/**
 * Pollers that keep their own clock would lose rows: those recorded during an answer, those beyond the limit, and those in an answer
 * that did not arrive. So a caller's bound never skips rows that the caller has not received (CONTRACT 4).
 */
import { hourMs } from "../time.ts";

/** How far a caller has come with one question (collection, order and filters). */
export interface PollPosition {
  caller: string;
  poll: string;
  /** Every row up to this position was sent to the caller. */
  given: number;
  /** The same before the last answer, which may not have arrived. */
  confirmed: number;
  /** The bound of the last question as it was written, and the position behind which its answer began. */
  since: string;
  start: number;
  /** Epoch milliseconds. */
  polledAt: number;
}

/** A caller that was silent for longer starts again at its bound. */
export const continuityMs = hourMs;
const mostPositions = 10_000;

interface Remembered extends PollPosition {
  /** Rows given from `start` on, without a gap: for pages by offset. */
  rows: number;
}

interface Answered {
  since: string;
  offset: number;
  /** Position after which the answer began. */
  start: number;
  /** Rows after the offset. */
  count: number;
  /** Position up to which all rows were considered. */
  end: number;
}

export class Continuity {
  readonly #positions = new Map<string, Remembered>();
  readonly #changed = new Set<string>();

  constructor(stored: readonly PollPosition[]) {
    for (const position of stored) this.#keep({ ...position, rows: 0 });
  }

  /**
   * `givenUpTo`: the answer begins behind it at the latest. `start`: where the first page of the same question began, for a further page by
   * offset. A repeated question means that the answer did not arrive: a caller that had it would ask with a later time.
   */
  before(
    caller: string,
    poll: string,
    since: string,
    offset: number,
    now: number,
  ): { givenUpTo: number | null; start: number | null } {
    const known = this.#known(caller, poll, now);
    if (known === null) return { givenUpTo: null, start: null };
    const again = known.since === since;
    if (offset > 0) return { givenUpTo: known.given, start: again ? known.start : null };
    return { givenUpTo: again ? known.confirmed : known.given, start: null };
  }

  /** Records an answer. Returns the position to store before the answer is sent; null if there is none. */
  after(caller: string, poll: string, answer: Answered, now: number): PollPosition | null {
    const known = this.#known(caller, poll, now);
    const { since, offset, start, count, end } = answer;
    const first = offset === 0;
    // A later page does not show that the caller received the pages before it.
    const joined = first || (known !== null && known.start === start && known.since === since && offset <= known.rows);
    const again = known !== null && known.since === since;
    const confirmed = known === null ? start : first && !again ? known.given : known.confirmed;
    // The earlier answer to the same question no longer counts.
    const given = known === null ? start : first && again ? confirmed : known.given;
    const position: Remembered = {
      caller,
      poll,
      polledAt: now,
      confirmed,
      given: joined ? Math.max(given, end) : given,
      ...(first || known === null ? { since, start } : { since: known.since, start: known.start }),
      rows: first ? count : joined ? Math.max(known?.rows ?? 0, offset + count) : (known?.rows ?? 0),
    };
    this.#keep(position);
    this.#changed.add(keyOf(caller, poll));
    return count > 0 || known === null ? plain(position) : null;
  }

  /** Positions changed since the last call. */
  takeChanges(): PollPosition[] {
    const changed = [...this.#changed].map((key) => this.#positions.get(key)).filter((one) => one !== undefined);
    this.#changed.clear();
    return changed.map(plain);
  }

  #known(caller: string, poll: string, now: number): Remembered | null {
    const known = this.#positions.get(keyOf(caller, poll)) ?? null;
    return known === null || now - known.polledAt > continuityMs ? null : known;
  }

  #keep(position: Remembered): void {
    const key = keyOf(position.caller, position.poll);
    // Keeps the map in order of the last question, oldest first.
    this.#positions.delete(key);
    this.#positions.set(key, position);
    for (const oldest of this.#positions.keys()) {
      if (this.#positions.size <= mostPositions) break;
      this.#positions.delete(oldest);
    }
  }
}

function plain({ rows: _, ...position }: Remembered): PollPosition {
  return position;
}

function keyOf(caller: string, poll: string): string {
  return `${caller}\n${poll}`;
}
