/** How often one ticket is written to: Jira takes 20 writes in 2 s and 100 in 30 s of one issue (protocols 3.7). */

const windows = [
  { ms: 2_000, most: 15 },
  { ms: 30_000, most: 90 },
] as const;
const longestMs = 30_000;

export class WriteLimiter {
  /** Times of writes by ticket, the oldest first. */
  readonly #writes = new Map<number, number[]>();

  /** `now`: epoch milliseconds. */
  mayWrite(ticketId: number, now: number): boolean {
    const times = this.#writes.get(ticketId) ?? [];
    return windows.every(({ ms, most }) => times.filter((at) => at > now - ms && at <= now).length < most);
  }

  wrote(ticketId: number, now: number): void {
    const kept = (this.#writes.get(ticketId) ?? []).filter((at) => at > now - longestMs && at <= now);
    this.#writes.set(ticketId, [...kept, now]);
    if (this.#writes.size > 1_000) this.#forget(now);
  }

  #forget(now: number): void {
    for (const [id, times] of this.#writes) if ((times.at(-1) ?? 0) <= now - longestMs) this.#writes.delete(id);
  }
}
