/** Store and intake with a clock of their own, and what they make of detections. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { CampaignWatch } from "../../appliance/upkeep/campaign-watch.ts";
import { OutbreakWatch } from "../../appliance/upkeep/outbreak-watch.ts";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { openStore, type Store } from "../../store/open-store.ts";

export interface ListedIncident {
  incident_id: string;
  group_key: string;
  entity_name: string;
  risk_score: number;
  created_at: string;
  campaign_id: string | null;
}

/** Why two incidents are of one campaign, by `campaign_links`. */
export interface ListedLink {
  incident_id: string;
  other_id: string;
  kind: string;
  what: string;
}

const everything = 100_000;
const correlation = {
  actors: { sharedAccounts: ["administrator", "admin", "root", "guest", "defaultaccount"], hostShortNames: false },
  patterns: builtInPatterns,
  floors: builtInFloors,
  assets: [],
  minScore: 40,
};

/** What is written to the log ends the measurement. */
const fail = (text: string, fields?: object) => {
  throw new Error(`${text} ${JSON.stringify(fields)}`);
};
const failing = { debug() {}, info() {}, warn: fail, error: fail };

export class MeasuredAppliance {
  /** Epoch milliseconds of its clock. */
  now: number;
  readonly store: Store;
  readonly #folder: string;
  readonly #intake: Intake;
  readonly #outbreaks: OutbreakWatch;
  readonly #campaigns: CampaignWatch;

  private constructor(folder: string, store: Store, clock: { now(): number; monotonic(): number }, now: number) {
    this.#folder = folder;
    this.store = store;
    this.now = now;
    const stopping = new AbortController().signal;
    this.#outbreaks = new OutbreakWatch({ store, stopping });
    this.#campaigns = new CampaignWatch({ store, stopping, log: failing });
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
  }

  /** What is found behind intake at this moment: outbreaks and campaigns. */
  async followActorsNow(): Promise<void> {
    await this.#outbreaks.tick(this.now);
    await this.#campaigns.tick(this.now);
  }

  /** The same until there is nothing more to find, which takes its clock forward. */
  async followActors(): Promise<void> {
    await this.#outbreaks.tick(this.now);
    for (let due = this.#outbreaks.nextDueAt(this.now); Number.isFinite(due); ) {
      this.now = Math.max(this.now, due);
      await this.#outbreaks.tick(this.now);
      due = this.#outbreaks.nextDueAt(this.now);
    }
    await this.#campaigns.tick(this.now);
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

  /** Read from the file itself: all that joined incidents. */
  async links(): Promise<ListedLink[]> {
    const rows = await this.#rows("select incident_id, other_id, kind, what from campaign_links");
    return rows.map(({ incident_id, other_id, kind, what }) => ({
      incident_id: String(incident_id),
      other_id: String(other_id),
      kind: String(kind),
      what: String(what),
    }));
  }

  /** Outbreaks that made an incident, with its actor. */
  async outbreaks(): Promise<{ rule: string; hosts: string[]; incidentId: string; actor: string }[]> {
    const rows = await this.#rows(
      "select rule_title, hosts, incident_id, group_key from outbreaks join incidents using (incident_id)",
    );
    return rows.map(({ rule_title, hosts, incident_id, group_key }) => ({
      rule: String(rule_title),
      hosts: JSON.parse(String(hosts)) as string[],
      incidentId: String(incident_id),
      actor: String(group_key),
    }));
  }

  async #rows(sql: string) {
    const database = createClient({ url: `file:${join(this.#folder, "rhythmx.db")}` });
    try {
      return (await database.execute(sql)).rows;
    } finally {
      database.close();
    }
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
