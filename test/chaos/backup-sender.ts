/** Sends detections, each about a user of its own, and knows what was accepted and what is in doubt. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { detection } from "../harness/appliance.ts";
import type { ApplianceProcess } from "../harness/process.ts";
import type { Dice } from "./dice.ts";

export class BackupSender {
  /** Users of accepted detections, in the life of the database that counts. */
  accepted = new Set<string>();
  /** Users of detections that were sent and not answered. */
  readonly doubtful = new Set<string>();
  /** How many detections were made. */
  made = 0;
  readonly #site: ApplianceProcess;
  readonly #dice: Dice;
  readonly #key: string;
  readonly #onRefused: (violation: string) => void;
  #sending = false;
  #running: Promise<void> = Promise.resolve();

  /** `onRefused`: called for a batch that has to be taken and is not. */
  constructor(site: ApplianceProcess, key: string, dice: Dice, onRefused: (violation: string) => void) {
    this.#site = site;
    this.#key = key;
    this.#dice = dice;
    this.#onRefused = onRefused;
  }

  /** Sends one after the other until `stop`. */
  start(): void {
    if (this.#sending) return;
    this.#sending = true;
    this.#running = (async () => {
      while (this.#sending) {
        const level = this.#dice.chance(0.1) ? "critical" : "low";
        await this.send([this.detection(level, 500)], false);
        await sleep(10);
      }
    })();
  }

  async stop(): Promise<void> {
    this.#sending = false;
    await this.#running;
  }

  /** `bytes`: of its log. */
  detection(level: string, bytes = 0): Record<string, unknown> {
    const raw = { EventID: 4624, Blob: randomBytes(bytes / 2).toString("hex") };
    const n = this.made++;
    return detection({ user: `user-${n}`, host: `host-${n}`, level, tags: ["attack.execution"], raw });
  }

  /** `wanted`: it has to be taken, else it is left in doubt. */
  async send(records: readonly Record<string, unknown>[], wanted = true): Promise<void> {
    const users = records.map(({ user }) => String(user));
    for (const user of users) this.doubtful.add(user);
    try {
      const { ok, status } = await fetch(`${this.#site.apiUrl}/api/v1/ingest/detections`, {
        method: "POST",
        headers: { "X-API-Key": this.#key, "Content-Type": "application/x-ndjson" },
        body: records.map((record) => JSON.stringify(record)).join("\n"),
      });
      if (ok)
        for (const user of users) {
          this.accepted.add(user);
          this.doubtful.delete(user);
        }
      else if (wanted) this.#onRefused(`a batch is answered ${status}`);
    } catch (error) {
      if (wanted) this.#onRefused(`a batch is not answered: ${String(error)}`);
    }
  }
}
