/** One ticket for a campaign, step by step as lanes and readers ask the store: what is due, what is put off, told, handed on, closed with it. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CampaignMode } from "../../core/campaigns/campaign-tickets.ts";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { defaultPolicies } from "../../core/tickets/policy.ts";
import type { Delivery, RemoteState, Ticket, ToldIncident } from "../../core/tickets/ticket.ts";
import { hourMs, minuteMs } from "../../core/time.ts";
import { DatabaseFile, inDatabase } from "../../test/harness/database-file.ts";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { openStore, type Store } from "../open-store.ts";

const campaign = "CMP-0000000a";
let now = 0;
let folder: string;
let store: Store;
/** Ids of incidents by the names of their actors. */
let ids: Record<string, string> = {};
let serial = 0;

beforeEach(async () => {
  now = Date.UTC(2026, 2, 13, 4, 30);
  folder = mkdtempSync(join(tmpdir(), "rhythmx-campaign-tickets-"));
  [ids, serial] = [{}, 0];
  await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function open(mode: CampaignMode = "lead", on = true): Promise<void> {
  store = await openStore({ path: join(folder, "rhythmx.db"), clock: { now: () => now, monotonic: () => now } });
  await configure(mode, on);
  // The reader of campaigns, which is not here, has passed everything.
  await store.events.savePosition("campaigns", 1_000_000_000);
  await store.incidents.configureCorrelation({
    ...{ actors: { sharedAccounts: [], hostShortNames: false }, patterns: builtInPatterns, floors: builtInFloors },
    ...{ minScore: 40, assets: [] },
  });
}

async function configure(campaigns: CampaignMode, on = true): Promise<void> {
  const policies = { jira: defaultPolicies, servicenow: defaultPolicies, proactive: defaultPolicies };
  const push = on ? { minLevel: "medium" as const, systems: ["jira" as const] } : null;
  await store.tickets.configureTickets({ push, policies, campaigns });
}

/** As after settings were saved. */
const review = () => store.tickets.passGate(24, now, true);

const tactics = ["credential-access", "lateral-movement", "impact", "exfiltration", "persistence", "execution"];

/** Makes an incident: a critical rule by itself is a high one, many on the way to many ends a critical one. */
async function attack(name: string, rules = 1): Promise<string> {
  const detections = Array.from({ length: rules }, () =>
    detectionOf({
      ...{ user: name, host: `ws-${name}`, level: "critical", risk: 90, timestamp: now },
      ...{ ruleId: `rule-${++serial}`, ruleTitle: `Rule ${serial}`, hash: serial.toString(16).padStart(16, "0") },
      tags: [`attack.${tactics[serial % tactics.length]}`],
    }),
  );
  await store.writeDetections({ detections, now, counted: [], step: null, more: null });
  const { id } = row(`select incident_id as id from incidents where group_key = '${name}' order by created_seq desc`);
  ids[name] = String(id);
  return String(id);
}

/** Changes the file while it is closed. */
async function inFile(sql: string, ...values: (string | number)[]): Promise<void> {
  await store.close();
  const sqlite = new DatabaseFile(join(folder, "rhythmx.db"));
  sqlite.query(sql).run(...values);
  sqlite.close();
  await open();
}

/** What the reader of campaigns finds, without what it does about tickets in the same write. */
const joined = (...names: string[]) =>
  inFile(
    `update incidents set campaign_id = ?1 where incident_id in (select value from json_each(?2))`,
    campaign,
    JSON.stringify(names.map((name) => ids[name] ?? name)),
  );

function all(sql: string): Record<string, string | number | null>[] {
  return inDatabase(
    join(folder, "rhythmx.db"),
    (file) => file.query<Record<string, string | number | null>>(sql).all(),
    { readonly: true },
  );
}
const row = (sql: string) => all(sql)[0] ?? {};
const nameOf = (incidentId: unknown) =>
  Object.entries(ids).find(([, id]) => id === incidentId)?.[0] ?? String(incidentId);

async function due(): Promise<Delivery[]> {
  return (await store.tickets.dueDeliveries("jira", now, now, 100)).due;
}
/** `create alice`, in their order. */
const dueNames = async (): Promise<string[]> =>
  (await due()).map(({ kind, incidentId }) => `${kind} ${nameOf(incidentId)}`);
const pass = () => store.tickets.passGate(24, now, false);

/** `create alice discarded campaign`. */
const creates = () =>
  all(
    `select t.incident_id as id, d.state, coalesce(d.cause, '') as cause from deliveries d join tickets t on t.id = d.ticket_id
     where d.kind = 'create' order by d.seq`,
  ).map(({ id, state, cause }) => `${nameOf(id)} ${state} ${cause}`.trim());

const outcome = (delivery: Delivery, state: Delivery["state"], more: object = {}) => ({
  ...{ id: delivery.id, state, attempts: delivery.attempts, lookups: delivery.lookups, nextAttemptAt: now },
  ...{ cause: null, detail: null, attempt: null, remote: null, commentId: null, known: null, next: null },
  ...{ throttled: null, ...more },
});

async function createOf(name: string): Promise<Delivery> {
  const { deliveries } = await store.reading.listDeliveries({
    incidentId: ids[name] ?? "",
    entities: null,
    limit: 50,
    offset: 0,
  });
  const create = deliveries.find(({ kind, state }) => kind === "create" && state !== "discarded");
  if (create === undefined) throw new Error(`${name} has no create`);
  return create;
}

const begin = async (delivery: Delivery) =>
  store.tickets.beginDelivery({ id: delivery.id, payload: "{}", hint: null, asked: null }, now);

async function made(name: string): Promise<Ticket> {
  const create = await createOf(name);
  expect(await begin(create)).toBe(true);
  const level = row(`select risk_level as level from incidents where incident_id = '${ids[name]}'`).level;
  await store.tickets.beginDelivery({ id: create.id, payload: "{}", hint: null, asked: String(level) }, now);
  const remote = { id: `1${name}`, key: `SEC-${name}`, url: `https://jira.example/SEC-${name}` };
  await store.tickets.finishDelivery(outcome(create, "confirmed", { remote }), now);
  const ticket = await store.reading.findTicket(ids[name] ?? "", "jira");
  if (ticket === null) throw new Error("no ticket");
  return ticket;
}

async function refused(name: string, state: "parked" | "dead", more: object = {}): Promise<void> {
  const create = await createOf(name);
  await begin(create);
  await store.tickets.finishDelivery(outcome(create, state, { cause: "rejected", detail: "field X", ...more }), now);
}

/** Sends every update that is due; who is told in each comment, by name, with the ticket. */
async function told(): Promise<string[]> {
  await pass();
  const notes: string[] = [];
  for (;;) {
    const updates = (await due()).filter(({ kind }) => kind !== "create");
    if (updates.length === 0) return notes;
    for (const one of updates) {
      const incidents = (one.content as { incidents?: ToldIncident[] } | null)?.incidents ?? [];
      const names = incidents.map(({ incidentId }) => nameOf(incidentId)).join(" ");
      if (one.kind === "comment") notes.push(`${nameOf(one.incidentId)}: ${names}`);
      await begin(one);
      await store.tickets.finishDelivery(outcome(one, "confirmed", { commentId: one.id }), now);
    }
  }
}

/** Somebody sets the status of a ticket in the target, and it is read. */
async function moved(ticket: Ticket, means: RemoteState["means"]): Promise<void> {
  now += 1_000;
  const status = means === "IN_PROGRESS" ? "In Progress" : means === "FALSE_POSITIVE" ? "Done (Won't Do)" : "Done";
  const remote: RemoteState = {
    ...{ id: ticket.remote?.id ?? "", key: ticket.remote?.key ?? "", url: ticket.remote?.url ?? "" },
    ...{ status, means, assignee: null, changedBy: { name: "Jane", isUs: false }, mergedInto: null },
    ...{ updated: now, stamp: String(now) },
  };
  await store.tickets.applyReading({ ticketId: ticket.id, remote, analyst: null, comments: [] }, now);
}
const statuses = () =>
  Object.fromEntries(
    all("select group_key as name, status from incidents order by created_seq").map((one) => [one.name, one.status]),
  );

/** The lead has its ticket; the others were put off and told in it. */
async function campaignOf(lead: string, ...others: string[]): Promise<Ticket> {
  for (const name of [lead, ...others]) await attack(name);
  await joined(lead, ...others);
  await pass();
  const ticket = await made(lead);
  expect(await told()).toEqual([`${lead}: ${others.join(" ")}`]);
  return ticket;
}

describe("put off and told", () => {
  test("the first gets the ticket, the others' creates are given up, and all are told in one note", async () => {
    for (const name of ["alice", "bob", "carol"]) await attack(name);
    expect(await dueNames()).toEqual(["create alice", "create bob", "create carol"]);
    await joined("alice", "bob", "carol");
    // Not before it was looked at, whatever the lane does in between.
    expect(await dueNames()).toEqual([]);
    expect(await begin(await createOf("bob"))).toBe(false);
    await pass();
    expect(await dueNames()).toEqual(["create alice"]);
    expect(creates()).toEqual(["alice planned", "bob discarded campaign", "carol discarded campaign"]);
    await made("alice");
    expect(await told()).toEqual(["alice: bob carol"]);
    expect(await told()).toEqual([]);
    expect(await store.reading.listToldIn([ids.bob ?? ""])).toMatchObject([{ lead: ids.alice, key: "SEC-alice" }]);
  });

  test("what was sent, or may have been, stays: the lead's create unknown, a follower's under way, one that was interrupted", async () => {
    for (const name of ["alice", "bob", "carol", "dave"]) await attack(name);
    const [alice, bob] = [await createOf("alice"), await createOf("bob")];
    await begin(alice);
    await store.tickets.finishDelivery(outcome(alice, "unknown", { cause: "timeout", attempts: 1 }), now);
    await begin(bob);
    await begin(await createOf("carol"));
    await store.tickets.recoverDeliveries(now, { waitMs: 0, elsewhere: false });
    await joined("alice", "bob", "carol", "dave");
    await pass();
    expect(creates()).toEqual([
      "alice unknown timeout",
      "bob unknown interrupted",
      "carol unknown interrupted",
      "dave discarded campaign",
    ]);
    // Looked up, not found, to be sent again: it may still be there.
    await store.tickets.finishDelivery(outcome(bob, "planned", { cause: "interrupted", lookups: 1 }), now);
    await pass();
    expect(creates()[1]).toBe("bob planned interrupted");
  });

  test("a follower that rises later gets none; a critical one is told at once, others with the hours that pass", async () => {
    await campaignOf("alice", "bob");
    now += minuteMs;
    await attack("carol");
    await joined("carol");
    expect(await told()).toEqual([]);
    now += minuteMs;
    await attack("dave", 12);
    await joined("dave");
    expect(await told()).toEqual(["alice: dave carol"]);
    const { content } = row("select content from deliveries where kind = 'comment' order by seq desc");
    expect(JSON.parse(String(content))).toMatchObject({
      ...{ kind: "level", level: "critical", from: "high", campaign },
      highest: { incidentId: ids.dave },
      incidents: [
        { incidentId: ids.dave, level: "critical", actor: "dave", hosts: ["ws-dave"] },
        { incidentId: ids.carol },
      ],
    });
    now += 25 * hourMs;
    await attack("erin");
    await joined("erin");
    expect(await told()).toEqual(["alice: erin"]);
    expect(creates().filter((one) => !one.endsWith("discarded campaign"))).toEqual(["alice confirmed"]);
  });

  test("500 followers make few notes", async () => {
    await attack("alice");
    const names = Array.from({ length: 500 }, (_, n) => `user-${n}`);
    await store.writeDetections({
      detections: names.map((user) =>
        detectionOf({
          ...{ user, host: `ws-${user}`, level: "critical", risk: 90, timestamp: now },
          hash: (1_000 + ++serial).toString(16).padStart(16, "0"),
        }),
      ),
      ...{ now, counted: [], step: null, more: null },
    });
    await inFile("update incidents set campaign_id = ?", campaign);
    await pass();
    expect(await dueNames()).toEqual(["create alice"]);
    await made("alice");
    const notes = await told();
    expect(notes).toHaveLength(17);
    expect(new Set(notes.flatMap((note) => note.split(": ")[1]?.split(" ") ?? [])).size).toBe(500);
  });

  test("the level falls with the campaign's, and a title or priority is asked for once", async () => {
    await campaignOf("alice", "bob");
    await attack("bob", 12);
    const levels = async () => {
      const { outcomes } = await pass();
      return outcomes.map(({ incidentId, decision }) => `${nameOf(incidentId)} ${decision.reason}`);
    };
    expect(await levels()).toEqual(["alice first-push"]);
    expect(row("select told_level from tickets order by id").told_level).toBe("critical");
    expect(await store.tickets.levelOfTicket(ids.alice ?? "", "jira")).toBe("critical");
    await store.incidents.changeIncident(ids.bob ?? "", { status: "CLOSED" }, { who: "a", source: "api" }, now);
    expect(await levels()).toEqual(["alice within-cadence"]);
    now += 25 * hourMs;
    expect(await levels()).toEqual(["alice cadence-elapsed-25h"]);
    expect(row("select told_level from tickets order by id").told_level).toBe("high");
  });
});

describe("hands on", () => {
  test.each(["parked", "dead"] as const)(
    "a lead that is %s: the next is made, the others are told there, it itself too",
    async (state) => {
      for (const name of ["alice", "bob", "carol"]) await attack(name);
      await joined("alice", "bob", "carol");
      await pass();
      await refused("alice", state);
      await pass();
      expect(await dueNames()).toEqual(["create bob"]);
      await made("bob");
      expect(await told()).toEqual(["bob: alice carol"]);
      // Sent again with the others of its cause: another ticket stands by now. Chosen by a person: it is made.
      await store.tickets.retryDeliveries({ state }, now);
      await pass();
      expect(creates()[0]).toBe("alice discarded campaign");
      expect(await dueNames()).toEqual([]);
    },
  );

  test("one that a person retries, or wants made, is made", async () => {
    for (const name of ["alice", "bob", "carol"]) await attack(name);
    await joined("alice", "bob", "carol");
    await pass();
    await refused("alice", "parked");
    await pass();
    await made("bob");
    expect(await told()).toEqual(["bob: alice carol"]);
    await store.tickets.retryDeliveries({ id: (await createOf("alice")).id }, now);
    const planned = {
      incidentId: ids.carol ?? "",
      entity: "Site",
      system: "jira" as const,
      trigger: "manual" as const,
    };
    await store.tickets.planTicket({ ...planned, who: "a", payload: null, level: null, afterSeq: null }, now);
    await pass();
    expect((await dueNames()).sort()).toEqual(["create alice", "create carol"]);
  });

  test("a create that waits for its campaign and is then asked for by hand is not put off", async () => {
    for (const name of ["alice", "bob"]) await attack(name);
    expect(await store.tickets.wantDelivery((await createOf("bob")).id, now)).toBe(true);
    await joined("alice", "bob");
    await pass();
    // What cannot be taken back leads; no second one is made beside it.
    expect(await dueNames()).toEqual(["create bob"]);
    expect(
      await store.tickets.wantDelivery(String(row("select id from deliveries where state = 'discarded'").id), now),
    ).toBe(false);
  });

  test.each([
    [
      "gone",
      async (ticket: Ticket): Promise<void> => {
        await store.tickets.ticketGone(ticket, now);
      },
    ],
    [
      "closed here",
      async ({ incidentId }: Ticket): Promise<void> => {
        await store.incidents.changeIncident(incidentId, { status: "CLOSED" }, { who: "a", source: "api" }, now);
      },
    ],
  ] as const)(
    "a lead that is %s: who was told in it is handed on",
    async (what: string, end: (ticket: Ticket) => Promise<void>) => {
      const ticket = await campaignOf("alice", "bob", "carol");
      await end(ticket);
      await pass();
      expect(await dueNames()).toContain("create bob");
      await made("bob");
      expect(await told()).toEqual([what === "gone" ? "bob: alice carol" : "bob: carol"]);
      expect(statuses()).toMatchObject({ bob: "OPEN", carol: "OPEN" });
    },
  );

  test("one that a person discards hands on; who was given up by a person is never planned again by itself", async () => {
    for (const name of ["alice", "bob"]) await attack(name);
    await joined("alice", "bob");
    await pass();
    await store.tickets.discardDelivery(
      (await createOf("alice")).id,
      "not wanted",
      { who: "a", source: "api" },
      now,
      null,
    );
    await pass();
    expect(await dueNames()).toEqual(["create bob"]);
    await store.tickets.discardDelivery(
      (await createOf("bob")).id,
      "not wanted",
      { who: "a", source: "api" },
      now,
      null,
    );
    await pass();
    expect(await dueNames()).toEqual([]);
  });

  test("a note that is refused: the incident gets a ticket of its own", async () => {
    for (const name of ["alice", "bob"]) await attack(name);
    await joined("alice", "bob");
    await pass();
    await made("alice");
    await pass();
    const [note] = (await due()).filter(({ kind }) => kind === "comment");
    if (note === undefined) throw new Error("no note");
    await begin(note);
    await store.tickets.finishDelivery(outcome(note, "parked", { cause: "forbidden" }), now);
    await pass();
    expect(await dueNames()).toContain("create bob");
    // Mended before it was made: told after all.
    await store.tickets.retryDeliveries({ id: note.id }, now);
    expect(await told()).toEqual(["alice: bob"]);
    expect(creates()).toEqual(["alice confirmed", "bob discarded campaign", "bob discarded campaign"]);
  });
});

describe("two campaigns", () => {
  test("that join keep both tickets; new ones are told in the older", async () => {
    for (const name of ["alice", "bob"]) await attack(name);
    await made("alice");
    await made("bob");
    await joined("alice", "bob");
    await attack("carol");
    await joined("carol");
    expect(await told()).toEqual(["alice: carol"]);
    expect(creates()).toEqual(["alice confirmed", "bob confirmed", "carol discarded campaign"]);
    // The other is told of its own incident only.
    await attack("carol", 12);
    const { outcomes } = await pass();
    expect(outcomes.map(({ incidentId }) => nameOf(incidentId))).toEqual(["alice"]);
  });
});

describe("closed and reopened in the target", () => {
  test("closes who was told in it, with who did it; in progress again reopens them", async () => {
    const ticket = await campaignOf("alice", "bob", "carol");
    // Not told there yet: nobody who closes it has seen it.
    now += minuteMs;
    await attack("dave");
    await joined("dave");
    await pass();
    await moved(ticket, "CLOSED");
    expect(statuses()).toEqual({ alice: "CLOSED", bob: "CLOSED", carol: "CLOSED", dave: "OPEN" });
    const [entry] = all(`select * from incident_history where incident_id = '${ids.bob}' and field = 'status'`);
    expect(entry).toMatchObject({
      action: "EXTERNAL_SYNC",
      source: "jira-sync",
      who: "Jane",
      old: "OPEN",
      new: "CLOSED",
    });
    expect(row(`select resolution_notes as notes from incidents where incident_id = '${ids.bob}'`).notes).toBe(
      `Done with SEC-alice, the ticket of ${ids.alice}, which stood for it (campaign ${campaign}).`,
    );
    await pass();
    expect(await dueNames()).toEqual(["create dave"]);
    // Somebody has looked at one of them since: it is left alone.
    await store.incidents.changeIncident(
      ids.carol ?? "",
      { status: "FALSE_POSITIVE" },
      { who: "a", source: "api" },
      now,
    );
    await moved(ticket, "IN_PROGRESS");
    expect(statuses()).toMatchObject({ alice: "IN_PROGRESS", bob: "IN_PROGRESS", carol: "FALSE_POSITIVE" });
    expect(await told()).toEqual([]);
  });

  test("a false positive is one for all of them, proposes exceptions, and is never reopened", async () => {
    const ticket = await campaignOf("alice", "bob");
    await moved(ticket, "FALSE_POSITIVE");
    expect(statuses()).toEqual({ alice: "FALSE_POSITIVE", bob: "FALSE_POSITIVE" });
    const proposed = `select count(*) as n from incident_history where action = 'EXCEPTION_PROPOSED' and incident_id = '${ids.bob}'`;
    expect(row(proposed).n).toBe(1);
    await moved(ticket, "IN_PROGRESS");
    expect(statuses()).toEqual({ alice: "FALSE_POSITIVE", bob: "FALSE_POSITIVE" });
  });

  test("one with a newer incident stays closed, and the ticket says so; one with a ticket of its own is not closed", async () => {
    const ticket = await campaignOf("alice", "bob", "carol");
    const planned = {
      incidentId: ids.carol ?? "",
      entity: "Site",
      system: "jira" as const,
      trigger: "manual" as const,
    };
    await store.tickets.planTicket({ ...planned, who: "a", payload: null, level: null, afterSeq: null }, now);
    await made("carol");
    await moved(ticket, "CLOSED");
    expect(statuses()).toEqual({ alice: "CLOSED", bob: "CLOSED", carol: "OPEN" });
    const closed = ids.bob;
    await attack("bob");
    await moved(ticket, "IN_PROGRESS");
    expect(row(`select status from incidents where incident_id = '${closed}'`).status).toBe("CLOSED");
    const { content } = row("select content from deliveries where kind = 'comment' order by seq desc");
    expect(JSON.parse(String(content)).text).toContain(
      `${closed} stays closed: incident ${ids.bob} of the same actor is open`,
    );
  });

  test("a note that was not sent when the ticket was closed is given up, and its incidents are handed on", async () => {
    for (const name of ["alice", "bob"]) await attack(name);
    await joined("alice", "bob");
    await pass();
    const ticket = await made("alice");
    await pass();
    await moved(ticket, "CLOSED");
    expect(statuses()).toEqual({ alice: "CLOSED", bob: "OPEN" });
    await pass();
    expect(await dueNames()).toEqual(["create bob"]);
  });
});

describe("settings", () => {
  test("each: every incident its own, nothing waits; put off before and not told: made now", async () => {
    for (const name of ["alice", "bob", "carol"]) await attack(name);
    await joined("alice", "bob", "carol");
    await pass();
    await configure("each");
    await review();
    expect((await dueNames()).sort()).toEqual(["create alice", "create bob", "create carol"]);
  });

  test("auto-push off: nothing is made or handed on by itself; on again: it is", async () => {
    const ticket = await campaignOf("alice", "bob");
    await configure("lead", false);
    await store.tickets.ticketGone(ticket, now);
    await pass();
    expect(await dueNames()).toEqual([]);
    await configure("lead");
    await review();
    expect(await dueNames()).toEqual(["create bob"]);
  });

  test("a reader of campaigns that stands still delays a create by two minutes at most; one that has passed wakes it", async () => {
    const positionAt = (position: number) => store.events.savePosition("campaigns", position);
    await positionAt(0);
    await attack("alice");
    expect(await dueNames()).toEqual([]);
    const waiting = await store.tickets.dueDeliveries("jira", now, now, 10);
    expect(waiting.nextAt).toBe(now + 2 * minuteMs);
    now += 2 * minuteMs;
    expect(await dueNames()).toEqual(["create alice"]);
    await attack("bob");
    expect(await dueNames()).toEqual(["create alice"]);
    await positionAt(1_000_000);
    expect(await dueNames()).toEqual(["create alice", "create bob"]);
  });
});
