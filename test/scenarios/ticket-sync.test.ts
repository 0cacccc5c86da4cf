/** What people do to tickets reaches their incidents by polling alone. */

import { afterEach, describe, expect, test } from "bun:test";
import { dayMs, hourMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { queryDatabase } from "../harness/database-file.ts";
import {
  cleanUpScenes,
  critical,
  deliveries,
  detail,
  login,
  type Scene,
  scene,
  settled,
  ticketed,
  turn,
} from "../harness/ticket-scene.ts";
import { bob } from "../standins/jira-model.ts";

afterEach(cleanUpScenes);

type Entry = { action: string; source: string; field: string; old: string | null; new: string | null; who: string };
const synced = async (it: Scene & { id: string }) =>
  ((await detail(it)).history as Entry[])
    .filter(({ action }) => action === "EXTERNAL_SYNC")
    .map(({ source, field, old, new: now }) => `${source} ${field} ${old} > ${now}`);
/** How many tickets of a system are to be read at the moment, those that are being read among them. */
const unread = ({ appliance }: Scene, system: string) =>
  queryDatabase(appliance, "select count(*) as n from tickets where system = ? and read_at <= ?", [
    system,
    appliance.clock.now(),
  ]).n;
/** Over two times of the schedule. */
const polled = (it: Scene) => turn(it, 6 * 60_000);

describe("back in", () => {
  test("status, assignment and comments, each from whom; once; and on to the other ticket", async () => {
    const it = await ticketed({}, { snow: { users: { "Jane Doe": "d".repeat(32) } } });
    it.jira.move(it.key, "In Progress");
    it.jira.assign(it.key, { accountId: "acc-jane", displayName: "Jane Doe" });
    it.jira.say(it.key, "Called the user.\nIt was him.");
    it.snow.say(it.number, "Asked the network people");
    await polled(it);
    await settled(it);
    const incident = await detail(it);
    expect([incident.status, incident.assigned_analyst]).toEqual(["IN_PROGRESS", "Jane Doe"]);
    const { investigation_notes: notes } = incident;
    expect(notes).toMatch(/\[Jira SEC-1, Bob Miller, 2026-03-13 04:3\d UTC\] Called the user\.\nIt was him\./);
    expect(notes).toMatch(/\[ServiceNow INC0010000, carol, .*\] Asked the network people/);
    expect(it.snow.row(it.number)).toMatchObject({ state: "2", assigned_to: "d".repeat(32) });
    // Each other's notes, and nothing of it back to where it came from.
    expect(it.snow.journal.filter(({ value }) => value.includes("Called the user"))).toHaveLength(1);
    expect(
      it.jira.issue(it.key).comments.filter(({ body }) => JSON.stringify(body).includes("Asked the")),
    ).toHaveLength(1);
    const before = [await synced(it), it.snow.journal.length, it.jira.issue(it.key).comments.length];
    expect(before[0]).toHaveLength(4);
    await turn(it, hourMs);
    expect([await synced(it), it.snow.journal.length, it.jira.issue(it.key).comments.length]).toEqual(before);
  });

  test("what statuses mean: category, resolution, names of the site", async () => {
    const workflow = [
      { name: "To Do", category: "new", to: ["In Progress"] },
      { name: "In Progress", category: "indeterminate", to: ["Done"] },
      { name: "Rejected", category: "done", to: ["In Progress"] },
      { name: "Waiting", category: "indeterminate", to: ["Done"] },
      { name: "Done", category: "done", to: ["In Progress"] },
    ] as const;
    const map = JSON.stringify({ Rejected: "FALSE_POSITIVE", waiting: "NONE" });
    const it = await scene({ AUTO_PUSH_SYSTEMS: "jira", JIRA_STATUS_MAP: map }, { jira: { workflow } });
    await it.appliance.ingest(["a", "b", "c", "d", "e"].map((user) => critical(user)));
    await until(() => it.jira.issues.length === 5 && it.jira.issues.every(({ remoteLinks }) => remoteLinks.size === 1));
    const key = (user: string) =>
      it.jira.issues.find(({ fields }) => fields.summary.endsWith(` by ${user}`))?.key ?? "";
    it.jira.move(key("a"), "Done", "Done");
    it.jira.move(key("b"), "Done", "Won't Do");
    it.jira.move(key("c"), "Rejected");
    it.jira.move(key("d"), "Waiting");
    it.jira.move(key("e"), "In Progress");
    await polled(it);
    const { incidents } = (await (await login(it)).get("/api/incidents")).body;
    const found = Object.fromEntries(
      incidents.map((one: Entry & { group_key: string; status: string }) => [one.group_key, one.status]),
    );
    expect(found).toEqual({ a: "CLOSED", b: "FALSE_POSITIVE", c: "FALSE_POSITIVE", d: "OPEN", e: "IN_PROGRESS" });
  });

  test("a closed incident reopens only when its ticket is in progress, a false positive never", async () => {
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "servicenow" });
    it.snow.change(it.number, { state: "6", close_code: "Solution provided", close_notes: "x" });
    await polled(it);
    expect((await detail(it)).status).toBe("CLOSED");
    it.snow.change(it.number, { state: "1", close_code: "" });
    await polled(it);
    expect((await detail(it)).status).toBe("CLOSED");
    it.snow.change(it.number, { state: "2" });
    await polled(it);
    expect((await detail(it)).status).toBe("IN_PROGRESS");
    it.snow.change(it.number, { state: "8" });
    await polled(it);
    const incident = await detail(it);
    expect(incident.status).toBe("FALSE_POSITIVE");
    // Somebody there has decided; here it is told where to find what keeps it from coming back.
    const told = (incident.history as Entry[]).filter(({ action }) => action === "EXCEPTION_PROPOSED");
    const address = `/api/incidents/${it.id}/exceptions`;
    expect(told.map(({ who, new: text }) => [who, text])).toEqual([["rhythmx", `GET ${address}`]]);
    const [proposal] = (await (await login(it)).get(address)).body.proposals;
    expect(proposal.exception).toMatchObject({ actor: incident.group_key, rule: expect.any(String) });
    const waiting = (await (await login(it)).get("/api/exceptions/proposals")).body.proposals;
    expect(waiting.map(({ incident_id }: { incident_id: string }) => incident_id)).toEqual([it.id]);
    it.snow.change(it.number, { state: "2" });
    await polled(it);
    expect((await detail(it)).status).toBe("FALSE_POSITIVE");
    expect((await synced(it)).at(-1)).toBe("servicenow-sync ticket_status Canceled > In Progress");
  });

  test("both changed while the way was cut: the ticket wins, history has both", async () => {
    const it = await ticketed();
    await polled(it);
    it.jira.faults = () => ({ when: "before", what: "reset" });
    const admin = await login(it);
    await admin.patch(`/api/incidents/${it.id}/status`, { status: "CLOSED", notes: "closed here" });
    await admin.patch(`/api/incidents/${it.id}`, { assigned_analyst: "alice" });
    await turn(it, 30_000);
    it.jira.move(it.key, "In Progress");
    it.jira.assign(it.key, bob);
    it.jira.faults = () => null;
    await turn(it, 12 * 60_000);
    await settled(it);
    const incident = await detail(it);
    expect([incident.status, incident.assigned_analyst]).toEqual(["IN_PROGRESS", "Bob Miller"]);
    expect([it.jira.issue(it.key).status, it.jira.issue(it.key).assignee?.accountId]).toEqual([
      "In Progress",
      "acc-bob",
    ]);
    const statuses = (incident.history as Entry[])
      .filter(({ field }) => field === "status")
      .map(({ who, source, old, new: now }) => [who, source, old, now]);
    expect(statuses).toEqual([
      ["admin", "api", "OPEN", "CLOSED"],
      ["Bob Miller", "jira-sync", "CLOSED", "IN_PROGRESS"],
    ]);
    const overruled = (await deliveries({ ...it, admin: await login(it) }, "state=discarded")).map(
      ({ kind, cause }: { kind: string; cause: string }) => `${kind} ${cause}`,
    );
    expect(overruled.sort()).toEqual(["assignee overruled", "status overruled"]);
    // The note that was written here is said there all the same, and the other ticket has what the winner says.
    expect(JSON.stringify(it.jira.issue(it.key).comments)).toContain("closed here");
    expect(it.snow.row(it.number).state).toBe("2");
  });
});

describe("polling", () => {
  test("refused credentials are tried three times, not every five minutes; a good test ends that", async () => {
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "servicenow" });
    await polled(it);
    it.snow.faults = () => ({ when: "before", what: { status: 401 } });
    const asked = it.snow.log.length;
    await turn(it, 2 * hourMs);
    // Two may read at the same time.
    const refused = it.snow.log.slice(asked);
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeLessThanOrEqual(6);
    it.snow.faults = () => null;
    it.snow.change(it.number, { state: "2" });
    await turn(it, 20 * 60_000);
    expect(it.snow.log.length).toBe(asked + refused.length);
    expect((await (await login(it)).post("/api/settings/servicenow/test", {})).body.ok).toBe(true);
    await polled(it);
    expect((await detail(it)).status).toBe("IN_PROGRESS");
  });

  test("walks every page, whatever shares a second, and keeps its place until it has come to the end", async () => {
    const it = await scene({ AUTO_PUSH_MIN_SEVERITY: "LOW" });
    const users = Array.from({ length: 260 }, (_, n) => `u${n}`);
    await it.appliance.ingest(users.map((user) => critical(user)));
    await until(() => it.jira.issues.length === 260 && it.snow.rows.length === 260, 180_000);
    await polled(it);
    for (const row of it.snow.rows) it.snow.change(row.number ?? "", { state: "2" });
    // The third page breaks, every time, for an hour.
    it.snow.faults = ({ path }) =>
      path.endsWith("/incident") && it.snow.log.at(-1)?.query.get("sysparm_offset") === "200"
        ? { when: "before", what: { status: 500 } }
        : null;
    await turn(it, 20 * 60_000);
    it.snow.faults = () => null;
    await turn(it, 12 * 60_000);
    const others = "select count(*) as n from incidents where status <> 'IN_PROGRESS'";
    await until(() => queryDatabase(it.appliance, others).n === 0);
    // What earlier times of the schedule have marked has been read.
    await until(() => unread(it, "servicenow") === 0);
    const asked = it.snow.log.length;
    await turn(it, 5 * 60_000);
    // What was read in this state is not read again, but for the twenty that each time of the schedule reads in case a search misses some.
    const later = it.snow.log.slice(asked);
    const searches = later.filter(
      ({ path, query }) => path.endsWith("/incident") && Number(query.get("sysparm_offset") ?? 0) === 0,
    ).length;
    // A reading is more than one request: this one is in each, once.
    const readings = later
      .filter(({ path, query }) => /\/incident\/\w+$/.test(path) && query.get("sysparm_display_value") === "all")
      .map(({ path }) => path);
    expect(searches).toBeGreaterThan(0);
    expect(readings.length).toBeLessThanOrEqual(20 * searches);
    expect(new Set(readings).size).toBe(readings.length);
  }, 900_000);

  test("a search that lags, and an account in another zone, miss nothing", async () => {
    const it = await ticketed({}, { jira: { indexLagMs: 4 * 60_000 }, snow: { zoneHours: -8 } });
    await turn(it, 20 * 60_000);
    it.jira.say(it.key, "late in the index");
    it.snow.say(it.number, "by Pacific time");
    await turn(it, 12 * 60_000);
    const { investigation_notes: notes } = await detail(it);
    expect(notes).toContain("late in the index");
    expect(notes).toContain("by Pacific time");
  });

  test("an account that may not search or read journals: each ticket is read", async () => {
    const it = await ticketed({}, { jira: { searchable: false }, snow: { journal: false } });
    it.jira.move(it.key, "In Progress");
    await turn(it, 11 * 60_000);
    expect((await detail(it)).status).toBe("IN_PROGRESS");
    const { integrations } = (await (await login(it)).get("/api/integrations/status")).body;
    expect(integrations[0].sync).toMatchObject({ error: expect.stringContaining("may not browse") });
    expect(integrations[1].sync).toMatchObject({
      error: null,
      last_good_search: expect.stringMatching(/^2026-03-13T/),
    });
  });

  test("a search that has lost a ticket for good: it is read in its turn", async () => {
    const it = await ticketed({}, { jira: { indexLagMs: 365 * dayMs } });
    it.jira.move(it.key, "In Progress");
    await polled(it);
    expect((await detail(it)).status).toBe("IN_PROGRESS");
  });

  test("comments that no longer fit into the notes are named once, not copied", async () => {
    const it = await ticketed();
    const notes = async () => String((await detail(it)).investigation_notes);
    for (let n = 0; n < 16; n++) it.jira.say(it.key, `${n} ${"x".repeat(4_900)}`);
    await polled(it);
    const pointer = "further comments are in the ticket";
    await until(async () => (await notes()).includes(pointer), 180_000);
    const full = await notes();
    expect(new TextEncoder().encode(full).length).toBeLessThan(66_000);
    expect(full.split("\n").filter((line) => line.startsWith("[Jira")).length).toBeGreaterThan(10);
    for (let n = 0; n < 3; n++) it.jira.say(it.key, "y".repeat(4_900));
    await turn(it, hourMs);
    expect(await notes()).toBe(full);
    expect(full.split(pointer)).toHaveLength(2);
  });

  test("an account that may not read comments: the status comes in all the same", async () => {
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "jira" });
    it.jira.faults = ({ path }) => (path.endsWith("/comment") ? { when: "before", what: { status: 403 } } : null);
    it.jira.move(it.key, "In Progress");
    await polled(it);
    expect((await detail(it)).status).toBe("IN_PROGRESS");
  });

  test("a ticket that cannot be read holds no other up", async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "jira" });
    await it.appliance.ingest(["a", "b", "c"].map((user) => critical(user)));
    await until(() => it.jira.issues.length === 3 && it.jira.issues.every(({ remoteLinks }) => remoteLinks.size === 1));
    const [first] = it.jira.issues;
    for (const { key } of it.jira.issues) it.jira.move(key, "In Progress");
    it.jira.faults = ({ method, path }) =>
      method === "GET" && path.endsWith(`/issue/${first?.id}`) ? { when: "before", what: { status: 500 } } : null;
    await polled(it);
    const statuses = async () =>
      (await (await login(it)).get("/api/incidents")).body.incidents
        .map(({ status }: { status: string }) => status)
        .sort();
    expect(await statuses()).toEqual(["IN_PROGRESS", "IN_PROGRESS", "OPEN"]);
    it.jira.faults = () => null;
    await turn(it, 20 * 60_000);
    expect(await statuses()).toEqual(["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS"]);
  });
});

describe("a ticket", () => {
  test("that was deleted is shown as gone; a person may have another made, auto-push does not", async () => {
    const it = await ticketed();
    it.jira.remove(it.key);
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS" });
    await turn(it, 2_000);
    await settled(it);
    expect((await synced(it))[0]).toBe("jira-sync ticket_state SEC-1 > gone");
    const admin = await login(it);
    const gone = (await admin.get("/api/tickets?system=jira")).body.tickets;
    expect(gone[0]).toMatchObject({ ticket_id: "SEC-1", state: "gone", gone_at: expect.stringMatching(/^2026/) });
    const [letter] = (await admin.get("/api/dead-letters")).body.dead_letters;
    expect(letter).toMatchObject({ system: "jira", state: "parked", cause: "ticket_gone" });
    await it.appliance.ingest([critical("jsmith", { rule_id: "r-9", host: "WS-9" })]);
    await turn(it, 6 * 60_000);
    expect(it.jira.issues).toHaveLength(0);

    // Where nothing of ours is found, it is not certain that it is gone.
    const renew = async () =>
      (await login(it)).post(`/api/incidents/${it.id}/tickets/renew`, { system: "jira", reason: "Tidied up" });
    it.jira.faults = ({ path }) => (path.includes("/issue/") ? { when: "before", what: { status: 500 } } : null);
    expect((await renew()).status).toBe(502);
    it.jira.faults = () => null;
    const twice = await Promise.all([renew(), renew()]);
    expect(twice.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect((await detail(it)).history).toContainEqual(
      expect.objectContaining({ action: "TICKET_RENEWED", who: "admin", old: "SEC-1", new: "Tidied up" }),
    );
    await until(() => it.jira.issues.length === 1 && it.jira.issues[0]?.remoteLinks.size === 1);
    const [issue] = it.jira.issues;
    expect(issue?.fields.labels).toContain(`rhythmx-${it.id.toLowerCase()}-g2`);
    await until(async () => (await detail(it)).tickets.length === 3);
    const incident = await detail(it);
    expect(
      incident.tickets
        .map(
          ({ system, generation, state }: Entry & { system: string; generation: number; state: string }) =>
            `${system} ${generation} ${state}`,
        )
        .sort(),
    ).toEqual(["jira 1 gone", "jira 2 there", "servicenow 1 there"]);
    if (incident.external_system === "jira") expect(incident.external_ticket_id).toBe(issue?.key);
    // What the deleted one was still to be told is settled; the new one has the present status.
    await settled(it);
    expect((await (await login(it)).get("/api/dead-letters")).body.dead_letters).toEqual([]);
    expect(issue?.status).toBe("In Progress");
    // Again: there is one.
    expect((await (await login(it)).post(`/api/incidents/${it.id}/tickets`, { system: "jira" })).status).toBe(200);
    await (await login(it)).patch(`/api/incidents/${it.id}/status`, { status: "CLOSED" });
    await settled(it);
    expect(issue?.status).toBe("Done");
  });

  test("that was deleted is looked for again by a retry: its updates wait for a person again, or go on", async () => {
    const it = await ticketed();
    await polled(it);
    const [issue, row] = [it.jira.remove(it.key), it.snow.remove(it.number)];
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS", notes: "Asked the user" });
    const causes = async () => {
      await turn(it, 2_000);
      await settled(it);
      return (await deliveries(it, "state=parked")).map(({ cause }: { cause: string }) => cause) as string[];
    };
    const all = Array<string>(4).fill("ticket_gone");
    expect(await causes()).toEqual(all);
    const retry = async (): Promise<unknown> => (await (await login(it)).post("/api/dead-letters/retry", {})).body;
    expect(await retry()).toMatchObject({ retried: 4 });
    expect(await causes()).toEqual(all);

    it.jira.issues.push(issue);
    it.snow.rows.push(row);
    expect(await retry()).toMatchObject({ retried: 4 });
    expect(await causes()).toEqual([]);
    await polled(it);
    expect(it.jira.issue(it.key).status).toBe("In Progress");
    expect(it.snow.row(it.number)).toMatchObject({ state: "2" });
    expect(it.snow.journal.filter(({ value }) => value.includes("Asked the user"))).toHaveLength(1);
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    expect(tickets.map(({ state }: { state: string }) => state)).toEqual(["there", "there"]);
  });

  test("that an account no longer sees is not taken for deleted", async () => {
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "jira" });
    it.jira.faults = ({ path }) =>
      path.endsWith("/serverInfo") || path.endsWith("/myself") ? null : { when: "before", what: { status: 404 } };
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS" });
    await turn(it, 7 * 60_000);
    expect((await (await login(it)).get("/api/tickets")).body.tickets[0].state).toBe("there");
    it.jira.faults = () => null;
    await turn(it, 80 * 60_000);
    await settled(it);
    expect(it.jira.issue(it.key).status).toBe("In Progress");
  });

  test("that was moved is followed under its new name; one that came back is there again", async () => {
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "jira" });
    const issue = it.jira.remove(it.key);
    it.appliance.clock.skip(6 * hourMs);
    await turn(it, 60_000);
    expect((await (await login(it)).get("/api/tickets")).body.tickets[0].state).toBe("gone");
    it.jira.issues.push(Object.assign(issue, { key: "OPS-7", updated: it.appliance.clock.now() }));
    await turn(it, 6 * 60_000);
    const [ticket] = (await (await login(it)).get("/api/tickets")).body.tickets;
    expect(ticket).toMatchObject({ ticket_id: "OPS-7", state: "there", gone_at: null });
    expect((await detail(it)).external_ticket_id).toBe("OPS-7");
    expect(await synced(it)).toEqual([
      "jira-sync ticket_state SEC-1 > gone",
      "jira-sync external_ticket_id SEC-1 > OPS-7",
      "jira-sync ticket_state gone > OPS-7",
    ]);
  });

  test("that was merged into another one says so", async () => {
    const it = await ticketed();
    it.jira.issue(it.key).duplicateOf = "SEC-99";
    it.jira.move(it.key, "Done", "Done");
    it.snow.change(it.number, { parent_incident: "INC0009999" });
    await polled(it);
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    const merged = Object.fromEntries(
      tickets.map((one: { system: string; merged_into: string }) => [one.system, one.merged_into]),
    );
    expect(merged).toEqual({ jira: "SEC-99", servicenow: "INC0009999" });
    expect(await synced(it)).toContain("servicenow-sync ticket_merged_into null > INC0009999");
  });
});
