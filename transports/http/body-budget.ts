/**
 * Memory limit for all request bodies together, over all ports and routes. It is counted as they arrive, not as they are announced, so that an
 * empty promise takes nothing. Unauthenticated callers have a separate part, of which each network gets a share: they can
 * neither fill the memory nor crowd out authenticated callers, and hardly each other.
 */
import { networkOf } from "../../core/access/login-throttle.ts";

const mebibyte = 1024 * 1024;

export interface BudgetBytes {
  known: number;
  unknown: number;
  /** Share of one network in the unauthenticated part. */
  network: number;
}

/** Twelve of the largest batches from authenticated callers; for others, enough for logins and webhooks. */
const usual: BudgetBytes = { known: 192 * mebibyte, unknown: 16 * mebibyte, network: 8 * mebibyte };

export interface Sender {
  /** IP address, through trusted proxies. */
  address: string;
  /** Whether a credential was accepted before the body is read. */
  known: boolean;
}

export class BodyBudget {
  readonly #bytes: BudgetBytes;
  #known = 0;
  #unknown = 0;
  readonly #networks = new Map<string, number>();

  constructor(bytes: BudgetBytes = usual) {
    this.#bytes = bytes;
  }

  /** Reserves this many more bytes; false if there is no room. */
  take(sender: Sender, bytes: number): boolean {
    if (sender.known) {
      if (this.#known + bytes > this.#bytes.known) return false;
      this.#known += bytes;
      return true;
    }
    const network = networkOf(sender.address);
    const own = (this.#networks.get(network) ?? 0) + bytes;
    if (this.#unknown + bytes > this.#bytes.unknown || own > this.#bytes.network) return false;
    this.#unknown += bytes;
    this.#networks.set(network, own);
    return true;
  }

  give(sender: Sender, bytes: number): void {
    if (sender.known) {
      this.#known -= bytes;
      return;
    }
    const network = networkOf(sender.address);
    const own = (this.#networks.get(network) ?? 0) - bytes;
    this.#unknown -= bytes;
    if (own <= 0) this.#networks.delete(network);
    else this.#networks.set(network, own);
  }
}
