/** Actors kept in the Worker's memory: what it writes is what it would write if it read each actor's row every time. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import type { Detection } from "../../core/detection.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import type { PruneStep } from "../retention/retention.ts";
import type { StoreCall, StoreReply } from "./calls.ts";
import { writing } from "./operations.ts";
import { StoreWorker } from "./store-worker.ts";

const start = Date.UTC(2026, 2, 13, 4, 30);
const author = { who: "jane", source: "api" };
let folder: string;
let sites: Site[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-recent-"));
  sites = [];
});

afterEach(async () => {
  for (const site of sites) await site.call("close");
  rmSync(folder, { recursive: true });
});

/** A Worker on a file of its own. */
class Site {
  readonly path: string;
  readonly #worker: StoreWorker;
  #id = 0;

  private constructor(path: string, worker: StoreWorker) {
    this.path = path;
    this.#worker = worker;
  }

  /** `bytes`: what actors may take in memory. */
  static async opened(name: string, bytes?: number, table = writing): Promise<Site> {
    const site = new Site(join(folder, `${name}.db`), new StoreWorker(table, bytes));
    sites.push(site);
    await site.call("open", site.path, start, "serve");
    const settings = {
      actors: { sharedAccounts: [], hostShortNames: false },
      patterns: builtInPatterns,
      floors: builtInFloors,
      minScore: 40,
    };
    await site.call("incidents.configureCorrelation", settings);
    return site;
  }

  /** The replies of calls that wait together. */
  async together(...calls: [method: StoreCall["method"], ...args: unknown[]][]): Promise<StoreReply[]> {
    const waiting = calls.map(([method, ...args]) => ({ id: ++this.#id, method, args }));
    const replies: StoreReply[] = [];
    while (waiting.length > 0) replies.push(...(await this.#worker.work(waiting)));
    return replies.filter((reply) => "id" in reply);
  }

  async call(method: StoreCall["method"], ...args: unknown[]): Promise<unknown> {
    const [reply] = await this.together([method, ...args]);
    if (reply === undefined || !("value" in reply)) throw new Error(`${method}: ${JSON.stringify(reply)}`);
    return reply.value;
  }

  rows(sql: string): Record<string, unknown>[] {
    const database = new DatabaseFile(this.path, { readonly: true });
    try {
      return database.query(sql).all() as Record<string, unknown>[];
    } finally {
      database.close();
    }
  }

  /** All that is known of actors, with ids, which are drawn, by the order in which they were given. */
  actors(): string {
    const names = new Map<string, string>();
    const named = (text: string) =>
      text.replace(/\b(?:INC|CASE)-[0-9a-f]{8}\b/g, (id) => {
        names.set(id, names.get(id) ?? `#${names.size}`);
        return names.get(id) ?? "";
      });
    const tables = [
      "actor_periods",
      "actor_repeats",
      "incidents",
      "threat_cases",
      "incident_history",
      "sigma_alerts",
      "event_log",
    ];
    return tables
      .flatMap((table) =>
        this.rows(`select * from ${table} order by ${table === "actor_repeats" ? "period_id, item" : "rowid"}`),
      )
      .map((row) => inOrder(named(JSON.stringify(row))))
      .join("\n");
  }
}

/** Cases that are equally serious stand by their ids, which are drawn. */
function inOrder(row: string): string {
  return row.replace(
    /(related_cases\\":\[)(.*?)\]/,
    (_, start: string, cases: string) => start + cases.split("},").sort(),
  );
}

const tactics = ["execution", "credential-access", "lateral-movement", "persistence"];

function detection(of: { user: string; host: string; rule: number; timestamp: number }): Detection {
  const { user, host, rule, timestamp } = of;
  return {
    ...{ id: null, ruleId: `r${rule}`, ruleTitle: `Rule ${rule}`, ruleAuthor: null },
    ...{ tags: [`attack.${tactics[rule % 4]}`, `attack.t100${rule % 4}`], level: rule % 2 ? "high" : "medium" },
    ...{ risk: rule % 2 ? 70 : 50, mlCluster: -1, timestamp, entity: "Primary Site", user, host, srcIp: null },
    ...{ dstHost: null, eventId: null, channel: null, provider: null, recordId: null, body: "{}" },
    hash: `${user} ${rule}`,
  };
}

function detections(now: number, actors: readonly number[], rule: number, more: string | null = null) {
  const list = actors.map((actor) =>
    detection({ user: `u${actor}`, host: `ws-${rule % 3}`, rule, timestamp: now - (rule % 5) * hourMs }),
  );
  return { detections: list, now, counted: [], step: null, more };
}

/** Numbers that look drawn, the same ones each time. */
function drawn(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor(state / 65_536) % below;
  };
}

async function pruneWhole(site: Site, now: number): Promise<void> {
  let step: PruneStep | null = null;
  do {
    ({ next: step } = (await site.call("admin.prune", now, 30, step)) as { next: PruneStep | null });
  } while (step !== null);
}

/** Everything that touches actors, in an order that `seed` decides; ids are looked up, because each site draws its own. */
async function live(site: Site, seed: number): Promise<void> {
  const draw = drawn(seed);
  const first = (sql: string) => Object.values(site.rows(sql)[0] ?? {})[0];
  let now = start;
  const incident = async (from: string, request: object) => {
    const id = first(`select incident_id from incidents where ${from} order by created_seq desc limit 1`);
    // A newer incident of the actor may be open: then it is refused on either site.
    if (id !== undefined) await site.together(["incidents.changeIncident", id, request, author, now]);
  };
  for (let n = 0; n < 100; n++) {
    now += draw(10) === 0 ? dayMs : 90_000;
    const what = draw(14);
    const actors = Array.from({ length: 1 + draw(4) }, () => draw(5));
    if (what < 7) await site.call("intake.writeDetections", detections(now, actors, draw(9)));
    else if (what === 7)
      await site.together(
        ["intake.writeDetections", detections(now, actors, draw(9))],
        ["intake.writeDetections", detections(now, actors, draw(9))],
      );
    else if (what === 8) {
      await site.call("intake.writeDetections", detections(now, actors, draw(9), "batch"));
      if (draw(2) === 0) await site.call("intake.assessBatch", "batch", now);
      else await site.call("incidents.assessLeft", now, true);
    } else if (what === 9) await incident("status <> 'CLOSED'", { status: "CLOSED" });
    else if (what === 10) await incident("status = 'CLOSED'", { status: "OPEN" });
    else if (what === 11) {
      const id = first("select case_id from threat_cases where status <> 'CLOSED' order by id limit 1");
      if (id !== undefined) await site.call("incidents.changeCase", id, { status: "CLOSED" }, author, now);
    } else if (what === 12) await site.call("incidents.decayScores", now);
    else {
      const request = { entity: "Primary Site", actor: `u${draw(5)}`, reason: "r" };
      await site.together(["incidents.promoteActor", request, author, now]);
      if (draw(3) === 0) {
        now += 40 * dayMs;
        await pruneWhole(site, now);
      }
    }
  }
}

for (const seed of [1, 2])
  test(`whatever happens to actors in between, memory changes nothing of what is written (${seed})`, async () => {
    const [remembering, cramped, forgetful] = [
      await Site.opened("remembering"),
      await Site.opened("cramped", 4_000),
      await Site.opened("forgetful", 0),
    ];
    for (const site of sites) await live(site, seed);
    expect(forgetful.rows("select count(*) as n from incidents")[0]?.n).toBeGreaterThan(0);
    expect(remembering.actors()).toBe(forgetful.actors());
    expect(cramped.actors()).toBe(forgetful.actors());
  });

/** Detections of the only actor: those in its state, and the repeats that are stored apart. */
function counted(site: Site): unknown {
  const apart = "(select coalesce(sum(count), 0) from actor_repeats)";
  return site.rows(`select json_extract(state, '$[7][0]') + ${apart} as n from actor_periods`)[0]?.n;
}

/** The writing table with intake that fails once its statements are gathered, through no fault of the disk. */
function failingWhen(fails: () => boolean): typeof writing {
  const { run } = writing.intake.writeDetections;
  const failing: typeof run = (open, write) => {
    if (!fails()) return run(open, write);
    const database = new Proxy(open.database, {
      get(target, name) {
        if (name === "write") return () => Promise.reject(new Error("it fails"));
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return run({ ...open, database }, write);
  };
  return {
    ...writing,
    intake: { ...writing.intake, writeDetections: { ...writing.intake.writeDetections, run: failing } },
  };
}

test("a commit that fails leaves no trace in memory, alone or with others that shared it", async () => {
  let fails = false;
  const site = await Site.opened(
    "failing",
    undefined,
    failingWhen(() => fails),
  );
  const write = (now: number): [StoreCall["method"], unknown] => ["intake.writeDetections", detections(now, [1], 0)];
  await site.call(...write(start));
  fails = true;
  expect(await site.together(write(start))).toMatchObject([{ error: { code: "store_failed" } }]);
  fails = false;
  await site.call(...write(start));
  expect(counted(site)).toBe(2);
  // The second of three fails: nothing of their commit is in the file, and each is done alone.
  let n = 0;
  const turns = [false, true, false, true, false];
  const sharing = await Site.opened(
    "sharing",
    undefined,
    failingWhen(() => turns[n++] ?? false),
  );
  const replies = await sharing.together(write(start), write(start), write(start));
  expect(replies.map((reply) => "error" in reply)).toEqual([false, true, false]);
  expect(n).toBe(turns.length);
  expect(counted(sharing)).toBe(2);
});

test("a commit that fails counts no actor for a rule, alone or with others that shared it", async () => {
  let fails = false;
  const failing = await Site.opened(
    "rules failing",
    undefined,
    failingWhen(() => fails),
  );
  const sound = await Site.opened("rules");
  const write = (actor: number): [StoreCall["method"], unknown] => [
    "intake.writeDetections",
    detections(start, [actor], 0),
  ];
  const noted = (site: Site) => site.rows("select entity, rule, block, counts from rule_actors order by 1, 2, 3");
  await failing.call(...write(1));
  fails = true;
  await failing.together(write(2));
  await failing.together(write(2), write(3));
  fails = false;
  await failing.together(write(2), write(3));
  for (const actor of [1, 2, 3]) await sound.call(...write(actor));
  expect(noted(failing)).toEqual(noted(sound));
  expect(JSON.parse(String(noted(sound)[0]?.counts))).toContain(3);
});

test("a repeat writes counts apart from the actor's state; who reads the actor has them, and within an hour the state does", async () => {
  const site = await Site.opened("apart");
  const quiet = (now: number) => site.call("intake.writeDetections", detections(now, [1], 0));
  const stored = () => site.rows("select state, updated_at from actor_periods")[0];
  const minutes = (n: number) => start + n * 60_000;
  // The first of an hour is news; by the third the pattern search has nothing more to find in such detections.
  for (const minute of [0, 1, 2]) await quiet(minutes(minute));
  const before = stored();
  for (const minute of [3, 4, 5]) await quiet(minutes(minute));
  expect(stored()).toEqual(before);
  expect(site.rows("select sum(count) as n, max(last) as last from actor_repeats")).toEqual([
    { n: expect.any(Number), last: minutes(5) },
  ]);
  const id = await site.call(
    "incidents.promoteActor",
    { entity: "Primary Site", actor: "u1", reason: "asked" },
    author,
    minutes(6),
  );
  expect(id).toMatch(/^INC-/);
  // Whoever changed the state has stored them in it.
  expect(counted(site)).toBe(6);
  expect(site.rows("select * from actor_repeats")).toEqual([]);
  expect(site.rows("select sigma_alert_count as n from incidents")).toEqual([{ n: 6 }]);
});

test("an actor that only repeats is not taken for idle: its state is stored once an hour", async () => {
  const site = await Site.opened("hourly");
  const at = (minute: number) => ({ ...detections(start, [1], 0), now: start + minute * 60_000 });
  for (let minute = 0; minute <= 130; minute += 10) await site.call("intake.writeDetections", at(minute));
  const stored = site.rows("select updated_at as at from actor_periods")[0]?.at;
  expect(Date.parse(String(stored))).toBeGreaterThanOrEqual(start + 70 * 60_000);
});
