/**
 * Refusals for the audit log. Anybody can be refused a thousand times a second, so each kind is told at intervals, with how often it has
 * come since.
 */
import type { Clock } from "../../core/ports.ts";
import { minuteMs } from "../../core/time.ts";

const quietMs = 10 * minuteMs;
/** The most kinds remembered, which limits the entries of ten minutes. */
const mostKinds = 200;

interface Kind {
  notedAt: number;
  since: number;
}

export class RepeatedRefusals {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this refusal is told, with how many of its kind were not since the last that was; null = it is not. */
  next(kindOf: readonly (string | null)[]): { before: number } | null {
    const now = this.#clock.now();
    const name = JSON.stringify(kindOf);
    const kind = this.#kinds.get(name);
    if (kind !== undefined && Math.abs(now - kind.notedAt) < quietMs) {
      kind.since++;
      return null;
    }
    if (kind === undefined && this.#kinds.size >= mostKinds) {
      for (const [other, { notedAt }] of this.#kinds) if (Math.abs(now - notedAt) >= quietMs) this.#kinds.delete(other);
      if (this.#kinds.size >= mostKinds) return null;
    }
    this.#kinds.set(name, { notedAt: now, since: 0 });
    return { before: kind?.since ?? 0 };
  }
}
