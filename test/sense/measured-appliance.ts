/** Store and intake with a clock of their own, and what they make of detections. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { minuteMs } from "../../core/time.ts";
import { openStore, type Store } from "../../store/open-store.ts";

export interface ListedIncident {
  incident_id: string;
  group_key: string;
  entity_name: string;
  risk_score: number;
  created_at: string;
}

const everything = 100_000;
const correlation = {
  actors: { sharedAccounts: ["administrator", "admin", "root", "guest", "defaultaccount"], hostShortNames: false },
  patterns: builtInPatterns,
  floors: builtInFloors,
  assets: [],
  minScore: 40,
};

export class MeasuredAppliance {
  /** Epoch milliseconds of its clock. */
  now: number;
  readonly store: Store;
  readonly #folder: string;
  readonly #intake: Intake;

  private constructor(folder: string, store: Store, clock: { now(): number; monotonic(): number }, now: number) {
    this.#folder = folder;
    this.store = store;
    this.now = now;
    this.#intake = new Intake({ store, clock, defaultEntity: () => "Acme" });
  }

  static async started(now: number): Promise<MeasuredAppliance> {
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-sense-"));
    const clock = { now: () => opened?.now ?? now, monotonic: () => performance.now() };
    let opened: MeasuredAppliance | null = null;
    const store = await openStore({ path: join(folder, "rhythmx.db"), clock });
    await store.incidents.configureCorrelation(correlation);
    opened = new MeasuredAppliance(folder, store, clock, now);
    return opened;
  }

  async ingest(records: readonly object[]): Promise<void> {
    const body = new TextEncoder().encode(records.map((record) => JSON.stringify(record)).join("\n"));
    const common = {
      kind: "detections",
      format: "rhythmx",
      owner: "sense",
      entities: null,
      idempotency: null,
    } as const;
    const answer = JSON.parse((await this.#intake.ingest({ ...common, body })).json) as { rejected: number };
    if (answer.rejected > 0) throw new Error(`${answer.rejected} records were refused`);
    await this.#followOutbreaks();
  }

  /** What the loop does in the minute after a batch. */
  async #followOutbreaks(): Promise<void> {
    for (let at = this.now; at <= this.now + minuteMs; ) {
      const { more, nextAt } = await this.store.campaigns.followOutbreaks(at);
      if (more) continue;
      if (nextAt === null) return;
      at = Math.max(at + 1, nextAt);
    }
  }

  /** The actors of incidents that tell of an outbreak, with its rule. */
  async outbreaks(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const kinds = ["incident_created", "incident_updated"] as const;
    for (let after = 0; ; ) {
      const events = await this.store.events.read(after, 1_000, kinds);
      for (const { data } of events) {
        const { group_key, outbreak } = JSON.parse(data) as { group_key: string; outbreak?: { rule: string } };
        if (outbreak !== undefined) found.set(group_key, outbreak.rule);
      }
      const last = events.at(-1);
      if (last === undefined) return found;
      after = last.seq;
    }
  }

  /** The highest risk first. */
  async incidents(): Promise<ListedIncident[]> {
    const order = { kind: "sorted", by: "risk_score", direction: "down" } as const;
    return await this.#list<ListedIncident>("incidents", order);
  }

  async cases(): Promise<{ case_id: string; entity_name: string; case_type: string }[]> {
    const walk = {
      kind: "walk",
      by: "created",
      direction: "up",
      position: null,
      givenUpTo: null,
      since: null,
    } as const;
    return await this.#list("cases", { ...walk, positionIsBound: false, boundIsFiner: false });
  }

  async #list<T>(collection: "incidents" | "cases", order: PageOrder): Promise<T[]> {
    const query = { collection, entities: null, filters: {}, order, limit: everything, offset: 0, now: 0 };
    return JSON.parse((await this.store.reading.listPage(query)).json) as T[];
  }

  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.#folder, { recursive: true });
  }
}

type PageOrder = Parameters<Store["reading"]["listPage"]>[0]["order"];
