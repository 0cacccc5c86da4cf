/** Detections that are sent to whichever machine takes them, each batch under its key until it is answered 200; now and then one that becomes an incident. */
import { detection } from "../../harness/appliance.ts";
import type { Site } from "./site.ts";
import { pause } from "./site.ts";

const batchRecords = 5;
const betweenMs = 200;

export class Load {
  readonly #site: Site;
  /** Hosts of detections that were answered 200. */
  readonly accepted = new Set<string>();
  /** Batches by the status of their last answer; 0 = none. */
  readonly answers: Record<string, number> = {};
  /** Incidents that were sent so far, and at most. */
  incidents = 0;
  readonly #mostIncidents: number;
  /** When the newest batch that was taken in was sent, and answered. */
  lastGood = performance.now();
  answeredAt = performance.now();
  #next = 0;
  #target = 0;
  #going = true;
  readonly #running: Promise<void>;

  constructor(site: Site, mostIncidents: number) {
    this.#site = site;
    this.#mostIncidents = mostIncidents;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#running;
  }

  /** Waits until a batch that was sent after now is taken in. @throws Error after four minutes */
  async taken(): Promise<void> {
    const at = performance.now();
    while (this.lastGood <= at) {
      if (performance.now() > at + 240_000) throw new Error("after four minutes nothing is taken in");
      await pause(20);
    }
  }

  /** What a machine answers to a batch that it has not seen. */
  post(machine: number, body: string, key: string): Promise<number> {
    const url = `${this.#site.machines[machine]?.node.apiUrl}/api/v1/ingest/detections`;
    const headers = { "X-API-Key": this.#site.key, "Content-Type": "application/x-ndjson", "Idempotency-Key": key };
    // A sender that has other addresses does not wait long for one.
    return this.#site.status(url, { method: "POST", body, headers, signal: AbortSignal.timeout(1_000) });
  }

  async #run(): Promise<void> {
    for (let batch = 0; this.#going; batch++) {
      const hosts = Array.from({ length: batchRecords }, () => `ws-${this.#next++}`);
      const records: object[] = hosts.map((host) => detection({ id: host, host, user: null }));
      if (batch % 8 === 0 && this.incidents < this.#mostIncidents)
        records.push(
          detection({
            id: `i${batch}`,
            host: hosts[0],
            user: `user-${this.incidents++}`,
            level: "critical",
            tags: ["attack.execution"],
          }),
        );
      const body = records.map((one) => JSON.stringify(one)).join("\n");
      for (;;) {
        const sentAt = performance.now();
        const status = await this.post(this.#target, body, hosts[0] ?? "");
        this.answers[status] = (this.answers[status] ?? 0) + 1;
        if (status === 200) {
          for (const host of hosts) this.accepted.add(host);
          this.lastGood = sentAt;
          this.answeredAt = performance.now();
          break;
        }
        this.#target = (this.#target + 1) % this.#site.machines.length;
        await pause(50);
      }
      await pause(betweenMs);
    }
  }
}
