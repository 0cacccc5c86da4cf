/**
 * No operation looks through a whole table, however long an appliance has run: each is called, and SQLite says how it would carry out every
 * statement that came of it. An operation without an example here fails, as does a statement that scans one of the tables that grow.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { eventKinds } from "../../core/event.ts";
import { feedKinds } from "../../core/feeds/feeds.ts";
import { Intake } from "../../core/intake/intake.ts";
import type { IntakeStore } from "../../core/ports.ts";
import { defaultPolicies } from "../../core/tickets/policy.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { exceptionOf } from "../../test/harness/exception-of.ts";
import type { StepTaken } from "../campaigns/step.ts";
import { Database } from "../database/database.ts";
import { type OperationName, reading, writing } from "./operations.ts";
import { StoreWorker } from "./store-worker.ts";

/** Tables that grow with time or with what comes in. */
const growing = [
  "sigma_alerts",
  "alert_logs",
  "detection_ids",
  "alarms",
  "event_log",
  "ingest_batches",
  "actor_periods",
  "incidents",
  "campaigns",
  "campaign_links",
  "outbreaks",
  "incident_traces",
  "campaign_looks",
  "incident_history",
  "threat_cases",
  "case_history",
  "period_alerts",
  "excepted_evidence",
  "tickets",
  "deliveries",
  "delivery_attempts",
  "ticket_comments",
  "audit_log",
  "detection_hours",
  "search_pending",
  "outbreak_sightings",
  "feed_gaps",
  "entity_names",
  ...["row_counts", "incident_counts", "delivery_counts", "ticket_counts"],
];

/** Tables with rows for each entity, of which there may be ten thousand: read for some entities; what concerns all of them is in a table of sums. */
const byEntity = ["row_counts", "incident_counts", "delivery_counts", "ticket_counts", "detection_hours"];

/** Statements that may read a whole table, and why. */
const allowed: readonly { sql: RegExp; why: string }[] = [
  {
    sql: /select min\(seq\) as seq from event_log where at >= /,
    why: "replay by a person; ends at the first event found",
  },
  {
    sql: /from campaigns where joined_into is null/,
    why: "a list of campaigns, of which there are a few a week: asked by a person",
  },
  {
    sql: /^with newest as materialized \(select [^()]* order by id desc limit \?2\)/,
    why: "the newest rows up to a limit, from the end of the table; asked by a person",
  },
  {
    sql: /from \(select \* from incident_history where action not in \([^()]*\) order by id desc limit \?1\)/,
    why: "the newest rows up to a limit, from the end of the table; only those are sorted",
  },
  {
    sql: /^select entity_name, sum\(detections\) as detections from detection_hours where hour >= /,
    why: "the busiest entities of thirty days: asked by a person who changes where their tickets go",
  },
  { sql: /^delete from detection_hours where /, why: "retention: the oldest hours, up to a limit" },
];

const noActorRules = { sharedAccounts: [], hostShortNames: false };
const now = Date.UTC(2026, 2, 13, 4, 30);
let folder: string;
const writer = new StoreWorker();
const reader = new StoreWorker();
/** Statements by the operation that they came of. */
const statements = new Map<string, Set<string>>();
let current = "";

const { read, write } = Database.prototype;

async function ask(worker: StoreWorker, method: string, ...args: unknown[]): Promise<unknown> {
  current = method;
  const replies = await worker.work([{ id: 1, method: method as never, args }]);
  const reply = replies.find((one) => "id" in one);
  if (reply !== undefined && "error" in reply) throw new Error(`${method}: ${reply.error.message}`);
  return reply !== undefined && "value" in reply ? reply.value : undefined;
}

const note = (sql: string) => statements.set(current, (statements.get(current) ?? new Set()).add(sql));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-plans-"));
  Database.prototype.read = function (sql, args) {
    note(sql);
    return read.call(this, sql, args);
  };
  Database.prototype.write = function (batch) {
    for (const one of batch) note(typeof one === "string" ? one : Array.isArray(one) ? one[0] : one.sql);
    return write.call(this, batch);
  };
  await ask(writer, "open", join(folder, "rhythmx.db"), now, "serve");
  await ask(reader, "openReader", join(folder, "rhythmx.db"), {
    patterns: builtInPatterns,
    assets: [],
    floors: builtInFloors,
    actors: noActorRules,
  });
});

afterAll(async () => {
  Object.assign(Database.prototype, { read, write });
  await ask(reader, "close");
  await ask(writer, "close");
  rmSync(folder, { recursive: true });
});

const store: IntakeStore = {
  writeDetections: (one) => ask(writer, "intake.writeDetections", one) as never,
  writeAlarms: (one) => ask(writer, "intake.writeAlarms", one) as never,
  assessBatch: (name, at) => ask(writer, "intake.assessBatch", name, at) as never,
  findBatch: (owner, key) => ask(writer, "intake.findBatch", owner, key) as never,
};

async function ingest(kind: "detections" | "alarms", records: readonly object[]): Promise<void> {
  const intake = new Intake({ store, clock: { now: () => now, monotonic: () => now }, defaultEntity: () => "Site" });
  const body = new TextEncoder().encode(records.map((one) => JSON.stringify(one)).join("\n"));
  const idempotency = { key: kind, bodySha256: "x" };
  await intake.ingest({ kind, body, format: "rhythmx", owner: "o", entities: null, idempotency });
}

const detection = (n: number) => ({
  id: `d${n}`,
  rule_title: `Rule ${n % 5}`,
  level: "critical",
  timestamp: "2026-03-13T04:00:00Z",
  user: `user-${n % 3}`,
  host: `host-${n % 7}`,
  tags: ["attack.credential-access", "attack.t1003.001", "attack.execution"],
  raw: { n },
});

const assetRow = {
  asset: { kind: "host", name: "host-1", role: "server", criticality: null, aliases: [] },
  entity: null,
  from: null,
};
const author = { who: "analyst", source: "api" };
const allEntities = null;
const someEntities = ["Site"];
const walk = (by: "created" | "updated", direction: "up" | "down", position: number | null) => ({
  kind: "walk",
  by,
  direction,
  position,
  givenUpTo: null,
  since: null,
  positionIsBound: false,
  boundIsFiner: false,
});
const ofIncidents = [
  { campaign: "CMP-00000001" },
  { owner: null },
  { owner: "j" },
  { riskLevels: ["critical"] },
  { ticket: "SEC-1" },
  { ticket: "any" },
  { sla: ["breached"] },
];
const ofAlerts = [{ host: "host-1" }, { levels: ["critical"] }, { rule: "Rule 1", user: "user-1" }, { hash: "x" }];
const pages = (["incidents", "cases", "alerts"] as const).flatMap((collection) =>
  [walk("created", "up", 0), walk("updated", "up", 0), walk("created", "down", null)].flatMap((order) =>
    [allEntities, someEntities].flatMap((entities) =>
      [
        {},
        { statuses: ["OPEN"] },
        { createdSince: now - hourMs, updatedSince: now - hourMs },
        ...(collection === "cases" ? [] : [{ text: "rule 1" }, { text: "nothing like it" }]),
        ...(collection === "incidents" ? ofIncidents : []),
        ...(collection === "alerts" ? ofAlerts : []),
      ].map((filters) => [{ collection, entities, filters, order, limit: 100, offset: 0, now }]),
    ),
  ),
);
const byDueTime = (["up", "down"] as const).map((direction) => [
  {
    collection: "incidents",
    entities: null,
    filters: {},
    order: { kind: "sorted", by: "due_at", direction },
    limit: 100,
    offset: 0,
    now,
  },
]);

/** Makes these incidents one campaign, as its reader does. */
async function campaignOf(ids: readonly string[]): Promise<void> {
  const database = new DatabaseFile(join(folder, "rhythmx.db"));
  database
    .query("insert into campaigns values ('CMP-00000001', 'Site', null, ?1, ?1)")
    .run(new Date(now).toISOString());
  for (const id of ids)
    database.query("update incidents set campaign_id = 'CMP-00000001' where incident_id = ?").run(id);
  database
    .query(
      `insert into campaign_links (campaign_id, incident_id, other_id, kind, what, seen_at)
       values ('CMP-00000001', ?, ?, 'host', 'host-1', ?)`,
    )
    .run(ids[0] ?? "", ids[1] ?? "", now);
  database.close();
}

/** What each operation is called with: once or several times, in this order. */
async function examples(): Promise<Record<string, unknown[][]>> {
  const ids = (
    JSON.parse(
      (
        (await ask(reader, "reading.listPage", {
          collection: "incidents",
          entities: null,
          filters: {},
          order: walk("created", "up", 0),
          limit: 2,
          offset: 0,
          now,
        })) as { json: string }
      ).json,
    ) as { incident_id: string }[]
  ).map(({ incident_id }) => incident_id);
  const id = ids[0] ?? "";
  const detail = (await ask(reader, "reading.readIncident", id, now)) as { cases: { caseId: string }[] };
  const caseId = detail.cases[0]?.caseId ?? "";
  const { deliveries } = (await ask(reader, "reading.listDeliveries", {
    entities: null,
    limit: 10,
    offset: 0,
  })) as { deliveries: { id: string; ticketId: number }[] };
  const [first, second, third] = deliveries.map((one) => one.id);
  const ticketId = deliveries[0]?.ticketId ?? 0;
  const inCampaign = ids[1] ?? "";
  await campaignOf(ids);
  const ticket = await ask(reader, "reading.findTicket", id, "jira");
  const { hash } = JSON.parse(
    ((await ask(reader, "reading.listPage", pages.at(-1)?.[0])) as { json: string }).json,
  )[0] ?? { hash: "" };
  const user = {
    id: "u1",
    name: "j",
    role: "viewer",
    entities: [],
    passwordHash: "x",
    passwordIsInitial: false,
    tokenVersion: 1,
    totpSecret: null,
    totpStep: 0,
    recoveryCodes: ["c0de"],
    createdAt: now,
    disabledAt: null,
    lastLoginAt: null,
    lastLoginFrom: null,
    displayName: null,
  };
  const session = { id: "s1", userId: "u1", counter: 1, createdAt: now, refreshedAt: now, address: "" };
  const visit = { sha256: "s1", userId: "u1", tokenVersion: 1, createdAt: now, seenAt: now, address: "" };
  const key = {
    id: "k1",
    name: "k",
    prefix: "smk_x",
    sha256: "y",
    scopes: ["ingest"],
    entities: [],
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    lastUsedFrom: null,
    createdBy: "a",
  };
  const exception = exceptionOf({ id: "e1", rule: "rule 1", createdAt: now });
  const secondLook = {
    ...{ ticketId: 1, incidentId: id, entity: "Site", system: "jira", generation: 1, remote: null },
    ...{ dueAt: now, looks: 1, others: [{ key: "SEC-2", url: "https://jira.example/SEC-2" }] },
  };
  const outcome = {
    id: first,
    state: "confirmed",
    attempts: 1,
    lookups: 0,
    nextAttemptAt: now,
    cause: null,
    detail: null,
    attempt: { at: now, durationMs: 1, action: "send", request: "POST /x", status: 201, outcome: "created", words: "" },
    remote: { id: "10001", key: "SEC-1", url: "https://jira.example/SEC-1" },
    commentId: "c1",
    known: { status: "To Do", assigneeId: null },
    next: { kind: "link", content: null },
    throttled: { name: "jira/1", until: now + 1000 },
  };
  const remote = {
    id: "10001",
    key: "SEC-1",
    url: "https://jira.example/SEC-1",
    status: "Done",
    means: "CLOSED",
    assignee: null,
    changedBy: { name: "p", isUs: false },
    mergedInto: null,
    updated: now,
    stamp: "1",
  };
  const letters = [
    { system: "jira" },
    { id: second },
    { entities: ["Site"], causes: ["forbidden"], state: "dead" },
    { incidentId: id, since: now, before: now + hourMs },
  ];
  const given = ["r", { who: "a", source: "api" }, now, null];
  const lists = [
    { entities: null, limit: 10, offset: 0 },
    { entities: ["Site"], limit: 10, offset: 0 },
    { incidentId: id, entities: ["Site"], limit: 10, offset: 0 },
    { system: "jira", states: ["parked", "dead"], entities: null, limit: 10, offset: 0 },
    { states: ["parked", "dead"], causes: ["rejected"], entities: ["Site"], limit: 10, offset: 0 },
    {
      states: ["parked", "dead"],
      since: 0,
      before: now + dayMs,
      withoutMade: true,
      entities: null,
      limit: 10,
      offset: 0,
    },
  ];
  return {
    "intake.writeDetections": [],
    "intake.writeAlarms": [],
    "intake.findBatch": [],
    "intake.assessBatch": [["detections", now]],
    "intake.recordHourly": [[now + 2 * hourMs, hourMs]],
    "events.read": [
      [0, 100, feedKinds.alerts],
      [0, 100, feedKinds.incidents],
    ],
    "events.readInto": [[new SharedArrayBuffer(4096), 0, 100, feedKinds.alerts]],
    "events.position": [["alerts/a"]],
    "events.savePosition": [["alerts/a", 1, now]],
    "events.end": [[]],
    "events.countAfter": [
      [0, feedKinds.alerts],
      [0, feedKinds.incidents],
      [0, eventKinds],
    ],
    "events.seqBefore": [[now]],
    "events.readSkips": [["alerts/a"]],
    "events.saveSkips": [["alerts/a", [{ after: 1, upTo: 2 }]]],
    "events.forgetReader": [["alerts/a"]],
    "admin.insertApiKey": [[key]],
    "admin.listApiKeys": [[]],
    "admin.revokeApiKey": [["k1", now]],
    "admin.touchApiKeys": [[[{ id: "k1", at: now, address: "192.0.2.1" }]]],
    "admin.listUsers": [[]],
    "admin.insertUser": [[user]],
    "admin.updateUser": [[user, 1]],
    "admin.listSessions": [[]],
    "admin.insertSession": [[session]],
    "admin.updateSession": [[session]],
    "admin.deleteSessions": [[["s1"]]],
    "admin.listConsoleSessions": [[]],
    "admin.insertConsoleSession": [[visit]],
    "admin.touchConsoleSessions": [[[["s1", now]]]],
    "admin.deleteConsoleSessions": [[["s1"]]],
    "admin.deleteUser": [["u1"]],
    "admin.addAudit": [
      [[{ at: now, who: "a", action: "user.create", target: "j", detail: {}, address: "", source: "api" }]],
    ],
    "admin.pruneAudit": [[now, 100]],
    "admin.listPollPositions": [[]],
    "admin.savePollPositions": [
      [[{ caller: "c", poll: "p", given: 1, confirmed: 0, since: "", start: 0, polledAt: now }], now],
    ],
    "admin.heartbeat": [[now, null]],
    "admin.lastBackup": [[]],
    "admin.noteBackup": [[{ at: now, bytes: 1, path: "/b.tar.gz" }]],
    "admin.readGeneration": [[]],
    "admin.facts": [[]],
    "admin.listReaders": [[]],
    "admin.prune": [
      [now + 200 * dayMs, 90, { sweep: "detectionIds", after: 0, share: 1 }],
      [now + 200 * dayMs, 90, { sweep: "batches", after: 0, share: 1 }],
      [now + 200 * dayMs, 90, { sweep: "alarms", after: 0, share: 1 }],
      [now + 200 * dayMs, 90, { sweep: "events", after: 0, share: 1 }],
      [now + 200 * dayMs, 90, { sweep: "alerts", after: 0, share: 1 }],
      [now + 200 * dayMs, 90, { sweep: "incidents", after: 0, share: 1 }],
      [now + 200 * dayMs, 90, { sweep: "actors", after: 0, share: 1 }],
      [now + 200 * dayMs, 90, { sweep: "roles", after: 0, share: 1 }],
    ],
    "incidents.configureCorrelation": [],
    "incidents.decayScores": [[now + 9 * dayMs]],
    "incidents.changeIncident": [
      [id, { status: "IN_PROGRESS", assignedAnalyst: "j", investigationNotes: "x" }, author, now],
      [id, { status: "CLOSED", notes: "done" }, author, now + 1],
      [id, { status: "IN_PROGRESS" }, author, now + 2],
    ],
    "incidents.promoteActor": [[{ entity: "Site", actor: "quiet", reason: "x" }, author, now]],
    "incidents.changeCase": [
      [caseId, { status: "CLOSED", notes: "x" }, author, now],
      [caseId, { status: "OPEN" }, author, now],
    ],
    "tickets.applyServiceLevels": Array.from({ length: 4 }, () => [{ critical: 1, high: 2, medium: 3, low: 4 }]),
    "campaigns.followOutbreaks": [[now], [now + 40_000], [now + 80_000]],
    "incidents.actorRules": [[]],
    "incidents.listExceptions": [[]],
    "incidents.insertException": [[exception]],
    "incidents.updateException": [
      [exception, { ...exception, reason: "said better" }, now],
      [exception, { ...exception, host: "other" }, now],
    ],
    "incidents.applyExceptions": [[now], [now]],
    "incidents.deleteException": [["e1", now]],
    "incidents.replaceAssets": [[{ entity: "Site", rows: [assetRow], who: "a", revision: null }, now]],
    "incidents.assessLeft": [
      [now, true],
      [now, false],
    ],
    "tickets.listSavedSettings": [[]],
    "tickets.saveSettings": [[[{ name: "JIRA_URL", value: "x", secret: false }], "a", now]],
    "tickets.listSealed": [[]],
    "tickets.readKeyCheck": [[]],
    "tickets.cursorKey": [["x"]],
    "tickets.reseal": [[[], "check"]],
    "tickets.listConnectionTests": [[]],
    "tickets.saveConnectionTest": [[{ section: "jira", at: now, ok: true, steps: [] }]],
    "tickets.configureTickets": [],
    "tickets.planTicket": [
      [
        {
          incidentId: id,
          entity: "Site",
          system: "proactive",
          trigger: "manual",
          who: "a",
          payload: null,
          level: null,
        },
        now,
      ],
    ],
    "tickets.levelOfTicket": [[id, "jira"]],
    "tickets.wantDelivery": [[second, now]],
    "tickets.dueDeliveries": [["jira", now, now, 10]],
    "tickets.keepWaits": [["jira", now]],
    "tickets.recoverDeliveries": [
      [now, { waitMs: 0, elsewhere: false }],
      [now, { waitMs: 30_000, elsewhere: true }],
    ],
    "tickets.recoverDelivery": [[first, now]],
    "tickets.listSecondLooks": [[]],
    "tickets.knownTicket": [[1]],
    "tickets.noteSecondLook": [
      [secondLook, { isOver: false, detail: "two" }, now],
      [secondLook, { isOver: true, detail: null }, now],
    ],
    "tickets.beginDelivery": [
      [
        {
          id: first,
          payload: "{}",
          hint: null,
          asked: null,
          title: "t",
          upTo: 0,
          of: { field: "status", value: "OPEN" },
        },
        now,
      ],
    ],
    "tickets.lastEntry": [[id]],
    "tickets.findDelivery": [[first]],
    "tickets.ticketOfDelivery": [[first]],
    "tickets.createPayload": [[1]],
    "tickets.finishDelivery": [[outcome, now]],
    "tickets.retryDeliveries": letters.map((one) => [one, now]),
    "tickets.discardDeliveries": letters.map((one) => [one, ...given]),
    "tickets.discardDelivery": [[second, ...given]],
    "tickets.renewTicket": [
      [
        {
          incidentId: id,
          entity: "Site",
          system: "jira",
          trigger: "manual",
          who: "a",
          payload: null,
          level: null,
          afterSeq: null,
        },
        ...given.slice(0, 3),
      ],
    ],
    "tickets.mendDelivery": [[second, { payload: "{}", hasOwnTitle: true }, "a", now]],
    "tickets.saveThrottle": [["jira/1", now, now]],
    "tickets.noteTarget": [["jira", "jira/2", now, now]],
    "tickets.parkUnknown": [["jira", now]],
    "tickets.listThrottles": [[]],
    "tickets.readProbe": [["jira"]],
    "tickets.saveProbe": [
      ["jira", { count: 1, last: now, ok: false }],
      ["jira", null],
    ],
    "tickets.knownTickets": [["jira", 0, 10]],
    "tickets.ownerOfTicket": [["jira", { id: "10001", key: "SEC-1", url: "https://jira.example/browse/SEC-1" }, 0]],
    "tickets.takeUndecided": [[third, now]],
    "tickets.askAgain": [[third, "a", now]],
    "tickets.nextGeneration": [[third, now]],
    "tickets.passGate": [
      [24, now, true],
      [24, now + dayMs, false],
    ],
    "tickets.findIncident": [[id]],
    "tickets.applyReading": [[{ ticketId, remote, analyst: null, comments: [] }, now]],
    "tickets.readCursor": [["jira"]],
    "tickets.saveCursor": [["jira", "c"]],
    "tickets.noteChanges": [["jira", [{ id: "10001", updated: now, stamp: "2" }], now]],
    "tickets.markForReading": [["jira", "10001", now]],
    "tickets.markAllForReading": [["jira", now]],
    "tickets.markStaleForReading": [["jira", 20, now]],
    "tickets.dueReadings": [["jira", now, 20]],
    "tickets.oldestTicket": [["jira"]],
    "tickets.knownComments": [[ticketId]],
    "tickets.recordFailedReading": [[ticketId, now]],
    "tickets.ticketGone": [[ticket, now]],
    "tickets.countDeliveries": [[]],
    "tickets.countTickets": [[]],
    "reading.readEvents": [[0, 100, feedKinds.incidents]],
    "reading.newestEvents": [
      [50, feedKinds.alerts],
      [50, feedKinds.incidents],
    ],
    "reading.oldestEvent": [[]],
    "reading.lastPosition": (["incidents", "cases", "alerts"] as const).flatMap((collection) => [
      [collection, "created"],
      [collection, "updated"],
    ]),
    "reading.listAudit": [
      [{ before: null, limit: 10, filters: {} }],
      [{ before: 5, limit: 10, filters: { who: "a", action: "user.create", from: now - dayMs, to: now } }],
      ...[{ kind: "user" }, { target: "a" }, { source: "api" }, { outcome: "refused" as const }].map((filters) => [
        { before: null, limit: 10, filters },
      ]),
    ],
    "reading.listDeadLetters": [[null], [["Site"]]],
    "reading.findDelivery": [[first]],
    "reading.findTicket": [[id, "jira"]],
    "reading.listPage": [...pages, ...byDueTime],
    "reading.readRow": [
      ["incidents", id, now],
      ["cases", caseId, now],
      ["alerts", hash, now],
    ],
    "reading.readAlertLog": [[hash]],
    "reading.readMonitored": [[]],
    "reading.readOverview": [
      [{ entities: null, since: now - dayMs, now }],
      [{ entities: ["Site"], since: now - dayMs, now }],
    ],
    "reading.readHours": [
      [{ entities: null, from: now - dayMs, to: now }],
      [{ entities: ["Site"], from: now - dayMs, to: now }],
    ],
    "reading.fileFacts": [[]],
    "reading.readDelivery": [[first]],
    "admin.indexSome": [[], []],
    "reading.readIncident": [
      [id, now],
      [inCampaign, now],
    ],
    "reading.readCampaign": [["CMP-00000001"]],
    "reading.listCampaigns": [
      [{ entities: null, limit: 10, offset: 0 }],
      [{ entities: ["Site"], limit: 10, offset: 0 }],
    ],
    "reading.matchedAlerts": [
      [{ scope: exception, actorRules: { sharedAccounts: [], hostShortNames: false }, entities: null }, 10],
      [
        {
          scope: { ...exception, process: "a.exe" },
          actorRules: { sharedAccounts: [], hostShortNames: false },
          entities: ["Site"],
        },
        10,
      ],
    ],
    "reading.tryException": [
      [{ scope: exception, actorRules: { hostShortNames: false }, since: 0 }, 0],
      [{ scope: { ...exception, process: "x" }, actorRules: { hostShortNames: false }, since: 0 }, 0],
    ],
    "reading.readProposalEvidence": [[id]],
    "reading.countUnread": [[10]],
    "reading.failedDeliveries": [[Date.UTC(2026, 2, 6), 100]],
    "reading.ticketLevels": [[Date.UTC(2026, 2, 6), 100]],
    "reading.recentEntities": [[Date.UTC(2026, 2, 6) - 30 * 86_400_000]],
    "reading.recentUsers": [[Date.UTC(2026, 2, 6) - 30 * 86_400_000, 0]],
    "reading.countPeakLevels": [[Date.UTC(2026, 2, 6) - 7 * 86_400_000]],
    "reading.falsePositives": [
      [0, 50, null],
      [0, 50, ["Site"]],
    ],
    "reading.readCase": [[caseId]],
    "reading.readSamples": [[id]],
    "reading.listAssets": [["Site"]],
    "incidents.countAssets": [[]],
    "reading.listEntities": [
      [null, 10],
      [["Site"], 10],
      [["Zürich"], 10],
    ],
    "reading.recentHistory": [
      [null, 10],
      [["Site"], 10],
    ],
    "reading.listToldIn": [[[id]]],
    "reading.listTickets": lists.map((one) => [one]),
    "reading.readKept": [[{ now: now + 400 * dayMs, days: 90, auditDays: 365 }]],
    "reading.newestIncident": [[]],
    "reading.listDeliveries": lists.map((one) => [one]),
    "reading.campaignStep": [[now], [now + hourMs]],
    "settings.configure": [[{ patterns: builtInPatterns, assets: [], floors: builtInFloors, actors: noActorRules }]],
    "campaigns.hasIncidents": [[]],
    "campaigns.campaignPosition": [[]],
    "campaigns.joinIncidents": [
      [await ask(reader, "reading.campaignStep", now).then((taken) => (taken as StepTaken).step), now],
    ],
  };
}

/** The lowest position since a time, sought from the lowest on: everything before is read. */
const seeksFromBelow = /\bmin\(\w+\)[^()]*\bfrom\s+\w+\s+where\b/i;

/** Parts of a statement's plan that read all of a table that grows. */
function scans(sqlite: DatabaseFile, sql: string): string[] {
  if (!/^\s*(select|insert|update|delete|with)\b/i.test(sql) || allowed.some((one) => one.sql.test(sql))) return [];
  const names = new Map<string, string>();
  for (const [, table = "", alias = ""] of sql.matchAll(
    /\b(?:from|join|update|into)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?/gi,
  )) {
    names.set(table, table);
    if (alias !== "") names.set(alias, table);
  }
  const plan = sqlite.query(`explain query plan ${sql}`).all() as { detail: string }[];
  const sorts = plan.some(({ detail }) => detail.includes("USE TEMP B-TREE FOR ORDER BY"));
  // The newest or oldest rows, found in the order in which they stand, up to a limit.
  const stopsEarly = /\blimit\b/i.test(sql) && !sorts;
  return plan
    .map(({ detail }) => detail)
    .filter((detail) => {
      const [, how, name = ""] = /^(SCAN|SEARCH) (\w+)/.exec(detail) ?? [];
      const table = names.get(name) ?? name;
      if (how === "SEARCH" && seeksFromBelow.test(sql) && !detail.includes("(")) return true;
      if (how === "SEARCH") return byEntity.includes(table) && !detail.includes("entity_name=?");
      return how === "SCAN" && growing.includes(table) && !stopsEarly;
    })
    .map((detail) => `${detail}: ${sql.replace(/\s+/g, " ").trim()}`);
}

test("no operation reads the whole of a table that grows", async () => {
  const push = { minLevel: "low", systems: ["jira", "servicenow"] };
  const policies = { jira: defaultPolicies, servicenow: defaultPolicies, proactive: defaultPolicies };
  await ask(writer, "tickets.configureTickets", { push, policies });
  const actors = { sharedAccounts: [], hostShortNames: false };
  await ask(writer, "incidents.configureCorrelation", {
    actors,
    patterns: builtInPatterns,
    floors: builtInFloors,
    minScore: 40,
    assets: [],
  });
  await ingest(
    "detections",
    Array.from({ length: 2_500 }, (_, n) => detection(n)),
  );
  await ingest("detections", [{ ...detection(1), id: "low", level: "low", user: "quiet", tags: [] }]);
  await ingest("alarms", [
    { alarm_id: "a1", name: "n", rbp: 90, timestamp: "2026-03-13T04:00:00Z", entity: "Site", user: "user-1" },
  ]);
  const all = await examples();
  const names = [writing, reading].flatMap((table) =>
    Object.entries(table).flatMap(([group, methods]) => Object.keys(methods).map((method) => `${group}.${method}`)),
  );
  expect(Object.keys(all).sort()).toEqual([...(names as OperationName[])].sort());
  for (const [name, calls] of Object.entries(all)) {
    const worker = /^(reading|settings)\./.test(name) ? reader : writer;
    // What an example cannot have, because an earlier one took it, has still shown its statements.
    for (const args of calls) await ask(worker, name, ...args).catch(() => undefined);
  }
  const sqlite = new DatabaseFile(join(folder, "rhythmx.db"), { readonly: true });
  const found: Record<string, string[]> = {};
  for (const [name, sqls] of statements) {
    const scanned = [...sqls].flatMap((sql) => scans(sqlite, sql));
    if (scanned.length > 0 && name !== "open") found[name] = scanned;
  }
  sqlite.close();
  expect(found).toEqual({});
});

test.each([
  ["select count(*) from deliveries where detail = 'x'", 1],
  ["update tickets set url = '' where told_level = 'high'", 1],
  ["select t.url from tickets as t where t.url > ? order by t.created_at limit 5", 1],
  ["select * from incidents order by created_seq desc limit 5", 0],
  ["select * from deliveries where ticket_id = ?", 0],
  ["select min(id) from sigma_alerts where recorded_at >= ?", 1],
  ["select min(+id) from sigma_alerts where recorded_at >= ?", 0],
  ["select sum(n) from row_counts where feed = 'alerts'", 1],
  ["select sum(n) from row_counts where feed = 'alerts' and entity_name in (select value from json_each(?))", 0],
])("a statement that reads a whole table is found: %s", (sql, count) => {
  const sqlite = new DatabaseFile(join(folder, "rhythmx.db"), { readonly: true });
  expect(scans(sqlite, sql)).toHaveLength(count);
  sqlite.close();
});
