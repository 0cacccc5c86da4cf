/** What changes on one side just while the other is asked or told: both sides are in step afterwards. */
import { afterEach, describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { hourMs, minuteMs } from "../../core/time.ts";
import { queryDatabase } from "../harness/database-file.ts";
import {
  cleanUpScenes,
  critical,
  detail,
  eventually,
  listed,
  login,
  once,
  type Scene,
  scene,
  settled,
  ticketed,
  turn,
} from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

describe.each(["jira", "servicenow"] as const)("in %s", (system) => {
  const target = (it: Scene) => (system === "jira" ? it.jira : it.snow);
  const only = { AUTO_PUSH_SYSTEMS: system };
  const record = system === "jira" ? /\/issue\/\d+$/ : /\/incident\/\w+$/;
  const status = (it: Scene) =>
    system === "jira" ? it.jira.issues[0]?.status : { "1": "To Do", "2": "In Progress" }[it.snow.rows[0]?.state ?? ""];
  const notes = (it: Scene): string[] =>
    system === "jira"
      ? (it.jira.issues[0]?.comments ?? []).map(({ body }) => JSON.stringify(body))
      : it.snow.journal.map(({ value }) => value);
  const told = (it: Scene, text: string) => notes(it).filter((note) => note.includes(text)).length;
  const hidden = { when: "before", what: { status: 404 } } as const;
  const state = async (it: Scene) => (await (await login(it)).get("/api/tickets")).body.tickets[0].state;
  const remove = (it: Scene & { key: string; number: string }) => {
    if (system === "jira") {
      const issue = it.jira.remove(it.key);
      return () => void it.jira.issues.unshift(Object.assign(issue, { updated: it.appliance.clock.now() }));
    }
    const row = it.snow.remove(it.number);
    return () => {
      it.snow.rows.unshift(row);
      it.snow.change(it.number, {});
    };
  };

  test("a ticket that was hidden for a moment is not taken for deleted, and is kept in step", async () => {
    const it = await ticketed(only, {}, [critical("jsmith"), critical("mjones")]);
    await turn(it, 6 * minuteMs);
    // The rights are there again before other tickets are looked for.
    target(it).faults = once("GET", record, hidden);
    const { body } = await (await login(it)).get("/api/incidents");
    for (const { incident_id: id } of body.incidents)
      await (await login(it)).patch(`/api/incidents/${id}/status`, { status: "IN_PROGRESS", notes: `Asked of ${id}` });
    await eventually(it, () => status(it) === "In Progress");
    await eventually(it, async () => (await listed(it, "state=planned,unknown,sending")).length === 0);
    expect(await listed(it, "state=parked")).toEqual([]);
    const gone = "select count(*) as n from incident_history where new = 'gone'";
    expect(queryDatabase(it.appliance, gone).n).toBe(0);
    expect(notes(it).filter((text) => text.includes("Asked of"))).toHaveLength(system === "jira" ? 1 : 2);
  });

  test("a ticket that is back is told what happened while it was gone: status, and every note once", async () => {
    const it = await ticketed(only, {}, [critical("jsmith")]);
    await turn(it, 6 * minuteMs);
    const restore = remove(it);
    it.appliance.clock.skip(6 * hourMs);
    await eventually(it, async () => (await state(it)) === "gone");
    await (await login(it)).patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS", notes: "Asked the user" });
    await (await login(it)).patch(`/api/incidents/${it.id}`, { notes: "He says no" });
    await turn(it, 5 * minuteMs);
    expect(await listed(it, "state=parked,planned")).toEqual([]);
    restore();
    await eventually(it, async () => (await state(it)) === "there");
    await eventually(it, () => status(it) === "In Progress" && told(it, "He says no") > 0);
    await settled(it);
    expect([told(it, "Asked the user"), told(it, "He says no")]).toEqual([1, 1]);
    expect(notes(it).find((text) => text.includes("He says no"))).toContain("Note by admin");
    expect((await detail(it)).status).toBe("IN_PROGRESS");
  });

  test("a ticket is told of a note and of a rule that come while its text is on the way", async () => {
    const it = await scene({ ...only, SNOW_UPDATE_CADENCE_HOURS: "1", SERVICENOW_ASSIGNMENT_GROUP: "SOC" });
    let asked = 0;
    // The last that is asked before it is made: the newest key, and the group.
    const before = system === "jira" ? /\/search(\/jql)?$/ : /sys_user_group/;
    const answer = (response: ServerResponse) => {
      const more = async () => {
        const admin = await login(it);
        const [incident] = (await admin.get("/api/incidents")).body.incidents;
        await admin.patch(`/api/incidents/${incident.incident_id}`, { notes: "He called back" });
        await it.appliance.ingest([critical("jsmith", { rule_id: "r-9", rule_title: "Wiped a disk" })]);
      };
      const said =
        system === "jira" ? { issues: [], isLast: true } : { result: [{ sys_id: "a".repeat(32), name: "SOC" }] };
      void more().then(() => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(said)));
    };
    target(it).faults = ({ path }) => {
      if (!before.test(path) || asked++ > 0) return null;
      return { when: "before", what: { answer } };
    };
    await it.appliance.ingest([critical("jsmith")]);
    await eventually(it, () => notes(it).some((text) => text.includes("He called back")));
    await eventually(it, () => notes(it).some((text) => text.includes("Wiped a disk")));
    await settled(it);
    expect([asked > 0, told(it, "He called back"), told(it, "Wiped a disk")]).toEqual([true, 1, 1]);
  });

  test("more comments than a page holds come in, also where a newer one is ours", async () => {
    const it = await ticketed(only);
    await turn(it, 6 * minuteMs);
    const say = (text: string) => (system === "jira" ? it.jira.say(it.key, text) : it.snow.say(it.number, text));
    for (let n = 0; n < 130; n++) say(`Seen ${n}.`);
    await (await login(it)).patch(`/api/incidents/${it.id}`, { notes: "Asked the user" });
    await turn(it, 1_000);
    await settled(it);
    const ours = "select count(*) as n from ticket_comments where ours = 1";
    expect(queryDatabase(it.appliance, ours).n).toBeGreaterThan(0);
    let page = 0;
    const pages = system === "jira" ? /\/comment$/ : /sys_journal_field$/;
    target(it).faults = ({ method, path }) => {
      // One more while they are read.
      if (method === "GET" && pages.test(path) && page++ === 1) say("Seen late.");
      return null;
    };
    const seen = async () => ((await detail(it)).investigation_notes ?? "").match(/Seen \w+\./g) ?? [];
    await eventually(it, async () => (await seen()).includes("Seen 0."));
    await eventually(it, async () => (await seen()).includes("Seen late."));
    const found = (await seen()).toSorted();
    expect(found).toEqual([...Array.from({ length: 130 }, (_, n) => `Seen ${n}.`), "Seen late."].toSorted());
  });

  /** A change of status is answered, and just then the account sees the ticket no longer. */
  const unseen = (it: Scene, when: "before" | "after") => {
    const change = system === "jira" ? /\/transitions$/ : record;
    const taken = system === "jira" ? { status: 204 } : { body: { result: {} } };
    let left = 0;
    target(it).faults = once(
      system === "jira" ? "POST" : "PATCH",
      change,
      { when, what: taken },
      ({ method, path }) => {
        const isSent = target(it).log.some((one) => one.method !== "GET" && change.test(one.path));
        return isSent && method === "GET" && record.test(path) && left++ === 0 ? hidden : null;
      },
    );
  };
  const change = async (it: Scene & { id: string }, to: string) =>
    (await login(it)).patch(`/api/incidents/${it.id}/status`, { status: to });

  test("a status that was taken and not kept, while nothing could be seen, is written again", async () => {
    const it = await ticketed(only);
    await turn(it, 6 * minuteMs);
    unseen(it, "before");
    await change(it, "IN_PROGRESS");
    await turn(it, 1_000);
    await settled(it);
    const taken = "select count(*) as n from deliveries where kind = 'status' and state = 'confirmed'";
    expect([status(it), queryDatabase(it.appliance, taken).n]).toEqual(["To Do", 1]);
    it.appliance.clock.skip(6 * hourMs);
    await eventually(it, () => status(it) === "In Progress");
    for (let n = 0; n < 5; n++) await turn(it, minuteMs);
    expect([(await detail(it)).status, await listed(it, "state=planned,parked")]).toEqual(["IN_PROGRESS", []]);
  });

  test("a status that was kept, and could not be seen then, is taken for ours by the next reading", async () => {
    const it = await ticketed(only);
    await turn(it, 6 * minuteMs);
    unseen(it, "after");
    await change(it, "CLOSED");
    await turn(it, 1_000);
    await settled(it);
    await change(it, "IN_PROGRESS");
    await eventually(it, () => status(it) === "In Progress");
    for (let n = 0; n < 8; n++) await turn(it, minuteMs);
    expect([(await detail(it)).status, status(it)]).toEqual(["IN_PROGRESS", "In Progress"]);
  });

  test("whoever an incident is given to while its assignment is on the way has the ticket, too", async () => {
    const [jane, ann] = ["d".repeat(32), "e".repeat(32)];
    const it = await ticketed({ ...only, TICKET_USERS: JSON.stringify({ ann: { [system]: ann } }) });
    await turn(it, 6 * minuteMs);
    it.jira.options.people = [jane, ann].map((accountId) => ({ accountId, displayName: accountId }));
    const found =
      system === "jira"
        ? [{ accountId: jane, displayName: "jane" }]
        : { result: [{ sys_id: jane, user_name: "jane", email: "", name: "Jane Doe" }] };
    const answer = (response: ServerResponse) =>
      void login(it)
        .then((admin) => admin.patch(`/api/incidents/${it.id}`, { assigned_analyst: "ann" }))
        .then(() => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(found)));
    const people = system === "jira" ? /user\/assignable/ : /sys_user$/;
    target(it).faults = once("GET", people, { when: "after", what: { answer } });
    await (await login(it)).patch(`/api/incidents/${it.id}`, { assigned_analyst: "jane" });
    await eventually(it, async () => (await detail(it)).assigned_analyst === "ann");
    for (let n = 0; n < 5; n++) await turn(it, minuteMs);
    await settled(it);
    const has = system === "jira" ? it.jira.issue(it.key).assignee?.accountId : it.snow.row(it.number).assigned_to;
    expect([has, (await detail(it)).assigned_analyst]).toEqual([ann, "ann"]);
  });
});

test("a create whose look-up showed nothing for a moment is not sent again", async () => {
  const it = await ticketed({ AUTO_PUSH_SYSTEMS: "servicenow" });
  await turn(it, 6 * minuteMs);
  let [lost, hid] = [false, false];
  it.snow.faults = ({ method, path }) => {
    if (!path.endsWith("/incident")) return null;
    if (method === "POST" && !lost) {
      lost = true;
      return { when: "after", what: "reset" };
    }
    if (method !== "GET" || !lost || hid) return null;
    // The first look, and no other.
    hid = true;
    return { when: "before", what: { body: { result: [] } } };
  };
  await it.appliance.ingest([critical("mjones")]);
  await eventually(it, async () => hid && (await listed(it, "state=confirmed")).length === 2);
  for (let n = 0; n < 5; n++) await turn(it, minuteMs);
  expect([it.snow.rows.length, await listed(it, "state=planned,unknown,parked")]).toEqual([2, []]);
});
