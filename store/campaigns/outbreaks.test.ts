import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListedAsset } from "../../core/assets/asset.ts";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { dayMs, minuteMs } from "../../core/time.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { exceptionOf } from "../../test/harness/exception-of.ts";
import { pruneAll } from "../../test/harness/prune-all.ts";
import { openStore, type Store } from "../open-store.ts";

let folder: string;
let store: Store;
let now = 0;
const start = Date.UTC(2026, 2, 13, 12, 0);
const analyst = { who: "analyst1", source: "api" };
const clock = { now: () => now, monotonic: () => now };

async function open(assets: ListedAsset[] = []): Promise<Store> {
  const opened = await openStore({ path: join(folder, "rhythmx.db"), clock });
  await opened.incidents.configureCorrelation({
    actors: { sharedAccounts: ["administrator"], hostShortNames: false },
    patterns: builtInPatterns,
    floors: builtInFloors,
    minScore: 40,
    assets,
  });
  return opened;
}

beforeEach(async () => {
  now = start;
  folder = mkdtempSync(join(tmpdir(), "rhythmx-outbreaks-"));
  store = await open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

type Fields = Record<string, unknown>;

/** One high rule as SYSTEM, on a host per second; the first is `host-0`. */
function wave(hosts: number, fields: (index: number) => Fields = () => ({}), at = start - 10 * minuteMs): Fields[] {
  return Array.from({ length: hosts }, (_, index) => ({
    rule_title: "Suspicious Service Binary",
    rule_id: "r1",
    level: "high",
    user: "NT AUTHORITY\\SYSTEM",
    timestamp: new Date(at + index * 1_000).toISOString(),
    host: `host-${index}`,
    raw: { n: index },
    tags: ["attack.execution"],
    ...fields(index),
  }));
}

async function ingest(list: Fields[], size = list.length): Promise<void> {
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  for (let from = 0; from < list.length; from += size) {
    const body = new TextEncoder().encode(
      list
        .slice(from, from + size)
        .map((one) => JSON.stringify(one))
        .join("\n"),
    );
    const request = {
      kind: "detections",
      body,
      format: "rhythmx",
      owner: "o",
      entities: null,
      idempotency: null,
    } as const;
    expect(JSON.parse((await intake.ingest(request)).json).rejected).toEqual([]);
  }
}

/** What the loop does until nothing is due, with the clock going on as it waits. */
async function settle(longest = 40_000): Promise<void> {
  const end = now + longest;
  for (;;) {
    const { more, nextAt } = await store.campaigns.followOutbreaks(now);
    if (more) continue;
    if (nextAt === null || nextAt > end) break;
    now = Math.max(now + 1, nextAt);
  }
  now = Math.max(now, end);
}

// biome-ignore lint/suspicious/noExplicitAny: tests read bodies freely
async function bodies(kind: "incident_created" | "incident_updated"): Promise<any[]> {
  const list = await store.events.read(0, 5_000, [kind]);
  return list.map(({ data }) => JSON.parse(data));
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const mixed = [...list];
  let state = seed;
  for (let at = mixed.length - 1; at > 0; at--) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = state % (at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

describe("the same high rule as SYSTEM is one critical incident of the earliest host", () => {
  for (const hosts of [5, 50, 500])
    for (const [order, size] of [
      ["in order", 1_000],
      ["shuffled", 1_000],
      ["in order", hosts === 50 ? 1 : 7],
      ["shuffled", hosts === 50 ? 1 : 7],
    ] as const)
      test(`${hosts} hosts, ${order}, in batches of ${size}`, async () => {
        const list = wave(hosts);
        await ingest(order === "shuffled" ? shuffled(list, hosts) : list, size);
        await settle();
        const created = await bodies("incident_created");
        expect(created).toHaveLength(1);
        expect(created[0]).toMatchObject({
          group_key: "host-0",
          actor_type: "host",
          risk: { score: 90, level: "critical" },
        });
        expect(created[0].outbreak.rule).toBe("Suspicious Service Binary");
        expect(created[0].outbreak.hosts).toEqual(list.map(({ host }) => host));
        expect(await bodies("incident_updated")).toEqual([]);
        const detail = await store.reading.readIncident(created[0].incident_id, now);
        expect(detail?.history.map(({ action }) => action)).toEqual(["CREATED", "OUTBREAK"]);
      });
});

const system = "Suspicious Service Binary";

/** The file as it is. */
function rows<T>(sql: string): T[] {
  const sqlite = new DatabaseFile(join(folder, "rhythmx.db"), { readonly: true });
  try {
    return sqlite.query(sql).all() as T[];
  } finally {
    sqlite.close();
  }
}

async function close(incidentId: string, status: "CLOSED" | "FALSE_POSITIVE" = "CLOSED"): Promise<void> {
  await store.incidents.changeIncident(incidentId, { status }, analyst, now);
}

describe("whose incident it is", () => {
  test("of the one user that all hosts share", async () => {
    const seen = wave(6, (index) => ({ user: `CORP\\${index === 3 ? "JDoe" : "jdoe"}` }));
    await ingest([...seen, ...wave(3, () => ({ user: "other" }))]);
    await settle();
    const created = await bodies("incident_created");
    expect(created).toHaveLength(1);
    expect(created[0]).toMatchObject({ group_key: "jdoe", actor_type: "user", risk: { score: 90 } });
    expect(created[0].outbreak.hosts).toEqual(["host-0", "host-1", "host-2", "host-3", "host-4", "host-5"]);
  });

  test("of the earliest host's account, where each host has another", async () => {
    await ingest(
      shuffled(
        wave(6, (index) => ({ user: `user-${index}` })),
        3,
      ),
    );
    await settle();
    expect((await bodies("incident_created")).map(({ group_key }) => group_key)).toEqual(["user-0"]);
  });

  test("of an open incident of that actor, which becomes critical and says so once", async () => {
    const own = wave(1, () => ({ rule_id: "o1", rule_title: "DCSync by a user", tags: ["attack.t1003.006"] }));
    await ingest(own);
    const [before] = await bodies("incident_created");
    await ingest(wave(7));
    await settle();
    expect(await bodies("incident_created")).toHaveLength(1);
    const updated = (await bodies("incident_updated")).filter(({ outbreak }) => outbreak !== undefined);
    expect(updated).toHaveLength(1);
    expect(updated[0]).toMatchObject({ incident_id: before.incident_id, risk: { level: "critical" } });
    expect(updated[0].changes).toContainEqual({ field: "outbreak", old: null, new: 7 });
  });

  test("crown jewels have incidents of their own: the earliest host's carries the outbreak", async () => {
    const jewel = () => ({ rule_title: "Mimikatz", level: "critical", tags: ["attack.t1003.001"] });
    await ingest(shuffled(wave(6, jewel), 5));
    await settle();
    expect(await bodies("incident_created")).toHaveLength(6);
    const updated = await bodies("incident_updated");
    expect(updated.map(({ group_key, outbreak }) => [group_key, outbreak.hosts.length])).toEqual([["host-0", 6]]);
  });
});

describe("no outbreak", () => {
  const none = async () => {
    await settle();
    expect(await bodies("incident_created")).toEqual([]);
    expect(await bodies("incident_updated")).toEqual([]);
  };

  test("four hosts, however often", async () => {
    await ingest([...wave(4), ...wave(4, () => ({ user: "LOCAL SERVICE" }), start - 8 * minuteMs)]);
    await none();
  });

  test("five hosts within an hour, and three of each of two entities within a minute", async () => {
    const at = (index: number) => new Date(start - 60 * minuteMs + index * 12 * minuteMs).toISOString();
    await ingest(wave(5, (index) => ({ timestamp: at(index) })));
    await ingest(wave(6, (index) => ({ rule_id: "r2", entity: index % 2 === 0 ? "North" : "South" })));
    await none();
  });

  test("a rule of level medium, and one that was common before the day", async () => {
    await ingest(wave(50, () => ({ level: "medium" })));
    await ingest(wave(5, (index) => ({ rule_id: "r2", host: `other-${index}` }), start - 2 * dayMs).map(slow));
    await settle();
    await ingest(wave(50, () => ({ rule_id: "r2" })));
    await none();
  });

  test("on a new appliance, a rule that was on five other hosts in the day before", async () => {
    await ingest(wave(5, (index) => ({ host: `other-${index}` }), start - 10 * 60 * minuteMs).map(slow));
    await settle();
    await ingest(wave(50));
    await none();
  });

  test("what an exception covers, before and after it is waited for", async () => {
    await store.incidents.insertException(exceptionOf({ rule: "r1", createdAt: now }));
    await ingest(wave(10));
    await ingest(wave(10, () => ({ rule_id: "r2" })));
    await store.campaigns.followOutbreaks(now);
    await store.incidents.insertException(exceptionOf({ id: "x2", rule: "r2", createdAt: now }));
    while (await store.incidents.applyExceptions(now));
    await none();
  });

  test("a new tool that accounts bring to 300 hosts which bring tools, by role", async () => {
    await store.close();
    const account = { criticality: null, aliases: [], entity: null, from: "file" } as const;
    store = await open([
      { kind: "account", name: "svc-deploy", role: "deployment", ...account },
      { kind: "account", name: "svc-sql", role: "service", ...account },
      { kind: "host", name: "scan-1", role: "scanner", ...account },
    ]);
    await ingest(wave(300, (index) => ({ user: index === 5 ? "other" : "svc-deploy" })));
    await ingest(wave(50, () => ({ rule_id: "r2", user: "svc-sql" })));
    await ingest(wave(50, () => ({ rule_id: "r3", src_ip: "scan-1" })));
    await none();
  });

  test("… and by what the account did in the fortnight before", async () => {
    const before = wave(40, () => ({ rule_id: "low", level: "low", user: "jdoe" }), start - 3 * dayMs);
    await ingest(before);
    await ingest(wave(300, () => ({ user: "jdoe" })));
    await none();
    // Somebody else, with the same rule on the same day.
    await ingest(wave(6, (index) => ({ host: `victim-${index}`, timestamp: new Date(start + index).toISOString() })));
    await settle();
    const [created] = await bodies("incident_created");
    expect(created.group_key).toBe("victim-0");
    expect(created.outbreak.hosts).toHaveLength(6);
  });
});

/** Twenty minutes apart. */
function slow(record: Fields, index: number): Fields {
  return { ...record, timestamp: new Date(Date.parse(String(record.timestamp)) + index * 20 * minuteMs).toISOString() };
}

describe("an outbreak goes on", () => {
  test("later hosts are told every ten seconds at most, and are in the incident", async () => {
    await ingest(wave(10));
    await settle();
    for (let more = 0; more < 5; more++) {
      await ingest(wave(3, (index) => ({ host: `later-${more}-${index}` }), start - 8 * minuteMs + more * 1_000));
      await store.campaigns.followOutbreaks(now);
      now += 4_000;
    }
    await settle();
    const updated = await bodies("incident_updated");
    expect(updated.map(({ changes }) => changes)).toEqual([
      [{ field: "outbreak", old: 10, new: 13 }],
      [{ field: "outbreak", old: 13, new: 22 }],
      [{ field: "outbreak", old: 22, new: 25 }],
    ]);
    expect(updated.at(-1).outbreak).toMatchObject({ hosts_total: 25 });
    const detail = await store.reading.readIncident(updated[0].incident_id, now);
    expect(detail?.risk.floor).toMatchObject({ points: 90, rule: system });
    expect(detail?.risk.floor?.why).toContain("fired on 25 hosts within 3 minutes");
  });

  test("over midnight, where its own hosts would make it common", async () => {
    const midnight = Date.UTC(2026, 2, 13);
    const list = wave(60, () => ({}), midnight - 30_000);
    for (const part of [list.slice(30), list.slice(0, 30)]) await ingest(part);
    await settle();
    const [created] = await bodies("incident_created");
    expect(created).toMatchObject({ group_key: "host-0", outbreak: { hosts_total: 60 } });
  });

  test("a closed one is over: later hosts of it are nothing, a later wave on the same hosts is a new one", async () => {
    await ingest(wave(10));
    await settle();
    const [first] = await bodies("incident_created");
    await close(first.incident_id, "FALSE_POSITIVE");
    await ingest(wave(4, (index) => ({ host: `late-${index}` }), start - 9 * minuteMs));
    await settle();
    expect(await bodies("incident_created")).toHaveLength(1);
    now += 20 * minuteMs;
    await ingest(wave(10, () => ({}), now - minuteMs));
    await settle();
    const created = await bodies("incident_created");
    expect(created).toHaveLength(2);
    expect(created[1]).toMatchObject({ group_key: "host-0", outbreak: { hosts_total: 10 } });
    expect(created[1].incident_id).not.toBe(first.incident_id);
  });

  test("an exception that takes the rule's evidence takes the outbreak's points; without it they come back", async () => {
    await ingest(wave(10));
    await settle();
    const [{ incident_id: id }] = await bodies("incident_created");
    const score = async () => (await store.reading.readIncident(id, now))?.incident.score;
    expect(await score()).toBe(90);
    await store.incidents.insertException(exceptionOf({ rule: "r1", createdAt: now }));
    while (await store.incidents.applyExceptions(now));
    expect(await score()).toBe(0);
    await store.incidents.deleteException("x1", now);
    while (await store.incidents.applyExceptions(now));
    expect(await score()).toBe(90);
  });

  test("its points fall with time like the rest", async () => {
    await ingest(wave(10));
    await settle();
    const [{ incident_id: id }] = await bodies("incident_created");
    now += 14 * dayMs;
    while (await store.incidents.decayScores(now));
    expect((await store.reading.readIncident(id, now))?.incident.score).toBeLessThan(50);
  });
});

test("killed between any two steps it is the same one incident", async () => {
  const list = shuffled(wave(60), 7);
  for (let from = 0; from < list.length; from += 10) {
    await ingest(list.slice(from, from + 10), 3);
    await store.close();
    store = await open();
    if (from % 20 === 0) await store.campaigns.followOutbreaks(now);
    await store.close();
    store = await open();
    now += 1_000;
  }
  await settle();
  const created = await bodies("incident_created");
  expect(created.map(({ group_key, outbreak }) => [group_key, outbreak.hosts_total])).toEqual([["host-0", 60]]);
});

test("an old log gives what it would have given live", async () => {
  const old = start - 300 * dayMs;
  const waves = [0, 1, 2].flatMap((number) =>
    wave(8 + number, (index) => ({ rule_id: `w${number}`, host: `h${number}-${index}` }), old + number * 60 * minuteMs),
  );
  await ingest(shuffled(waves, 11));
  await settle();
  const imported = (await bodies("incident_created")).map(({ group_key, outbreak }) => [group_key, outbreak.hosts]);
  expect(imported.map(([actor]) => actor).sort()).toEqual(["h0-0", "h1-0", "h2-0"]);
  for (const [, hosts] of imported) expect(hosts.length).toBeGreaterThanOrEqual(8);
});

test("retention forgets what was seen after two days, and outbreaks with their incidents", async () => {
  await ingest(wave(10));
  await ingest(wave(4, () => ({ rule_id: "r2" })));
  await settle();
  const [{ incident_id: id }] = await bodies("incident_created");
  await close(id);
  const left = () =>
    ["outbreak_sightings", "outbreaks"].map((table) => rows<{ n: number }>(`select count(*) as n from ${table}`)[0]?.n);
  await pruneAll(store, now, 90);
  expect(left()).toEqual([14, 1]);
  now += 3 * dayMs;
  await pruneAll(store, now, 90);
  expect(left()).toEqual([0, 1]);
  now += 90 * dayMs;
  await pruneAll(store, now, 90);
  expect(left()).toEqual([0, 0]);
});

test("a database of before looks at nothing that was there", async () => {
  await ingest(wave(10));
  const sqlite = new DatabaseFile(join(folder, "rhythmx.db"));
  sqlite.run("update outbreak_position set alert_id = (select max(id) from sigma_alerts)");
  sqlite.close();
  await settle();
  expect(await bodies("incident_created")).toEqual([]);
});
