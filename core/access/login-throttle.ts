/**
 * Login failures make the next attempts wait: longer each time, for the account from this address, for the address, and (no longer than
 * a minute, so that nobody is locked out for good: OWASP ASVS 6.3.1) for the account from anywhere. An account that has logged in
 * from an address before is delayed there only by its own failures at that address, so that nobody else can lock it out.
 */
import { dayMs, hourMs } from "../time.ts";

interface Failures {
  count: number;
  /** Epoch milliseconds. */
  last: number;
}

interface Rule {
  key(account: string, network: string): string;
  /** Failures that cost nothing. */
  free: number;
  longestMs: number;
}

/** An attempt; it counts as a failure until one of these is called. */
export interface Attempt {
  /** Takes the attempt out of the count. */
  forgive(): void;
  /** The login succeeded. Failures elsewhere, and of other accounts from this address, still count. */
  succeeded(): void;
}

const pair: Rule = { key: (account, network) => `pair\n${account}\n${network}`, free: 5, longestMs: 900_000 };
const ofAccount: Rule = { key: (account) => `account\n${account}`, free: 20, longestMs: 60_000 };
const rules: readonly Rule[] = [
  pair,
  { key: (_, network) => `address\n${network}`, free: 20, longestMs: 900_000 },
  ofAccount,
];
const firstDelayMs = 1_000;
/** Failures are forgotten after this time without another. */
const memoryMs = hourMs;
/** A known address is forgotten after this time. */
const knownMs = 30 * dayMs;
const mostKept = 20_000;

export class LoginThrottle {
  readonly #failures = new Map<string, Failures>();
  /** When an account last logged in from a network. */
  readonly #known = new Map<string, number>();

  /** Milliseconds until the next attempt is allowed; 0 = now. */
  waitMs(account: string, address: string, now: number): number {
    const network = networkOf(address);
    const seen = this.#known.get(pair.key(account, network));
    const counting = seen !== undefined && Math.abs(now - seen) <= knownMs ? [pair] : rules;
    const waits = counting.map((rule) => {
      const failures = this.#failuresOf(rule.key(account, network), now);
      if (failures === null || failures.count < rule.free) return 0;
      return Math.max(0, failures.last + delayOf(rule, failures) - now);
    });
    return Math.max(...waits);
  }

  /** Until when attempts on each account are put off at the moment, from wherever it is longest: epoch milliseconds. */
  lockedUntil(now: number): Map<string, number> {
    const locked = new Map<string, number>();
    for (const name of this.#failures.keys()) {
      const [kind, account = ""] = name.split("\n");
      const rule = kind === "pair" ? pair : kind === "account" ? ofAccount : null;
      const failures = rule === null ? null : this.#failuresOf(name, now);
      if (rule === null || failures === null || failures.count < rule.free) continue;
      const until = failures.last + delayOf(rule, failures);
      if (until > now) locked.set(account, Math.max(until, locked.get(account) ?? 0));
    }
    return locked;
  }

  /** Counts the attempt as a failure at once, so that simultaneous attempts cannot avoid the delay. */
  begin(account: string, address: string, now: number): Attempt {
    const network = networkOf(address);
    const undo = rules.map(({ key }) => this.#count(key(account, network), now));
    const forgive = () => {
      for (const one of undo) one();
    };
    return {
      forgive,
      succeeded: () => {
        forgive();
        this.#failures.delete(pair.key(account, network));
        this.known(account, address, now);
      },
    };
  }

  /** Records a successful login from this address at `at` (epoch ms). */
  known(account: string, address: string, at: number): void {
    const name = pair.key(account, networkOf(address));
    this.#known.delete(name);
    this.#known.set(name, at);
    shorten(this.#known);
  }

  #count(name: string, now: number): () => void {
    const before = this.#failuresOf(name, now);
    this.#failures.delete(name);
    this.#failures.set(name, { count: (before?.count ?? 0) + 1, last: now });
    shorten(this.#failures);
    return () => {
      const present = this.#failures.get(name);
      if (present === undefined) return;
      if (present.count <= 1) this.#failures.delete(name);
      else {
        // A later failure keeps its own time.
        const last = present.last === now ? (before?.last ?? now) : present.last;
        this.#failures.set(name, { count: present.count - 1, last });
      }
    };
  }

  #failuresOf(name: string, now: number): Failures | null {
    const failures = this.#failures.get(name) ?? null;
    return failures === null || now - failures.last > memoryMs || now < failures.last - memoryMs ? null : failures;
  }
}

function delayOf({ free, longestMs }: Rule, { count }: Failures): number {
  return Math.min(longestMs, firstDelayMs * 2 ** (count - free));
}

/** Oldest first. */
function shorten(entries: Map<string, unknown>): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= mostKept) return;
    entries.delete(oldest);
  }
}

/** The network of one customer: an IPv4 address, or the /64 of an IPv6 address (RFC 6177), because the customer chooses the rest freely. */
export function networkOf(address: string): string {
  const [text = ""] = address.toLowerCase().split("%");
  if (!text.includes(":")) return text;
  const mapped = /^(?:0*:)*:?(?:0*:)*ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [front, back] = [groups(head), groups(tail ?? "")];
  // A dotted suffix replaces two groups.
  const length = front.length + back.length + (text.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - length);
  const all = [...front, ...Array.from({ length: zeros }, () => "0"), ...back];
  const network = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
