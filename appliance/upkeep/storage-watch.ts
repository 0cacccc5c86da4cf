/** Watches what the database needs: disk space, a writable file, and a clock that can be trusted. */
import { statfs } from "node:fs/promises";
import { type ClockReading, ClockWatch, type Distrust, steadyMs } from "../../core/clock-watch.ts";
import { type DiskSpace, spaceDecision } from "../../core/disk-space.ts";
import { messageOf } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { Clock } from "../../core/ports.ts";
import type { Settings } from "../../core/settings.ts";
import type { Store } from "../../store/open-store.ts";

/** How long health shows a clock jump; retention waits longer. */
const jumpShownMs = 10 * 60_000;
const heartbeatMs = 30_000;

export class StorageWatch {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #settings: () => Settings;
  readonly #writes: boolean;
  #clockWatch: ClockWatch | null = null;
  #clockTrusted = false;
  /** For how much longer the clock is not trusted; null until the stored value has been read. */
  #distrustMs: number | null = null;
  #nextHeartbeat = 0;
  #space: DiskSpace | null = null;

  /** `writes`: false for a node that follows, whose file has the leader's heartbeats. */
  constructor(tools: { store: Store; clock: Clock; faults: Faults; settings: () => Settings; writes?: boolean }) {
    this.#writes = tools.writes ?? true;
    this.#store = tools.store;
    this.#clock = tools.clock;
    this.#faults = tools.faults;
    this.#settings = tools.settings;
  }

  /** Whether retention may trust the clock. */
  get clockTrusted(): boolean {
    return this.#clockTrusted;
  }

  /** As last seen; null = not yet, or it cannot be examined. */
  get space(): DiskSpace | null {
    return this.#space;
  }

  /** Called every few seconds. */
  async tick(): Promise<void> {
    await this.#checkSpace();
    if (!this.#writes) return;
    const reading = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    const wasTrusted = this.#clockTrusted;
    this.#checkClock(reading);
    const jumped = wasTrusted && !this.#clockTrusted;
    // After a failed write, only another write shows whether the disk works again.
    if (reading.monotonic < this.#nextHeartbeat && !jumped && !this.#faults.has("store_write")) return;
    const before = await this.#store.admin.heartbeat(reading.wall, this.#distrustMs);
    this.#nextHeartbeat = reading.monotonic + heartbeatMs;
    if (this.#clockWatch !== null) return;
    this.#clockWatch = new ClockWatch(reading, before?.at ?? null, before?.distrustMs);
    this.#checkClock(reading);
    if (!this.#clockTrusted) await this.#store.admin.heartbeat(reading.wall, this.#distrustMs);
  }

  async #checkSpace(): Promise<void> {
    const { dataDir, minFreeBytes, minFreePercent } = this.#settings();
    try {
      const { bavail, blocks, bsize } = await statfs(dataDir);
      this.#space = { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
      const decision = spaceDecision(this.#space, minFreeBytes, minFreePercent);
      if (decision.open) this.#faults.clear("disk_space");
      else this.#faults.set("disk_space", decision.message);
    } catch (error) {
      this.#space = null;
      this.#faults.set("disk_space", `the data folder ${dataDir} cannot be examined: ${messageOf(error)}`);
    }
  }

  #checkClock(reading: ClockReading): void {
    if (this.#clockWatch === null) return;
    const decision = this.#clockWatch.read(reading);
    this.#clockTrusted = decision.trusted;
    this.#distrustMs = decision.trusted ? 0 : decision.trustedInMs;
    if (decision.trusted || steadyMs - decision.trustedInMs >= jumpShownMs) this.#faults.clear("clock");
    else this.#faults.set("clock", clockMessage(decision.reason, decision.jumpedBy));
  }
}

function clockMessage(reason: Distrust, jumpedBy: number): string {
  const by = `${Math.round(Math.abs(jumpedBy) / 1000)} s`;
  const what = {
    "jumped-forward": `the system clock jumped forward by ${by}`,
    "jumped-back": `the system clock jumped back by ${by}`,
    "long-absence": `by the system clock the appliance was off for ${by}`,
    "not-yet-steady": "the system clock jumped shortly before the last restart",
  }[reason];
  return `${what}: check time synchronisation; nothing is pruned until it has been steady for 24 h`;
}
