/** How often one ticket is written to: Jira takes 20 writes in 2 s and 100 in 30 s of one issue (protocols 3.7). */

const windows = [
  { ms: 2_000, most: 15 },
  { ms: 30_000, most: 90 },
] as const;
const longestMs = 30_000;
const mostRemembered = 1_000;

/** Times are milliseconds of a clock that never goes back: the wall clock may be set while writes are remembered. */
export class WriteLimiter {
  /** Times of writes by ticket, the oldest first. */
  readonly #writes = new Map<number, number[]>();

  /** When the ticket may be written to next; `now`: at once. */
  nextAt(ticketId: number, now: number): number {
    const times = this.#writes.get(ticketId) ?? [];
    return Math.max(now, ...windows.map(({ ms, most }) => (times.at(-most) ?? Number.NEGATIVE_INFINITY) + ms));
  }

  wrote(ticketId: number, now: number): void {
    const kept = (this.#writes.get(ticketId) ?? []).filter((at) => at > now - longestMs);
    this.#writes.set(ticketId, [...kept, now]);
    if (this.#writes.size > mostRemembered) this.#forget(now);
  }

  #forget(now: number): void {
    for (const [id, times] of this.#writes) if ((times.at(-1) ?? 0) <= now - longestMs) this.#writes.delete(id);
  }
}
