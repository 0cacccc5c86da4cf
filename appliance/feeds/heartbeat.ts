/** The heartbeat of one destination: STATUS messages, by which quiet can be told from dead. */
import { EdgeError } from "../../core/errors.ts";
import type { FeedName } from "../../core/feeds/feeds.ts";
import { statusMessage } from "../../core/feeds/status-message.ts";
import type { MessageOptions } from "../../core/feeds/syslog-options.ts";
import type { Clock } from "../../core/ports.ts";
import type { Destination } from "../../transports/syslog/destination/destination.ts";

/** Times in epoch milliseconds. */
export interface HeartbeatStatus {
  feed: FeedName;
  name: string;
  /** 0 = none by itself. */
  everyMinutes: number;
  /** When the last one was handed to the receiver since the start of the destination; null = none. */
  lastAt: number | null;
  /** Null = none by itself. */
  nextAt: number | null;
  /** One is waiting for the receiver. */
  waits: boolean;
}

interface HeartbeatParts {
  clock: Clock;
  destination: Destination;
  options: MessageOptions;
  everyMinutes: number;
  /** Of the feed; monotonic milliseconds. */
  startedAt: number;
}

export class Heartbeat {
  readonly #parts: HeartbeatParts;
  /** When the next one is due, beginning with the start; monotonic milliseconds. */
  #dueAt: number;
  #waits = false;
  #lastAt: number | null = null;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#dueAt = parts.clock.monotonic();
  }

  /** Sends one, stamped `now` (epoch ms), if they are configured and one is due. While one waits for the receiver, no other is made. */
  tick(now: number): void {
    const { clock, everyMinutes } = this.#parts;
    const monotonic = clock.monotonic();
    if (everyMinutes === 0 || monotonic < this.#dueAt || this.#waits) return;
    this.#dueAt = monotonic + everyMinutes * 60_000;
    this.#send(now);
  }

  /** Sends one now, whether they are configured or not. @throws EdgeError heartbeat_waits */
  sendNow(now: number): void {
    if (this.#waits)
      throw new EdgeError(
        "heartbeat_waits",
        "a heartbeat waits for the receiver already: it is sent when that is back",
      );
    this.#send(now);
  }

  status(): Omit<HeartbeatStatus, "feed" | "name"> {
    const { clock, everyMinutes } = this.#parts;
    const wait = Math.max(0, this.#dueAt - clock.monotonic());
    return {
      everyMinutes,
      lastAt: this.#lastAt,
      nextAt: everyMinutes === 0 ? null : clock.now() + wait,
      waits: this.#waits,
    };
  }

  #send(now: number): void {
    const { clock, destination, options, startedAt } = this.#parts;
    this.#waits = true;
    const { name, sent, queued } = destination.status();
    const uptimeSeconds = Math.floor((clock.monotonic() - startedAt) / 1000);
    const { bytes } = statusMessage(now, { destination: name, uptimeSeconds, sent, queued }, options);
    destination
      .sendNow(bytes)
      .then(() => {
        this.#lastAt = clock.now();
      })
      .catch(() => {}) // The destination was closed.
      .finally(() => {
        this.#waits = false;
      });
  }
}
