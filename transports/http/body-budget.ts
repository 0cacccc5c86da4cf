/**
 * What bodies may take in memory together, over all ports and routes. It is counted as they arrive, not as they are announced, so that an
 * empty promise takes nothing. Callers that are not known yet have a part of their own, and each network of them a share of that: they can
 * neither fill the memory nor keep those out who are known, and hardly each other.
 */
import { networkOf } from "../../core/access/login-throttle.ts";

const mebibyte = 1024 * 1024;

export interface BudgetBytes {
  known: number;
  unknown: number;
  /** Of the unknown part, for one network. */
  network: number;
}

/** Twelve of the largest batches from known callers; from strangers what logins and webhooks need. */
const usual: BudgetBytes = { known: 192 * mebibyte, unknown: 16 * mebibyte, network: 8 * mebibyte };

export interface Sender {
  /** IP address, through trusted proxies. */
  address: string;
  /** Whether a credential was found good before the body is read. */
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

  /** Takes room for so many more bytes; false when there is none. */
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
