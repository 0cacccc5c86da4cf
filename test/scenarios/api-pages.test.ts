import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";

let appliance: TestAppliance;
let api: ApiClient;

/** One detection that makes an incident at once. */
const critical = (user: string, fields: object = {}) => detection({ user, level: "critical", ...fields });

beforeAll(async () => {
  appliance = await TestAppliance.start();
  api = await ApiClient.withKey(appliance, ["feed:read", "incident:write"]);
  for (let n = 1; n <= 25; n++) {
    await appliance.ingest([critical(`user-${n}`, { entity: n % 5 === 0 ? "Five" : "Others" })]);
    await appliance.clock.advance(1000);
  }
});
afterAll(() => appliance.dispose());

const actors = (rows: { group_key: string }[]) => rows.map(({ group_key }) => Number(group_key.slice(5)));
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe("order and envelope", () => {
  test("without a bound the newest come first; fields and envelope are as documented", async () => {
    const { status, body } = await api.get("/api/incidents?limit=2");
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual([
      "incidents",
      "total",
      "limit",
      "offset",
      "next_cursor",
      "has_more",
      "server_time",
    ]);
    expect(body).toMatchObject({
      total: 25,
      limit: 2,
      offset: 0,
      has_more: true,
      server_time: expect.stringMatching(/Z$/),
    });
    expect(actors(body.incidents)).toEqual([25, 24]);
    expect(body.incidents[0]).toEqual({
      incident_id: expect.stringMatching(/^INC-[0-9a-f]{8}$/),
      group_key: "user-25",
      actor_type: "user",
      entity_name: "Five",
      status: "OPEN",
      risk_score: 76,
      risk_level: "high",
      alarm_count: 0,
      sigma_alert_count: 1,
      threat_case_count: 0,
      assigned_analyst: null,
      first_alarm_time: "2026-03-13T04:29:55.000Z",
      last_alarm_time: "2026-03-13T04:29:55.000Z",
      created_at: "2026-03-13T04:30:24.000Z",
      updated_at: "2026-03-13T04:30:24.000Z",
      closed_at: null,
      external_ticket_id: null,
      external_ticket_url: null,
      external_system: null,
      headline: "Suspicious Logon on ws-101 by user-25",
      campaign_id: null,
      due_at: "2026-03-13T12:30:24.000Z",
      sla: "on_track",
    });
    const feed = await api.get("/api/v1/feed/incidents?limit=2");
    expect(Object.keys(feed.body)).toEqual(["data", "total", "limit", "offset", "next_cursor", "has_more"]);
    expect(feed.body.data).toEqual(body.incidents);
  });

  test("the guide's own first request", async () => {
    const { body } = await api.get("/api/incidents?status=OPEN&sort_by=created_at&limit=100");
    expect(actors(body.incidents)).toEqual(upTo(25).reverse());
    expect([body.has_more, body.next_cursor]).toEqual([false, null]);
  });

  test("pages by offset, by either direction and by risk", async () => {
    expect(actors((await api.get("/api/incidents?limit=5&offset=20")).body.incidents)).toEqual([5, 4, 3, 2, 1]);
    expect(actors((await api.get("/api/incidents?limit=3&sort_dir=asc")).body.incidents)).toEqual([1, 2, 3]);
    const { body } = await api.get("/api/incidents?sort_by=risk_score&limit=3");
    expect(body).toMatchObject({ total: 25, has_more: true, next_cursor: null });
    expect((await api.get("/api/incidents?sort_by=last_alarm_time&sort_dir=asc&limit=1")).status).toBe(200);
  });

  test("a plain list's cursor goes down to the end and then follows what comes", async () => {
    const seen: number[] = [];
    let { body } = await api.get("/api/incidents?limit=10");
    seen.push(...actors(body.incidents));
    await appliance.ingest([critical("user-26")]);
    for (let pages = 0; pages < 4; pages++) {
      body = (await api.get(`/api/incidents?limit=10&cursor=${body.next_cursor}`)).body;
      seen.push(...actors(body.incidents));
    }
    expect(seen).toEqual([...upTo(25).reverse(), 26]);
    expect(body.next_cursor).toBeString();
  });
});

describe("since", () => {
  const literal = { "X-RhythmX-Since": "literal" };
  const forms = [
    "2026-03-13T04:30:22Z",
    "2026-03-13T04:30:22.000000Z",
    "2026-03-13T05:30:22%2B01:00",
    "2026-03-13T05:30:22+01:00",
    "2026-03-13T04:30:22",
    "1773376222",
    "1773376222000",
  ];
  for (const since of forms)
    test(`${since}: inclusive, oldest first`, async () => {
      const { body } = await api.get(`/api/v1/feed/incidents?since=${since}&entity=Others`, literal);
      expect(actors(body.data)).toEqual([23, 24]);
      expect([body.total, body.has_more, typeof body.next_cursor]).toEqual([2, false, "string"]);
    });

  test("empty is no bound, but oldest first and with a cursor", async () => {
    const { body } = await api.get("/api/v1/feed/incidents?since=&limit=3", literal);
    expect(actors(body.data)).toEqual([1, 2, 3]);
  });

  test("X-Next-Cursor and Link say the same as next_cursor", async () => {
    const { body, headers } = await api.get("/api/v1/feed/incidents?since=&status=OPEN&limit=3");
    expect(headers.get("x-next-cursor")).toBe(body.next_cursor);
    const [, link = ""] = /^<(.*)>; rel="next"$/.exec(headers.get("link") ?? "") ?? [];
    expect(actors((await api.get(link)).body.data)).toEqual([4, 5, 6]);
  });

  test("a client with a clock of its own gets what lay beyond its limit, another one does not see it twice", async () => {
    const own = await ApiClient.withKey(appliance, ["feed:read"]);
    const poll = async (since: string) =>
      actors((await own.get(`/api/v1/feed/incidents?since=${since}&limit=10`)).body.data);
    expect(await poll("")).toEqual(upTo(10));
    expect(await poll("2026-03-13T04:31:00.123456Z")).toEqual(upTo(20, 11));
    // The same question once more: the answer has not arrived.
    expect(await poll("2026-03-13T04:31:00.123456Z")).toEqual(upTo(20, 11));
    expect(await poll("2026-03-13T04:31:05Z")).toEqual(upTo(26, 21));
    expect(await poll("2026-03-13T04:31:07Z")).toEqual([]);
    // An older bound is taken by its word, and so is every one with the header.
    expect(await poll("2026-03-13T04:30:24Z")).toEqual([25, 26]);
    const fresh = await ApiClient.withKey(appliance, ["feed:read"]);
    await fresh.get("/api/v1/feed/incidents?since=&limit=10");
    const { body } = await fresh.get("/api/v1/feed/incidents?since=2026-03-13T04:31:00Z&limit=10", literal);
    expect(body.data).toEqual([]);
  });

  test("what it has been given outlives a restart", async () => {
    const { key } = await appliance.makeKey(["feed:read"]);
    const ask = (since: string) =>
      new ApiClient(appliance.appliance.apiUrl, { "X-API-Key": key }).get(
        `/api/incidents?since=${since}&status=OPEN&limit=10`,
      );
    expect(actors((await ask("")).body.incidents)).toEqual(upTo(10));
    await appliance.stop();
    appliance = await TestAppliance.start({ dataDir: appliance.dataDir, clock: appliance.clock });
    api = await ApiClient.withKey(appliance, ["feed:read", "incident:write"]);
    expect(actors((await ask("2026-03-13T04:40:00Z")).body.incidents)).toEqual(upTo(20, 11));
  });

  test("a viewer's bound is taken by its word", async () => {
    const viewer = await ApiClient.asUser(appliance, "viewer", "viewer");
    await viewer.get("/api/incidents?since=&limit=10");
    expect((await viewer.get("/api/incidents?since=2026-03-13T04:50:00Z")).body.incidents).toEqual([]);
  });
});

describe("filters", () => {
  const counts: [string, number][] = [
    ["entity=five", 5],
    ["status=open", 26],
    ["status=OPEN,IN_PROGRESS", 26],
    ["status=CLOSED", 0],
    ["min_risk=77", 0],
    ["min_risk=76", 26],
    ["actor=CORP%5CUSER-7", 1],
    ["entity=Five&actor=user-7", 0],
    ["stauts=CLOSED", 26],
  ];
  for (const [query, total] of counts)
    test(query, async () => {
      const { body } = await api.get(`/api/incidents?${query}&limit=500`);
      expect([body.total, body.incidents.length]).toEqual([total, total]);
    });

  test("of cases", async () => {
    const rules = ["a", "b", "c"].map((rule) =>
      critical("user-3", { rule_id: rule, tags: ["attack.lateral-movement"] }),
    );
    await appliance.ingest(rules.map((one) => ({ ...one, entity: "Others" })));
    const all = (await api.get("/api/cases/search")).body;
    expect(all.cases).toHaveLength(1);
    const [found] = all.cases;
    // Bun's toMatchObject puts its matchers into what it looks at.
    expect({ ...found }).toMatchObject({
      case_id: expect.stringMatching(/^CASE-[0-9a-f]{8}$/),
      case_type: "lateral_movement",
      entity_name: "Others",
      status: "OPEN",
      severity: "CRITICAL",
      primary_user: "user-3",
      alert_count: 3,
      max_risk_score: 90,
      affected_computers: ["ws-101"],
      related_incident_id: expect.stringMatching(/^INC-/),
    });
    const one = [
      "entity_name=Others",
      "status=OPEN",
      "case_type=lateral_movement",
      "severity=critical",
      "primary_user=USER-3",
    ];
    one.push(
      `incident_id=${found.related_incident_id}`,
      "entity_name=Others&status=OPEN",
      "severity=HIGH,CRITICAL",
      "since=",
    );
    for (const query of one)
      expect([query, (await api.get(`/api/cases/search?${query}`)).body.total]).toEqual([query, 1]);
    const none = ["entity_name=Five", "status=CLOSED", "case_type=execution", "severity=low", "primary_user=user-4"];
    for (const query of none)
      expect([query, (await api.get(`/api/cases/search?${query}`)).body.cases]).toEqual([query, []]);
    // More of the same is counted at once, though its row is not written anew.
    await appliance.ingest([{ ...rules[0], entity: "Others" }]);
    expect((await api.get("/api/v1/feed/cases?severity=CRITICAL")).body.data[0].alert_count).toBe(4);
    expect((await api.get(`/api/cases/${found.case_id}`)).body.alerts).toHaveLength(3);
  });

  test("of alerts; one counts as changed when a message tells of it", async () => {
    const { body } = await api.get("/api/v1/feed/alerts?level=critical,high&entity=Five&limit=500");
    expect(body.total).toBe(5);
    expect(body.data[0]).toMatchObject({
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      level: "critical",
      entity_name: "Five",
      count: 1,
    });
    const start = (await api.get("/api/v1/feed/alerts?updated_since=2030-01-01&limit=1")).body.next_cursor;
    await appliance.ingest([critical("user-1", { entity: "Others" })]);
    await appliance.clock.advance(61 * 60_000);
    const changed = (await api.get(`/api/v1/feed/alerts?cursor=${start}`)).body.data;
    expect(changed.map((row: { user: string; count: number }) => [row.user, row.count])).toContainEqual(["user-1", 2]);
  });
});

describe("changes", () => {
  test("updated_since and its cursor give each change, the newest state of each row once", async () => {
    const first = (await api.get("/api/v1/feed/incidents?updated_since=&limit=500")).body;
    expect(first.data).toHaveLength(26);
    const [one, two] = first.data;
    await api.patch(`/api/incidents/${one.incident_id}/status`, { status: "in_progress" });
    await api.patch(`/api/incidents/${two.incident_id}`, { assigned_analyst: "jane" });
    await api.patch(`/api/incidents/${one.incident_id}/status`, { status: "CLOSED", notes: "Done" });
    const next = (await api.get(`/api/v1/feed/incidents?cursor=${first.next_cursor}&limit=500`)).body;
    expect(next.data.map((row: { incident_id: string; status: string }) => [row.incident_id, row.status])).toEqual([
      [two.incident_id, "OPEN"],
      [one.incident_id, "CLOSED"],
    ]);
    expect((await api.get(`/api/v1/feed/incidents?cursor=${next.next_cursor}`)).body.data).toEqual([]);
  });

  test("the answer to a change is the row; the same again is no change; the detail has its history", async () => {
    const id = (await api.get("/api/incidents?limit=1")).body.incidents[0].incident_id;
    const { body } = await api.patch(`/api/incidents/${id}/status`, { status: "FALSE_POSITIVE", notes: "A test" });
    expect({ ...body }).toMatchObject({ incident_id: id, status: "FALSE_POSITIVE", closed_at: expect.any(String) });
    const again = await api.patch(`/api/incidents/${id}/status`, { status: "false_positive", notes: "A test" });
    expect([again.status, again.body]).toEqual([200, body]);
    const detail = (await api.get(`/api/incidents/${id}`)).body;
    expect(detail).toMatchObject({
      status: "FALSE_POSITIVE",
      resolution_notes: "A test",
      risk: { score: 76, floor: { points: 76, rule: "Suspicious Logon" } },
    });
    expect(detail.risk.factors).toHaveLength(7);
    const { history } = detail;
    expect(history.map(({ action, who, source }: Record<string, string>) => [action, who, source])).toEqual([
      ["CREATED", "rhythmx", "correlation"],
      ["STATUS_CHANGED", "key more", "api"],
      ["NOTES_CHANGED", "key more", "api"],
    ]);
  });

  test("reopening while a newer incident is open is 409 and says which", async () => {
    await appliance.ingest([critical("comeback")]);
    const ask = async () => (await api.get("/api/incidents?actor=comeback")).body.incidents[0].incident_id;
    const old = await ask();
    await api.patch(`/api/incidents/${old}/status`, { status: "CLOSED" });
    await appliance.ingest([critical("comeback")]);
    const { status, body } = await api.patch(`/api/incidents/${old}/status`, { status: "OPEN" });
    expect([status, body.detail]).toEqual([409, expect.stringContaining(await ask())]);
  });

  test("an actor is made an incident by hand, once", async () => {
    await appliance.ingest([detection({ user: "quiet", level: "low" })]);
    const analyst = await ApiClient.asUser(appliance, "analyst", "analyst");
    const request = { entity: "Primary Site", actor: "CORP\\Quiet", reason: "On a list" };
    const { status, body } = await analyst.post("/api/incidents", request);
    expect([status, body.group_key, body.status]).toEqual([201, "quiet", "OPEN"]);
    expect((await analyst.post("/api/incidents", request)).status).toBe(409);
    const { history } = (await analyst.get(`/api/incidents/${body.incident_id}`)).body;
    expect(history[0]).toMatchObject({ action: "PROMOTED", who: "analyst", new: "On a list" });
  });

  test("an exception takes detections out of the evidence until it is removed", async () => {
    const analyst = await ApiClient.loggedIn(appliance, "analyst");
    const made = await analyst.post("/api/exceptions", {
      actor: "svc-backup",
      reason: "Nightly job",
      until: "2031-01-01",
    });
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ actor: "svc-backup", rule: null, until: "2031-01-01T00:00:00.000Z", who: "analyst" }),
    ]);
    await appliance.ingest([critical("svc-backup")]);
    expect((await api.get("/api/incidents?actor=svc-backup")).body.total).toBe(0);
    const [listed] = (await api.get("/api/exceptions")).body.exceptions;
    expect(listed).toEqual({ ...made.body, hits: 1, last_hit_at: expect.stringContaining("T") });
    expect((await analyst.delete(`/api/exceptions/${made.body.id}`)).status).toBe(204);
    expect((await analyst.delete(`/api/exceptions/${made.body.id}`)).status).toBe(404);
    await appliance.ingest([critical("svc-backup")]);
    expect((await api.get("/api/incidents?actor=svc-backup")).body.total).toBe(1);
  });
});

describe("bad requests name the parameter and the accepted form", () => {
  const bad: [string, string][] = [
    ["limit=0", "limit"],
    ["limit=501", "limit"],
    ["limit=ten", "limit"],
    ["limit=1.5", "limit"],
    ["limit=-1", "limit"],
    ["limit=1&limit=2", "limit"],
    ["offset=-1", "offset"],
    ["since=yesterday", "since"],
    ["updated_since=2026-02-30", "updated_since"],
    ["status=OPEN,DONE", "status"],
    ["sort_by=name", "sort_by"],
    ["sort_dir=up", "sort_dir"],
    ["min_risk=101", "min_risk"],
    ["cursor=abc", "cursor"],
    [`cursor=${"A".repeat(60)}`, "cursor"],
    ["entity=%00", "entity"],
  ];
  for (const [query, name] of bad)
    test(query, async () => {
      const { status, headers, body } = await api.get(`/api/incidents?${query}`);
      expect([status, headers.get("content-type")]).toEqual([400, "application/problem+json"]);
      expect(body.errors).toEqual([{ name, reason: expect.stringMatching(/\w{3,}/) }]);
    });

  test("a cursor of another question, another feed or another order is refused", async () => {
    const { next_cursor } = (await api.get("/api/v1/feed/incidents?since=&status=OPEN")).body;
    for (const path of [
      `/api/v1/feed/cases?cursor=${next_cursor}`,
      `/api/v1/feed/incidents?status=CLOSED&cursor=${next_cursor}`,
      `/api/v1/feed/incidents?status=OPEN&cursor=${next_cursor.slice(0, -1)}${next_cursor.endsWith("A") ? "B" : "A"}`,
    ])
      expect([path, (await api.get(path)).body.errors?.[0].name]).toEqual([path, "cursor"]);
    expect((await api.get(`/api/incidents?status=open&limit=7&cursor=${next_cursor}`)).status).toBe(200);
  });

  test("all problems of a body at once; what is no field is named", async () => {
    const id = (await api.get("/api/incidents?limit=1")).body.incidents[0].incident_id;
    const { status, body } = await api.patch(`/api/incidents/${id}/status`, {
      status: "DONE",
      notes: 1,
      assignee: "x",
    });
    expect(status).toBe(400);
    expect(body.errors.map(({ name }: { name: string }) => name).sort()).toEqual(["assignee", "notes", "status"]);
    for (const [text, expected] of [
      ["{", 400],
      ["[]", 400],
      ["null", 400],
      ["", 400],
      [`{"status":"${"x".repeat(1_100_000)}"}`, 413],
    ] as const)
      expect((await api.send("PATCH", `/api/incidents/${id}/status`, text)).status).toBe(expected);
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    expect((await api.send("PATCH", `/api/incidents/${id}/status`, "status=CLOSED", form)).status).toBe(415);
  });

  test("another method is 405 with Allow, another address 404", async () => {
    const put = await api.send("PUT", "/api/incidents", {});
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, POST"]);
    expect((await api.get("/api/nothing")).status).toBe(404);
  });
});

test("a cursor whose rows retention has taken is 410 and says what to do; one that had them goes on", async () => {
  const own = await TestAppliance.start();
  try {
    const client = await ApiClient.withKey(own, ["feed:read", "incident:write"]);
    await own.ingest([1, 2, 3, 4].map((n) => critical(`u${n}`)));
    const behind = (await client.get("/api/v1/feed/incidents?since=&limit=1")).body.next_cursor;
    const { data, next_cursor: upToDate } = (await client.get("/api/v1/feed/incidents?since=&limit=10")).body;
    await client.patch(`/api/incidents/${data[2].incident_id}/status`, { status: "CLOSED" });
    own.clock.skip(91 * 24 * 3600_000);
    await own.clock.advance(60_000);
    expect((await client.get("/api/v1/feed/incidents?since=")).body.total).toBe(3);
    const { status, body } = await client.get(`/api/v1/feed/incidents?cursor=${behind}`);
    expect([status, body.title]).toEqual([410, "Gone"]);
    expect(body.detail).toContain("begin again with since=<time>");
    expect((await client.get(`/api/v1/feed/incidents?cursor=${upToDate}`)).status).toBe(200);
    const anew = (await client.get("/api/v1/feed/incidents?since=&limit=1")).body.next_cursor;
    expect((await client.get(`/api/v1/feed/incidents?cursor=${anew}`)).body.data).toHaveLength(2);
  } finally {
    await own.dispose();
  }
});

describe("names in any spelling", () => {
  test("an entity with letters beyond ASCII is one, for keys, lists, feeds and counts", async () => {
    await appliance.ingest([
      critical("nordin", { entity: "Örebro Österled", rule_id: "umlaut-1" }),
      critical("berg", { entity: "ÖREBRO ÖSTERLED", rule_id: "umlaut-2" }),
      critical("lund", { entity: "örebro österled", rule_id: "umlaut-3" }),
    ]);
    const limited = await ApiClient.withKey(appliance, ["feed:read"], ["öREBRO Österled"]);
    const name = encodeURIComponent("örebro ÖSTERLED");
    for (const client of [limited, api])
      for (const path of ["/api/incidents", "/api/v1/feed/incidents", "/api/v1/feed/alerts"]) {
        const { body } = await client.get(`${path}?entity=${name}`);
        expect([path, body.total, (body.data ?? body.incidents).length]).toEqual([path, 3, 3]);
      }
    expect((await limited.get("/api/incidents")).body.total).toBe(3);
    const other = await ApiClient.withKey(appliance, ["feed:read"], ["Örebro Västerled"]);
    expect((await other.get("/api/incidents")).body.total).toBe(0);
  });

  test.each([
    ["nothing named", { entity: "Five" }, "name a rule, an actor or a host"],
    ["a star alone", { host: "*" }, "host:"],
    ["a process alone", { process: "x.exe" }, "name a rule, an actor or a host"],
    ["a hash that is none", { rule: "r", hash: "zz" }, "hash:"],
    ["a time that is over", { actor: "alice", until: "2020-01-01" }, "until:"],
  ])("an exception with %s is refused", async (_, fields, words) => {
    const analyst = await ApiClient.loggedIn(appliance, "analyst");
    const { status, body } = await analyst.post("/api/exceptions", { ...fields, reason: "x" });
    expect([status, body.detail]).toEqual([422, expect.stringContaining(words)]);
  });

  test("an exception for a machine's account or an address in another spelling holds", async () => {
    const analyst = await ApiClient.loggedIn(appliance, "analyst");
    for (const actor of ["CORP\\SRV-77$", "2001:0DB8:0:0::9"])
      expect((await analyst.post("/api/exceptions", { actor, reason: "x" })).status).toBe(201);
    await appliance.ingest([
      detection({ user: null, host: "srv-77.corp.example", level: "critical" }),
      detection({ user: null, host: null, src_ip: "2001:db8::9", level: "critical" }),
    ]);
    for (const actor of ["srv-77.corp.example", "2001:db8::9"])
      expect((await api.get(`/api/incidents?actor=${encodeURIComponent(actor)}`)).body.total).toBe(0);
  });

  test("an alert keeps its cluster when a later detection has none", async () => {
    const one = { rule_id: "clustered", user: "cluster", level: "low" };
    await appliance.ingest([detection({ ...one, ml_cluster: 7 })]);
    await appliance.ingest([detection(one)]);
    const { body } = await api.get("/api/v1/feed/alerts?limit=500");
    const found = body.data.find((alert: { rule_id: string }) => alert.rule_id === "clustered");
    expect(found).toMatchObject({ ml_cluster: 7, count: 2 });
  });
});
