/** Watches what the database stands on: room on the disk, a file that takes writes, a clock that tells the truth. */
import { statfs } from "node:fs/promises";
import { ClockWatch } from "../core/clock-watch.ts";
import { spaceDecision } from "../core/disk-space.ts";
import { messageOf } from "../core/errors.ts";
import type { Faults } from "../core/faults.ts";
import type { Clock } from "../core/ports.ts";
import type { Settings } from "../core/settings.ts";
import type { Store } from "../store/open-store.ts";

/** A jump is shown in health for so long; retention waits longer. */
const jumpShownMs = 10 * 60_000;
const heartbeatMs = 30_000;

export class StorageWatch {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #settings: () => Settings;
  #clockWatch: ClockWatch | null = null;
  #clockTrusted = false;
  #jumpUntil = 0;
  #nextHeartbeat = 0;

  constructor(tools: { store: Store; clock: Clock; faults: Faults; settings: () => Settings }) {
    this.#store = tools.store;
    this.#clock = tools.clock;
    this.#faults = tools.faults;
    this.#settings = tools.settings;
  }

  /** Whether retention may believe the clock. */
  get clockTrusted(): boolean {
    return this.#clockTrusted;
  }

  /** Every few seconds. */
  async tick(now: number): Promise<void> {
    await this.#checkSpace();
    // A write that failed is tried again at once when it may work: only a write can tell.
    if (this.#clock.monotonic() >= this.#nextHeartbeat || this.#faults.has("store_write")) {
      const lastAlive = await this.#store.admin.heartbeat(now);
      this.#nextHeartbeat = this.#clock.monotonic() + heartbeatMs;
      this.#clockWatch ??= new ClockWatch({ wall: now, monotonic: this.#clock.monotonic() }, lastAlive);
    }
    this.#checkClock();
  }

  async #checkSpace(): Promise<void> {
    const { dataDir, minFreeBytes, minFreePercent } = this.#settings();
    try {
      const { bavail, blocks, bsize } = await statfs(dataDir);
      const decision = spaceDecision(
        { freeBytes: bavail * bsize, totalBytes: blocks * bsize },
        minFreeBytes,
        minFreePercent,
      );
      if (decision.open) this.#faults.clear("disk_space");
      else this.#faults.set("disk_space", decision.message);
    } catch (error) {
      this.#faults.set("disk_space", `the data folder ${dataDir} cannot be examined: ${messageOf(error)}`);
    }
  }

  #checkClock(): void {
    if (this.#clockWatch === null) return;
    const reading = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    const decision = this.#clockWatch.read(reading);
    if (this.#clockTrusted && !decision.trusted && decision.reason !== "long-absence") {
      const seconds = Math.round(Math.abs(decision.jumpedBy) / 1000);
      const way = decision.reason === "jumped-forward" ? "forward" : "back";
      this.#faults.set(
        "clock",
        `the system clock jumped ${way} by ${seconds} s: check time synchronisation; nothing is pruned for 24 h`,
      );
      this.#jumpUntil = reading.monotonic + jumpShownMs;
    }
    this.#clockTrusted = decision.trusted;
    if (reading.monotonic >= this.#jumpUntil) this.#faults.clear("clock");
  }
}
