/**
 * Alerts that occurred again, at another time or for another period, and that nobody has looked at since: a repeat makes no event, and no
 * index on the alerts' times is worth what it would cost intake. In memory only: after a crash those of the last seconds are not looked at before they repeat once more.
 */

/** More are not noted: what comes so often is no news. */
const most = 20_000;

export class RepeatedAlerts {
  readonly #ids = new Set<number>();

  note(alertId: number): void {
    if (this.#ids.size < most) this.#ids.add(alertId);
  }

  /** Up to `limit` of them. */
  first(limit: number): number[] {
    return [...this.#ids.values().take(limit)];
  }

  /** They have been looked at. */
  drop(alertIds: readonly number[]): void {
    for (const id of alertIds) this.#ids.delete(id);
  }
}
