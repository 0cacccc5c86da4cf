/** Connection state of every sender: status, counters, backoff, and whether it has been closed. */
import { DeliveryError } from "../../core/errors.ts";
import type { SenderStatus } from "../../core/ports.ts";
import { Backoff } from "./backoff.ts";
import { connectError } from "./connect-errors.ts";
import type { SenderContext } from "./options.ts";

export class LinkState {
  readonly #context: SenderContext;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  #connected = false;
  #errors = 0;
  #lastError: string | null = null;
  readonly #promised = new Set<(error: DeliveryError) => void>();
  /** See `SenderStatus`. */
  written = 0;
  resent = 0;

  constructor(context: SenderContext) {
    this.#context = context;
    const { backoffMinMs, backoffMaxMs } = context.limits;
    this.#backoff = new Backoff(backoffMinMs, backoffMaxMs, context.random);
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborted by `close()`. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  status(): SenderStatus {
    const { written, resent } = this;
    return { connected: this.#connected, written, resent, errors: this.#errors, lastError: this.#lastError };
  }

  /** Ends every wait; what was promised is rejected. */
  close(): void {
    const error = this.closedError();
    this.#connected = false;
    this.#closing.abort(error);
    for (const reject of this.#promised) reject(error);
    this.#promised.clear();
  }

  /** A promise for a caller of `send`: it rejects when the sender is closed before `resolve` was called. */
  promise(start: (resolve: () => void) => void): Promise<void> {
    if (this.closed) return Promise.reject(this.closedError());
    return new Promise((resolve, reject) => {
      this.#promised.add(reject);
      start(() => {
        this.#promised.delete(reject);
        resolve();
      });
    });
  }

  /** What pending and later sends get after `close()`. */
  closedError(): DeliveryError {
    return new DeliveryError("closed", `the sender to ${this.#address()} was closed`, { retryable: true });
  }

  /** Runs `attempt` until it succeeds, waiting longer after each failure; throws only once closed. */
  async persist<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      if (this.closed) throw this.closedError();
      try {
        return await attempt();
      } catch (error) {
        if (this.closed) throw this.closedError();
        this.failed(error);
        await this.pause();
      }
    }
  }

  /** Waits for the next delay of the backoff. */
  pause(): Promise<void> {
    return this.#context.sleep(this.#backoff.next(), this.signal);
  }

  connected(): void {
    if (this.closed || this.#connected) return;
    this.#connected = true;
    this.#context.onStateChange({ connected: true, message: `connected to ${this.#address()}` });
  }

  /** A peer that closed an idle connection in order: no error, the next send reconnects. */
  disconnected(message: string): void {
    if (this.closed || !this.#connected) return;
    this.#connected = false;
    this.#context.onStateChange({ connected: false, message });
  }

  /** A connection that broke or could not be made. A repeated failure is reported once. */
  failed(error: unknown): void {
    if (this.closed) return;
    this.#errors++;
    const { message } = connectError(error, this.#context);
    const news = this.#connected || message !== this.#lastError;
    this.#connected = false;
    this.#lastError = message;
    if (news) this.#context.onStateChange({ connected: false, message });
  }

  /** Something is wrong on a connection that still stands. */
  warn(message: string): void {
    this.#lastError = message;
  }

  /** Connected with nothing to send: the fault is over. The delays are kept, in case the connection soon breaks. */
  recovered(): void {
    this.#lastError = null;
  }

  /** Messages are delivered: the fault is over, and the next failure starts with a short delay. */
  progress(): void {
    this.#lastError = null;
    this.#backoff.reset();
  }

  #address(): string {
    return `${this.#context.host}:${this.#context.port}`;
  }
}
