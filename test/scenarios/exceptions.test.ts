/** Exceptions from the outside: what they keep out of the evidence, what they take out of it, and what they count. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { dayMs } from "../../core/time.ts";
import { ApiClient } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";

let appliance: TestAppliance;
let analyst: ApiClient;

beforeEach(async () => {
  appliance = await TestAppliance.start();
  analyst = await ApiClient.asUser(appliance, "analyst", "analyst");
});
afterEach(() => appliance.dispose());

const sysmon = (fields: Record<string, string>) => ({ Event: { EventData: fields } });
const critical = (user: string, fields: object = {}) => detection({ user, level: "critical", ...fields });

async function except(fields: object): Promise<string> {
  const { status, body } = await analyst.post("/api/exceptions", { reason: "known", ...fields });
  expect([status, body.detail]).toEqual([201, undefined]);
  return body.id;
}

async function listed(id: string) {
  const { body } = await analyst.get("/api/exceptions");
  return body.exceptions.find((one: { id: string }) => one.id === id);
}

async function incidentOf(actor: string) {
  const { body } = await analyst.get(`/api/incidents?actor=${encodeURIComponent(actor)}`);
  return body.incidents[0];
}

async function detailOf(actor: string) {
  return (await analyst.get(`/api/incidents/${(await incidentOf(actor)).incident_id}`)).body;
}

async function restart(): Promise<void> {
  appliance = await appliance.restarted();
  analyst = await ApiClient.loggedIn(appliance, "analyst");
}

describe("as detections come in", () => {
  test("process, command line and hash of the log decide, with wildcards; what is suppressed is counted, also over a restart", async () => {
    const backup = "C:\\Program Files\\Backup\\agent.exe";
    const process = await except({ rule: "suspicious *", process: "C:\\Program Files\\Backup\\*" });
    const line = await except({ rule: "suspicious *", command_line: "*\\agent.exe* --full" });
    const hash = await except({ actor: "*", rule: "Suspicious Logon", hash: "ab*" }).catch(() => "refused");
    expect(hash).toBe("refused");
    const byHash = await except({ actor: "svc-*", hash: "MD5=ab*" });
    const first = [
      critical("a", { raw: sysmon({ Image: backup, CommandLine: `"${backup}" --full` }) }),
      critical("b", { raw: { NewProcessName: backup.toUpperCase() } }),
      critical("c", { raw: sysmon({ Image: "C:\\Temp\\agent.exe", CommandLine: "C:\\Temp\\agent.exe --full" }) }),
      critical("svc-d", {
        raw: sysmon({ Image: "C:\\x.exe", Hashes: `SHA1=${"c".repeat(40)},MD5=${"ab".repeat(16)}` }),
      }),
    ];
    const evil = critical("e", {
      raw: sysmon({ Image: "C:\\Program Files\\Other\\agent.exe", CommandLine: "agent.exe" }),
    });
    await appliance.ingest([...first, evil]);
    for (const actor of ["a", "b", "c", "svc-d"]) expect([actor, await incidentOf(actor)]).toEqual([actor, undefined]);
    expect(await incidentOf("e")).toMatchObject({ sigma_alert_count: 1 });
    // All are alerts as ever.
    expect((await analyst.get("/api/v1/feed/alerts")).body.total).toBe(5);
    const at = new Date(appliance.clock.now()).toISOString();
    expect(await listed(process)).toMatchObject({ hits: 2, last_hit_at: at, process: "C:\\Program Files\\Backup\\*" });
    expect(await listed(line)).toMatchObject({ hits: 2, last_hit_at: at });
    expect(await listed(byHash)).toMatchObject({ hits: 1, last_hit_at: at });
    await restart();
    await appliance.clock.advance(60_000);
    await appliance.ingest([...first, evil]);
    expect(await listed(process)).toMatchObject({
      hits: 4,
      last_hit_at: new Date(appliance.clock.now()).toISOString(),
    });
    expect(await incidentOf("e")).toMatchObject({ sigma_alert_count: 2 });
    expect(await incidentOf("a")).toBeUndefined();
  });

  test("a delivery that is repeated is not counted twice", async () => {
    const id = await except({ rule: "Suspicious Logon" });
    const batch = [critical("a", { id: "1" }), critical("a", { id: "2" })];
    await appliance.ingest(batch);
    await appliance.ingest(batch);
    expect((await listed(id)).hits).toBe(2);
  });

  test("hold after the settings were read again", async () => {
    const id = await except({ rule: "Suspicious *", actor: "a?" });
    await appliance.reload({});
    await appliance.ingest([critical("a1"), critical("a12")]);
    expect((await listed(id)).hits).toBe(1);
    expect(await incidentOf("a1")).toBeUndefined();
    expect(await incidentOf("a12")).toBeDefined();
  });

  test("an empty time is for as long as it is there; a time that has come ends it", async () => {
    const lasting = await except({ rule: "Suspicious Logon", actor: "a", until: "" });
    const ending = await except({
      rule: "Suspicious Logon",
      actor: "b",
      until: new Date(appliance.clock.now() + 60_000),
    });
    await appliance.clock.advance(61_000);
    await appliance.ingest([critical("a"), critical("b")]);
    expect(await listed(lasting)).toMatchObject({ until: null, hits: 1 });
    expect(await listed(ending)).toMatchObject({ hits: 0, last_hit_at: null });
    expect(await incidentOf("b")).toBeDefined();
  });
});

describe("evidence that is there already", () => {
  const noisy = { rule_id: "noisy", rule_title: "Noisy Rule", tags: ["attack.credential-access", "attack.t1003"] };
  const other = { rule_id: "other", rule_title: "Other Rule", level: "high", tags: ["attack.execution"] };

  test("leaves the score of an open incident by rule, actor and host; its case is closed; the history says who and why", async () => {
    await appliance.ingest([
      ...Array.from({ length: 5 }, (_, n) => critical("j", { ...noisy, host: `ws-${n}` })),
      detection({ user: "j", ...other, host: "srv-1" }),
      ...Array.from({ length: 5 }, () => critical("k", noisy)),
    ]);
    const [before, untouched] = [await detailOf("j"), await detailOf("k")];
    expect(before).toMatchObject({ sigma_alert_count: 6, risk: { sigma_unique_rules: 2 } });
    expect(before.related_cases.length).toBeGreaterThan(0);
    const id = await except({ rule: "noisy", actor: "CORP\\J", reason: "Password manager" });
    const after = await detailOf("j");
    expect(after).toMatchObject({
      status: "OPEN",
      sigma_alert_count: 1,
      risk: { sigma_unique_rules: 1, sigma_high_sev_count: 1 },
    });
    expect(after.risk_score).toBeLessThan(before.risk_score);
    expect(after.alerts_by_rule.map(({ rule }: { rule: string }) => rule)).toEqual(["other"]);
    expect(after.related_cases).toEqual([]);
    expect(after.cases.map(({ status }: { status: string }) => status)).toContain("CLOSED");
    const entry = after.history.find(({ action }: { action: string }) => action === "EXCEPTION_APPLIED");
    expect(entry).toMatchObject({
      who: "analyst",
      new: `${id} took 5 detections out of the evidence: Password manager`,
    });
    expect(await detailOf("k")).toMatchObject({ risk_score: untouched.risk_score, sigma_alert_count: 5 });
    // It is told to pollers.
    const { body } = await analyst.get(`/api/incidents?updated_since=${before.updated_at}`);
    expect(body.incidents.map(({ group_key }: { group_key: string }) => group_key)).toContain("j");
  });

  test("nothing of it is left: the incident stays, at score 0, and can be read, closed and made anew", async () => {
    await appliance.ingest([critical("j", noisy)]);
    await except({ rule: "noisy" });
    const detail = await detailOf("j");
    expect(detail).toMatchObject({
      risk_score: 0,
      risk_level: "low",
      sigma_alert_count: 0,
      status: "OPEN",
      alerts_by_rule: [],
    });
    expect((await analyst.patch(`/api/incidents/${detail.incident_id}/status`, { status: "CLOSED" })).status).toBe(200);
    await appliance.ingest([critical("j", { ...other, level: "critical" })]);
    expect(await incidentOf("j")).toMatchObject({ status: "OPEN", sigma_alert_count: 1 });
  });

  test("by host and with wildcards; fields of the log act from then on only", async () => {
    await appliance.ingest([
      critical("j", { host: "ws-1" }),
      critical("j", { host: "ws-2" }),
      critical("j", { host: "srv-1" }),
    ]);
    await except({ rule: "*logon", host: "ws-?", process: "x.exe" });
    expect(await incidentOf("j")).toMatchObject({ sigma_alert_count: 3 });
    await except({ rule: "*logon", host: "ws-?" });
    expect(await incidentOf("j")).toMatchObject({ sigma_alert_count: 1 });
  });

  test("what is known of actors without an incident no longer adds up to one", async () => {
    const quiet = (n: number) =>
      detection({ user: "q", rule_id: `r${n}`, rule_title: `R${n}`, level: "medium", host: `h${n}` });
    // Together with others they are more than the floor of one.
    const three = [1, 2, 3].map((n) => detection({ user: "q", rule_id: `t${n}`, rule_title: `T${n}`, level: "high" }));
    await appliance.ingest([1, 2, 3, 4, 5, 6].map(quiet));
    const other = await TestAppliance.start();
    try {
      await other.ingest([...[1, 2, 3, 4, 5, 6].map(quiet), ...three]);
      const reader = await ApiClient.withKey(other, ["feed:read"]);
      const [without] = (await reader.get("/api/incidents")).body.incidents;
      await except({ actor: "q", rule: "r?" });
      await appliance.ingest([...three]);
      expect((await incidentOf("q")).risk_score).toBeLessThan(without.risk_score);
      expect(await incidentOf("q")).toMatchObject({ sigma_alert_count: 3 });
    } finally {
      await other.dispose();
    }
  });

  test("removing the exception gives it back, with score and case, unless another exception covers it", async () => {
    await appliance.ingest(Array.from({ length: 5 }, (_, n) => critical("j", { ...noisy, host: `ws-${n}` })));
    const before = await detailOf("j");
    const wide = await except({ rule: "noisy" });
    const narrow = await except({ rule: "noisy", host: "ws-0" });
    expect((await detailOf("j")).risk_score).toBe(0);
    await restart();
    await analyst.delete(`/api/exceptions/${wide}`);
    expect(await incidentOf("j")).toMatchObject({ sigma_alert_count: 4 });
    await analyst.delete(`/api/exceptions/${narrow}`);
    const after = await detailOf("j");
    expect(after).toMatchObject({ sigma_alert_count: 5, risk_score: before.risk_score, risk_level: before.risk_level });
    expect(after.risk).toMatchObject({ sigma_unique_rules: 1, sigma_high_sev_count: 5 });
    expect(after.related_cases.map(({ case_type }: { case_type: string }) => case_type).sort()).toEqual(
      before.related_cases.map(({ case_type }: { case_type: string }) => case_type).sort(),
    );
    expect(after.history.at(-1)).toBeDefined();
    expect(after.history.map(({ action }: { action: string }) => action)).toContain("EXCEPTION_REMOVED");
  });

  test("one that has expired gives nothing back when it is cleared away", async () => {
    await appliance.ingest([critical("j", noisy)]);
    const id = await except({ rule: "noisy", until: new Date(appliance.clock.now() + 60_000) });
    await appliance.clock.advance(61_000);
    expect((await analyst.delete(`/api/exceptions/${id}`)).status).toBe(204);
    expect(await incidentOf("j")).toMatchObject({ sigma_alert_count: 0, risk_score: 0 });
  });

  test("a closed incident keeps its evidence", async () => {
    await appliance.ingest([critical("j", noisy)]);
    const { incident_id, risk_score } = await incidentOf("j");
    await analyst.patch(`/api/incidents/${incident_id}/status`, { status: "FALSE_POSITIVE" });
    await except({ rule: "noisy", actor: "j" });
    expect(await incidentOf("j")).toMatchObject({ status: "FALSE_POSITIVE", risk_score, sigma_alert_count: 1 });
    await appliance.ingest([critical("j", noisy)]);
    expect((await analyst.get("/api/incidents?actor=j")).body.total).toBe(1);
  });

  test("an incident that is opened again loses what was excepted meanwhile", async () => {
    await appliance.ingest([critical("j", noisy), critical("k", noisy), detection({ user: "j", ...other })]);
    const { incident_id } = await incidentOf("j");
    await analyst.patch(`/api/incidents/${incident_id}/status`, { status: "FALSE_POSITIVE" });
    await except({ rule: "noisy" });
    await analyst.patch(`/api/incidents/${incident_id}/status`, { status: "OPEN" });
    await appliance.clock.advance(60_000);
    expect(await incidentOf("j")).toMatchObject({ status: "OPEN", sigma_alert_count: 1 });
    const { history } = await detailOf("k");
    expect(history.filter(({ action }: { action: string }) => action === "EXCEPTION_APPLIED")).toHaveLength(1);
  });
});

describe("tried before it is saved", () => {
  const later = async (days: number) => {
    appliance.clock.skip(days * dayMs);
    analyst = await ApiClient.loggedIn(appliance, "analyst");
  };
  const tried = async (fields: object, by = analyst) => (await by.post("/api/exceptions/try", fields)).body;

  test("counts detections and actors exactly by entity, rule, actor and host, and changes nothing", async () => {
    await appliance.ingest([
      ...Array.from({ length: 7 }, () => critical("a", { host: "ws-1" })),
      ...Array.from({ length: 3 }, () => critical("b", { host: "ws-2", entity: "Other" })),
      critical("svc-c", { host: "srv-1" }),
      critical("a", { rule_id: "else", rule_title: "Else" }),
    ]);
    const all = await tried({ rule: "suspicious logon" });
    expect(all).toMatchObject({
      detections: 11,
      actors: 3,
      days: 30,
      exact: true,
      basis: "evidence",
      complete: true,
      rescores: 3,
    });
    expect(all.summary).toBe("would have suppressed 11 detections of 3 actors in 30 days");
    expect(all.incidents[0]).toMatchObject({ group_key: "a", detections: 7 });
    expect(await tried({ rule: "*logon", entity: "other" })).toMatchObject({ detections: 3, actors: 1 });
    expect(await tried({ rule: "*logon", host: "ws-?" })).toMatchObject({ detections: 10, actors: 2 });
    expect(await tried({ actor: "SVC-*" })).toMatchObject({ detections: 1, actors: 1 });
    expect(await tried({ actor: "nobody" })).toMatchObject({ detections: 0, actors: 0, incidents: [] });
    expect((await analyst.get("/api/exceptions")).body.exceptions).toEqual([]);
    expect(await incidentOf("a")).toMatchObject({ sigma_alert_count: 8 });
    // What it says is what saving it does.
    await except({ rule: "*logon", host: "ws-?" });
    expect(await incidentOf("a")).toMatchObject({ sigma_alert_count: 1 });
    expect(await tried({ rule: "suspicious logon" })).toMatchObject({ detections: 1 });
  });

  test("only what came in within 30 days, whenever the logs say that it happened", async () => {
    await appliance.ingest([critical("a"), critical("a")]);
    await later(31);
    await appliance.ingest([critical("b", { timestamp: "2019-01-01T00:00:00Z" })]);
    expect(await tried({ rule: "suspicious logon" })).toMatchObject({ detections: 1, actors: 1, exact: true });
    await appliance.ingest([critical("a", { timestamp: new Date(appliance.clock.now()).toISOString() })]);
    expect(await tried({ rule: "suspicious logon" })).toMatchObject({ detections: 2, actors: 2 });
  });

  test("by the log: an estimate by the newest log of each alert, which says so", async () => {
    const log = (image: string) => ({ raw: sysmon({ Image: image }) });
    await appliance.ingest([
      ...Array.from({ length: 4 }, () => critical("a", log("C:\\Tools\\x.exe"))),
      ...Array.from({ length: 2 }, () => critical("b", log("C:\\Other\\y.exe"))),
    ]);
    const found = await tried({ rule: "suspicious logon", process: "C:\\Tools\\*" });
    expect(found).toMatchObject({
      detections: 4,
      actors: 1,
      exact: false,
      basis: "kept_logs",
      complete: true,
      logs_read: 2,
      rescores: 0,
    });
    expect(found.summary).toBe(
      "would have suppressed about 4 detections of 1 actor in 30 days; judged by the newest log kept of each alert (2 read)",
    );
    // The alert is older than what counts, and only its newest detections are.
    await later(31);
    await appliance.ingest([
      critical("a", { ...log("C:\\Tools\\x.exe"), timestamp: new Date(appliance.clock.now()).toISOString() }),
    ]);
    expect(await tried({ rule: "suspicious logon", process: "x.exe" })).toMatchObject({ detections: 1, actors: 1 });
  });

  test("many actors and many logs are looked at a step at a time, each once", async () => {
    for (let n = 0; n < 5; n++)
      await appliance.ingest(
        Array.from({ length: 500 }, (_, at) => critical(`user-${n}-${at}`, { raw: sysmon({ Image: "C:\\x.exe" }) })),
      );
    expect(await tried({ rule: "suspicious logon" })).toMatchObject({
      detections: 2_500,
      actors: 2_500,
      complete: true,
    });
    expect(await tried({ rule: "suspicious logon", process: "x.exe" })).toMatchObject({
      detections: 2_500,
      logs_read: 2_500,
    });
  });

  test("what cannot be saved is not tried; others' entities are not looked at", async () => {
    await appliance.ingest([critical("a", { entity: "Mine" }), critical("a", { entity: "Theirs" })]);
    const limited = await ApiClient.asUser(appliance, "limited", "analyst", ["Mine"]);
    expect((await limited.post("/api/exceptions/try", { rule: "suspicious logon" })).status).toBe(403);
    expect((await limited.post("/api/exceptions/try", { rule: "*logon", entity: "Theirs" })).status).toBe(403);
    expect(await tried({ rule: "*logon", entity: "Mine" }, limited)).toMatchObject({ detections: 1 });
    const refused: [object, string][] = [
      [{ process: "x" }, "name a rule"],
      [{ rule: "*" }, "rule:"],
      [{ rule: "r", hash: "x" }, "hash:"],
      [{ rule: "r", until: "2001-01-01" }, "until:"],
    ];
    for (const [fields, start] of refused) {
      const { status, body } = await analyst.post("/api/exceptions/try", fields);
      expect([status, body.detail]).toEqual([422, expect.stringContaining(start)]);
    }
    const long = await analyst.post("/api/exceptions/try", { rule: "x".repeat(501) });
    expect([long.status, long.body.detail]).toEqual([400, expect.stringContaining("at most 500 characters")]);
  });
});

test("what only repeats an actor's newest hour counts too, in batches of its own: tried, taken and given back", async () => {
  const old = { timestamp: "2019-05-01T10:00:00Z" };
  for (let n = 0; n < 4; n++) await appliance.ingest([critical("a", old)]);
  appliance.clock.skip(31 * dayMs);
  analyst = await ApiClient.loggedIn(appliance, "analyst");
  const tried = async () => (await analyst.post("/api/exceptions/try", { rule: "suspicious logon" })).body;
  expect(await tried()).toMatchObject({ detections: 0, actors: 0 });
  for (let n = 0; n < 3; n++) await appliance.ingest([critical("a", old)]);
  // Seven of one hour, of which four came in before: that is not kept, and it says so.
  expect(await tried()).toMatchObject({
    detections: 7,
    exact: false,
    summary: expect.stringContaining("may have come in earlier"),
  });
  const id = await except({ rule: "suspicious logon", host: "ws-101" });
  expect(await incidentOf("a")).toMatchObject({ sigma_alert_count: 0 });
  await restart();
  await analyst.delete(`/api/exceptions/${id}`);
  expect(await incidentOf("a")).toMatchObject({ sigma_alert_count: 7 });
  await appliance.ingest([critical("a", old)]);
  expect(await incidentOf("a")).toMatchObject({ sigma_alert_count: 8 });
});

describe("proposed from a false positive", () => {
  const image = "C:\\Program Files\\Backup\\agent.exe";
  const backup = (fields: object = {}) =>
    critical("svc-backup", { raw: sysmon({ Image: image, CommandLine: "agent.exe --full" }), ...fields });
  const falsely = (id: string, by = analyst) =>
    by.patch(`/api/incidents/${id}/status`, { status: "FALSE_POSITIVE", notes: "Backup" });

  test("in the answer of the change, and at an address of its own; saved as it is, it keeps the false positive away", async () => {
    await appliance.ingest([
      backup(),
      backup(),
      backup({ rule_id: "r2", rule_title: "Other Rule", level: "high", raw: {} }),
    ]);
    const { incident_id: id } = await incidentOf("svc-backup");
    const { status, body } = await falsely(id);
    expect([status, body.incident_id, body.status]).toEqual([200, id, "FALSE_POSITIVE"]);
    const [first, second] = body.proposed_exceptions;
    expect(first).toMatchObject({
      exception: {
        entity: "Primary Site",
        rule: "8f2c0e5a-0000-4000-8000-000000000001",
        actor: "svc-backup",
        process: image,
      },
      rule_title: "Suspicious Logon",
      detections: 2,
      covered_by: null,
    });
    expect(first.exception.reason).toBe(`${id} was a false positive: Backup`);
    expect(second.exception).toMatchObject({ rule: "r2", actor: "svc-backup", host: "ws-101" });
    expect((await analyst.get(`/api/incidents/${id}/exceptions`)).body.proposals).toEqual(body.proposed_exceptions);
    expect((await falsely(id)).body.proposed_exceptions).toHaveLength(2);
    const list = async () => (await analyst.get("/api/exceptions/proposals")).body.proposals;
    expect((await list()).map(({ incident_id }: { incident_id: string }) => incident_id)).toEqual([id, id]);

    for (const { exception } of body.proposed_exceptions) {
      expect((await analyst.post("/api/exceptions/try", exception)).status).toBe(200);
      expect((await analyst.post("/api/exceptions", exception)).status).toBe(201);
    }
    await restart();
    expect(await list()).toEqual([]);
    const [covered] = (await analyst.get(`/api/incidents/${id}/exceptions`)).body.proposals;
    expect(covered.covered_by).toMatch(/^exc-/);
    await appliance.ingest([backup(), backup({ rule_id: "r2", rule_title: "Other Rule", level: "high", raw: {} })]);
    expect((await analyst.get("/api/incidents?actor=svc-backup")).body.total).toBe(1);
    // Another program of the same account is no part of it.
    await appliance.ingest([backup({ raw: sysmon({ Image: "C:\\Temp\\agent.exe" }) })]);
    expect((await analyst.get("/api/incidents?actor=svc-backup")).body.total).toBe(2);
  });

  test("other changes of status propose nothing, and hold for whom they did", async () => {
    await appliance.ingest([backup()]);
    const { incident_id: id } = await incidentOf("svc-backup");
    expect(
      (await analyst.patch(`/api/incidents/${id}/status`, { status: "CLOSED" })).body.proposed_exceptions,
    ).toBeUndefined();
    expect((await analyst.get("/api/exceptions/proposals")).body.proposals).toEqual([]);
    const soar = await ApiClient.withKey(appliance, ["incident:write"], ["Primary Site"]);
    expect((await falsely(id, soar)).body.proposed_exceptions).toHaveLength(1);
  });

  test("logs that are hostile or very long do no harm", async () => {
    const long = sysmon({ Image: image, CommandLine: `agent ${"x".repeat(100_000)}` });
    await appliance.ingest([
      backup({ rule_id: "long", raw: long }),
      backup({ rule_id: "odd", raw: { CommandLine: { deep: [["*", "?"]] }, Image: 7, Hashes: null } }),
      backup({ rule_id: "text", raw: `CommandLine="${"\\*?".repeat(500)}` }),
      backup({ rule_id: "*", rule_title: "* ? \\", raw: sysmon({ CommandLine: "*".repeat(50) }) }),
    ]);
    const { incident_id: id } = await incidentOf("svc-backup");
    const { proposed_exceptions: proposed } = (await falsely(id)).body;
    expect(proposed.length).toBeGreaterThanOrEqual(3);
    for (const { exception } of proposed) {
      expect(exception.rule).not.toContain("*");
      expect((await analyst.post("/api/exceptions", exception)).status).toBe(201);
    }
  });

  test("of others' entities nothing is told", async () => {
    await appliance.ingest([backup({ entity: "Theirs" })]);
    const { incident_id: id } = await incidentOf("svc-backup");
    await falsely(id);
    const limited = await ApiClient.asUser(appliance, "limited", "analyst", ["Mine"]);
    expect((await limited.get(`/api/incidents/${id}/exceptions`)).status).toBe(404);
    expect((await limited.get("/api/exceptions/proposals")).body.proposals).toEqual([]);
    expect((await limited.get("/api/incidents/INC-00000000/exceptions")).status).toBe(404);
  });

  test("others' false positives do not crowd out one's own", async () => {
    await appliance.ingest([backup({ entity: "Mine", user: "svc-mine" })]);
    const { incident_id: mine } = await incidentOf("svc-mine");
    await falsely(mine);
    appliance.clock.advance(1_000);
    const users = Array.from({ length: 55 }, (_, n) => `their-${n}`);
    await appliance.ingest(users.map((user) => backup({ entity: "Theirs", user })));
    for (const user of users) await falsely((await incidentOf(user)).incident_id);
    const limited = await ApiClient.asUser(appliance, "limited", "analyst", ["mine"]);
    const { proposals } = (await limited.get("/api/exceptions/proposals")).body;
    expect(proposals.map((one: { incident_id: string }) => one.incident_id)).toEqual([mine]);
  });
});
