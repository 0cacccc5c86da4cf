import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { incidentEventKinds } from "../../core/event.ts";
import type { Exception } from "../../core/exceptions/exception.ts";
import { Intake } from "../../core/intake/intake.ts";
import { dayMs, minuteMs } from "../../core/time.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { exceptionOf } from "../../test/harness/exception-of.ts";
import { pruneAll } from "../../test/harness/prune-all.ts";
import { openStore, type Store } from "../open-store.ts";

let folder: string;
let store: Store;
let now = 0;
const start = Date.UTC(2026, 2, 13, 4, 30);
const clock = { now: () => now, monotonic: () => now };
const settings = {
  actors: { sharedAccounts: ["administrator", "root"], hostShortNames: false },
  patterns: builtInPatterns,
  floors: builtInFloors,
  minScore: 40,
  assets: [],
};
const analyst = { who: "analyst1", source: "api" };

async function open(): Promise<Store> {
  const opened = await openStore({ path: join(folder, "rhythmx.db"), clock });
  await opened.incidents.configureCorrelation(settings);
  return opened;
}

beforeEach(async () => {
  now = start;
  folder = mkdtempSync(join(tmpdir(), "rhythmx-incidents-"));
  store = await open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function record(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    rule_title: "Mimikatz",
    rule_id: "r1",
    rule_author: "Jane",
    level: "critical",
    user: "CORP\\JSmith",
    timestamp: "2026-03-13T04:00:00Z",
    host: "WS-101",
    raw: { n: 1 },
    tags: ["attack.credential-access", "attack.t1003.001"],
    ...fields,
  };
}

/** Detections of one rule each, a minute apart. */
function records(count: number, fields: (index: number) => Record<string, unknown> = () => ({})) {
  const at = (index: number) => new Date(start - 30 * minuteMs + index * minuteMs).toISOString();
  return Array.from({ length: count }, (_, index) => record({ timestamp: at(index), ...fields(index) }));
}

/** Of rules that are no crown jewels, each another. */
function plain(from: number, fields: Record<string, unknown> = {}) {
  return (index: number) => ({
    level: "high",
    rule_id: `plain-${from + index}`,
    rule_title: `Plain ${from + index}`,
    tags: ["attack.execution"],
    ...fields,
  });
}

async function ingest(kind: "detections" | "alarms", list: Record<string, unknown>[]): Promise<unknown> {
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  const body = new TextEncoder().encode(list.map((one) => JSON.stringify(one)).join("\n"));
  const request = { kind, body, format: "rhythmx", owner: "o", entities: null, idempotency: null };
  return JSON.parse((await intake.ingest(request)).json);
}

// biome-ignore lint/suspicious/noExplicitAny: tests read bodies freely
type Body = any;

async function events(after = 0): Promise<{ kind: string; seq: number; body: Body }[]> {
  const list = await store.events.read(after, 5000, [...incidentEventKinds, "incident_scored"]);
  return list.map(({ kind, seq, data }) => ({ kind, seq, body: JSON.parse(data) }));
}

async function created(kind: "incident" | "case" = "incident"): Promise<Body[]> {
  return (await events()).filter((event) => event.kind === `${kind}_created`).map(({ body }) => body);
}

/** The error of the call. `expect(…).rejects` would block the event loop, through which the Worker answers. */
// biome-ignore lint/suspicious/noExplicitAny: tests read errors freely
function refusal(call: Promise<unknown>): Promise<any> {
  return call.then(
    () => "not refused",
    (error) => error,
  );
}

async function onlyIncident(): Promise<string> {
  const all = await created();
  expect(all).toHaveLength(1);
  return all[0].incident_id;
}

test("one critical detection is an incident; its event has everything the seed's body has, in the seed's order", async () => {
  await ingest("detections", [record()]);
  const [incident] = await created();
  expect(incident).toEqual({
    incident_id: expect.stringMatching(/^INC-[0-9a-f]{8}$/),
    event: "created",
    group_key: "jsmith",
    actor_type: "user",
    entity_name: "Primary Site",
    status: "OPEN",
    assigned_analyst: null,
    investigation_notes: null,
    resolution_notes: null,
    external_ticket_id: null,
    external_ticket_url: null,
    external_system: null,
    risk: {
      // A crown jewel: by itself it is worth what the table of floors says.
      score: 90,
      level: "critical",
      alarm_count: 0,
      alarm_count_7d: 0,
      alarm_count_24h: 0,
      sigma_alert_count: 1,
      sigma_unique_rules: 1,
      sigma_high_sev_count: 1,
      threat_case_count: 0,
      max_rbp: 0,
      avg_rbp: 0,
    },
    mitre: { unique_tactics: 1, unique_techniques: 1, tactics: ["credential-access"], techniques: ["T1003.001"] },
    related_cases: [],
    timeline: {
      first_alarm: "2026-03-13T04:00:00Z",
      last_alarm: "2026-03-13T04:00:00Z",
      risk_first_seen: "2026-03-13T04:00:00Z",
      risk_last_seen: "2026-03-13T04:00:00Z",
      created_at: "2026-03-13T04:30:00Z",
      updated_at: "2026-03-13T04:30:00Z",
      closed_at: null,
    },
    campaign_id: null,
  });
  expect(Object.keys(incident)).toEqual([
    ...["incident_id", "event", "group_key", "actor_type", "entity_name", "status", "assigned_analyst"],
    ...["investigation_notes", "resolution_notes", "external_ticket_id", "external_ticket_url", "external_system"],
    ...["risk", "mitre", "related_cases", "timeline", "campaign_id"],
  ]);
});

test("cases come before their incident in the log, and both already name each other", async () => {
  await ingest("detections", records(3));
  const told = await events();
  expect(told.map(({ kind }) => kind)).toEqual(["case_created", "incident_created"]);
  const [threatCase, incident] = told.map(({ body }) => body);
  expect(threatCase).toEqual({
    case_id: expect.stringMatching(/^CASE-[0-9a-f]{8}$/),
    event: "created",
    entity_name: "Primary Site",
    case_type: "credential_theft",
    status: "OPEN",
    severity: "CRITICAL",
    primary_user: "jsmith",
    assigned_analyst: null,
    investigation_notes: null,
    alert_count: 3,
    max_risk_score: 90,
    affected_computers: ["ws-101"],
    related_incident: {
      incident_id: incident.incident_id,
      group_key: "jsmith",
      status: "OPEN",
      assigned_analyst: null,
    },
    timeline: {
      first_alert: "2026-03-13T04:00:00Z",
      last_alert: "2026-03-13T04:02:00Z",
      created_at: "2026-03-13T04:30:00Z",
      updated_at: "2026-03-13T04:30:00Z",
    },
  });
  expect(incident.related_cases).toEqual([
    {
      case_id: threatCase.case_id,
      case_type: "credential_theft",
      severity: "CRITICAL",
      status: "OPEN",
      alert_count: 3,
      max_risk_score: 90,
      first_alert: "2026-03-13T04:00:00Z",
      last_alert: "2026-03-13T04:02:00Z",
    },
  ]);
  expect(incident.risk.threat_case_count).toBe(1);
});

test("a batch in many parts is assessed as a whole: one incident, created with all cases of the batch", async () => {
  const noise = (index: number) => ({ user: `other-${index}`, level: "low", rule_id: "noise", tags: [] });
  const late = records(3, (index) => ({ rule_id: `late-${index}`, tags: ["attack.lateral-movement"] }));
  const answer = await ingest("detections", [...records(3), ...records(2500, noise), ...late]);
  expect(answer).toMatchObject({ accepted: 2506 });
  const told = await events();
  expect(told.map(({ kind }) => kind)).toEqual(["case_created", "case_created", "incident_created"]);
  expect(told.at(-1)?.body.related_cases).toHaveLength(2);
});

test("a part of a batch that was never finished is assessed after a restart, and within a minute without one", async () => {
  const intake = (list: Record<string, unknown>[], more: string) => ({
    detections: list as never,
    now,
    counted: [],
    step: null,
    more,
  });
  const { readDetection } = await import("../../core/intake/detection.ts");
  const read = (fields: Record<string, unknown>) => {
    const context = { now, defaultEntity: "Primary Site", allowedEntities: null, repaired: false };
    const result = readDetection(JSON.stringify(record(fields)), context);
    if (!result.ok) throw new Error(result.error);
    return result.detection as never;
  };
  await store.writeDetections(intake([read({ user: "one" })], "unfinished"));
  expect(await created()).toEqual([]);
  await store.close();
  store = await open();
  while (await store.incidents.assessLeft(now, true));
  expect((await created()).map(({ group_key }) => group_key)).toEqual(["one"]);

  await store.writeDetections(intake([read({ user: "two" })], "unfinished"));
  await store.incidents.assessLeft(now + 30_000, false);
  expect(await created()).toHaveLength(1);
  await store.incidents.assessLeft(now + 61_000, false);
  expect(await created()).toHaveLength(2);
});

test("tenants never mix, however alike their actors are; spelling of a tenant's name does not matter", async () => {
  await ingest("detections", [
    ...records(2, () => ({ entity: "North", level: "high" })),
    ...records(2, () => ({ entity: "South", level: "high" })),
    ...records(1, () => ({ entity: "NORTH ", level: "high", rule_id: "other" })),
  ]);
  const incidents = await created();
  expect(incidents.map(({ entity_name, risk }) => [entity_name, risk.sigma_alert_count])).toEqual([
    ["North", 3],
    ["South", 2],
  ]);
  for (const threatCase of await created("case")) {
    const own = incidents.find(({ entity_name }) => entity_name === threatCase.entity_name);
    expect(threatCase.related_incident.incident_id).toBe(own.incident_id);
  }
});

test("informational and low detections make neither incident nor case, however many rules", async () => {
  await ingest(
    "detections",
    records(200, (index) => ({ level: index % 2 ? "low" : "informational", rule_id: `r${index % 40}` })),
  );
  expect(await created()).toEqual([]);
  expect(await created("case")).toEqual([]);
});

test("no actor, no incident", async () => {
  await ingest(
    "detections",
    records(5, () => ({ user: "SYSTEM", host: null })),
  );
  expect(await events()).toEqual([]);
  expect(await store.admin.facts()).toMatchObject({ alerts: 1 });
});

describe("an open incident", () => {
  test("is told again when its level rises, and only then; points are told to followers", async () => {
    await ingest("detections", records(3, plain(0)));
    const id = await onlyIncident();
    const [{ risk }] = await created();
    expect(risk.level).toBe("medium");
    const before = await store.events.end();
    now += minuteMs;
    await ingest("detections", records(4, plain(3, { level: "medium" })));
    expect((await events(before)).map(({ kind }) => kind)).toEqual(["incident_scored"]);
    now += minuteMs;
    await ingest(
      "detections",
      records(12, (index) => ({
        ...plain(10, { level: "medium" })(index),
        tags: [
          ["attack.execution", "attack.impact", "attack.persistence", "attack.discovery"][index % 4],
          `attack.t10${10 + index}`,
        ],
      })),
    );
    const updated = (await events(before)).filter(({ kind }) => kind === "incident_updated");
    expect(updated.map(({ body }) => [body.incident_id, body.event, body.changes])).toEqual([
      [id, "updated", [{ field: "risk_level", old: "medium", new: "high" }]],
    ]);
    expect(updated[0]?.body.timeline.updated_at).toBe("2026-03-13T04:32:00Z");
    const detail = await store.reading.readIncident(id, now);
    expect(detail?.history.map(({ action, old, new: value }) => [action, old, value])).toEqual([
      ["CREATED", null, "medium"],
      ["RISK_LEVEL_CHANGED", "medium", "high"],
    ]);
  });

  test("each new high or critical rule and each crown jewel is told, whatever the level; others and repeats are not", async () => {
    await ingest("detections", records(1));
    const id = await onlyIncident();
    const before = await store.events.end();
    const told = async () =>
      (await events(before)).filter(({ kind }) => kind === "incident_updated").map(({ body }) => body.changes);
    // The same again, at another level below high, and a new rule of level medium.
    await ingest("detections", [...records(2), ...records(1, () => ({ level: "medium" }))]);
    await ingest("detections", records(1, plain(0, { level: "medium" })));
    expect(await told()).toEqual([]);
    const dcsync = { level: "medium", tags: ["attack.t1003.006"], rule_id: "dcsync", rule_title: "DCSync by a user" };
    await ingest("detections", [
      ...records(1, plain(1)),
      ...records(1, plain(2, { level: "critical" })),
      ...records(2, () => dcsync),
    ]);
    expect((await told()).map(([change]) => change)).toEqual([
      { field: "rules", old: null, new: "Plain 2; Plain 1; DCSync by a user" },
    ]);
    const detail = await store.reading.readIncident(id, now);
    expect(detail?.history.at(-1)).toMatchObject({ action: "RULES_ADDED", new: "Plain 2; Plain 1; DCSync by a user" });
    await ingest("detections", [...records(1, plain(1)), ...records(1, () => dcsync)]);
    expect(await told()).toHaveLength(1);
    // A rule that was medium, now as high.
    await ingest("detections", records(1, plain(0)));
    expect((await told())[1]).toEqual([{ field: "rules", old: null, new: "Plain 0" }]);
  });

  test("a batch in many parts tells its new rules once", async () => {
    await ingest("detections", records(1));
    const before = await store.events.end();
    const noise = (index: number) => ({ user: `other-${index}`, level: "low", rule_id: "noise", tags: [] });
    await ingest("detections", [
      ...records(1, plain(0)),
      ...records(2500, noise),
      ...records(1, plain(0)),
      ...records(1, plain(1)),
    ]);
    const told = (await events(before)).filter(({ kind }) => kind === "incident_updated");
    expect(told.map(({ body }) => body.changes)).toEqual([[{ field: "rules", old: null, new: "Plain 0; Plain 1" }]]);
  });

  test("falls silently point by point, its levels are told to followers, and rises from there with news", async () => {
    await ingest("detections", records(3, plain(0)));
    const id = await onlyIncident();
    const scoreAt = async (days: number) => {
      now = start + days * dayMs;
      while (await store.incidents.decayScores(now));
      return (await store.reading.readIncident(id, now))?.incident;
    };
    const first = await scoreAt(6.9);
    expect(first).toMatchObject({ level: "medium" });
    const end = await store.events.end();
    expect((await scoreAt(7.5))?.score).toBeLessThan(first?.score ?? 0);
    expect(await scoreAt(14)).toMatchObject({ level: "low" });
    const fallen = await events(end);
    expect(fallen.map(({ kind, body }) => [kind, body.risk_level])).toEqual([["incident_scored", "low"]]);
    await ingest(
      "detections",
      records(3, (index) => ({ ...plain(0)(index), timestamp: new Date(now).toISOString() })),
    );
    expect((await events()).at(-1)?.body.changes).toEqual([{ field: "risk_level", old: "low", new: "medium" }]);
  });
});

describe("closing", () => {
  test("evidence of a closed incident never counts towards the next", async () => {
    await ingest("detections", records(3));
    const first = await onlyIncident();
    now += minuteMs;
    const { incident, changed } = await store.incidents.changeIncident(
      first,
      { status: "CLOSED", notes: "Resolved via playbook" },
      analyst,
      now,
    );
    expect(changed).toBe(true);
    expect(incident).toMatchObject({ status: "CLOSED", resolutionNotes: "Resolved via playbook", closedAt: now });
    now += minuteMs;
    // Alone it is too little: evidence of the closed case does not count.
    await ingest("detections", records(1, plain(0, { tags: ["attack.impact"] })));
    expect(await created()).toHaveLength(1);
    await ingest("detections", records(2, plain(1, { tags: ["attack.impact"] })));
    const incidents = await created();
    expect(incidents).toHaveLength(2);
    expect(incidents[1]).toMatchObject({ risk: { sigma_alert_count: 3, sigma_unique_rules: 3 } });
    expect(incidents[1].related_cases.map(({ case_type }: Body) => case_type)).toEqual(["impact"]);
    // The closed one is unchanged.
    const detail = await store.reading.readIncident(first, now);
    expect(detail).toMatchObject({ body: { risk: { sigma_alert_count: 3 } }, users: ["CORP\\JSmith"] });
    expect(detail?.rules).toMatchObject([{ title: "Mimikatz", count: 3, author: "Jane" }]);
  });

  test("closes its cases, each told before the incident; the same status again is no change", async () => {
    await ingest("detections", records(3));
    const id = await onlyIncident();
    const end = await store.events.end();
    await store.incidents.changeIncident(id, { status: "FALSE_POSITIVE" }, analyst, now);
    const told = await events(end);
    expect(told.map(({ kind, body }) => [kind, body.status, body.changes])).toEqual([
      ["case_updated", "CLOSED", [{ field: "status", old: "OPEN", new: "CLOSED" }]],
      ["incident_updated", "FALSE_POSITIVE", [{ field: "status", old: "OPEN", new: "FALSE_POSITIVE" }]],
    ]);
    expect(told[0]?.body.related_incident.status).toBe("FALSE_POSITIVE");
    expect(told[1]?.body.risk.threat_case_count).toBe(0);
    const again = await store.incidents.changeIncident(id, { status: "FALSE_POSITIVE" }, analyst, now);
    expect(again.changed).toBe(false);
    expect(await store.events.end()).toBe((told[1]?.seq ?? 0) as number);
  });

  test("reopened: its evidence and its cases are back, with what came in since", async () => {
    // Earlier and later than everything before.
    const since = [start - 60 * minuteMs, start - 5 * minuteMs].map((at) => new Date(at).toISOString());
    await ingest("detections", records(3));
    const id = await onlyIncident();
    await store.incidents.changeIncident(id, { status: "CLOSED" }, analyst, now);
    now += minuteMs;
    await ingest(
      "detections",
      records(2, (index) => ({ level: "low", rule_id: "since", timestamp: since[index] })),
    );
    now += minuteMs;
    await store.incidents.changeIncident(id, { status: "IN_PROGRESS" }, analyst, now);
    now += 2 * minuteMs;
    await store.incidents.assessLeft(now, false);
    const detail = await store.reading.readIncident(id, now);
    expect(detail?.body).toMatchObject({
      status: "IN_PROGRESS",
      risk: { sigma_alert_count: 5, sigma_unique_rules: 2, threat_case_count: 1 },
      timeline: { closed_at: null },
    });
    const { first_alarm, last_alarm } = detail?.body.timeline ?? {};
    expect([first_alarm, last_alarm].map((at) => new Date(at ?? 0).toISOString())).toEqual(since);
    await ingest("detections", records(1));
    expect(await created()).toHaveLength(1);
    expect((await store.reading.readIncident(id, now))?.body.risk.sigma_alert_count).toBe(6);
  });

  test("reopening while a newer incident of the actor is open is refused, and changes nothing", async () => {
    await ingest("detections", records(3));
    const id = await onlyIncident();
    await store.incidents.changeIncident(id, { status: "CLOSED" }, analyst, now);
    await ingest("detections", records(3));
    const end = await store.events.end();
    const newer = (await created())[1].incident_id;
    const refused = await refusal(store.incidents.changeIncident(id, { status: "OPEN" }, analyst, now));
    expect(refused).toMatchObject({ code: "incident_newer", message: expect.stringContaining(newer) });
    expect(await store.events.end()).toBe(end);
    expect((await store.reading.readIncident(id, now))?.incident.status).toBe("CLOSED");
  });
});

test("notes, analyst and their history; blank empties", async () => {
  await ingest("detections", [record()]);
  const id = await onlyIncident();
  const change = (request: object) => store.incidents.changeIncident(id, request, analyst, now);
  await change({ status: "IN_PROGRESS", notes: "Looking at it" });
  await change({ assignedAnalyst: "analyst2", investigationNotes: "Rewritten" });
  await change({ status: "OPEN", notes: "Back" });
  const { incident } = await change({ assignedAnalyst: " " });
  expect(incident).toMatchObject({
    investigationNotes: "Rewritten\nBack",
    assignedAnalyst: null,
    resolutionNotes: null,
  });
  const detail = await store.reading.readIncident(id, now);
  expect(detail?.history.map(({ who, action, old, new: value }) => [who, action, old, value])).toEqual([
    ["rhythmx", "CREATED", null, "critical"],
    ["analyst1", "STATUS_CHANGED", "OPEN", "IN_PROGRESS"],
    ["analyst1", "NOTES_CHANGED", null, "Looking at it"],
    ["analyst1", "ASSIGNED", null, "analyst2"],
    ["analyst1", "NOTES_CHANGED", "Looking at it", "Rewritten"],
    ["analyst1", "STATUS_CHANGED", "IN_PROGRESS", "OPEN"],
    ["analyst1", "NOTES_CHANGED", null, "Back"],
    ["analyst1", "ASSIGNED", "analyst2", null],
  ]);
  await change({ status: "CLOSED", notes: "Solved" });
  const { incident: noted } = await change({ notes: "Seen again" });
  expect(noted).toMatchObject({ investigationNotes: "Rewritten\nBack\nSeen again", resolutionNotes: "Solved" });
  const unknown = store.incidents.changeIncident("INC-00000000", { status: "CLOSED" }, analyst, now);
  expect(await refusal(unknown)).toMatchObject({ code: "incident_unknown" });
});

describe("cases", () => {
  test("closing one by hand takes its evidence out of pattern and score; what comes later makes a new one", async () => {
    const one = (from: number, count: number) => records(count, plain(from, { tags: ["attack.impact"] }));
    await ingest("detections", one(0, 20));
    const id = await onlyIncident();
    const [{ case_id }] = await created("case");
    const before = (await store.reading.readIncident(id, now))?.incident.score ?? 0;
    const end = await store.events.end();
    await store.incidents.changeCase(case_id, { status: "CLOSED", notes: "Pentest" }, analyst, now);
    const told = await events(end);
    expect(told.map(({ kind }) => kind)).toEqual(["case_updated", "incident_scored"]);
    expect(told[0]?.body).toMatchObject({ status: "CLOSED", investigation_notes: "Pentest", alert_count: 20 });
    const detail = await store.reading.readIncident(id, now);
    expect(detail?.incident.score).toBeLessThan(before);
    expect(detail?.body.risk.threat_case_count).toBe(0);
    await ingest("detections", one(0, 1));
    expect(await created("case")).toHaveLength(1);
    await ingest("detections", one(1, 1));
    const cases = await created("case");
    expect(cases).toHaveLength(2);
    expect(cases[1]).toMatchObject({ case_type: "impact", alert_count: 2 });
    // The closed one cannot be reopened beside it.
    const refused = await refusal(store.incidents.changeCase(case_id, { status: "OPEN" }, analyst, now));
    expect(refused).toMatchObject({ code: "case_newer" });
    await store.incidents.changeCase(cases[1].case_id, { status: "CLOSED" }, analyst, now);
    await store.incidents.changeCase(case_id, { status: "OPEN" }, analyst, now);
    expect((await store.reading.readCase(case_id))?.threatCase).toMatchObject({ status: "OPEN", alerts: 20 });
    expect((await store.reading.readIncident(id, now))?.body.risk.threat_case_count).toBe(1);
  });

  test("the detail has its alerts, rules and incident; counts are those of the moment", async () => {
    await ingest("detections", records(3));
    await ingest(
      "detections",
      records(4, () => ({ host: "WS-102" })),
    );
    await ingest(
      "detections",
      records(1, () => ({ rule_id: "r9", tags: ["attack.impact"], level: "low" })),
    );
    const [{ case_id }] = await created("case");
    const detail = await store.reading.readCase(case_id);
    expect(detail?.threatCase).toMatchObject({ alerts: 7, hosts: ["ws-101", "ws-102"], ruleCount: 1 });
    expect(detail?.alerts.map(({ host, count, ruleAuthor }) => [host, count, ruleAuthor])).toEqual([
      ["WS-102", 4, "Jane"],
      ["WS-101", 3, "Jane"],
    ]);
    expect(detail?.incident?.actor).toBe("jsmith");
    expect(await store.reading.readCase("CASE-00000000")).toBeNull();
  });
});

describe("promotion by hand", () => {
  test("makes an incident of any known actor, with who and why in its history", async () => {
    await ingest(
      "detections",
      records(1, () => ({ level: "low" })),
    );
    const id = await store.incidents.promoteActor(
      { entity: "primary site", actor: "corp\\JSMITH", reason: "VIP" },
      analyst,
      now,
    );
    const [incident] = await created();
    expect(incident).toMatchObject({ incident_id: id, group_key: "jsmith", risk: { level: "low" } });
    const detail = await store.reading.readIncident(id, now);
    expect(detail?.history).toMatchObject([{ action: "PROMOTED", who: "analyst1", field: "reason", new: "VIP" }]);
    const again = store.incidents.promoteActor({ entity: "Primary Site", actor: "jsmith", reason: "" }, analyst, now);
    expect(await refusal(again)).toMatchObject({ code: "incident_exists", data: { incidentId: id } });
  });

  test("of an actor of whom nothing is known is refused, also where another tenant knows it", async () => {
    await ingest(
      "detections",
      records(1, () => ({ level: "low", entity: "North" })),
    );
    for (const actor of ["jsmith", "nobody", "", "-"]) {
      const promotion = store.incidents.promoteActor({ entity: "South", actor, reason: "r" }, analyst, now);
      expect(await refusal(promotion)).toMatchObject({ code: "actor_unknown" });
    }
  });
});

describe("SIEM alarms", () => {
  const alarm = (id: number, fields: Record<string, unknown> = {}) => ({
    alarm_id: id,
    name: "Brute force",
    rbp: 60,
    timestamp: "2026-03-13T04:10:00Z",
    user: "jsmith",
    ...fields,
  });

  test("join their actor by name: counts, RBP, ids; they add to the score and make no incident alone", async () => {
    await ingest("alarms", [alarm(1), alarm(2, { rbp: 95 }), alarm(3, { timestamp: "2026-03-12T03:10:00Z" })]);
    expect(await created()).toEqual([]);
    await ingest("alarms", [alarm(4, { timestamp: "2026-03-01T04:10:00Z", rbp: 55 })]);
    await ingest("detections", [record({ level: "high" })]);
    const [incident] = await created();
    expect(incident.risk).toMatchObject({
      alarm_count: 4,
      alarm_count_7d: 3,
      alarm_count_24h: 2,
      max_rbp: 95,
      avg_rbp: 67.5,
      sigma_alert_count: 1,
    });
    expect(incident.timeline.first_alarm).toBe("2026-03-01T04:10:00Z");
    const detail = await store.reading.readIncident(incident.incident_id, now);
    expect(detail?.alarms.map(({ alarmId, rbp }) => [alarmId, rbp])).toEqual([
      ...[
        ["1", 60],
        ["2", 95],
        ["3", 60],
        ["4", 55],
      ],
    ] as never);
    expect(detail?.risk.factors.find(({ name }) => name === "alarm_priority")?.points).toBeGreaterThan(5);
  });

  test("one that comes again with a higher RBP is raised, not counted again", async () => {
    await ingest("alarms", [alarm(1, { rbp: 0 })]);
    expect(await ingest("alarms", [alarm(1, { rbp: 80 }), alarm(1, { rbp: 10 })])).toMatchObject({ duplicates: 2 });
    await ingest("detections", [record()]);
    expect((await created())[0].risk).toMatchObject({ alarm_count: 1, max_rbp: 80, avg_rbp: 80 });
  });
});

describe("exceptions", () => {
  const exception = (fields: Partial<Exception>) => exceptionOf({ createdAt: now, ...fields });

  test("what they cover is deduplicated and sent, and is no evidence; without them it counts again", async () => {
    await store.incidents.insertException(exception({ rule: "r1", until: now + dayMs }));
    expect(await ingest("detections", records(3))).toMatchObject({ accepted: 3, alerts_new: 1 });
    expect(await created()).toEqual([]);
    expect(await store.events.read(0, 10, ["alert_first"])).toHaveLength(1);
    now += 2 * dayMs;
    await ingest("detections", records(1));
    expect((await created())[0].risk.sigma_alert_count).toBe(1);
  });

  test("hold after a restart, and end when they are removed", async () => {
    await store.incidents.insertException(exception({ actor: "JSmith" }));
    await store.close();
    store = await open();
    await ingest("detections", records(3));
    expect(await created()).toEqual([]);
    expect(await store.incidents.deleteException("x1", now)).toBe(true);
    expect(await store.incidents.deleteException("x1", now)).toBe(false);
    await ingest("detections", records(1));
    expect(await created()).toHaveLength(1);
  });
});

describe("an exception for evidence of more actors than one commit goes through", () => {
  const actors = 350;
  const scores = async () => {
    const all = await Promise.all(
      (await created()).map(({ incident_id }) => store.reading.readIncident(incident_id, now)),
    );
    return Map.groupBy(all, (one) => one?.incident.score);
  };
  /** As after `kill -9`: what was going to be called next is not. */
  const killed = async () => {
    await store.close();
    store = await open();
  };
  const afterTheStart = async () => {
    while (await store.incidents.assessLeft(now, true));
  };

  test("is gone on with after a crash, as is its removal, and nobody is counted twice", async () => {
    await ingest(
      "detections",
      records(actors, (index) => ({ user: `user-${index}`, timestamp: "2026-03-13T04:00:00Z" })),
    );
    const [before] = [...(await scores()).keys()];
    await store.incidents.insertException(exceptionOf({ rule: "r1", createdAt: now }));
    await killed();
    expect(await store.incidents.applyExceptions(now)).toBe(true);
    const half = (await scores()).get(0)?.length ?? 0;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(actors);
    await killed();
    await afterTheStart();
    expect((await scores()).get(0)).toHaveLength(actors);
    const [first] = await created();
    const { history = [] } = (await store.reading.readIncident(first.incident_id, now)) ?? {};
    expect(history.filter(({ action }) => action === "EXCEPTION_APPLIED")).toHaveLength(1);

    await store.incidents.deleteException("x1", now);
    await killed();
    expect(await store.incidents.applyExceptions(now)).toBe(true);
    expect((await scores()).get(before)?.length).toBe(half);
    await killed();
    await afterTheStart();
    expect((await scores()).get(before)).toHaveLength(actors);
    expect((await store.reading.readIncident(first.incident_id, now))?.body.risk).toMatchObject({
      sigma_alert_count: 1,
    });
    expect(await store.incidents.applyExceptions(now)).toBe(false);
  });

  test("retention forgets what was taken with its actor", async () => {
    await ingest("detections", records(3));
    await store.incidents.insertException(exceptionOf({ rule: "r1", createdAt: now }));
    await afterTheStart();
    await store.incidents.changeIncident(await onlyIncident(), { status: "CLOSED" }, analyst, now);
    now += 91 * dayMs;
    const kept = () => {
      const sqlite = new DatabaseFile(join(folder, "rhythmx.db"), { readonly: true });
      const { n } = sqlite.query("select count(*) as n from excepted_evidence").get() as { n: number };
      sqlite.close();
      return n;
    };
    expect(kept()).toBe(1);
    await pruneAll(store, now, 90);
    expect(kept()).toBe(0);
  });

  test("an incident that is reopened over a newer one's evidence keeps what was taken from either", async () => {
    await ingest("detections", records(2));
    const id = await onlyIncident();
    await store.incidents.changeIncident(id, { status: "CLOSED" }, analyst, now);
    await ingest("detections", [record({ level: "low", rule_id: "r2" })]);
    await store.incidents.insertException(exceptionOf({ rule: "r2", createdAt: now }));
    await afterTheStart();
    await store.incidents.changeIncident(id, { status: "OPEN" }, analyst, now);
    await afterTheStart();
    await store.incidents.deleteException("x1", now);
    await afterTheStart();
    expect((await store.reading.readIncident(id, now))?.body.risk.sigma_alert_count).toBe(3);
  });
});

test("retention forgets closed incidents with all that belongs to them, and silent actors; what is open stays", async () => {
  await ingest("detections", records(3));
  await ingest(
    "detections",
    records(3, () => ({ user: "stays" })),
  );
  await ingest(
    "detections",
    records(1, () => ({ user: "silent", level: "low" })),
  );
  const [closed, open] = await created();
  await store.incidents.changeIncident(closed.incident_id, { status: "CLOSED" }, analyst, now);
  now += 91 * dayMs;
  await pruneAll(store, now, 90);
  expect(await store.reading.readIncident(closed.incident_id, now)).toBeNull();
  expect(await store.reading.readIncident(open.incident_id, now)).toMatchObject({
    incident: { status: "OPEN" },
    body: { risk: { sigma_alert_count: 3, threat_case_count: 1 } },
  });
  const silent = store.incidents.promoteActor({ entity: "Primary Site", actor: "silent", reason: "" }, analyst, now);
  expect(await refusal(silent)).toMatchObject({ code: "actor_unknown" });
});
