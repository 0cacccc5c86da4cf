/** What people ask lists for: words, names, owners, tickets, service levels; and one alert with its log. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";

let appliance: TestAppliance;
let api: ApiClient;
let north: ApiClient;

const hostile = '"><script>alert(1)</script> OR facts:lhigh * NEAR("a b") \' ; drop table incidents --';
const digits = '{"Keywords":9232379236109516800,"b":1.50,"a":"x","a":"y","Text":"é\\u0001"}';

beforeAll(async () => {
  appliance = await TestAppliance.start();
  api = await ApiClient.asUser(appliance, "ann", "analyst");
  north = await ApiClient.withKey(appliance, ["feed:read", "incident:write"], ["North"]);
  await appliance.ingest([
    detection({
      user: "CORP\\alice",
      host: "WS-101.corp.example",
      level: "critical",
      rule_title: "Mimikatz Use",
      rule_id: null,
      entity: "North",
    }),
    detection({
      user: "bob",
      host: "srv-db-7",
      level: "critical",
      rule_title: "LSASS Memory Dump",
      rule_id: "rule-2",
      entity: "South",
    }),
    detection({ user: "carol", host: "ws-102", level: "low", rule_title: "Rare Logon", entity: "North" }),
    detection({ user: "dave", host: "ws-101", level: "critical", rule_title: hostile, rule_id: null, entity: "North" }),
  ]);
  const whole = `{"rule_title":"Exact Log","level":"medium","timestamp":"2026-03-13T04:29:55Z","user":"erin","entity":"South","raw":${digits}}`;
  await appliance.ingest(whole);
});
afterAll(() => appliance.dispose());

const titles = (body: { alerts?: { rule_title: string }[]; data?: { rule_title: string }[] }) =>
  (body.alerts ?? body.data ?? []).map(({ rule_title }) => rule_title).sort();
const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

describe("alerts", () => {
  const find = async (fields: Record<string, string>, client = api) =>
    titles((await client.get(`/api/alerts?${query(fields)}`)).body);

  test("by rule, host, account and level, each exactly and in any spelling; the newest first", async () => {
    expect(await find({ host: "ws-101" })).toEqual([hostile, "Mimikatz Use"].sort());
    expect(await find({ host: "WS-101.CORP.example" })).toEqual(["Mimikatz Use"]);
    expect(await find({ user: "other\\Alice" })).toEqual(["Mimikatz Use"]);
    expect(await find({ rule: "RULE-2" })).toEqual(["LSASS Memory Dump"]);
    expect(await find({ rule: "mimikatz use" })).toEqual(["Mimikatz Use"]);
    expect(await find({ rule: hostile })).toEqual([hostile]);
    expect(await find({ level: "critical" })).toEqual([hostile, "LSASS Memory Dump", "Mimikatz Use"].sort());
    expect(await find({ level: "critical,low", host: "ws-102", user: "carol" })).toEqual(["Rare Logon"]);
    expect(await find({ host: "ws-10" })).toEqual([]);
    const { body } = await api.get("/api/alerts?limit=3");
    expect(body.alerts.map(({ user }: { user: string }) => user)).toEqual(["erin", "dave", "carol"]);
  });

  test("by words and their beginnings", async () => {
    expect(await find({ text: "mimi" })).toEqual(["Mimikatz Use"]);
    expect(await find({ text: "DUMP lsass srv-db" })).toEqual(["LSASS Memory Dump"]);
    expect(await find({ text: "corp\\alice" })).toEqual(["Mimikatz Use"]);
    expect(await find({ text: "script alert", level: "critical" })).toEqual([hostile]);
    expect(await find({ text: hostile })).toEqual([hostile]);
    for (const text of ["facts:llow", "llow", '"', "*", "mimi zebra", "AND"])
      expect([text, await find({ text })]).toEqual([text, []]);
  });

  test("the same on the feed, and what others own is not found", async () => {
    const feed = (await api.get(`/api/v1/feed/alerts?${query({ text: "lsass", since: "" })}`)).body;
    expect(titles(feed)).toEqual(["LSASS Memory Dump"]);
    expect(feed).toMatchObject({ total: 1, has_more: false, search_behind: 0 });
    expect(await find({ text: "lsass" }, north)).toEqual([]);
    expect(await find({ text: "mimikatz" }, north)).toEqual(["Mimikatz Use"]);
    expect(await find({ level: "critical", entity: "South" }, north)).toEqual([]);
    expect(await find({ level: "critical", entity: "south" })).toEqual(["LSASS Memory Dump"]);
  });

  test("by hash: one alert with its log, digit by digit, its incident, and 404 for another's", async () => {
    const [{ hash: exact }] = (await api.get("/api/alerts?text=exact")).body.alerts;
    const { status, body } = await api.get(`/api/alerts/${exact.toUpperCase()}`);
    expect([status, body.rule_title, body.incident_id]).toEqual([200, "Exact Log", null]);
    expect(body.log).toBe('{"Keywords":9232379236109516800,"b":1.50,"a":"x","a":"y","Text":"\\u00e9\\u0001"}');
    expect((await api.get(`/api/alerts?hash=${exact}`)).body).toMatchObject({ total: 1, alerts: [{ hash: exact }] });
    const [{ hash }] = (await api.get("/api/alerts?text=mimikatz")).body.alerts;
    const [{ incident_id }] = (await api.get("/api/incidents?actor=alice")).body.incidents;
    expect((await north.get(`/api/alerts/${hash}`)).body.incident_id).toBe(incident_id);
    for (const foreign of [exact, "0123456789abcdef", "..%2f", "%00"]) {
      const refused = await north.get(`/api/alerts/${foreign}`);
      expect([refused.status, refused.body.title]).toEqual([404, "Not Found"]);
    }
  });

  test("a log of a megabyte comes whole, and its beginning in the incident", async () => {
    const raw = { CommandLine: "x".repeat(1_000_000), EventID: 1 };
    await appliance.ingest([
      detection({ user: "mallory", level: "critical", rule_title: "Large", rule_id: null, raw }),
    ]);
    const [{ hash }] = (await api.get("/api/alerts?rule=large")).body.alerts;
    expect((await api.get(`/api/alerts/${hash}`)).body.log).toBe(JSON.stringify(raw));
    const [{ incident_id }] = (await api.get("/api/incidents?actor=mallory")).body.incidents;
    const [rule] = (await api.get(`/api/incidents/${incident_id}`)).body.alerts_by_rule;
    expect(rule.example).toMatchObject({ alert_hash: hash, user: "mallory", log_shortened: true });
    expect(rule.example.log).toBe(JSON.stringify(raw).slice(0, 4096));
  });

  test("an example is the rule's newest event", async () => {
    const at = (host: string, timestamp: string) =>
      detection({
        user: "nina",
        host,
        level: "critical",
        rule_title: "Twice",
        rule_id: null,
        timestamp,
        raw: { host },
      });
    await appliance.ingest([
      at("one", "2026-03-13T04:20:00Z"),
      at("two", "2026-03-13T04:29:00Z"),
      at("three", "2026-03-13T04:25:00Z"),
    ]);
    const [{ incident_id }] = (await api.get("/api/incidents?actor=nina")).body.incidents;
    const { alerts_by_rule, activity, service_level } = (await api.get(`/api/incidents/${incident_id}`)).body;
    expect(alerts_by_rule[0].example).toMatchObject({
      host: "two",
      log: '{"host":"two"}',
      log_shortened: false,
      timestamp: "2026-03-13T04:29:00.000Z",
    });
    expect(activity).toEqual([
      { hour: "2026-03-13T04:00:00.000Z", informational: 0, low: 0, medium: 0, high: 0, critical: 3, alarms: 0 },
    ]);
    expect(service_level).toMatchObject({ percent: 0, status: "on_track" });
  });

  test("wrong parameters are named", async () => {
    const wrong = await api.get("/api/alerts?level=terrible&limit=0&text=%00");
    expect([wrong.status, wrong.body.errors.map(({ name }: { name: string }) => name)]).toEqual([
      400,
      ["level", "text", "limit"],
    ]);
    const cursor = (await api.get("/api/alerts?level=critical&limit=1")).body.next_cursor;
    expect((await api.get(`/api/alerts?level=low&cursor=${cursor}`)).status).toBe(400);
  });
});

describe("pages of a search", () => {
  test("a poller is given each row once, whatever comes in meanwhile and however far the index is behind", async () => {
    const given: string[] = [];
    let cursor = "";
    let written = 0;
    const write = async (count: number) => {
      const batch = Array.from({ length: count }, () =>
        detection({ user: `poll-${written}`, host: "polled", level: written++ % 2 === 0 ? "low" : "medium" }),
      );
      await appliance.ingest(batch);
    };
    await write(30);
    for (let turn = 0; turn < 40; turn++) {
      if (turn < 20) await write(40);
      // More than one step of the index: the first of these asks find it behind.
      if (turn === 10) await write(1_500);
      // With time the index catches up.
      if (turn > 20) await appliance.clock.advance(1_000);
      const path = `/api/v1/feed/alerts?host=polled&level=low&limit=100&${cursor === "" ? "since=" : `cursor=${cursor}`}`;
      const { body } = await api.get(path);
      given.push(...body.data.map(({ user }: { user: string }) => user));
      cursor = body.next_cursor;
    }
    const expected = Array.from({ length: written }, (_, n) => `poll-${n}`).filter((_, n) => n % 2 === 0);
    expect(given).toEqual(expected);
  });

  test("the same of changes, and downwards to the first", async () => {
    const changed = (await api.get("/api/v1/feed/alerts?host=polled&updated_since=&limit=500")).body;
    expect([changed.total, changed.data.length]).toEqual([2_330, 500]);
    let cursor: string | null = "";
    const down: string[] = [];
    while (cursor !== null && down.length < 1_165) {
      const { body } = await api.get(
        `/api/alerts?host=polled&level=low&limit=300${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      down.push(...body.alerts.map(({ user }: { user: string }) => user));
      cursor = body.has_more ? body.next_cursor : null;
    }
    expect(down).toHaveLength(1_165);
    expect(new Set(down).size).toBe(1_165);
  });
});

describe("incidents", () => {
  const actors = async (fields: Record<string, string>, client = api) =>
    (await client.get(`/api/incidents?${query({ limit: "500", ...fields })}`)).body.incidents.map(
      ({ group_key }: { group_key: string }) => group_key,
    );

  test("by words of heading, actor, hosts, rules and id", async () => {
    expect(await actors({ text: "mimikatz ali" })).toEqual(["alice"]);
    expect(await actors({ text: "srv-db" })).toEqual(["bob"]);
    expect(await actors({ text: "srv-db" }, north)).toEqual([]);
    const [{ incident_id }] = (await api.get("/api/incidents?actor=bob")).body.incidents;
    expect(await actors({ text: incident_id.slice(0, 9) })).toEqual(["bob"]);
    expect(await actors({ text: "script alert drop" })).toEqual(["dave"]);
    expect(await actors({ text: "zebra" })).toEqual([]);
    // A host that comes later is found, too.
    await appliance.ingest([
      detection({
        user: "bob",
        host: "srv-later-9",
        level: "high",
        rule_title: "Another",
        rule_id: null,
        entity: "South",
      }),
    ]);
    expect(await actors({ text: "srv-later" })).toEqual(["bob"]);
  });

  test("by owner, level and ticket; several at once", async () => {
    const [alice, bob] = await Promise.all(
      ["alice", "bob"].map(async (actor) => (await api.get(`/api/incidents?actor=${actor}`)).body.incidents[0]),
    );
    const ids = [alice.incident_id, "INC-00000000", bob.incident_id, alice.incident_id];
    const { body } = await api.post("/api/incidents/bulk", {
      ids,
      assigned_analyst: "Jane.Doe",
      status: "IN_PROGRESS",
      notes: "mine",
    });
    expect(body.results).toEqual([
      {
        incident_id: alice.incident_id,
        ok: true,
        incident: expect.objectContaining({ status: "IN_PROGRESS", assigned_analyst: "Jane.Doe" }),
      },
      { incident_id: "INC-00000000", ok: false, error: { status: 404, detail: "there is no incident INC-00000000" } },
      { incident_id: bob.incident_id, ok: true, incident: expect.objectContaining({ assigned_analyst: "Jane.Doe" }) },
    ]);
    expect((await actors({ owner: "jane.doe" })).sort()).toEqual(["alice", "bob"]);
    expect(await actors({ owner: "none" })).not.toContain("alice");
    expect(await actors({ owner: "none", level: "critical,high,medium,low" })).toContain("mallory");
    expect(await actors({ level: alice.risk_level, owner: "jane.doe", text: "mimikatz" })).toEqual(["alice"]);
    expect(await actors({ ticket: "any" })).toEqual([]);
    expect(await actors({ ticket: "SEC-1" })).toEqual([]);
    expect(await actors({ ticket: "NONE", owner: "jane.doe" })).toHaveLength(2);
    // Another tenant's is as unknown as none.
    const foreign = await north.post("/api/incidents/bulk", { ids: [bob.incident_id], status: "CLOSED" });
    expect(foreign.body.results).toEqual([
      {
        incident_id: bob.incident_id,
        ok: false,
        error: { status: 404, detail: `there is no incident ${bob.incident_id}` },
      },
    ]);
    for (const wrong of [
      { ids: [] },
      { ids: ["x"], status: "GONE" },
      { ids: ["x"] },
      { ids: "x", status: "OPEN" },
      { ids: Array(201).fill("x"), status: "OPEN" },
    ])
      expect((await api.post("/api/incidents/bulk", wrong)).status).toBe(400);
  });
});
