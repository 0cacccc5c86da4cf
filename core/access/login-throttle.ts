/**
 * Login failures make the next attempts wait: longer each time, for the account from this address, for the address, and (no longer than
 * a minute, so that nobody is locked out for good: OWASP ASVS 6.3.1) for the account from anywhere.
 */
import { hourMs } from "../time.ts";

interface Failures {
  count: number;
  /** Epoch milliseconds. */
  last: number;
}

interface Rule {
  key(account: string, address: string): string;
  /** Failures that cost nothing. */
  free: number;
  longestMs: number;
}

const rules: readonly Rule[] = [
  { key: (account, address) => `pair\n${account}\n${address}`, free: 5, longestMs: 900_000 },
  { key: (_, address) => `address\n${address}`, free: 20, longestMs: 900_000 },
  { key: (account) => `account\n${account}`, free: 20, longestMs: 60_000 },
];
const firstDelayMs = 1_000;
/** Failures are forgotten after so long without another. */
const memoryMs = hourMs;
const mostKept = 20_000;

export class LoginThrottle {
  readonly #failures = new Map<string, Failures>();

  /** Milliseconds until the next attempt is looked at; 0 = now. */
  waitMs(account: string, address: string, now: number): number {
    const waits = rules.map(({ key, free, longestMs }) => {
      const known = this.#known(key(account, address), now);
      if (known === null || known.count < free) return 0;
      const delay = Math.min(longestMs, firstDelayMs * 2 ** (known.count - free));
      return Math.max(0, known.last + delay - now);
    });
    return Math.max(...waits);
  }

  failed(account: string, address: string, now: number): void {
    for (const { key } of rules) {
      const name = key(account, address);
      const count = (this.#known(name, now)?.count ?? 0) + 1;
      this.#failures.delete(name);
      this.#failures.set(name, { count, last: now });
    }
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= mostKept) break;
      this.#failures.delete(oldest);
    }
  }

  /** The account's owner has come in from this address; what others tried elsewhere goes on counting. */
  succeeded(account: string, address: string): void {
    for (const { key } of rules.slice(0, 2)) this.#failures.delete(key(account, address));
  }

  #known(name: string, now: number): Failures | null {
    const known = this.#failures.get(name) ?? null;
    return known === null || now - known.last > memoryMs || now < known.last - memoryMs ? null : known;
  }
}
