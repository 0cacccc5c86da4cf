/** What happens to an incident reaches its tickets, each change as an operation of its own. */

import { afterEach, describe, expect, test } from "bun:test";
import { hourMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { queryDatabase } from "../harness/database-file.ts";
import {
  cleanUpScenes,
  critical,
  deliveries,
  detail,
  login,
  medium,
  type Scene,
  settled,
  ticketed,
  turn,
} from "../harness/ticket-scene.ts";
import { bob } from "../standins/jira-model.ts";

afterEach(cleanUpScenes);

const words = (value: unknown) => JSON.stringify(value);
const kinds = async (it: Scene) =>
  (await deliveries(it, "limit=500")).map(
    (one: { system: string; kind: string; state: string }) => `${one.system} ${one.kind} ${one.state}`,
  );

describe("updates out", () => {
  test("status, assignment and notes reach both tickets; closing has code and notes", async () => {
    const people = [{ accountId: "acc-jane", displayName: "Jane Doe", emailAddress: "jane.doe@acme.example" }];
    const it = await ticketed({}, { jira: { people }, snow: { users: { "jane.doe": "d".repeat(32) } } });
    await it.admin.patch(`/api/incidents/${it.id}`, {
      assigned_analyst: "jane.doe",
      investigation_notes: "Host isolated",
    });
    await it.admin.patch(`/api/incidents/${it.id}/status`, {
      status: "IN_PROGRESS",
      notes: "password=hunter2 was reset",
    });
    await settled(it);
    const issue = it.jira.issue(it.key);
    const row = it.snow.row(it.number);
    expect([issue.status, issue.assignee?.accountId]).toEqual(["In Progress", "acc-jane"]);
    expect([row.state, row.assigned_to]).toEqual(["2", "d".repeat(32)]);
    const notes = it.snow.journal.map(({ value }) => value);
    for (const texts of [issue.comments.map(({ body }) => words(body)), notes]) {
      expect(texts.filter((text) => text.includes("Host isolated") && text.includes("admin"))).toHaveLength(1);
      // What was added, not all of it again, and without the password.
      const added = texts.filter((text) => text.includes("was reset"));
      expect(added).toHaveLength(1);
      expect(added[0]).not.toContain("Host isolated");
      expect(added[0]).not.toContain("hunter2");
    }
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "CLOSED", notes: "Reimaged" });
    await settled(it);
    expect([issue.status, issue.resolution]).toEqual(["Done", "Done"]);
    expect(row).toMatchObject({ state: "6", close_code: "Solution provided", close_notes: "Reimaged" });
    expect(words(issue.comments.at(-1)?.body)).toContain("Reimaged");
    // None of it came back as somebody else's.
    await turn(it, 10 * 60_000);
    const { history, status } = await detail(it);
    expect(status).toBe("CLOSED");
    expect(history.filter(({ action }: { action: string }) => action === "EXTERNAL_SYNC")).toEqual([]);
  });

  test("a false positive has its resolution and state; reopening opens the tickets again", async () => {
    const it = await ticketed();
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "FALSE_POSITIVE" });
    await settled(it);
    const issue = it.jira.issue(it.key);
    expect([issue.status, issue.resolution]).toEqual(["Done", "Won't Do"]);
    expect(it.snow.row(it.number)).toMatchObject({ state: "8", close_code: "No resolution provided" });
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "OPEN" });
    await settled(it);
    // Its workflow leads there by In Progress.
    expect(issue.changes.slice(-2).map(({ to }) => to)).toEqual(["In Progress", "To Do"]);
    expect(it.snow.row(it.number).state).toBe("1");
    expect((await detail(it)).status).toBe("OPEN");
  });

  test("a ticket made by hand of an incident that is worked on starts where it is", async () => {
    const users = { jane: "d".repeat(32) };
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "jira" }, { snow: { users } });
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS" });
    await it.admin.patch(`/api/incidents/${it.id}`, { assigned_analyst: "jane" });
    await it.admin.post(`/api/incidents/${it.id}/tickets`, { system: "servicenow" });
    await until(() => it.snow.rows.length === 1);
    await until(() => it.snow.rows[0]?.state === "2" && it.snow.rows[0]?.assigned_to === users.jane);
  });

  test("a workflow of several steps is walked; one without a way is parked with the ways that there are", async () => {
    const workflow = [
      { name: "Neu", category: "new", to: ["In Arbeit"] },
      { name: "In Arbeit", category: "indeterminate", to: ["Prüfung"] },
      { name: "Prüfung", category: "indeterminate", to: ["Fertig"] },
      { name: "Fertig", category: "done", to: [] },
    ] as const;
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "jira" }, { jira: { workflow, resolutions: null } });
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "CLOSED" });
    await settled(it);
    expect(it.jira.issue(it.key).changes.map(({ to }) => to)).toEqual(["In Arbeit", "Prüfung", "Fertig"]);
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS" });
    await settled(it);
    const [letter] = (await it.admin.get("/api/dead-letters")).body.dead_letters;
    expect(letter).toMatchObject({ system: "jira", state: "parked", cause: "no_transition" });
    expect(letter.detail).toContain("no transition leads from Fertig to IN_PROGRESS: there is none");
  });

  test("several changes of a field while the system is down become one; comments stay in order", async () => {
    const it = await ticketed();
    it.jira.faults = () => ({ when: "before", what: { status: 503 } });
    for (const [status, notes] of [
      ["IN_PROGRESS", "first"],
      ["CLOSED", "second"],
      ["IN_PROGRESS", "third"],
    ])
      await it.admin.patch(`/api/incidents/${it.id}/status`, { status, notes });
    await turn(it, 60_000);
    it.jira.faults = () => null;
    await turn(it, 10 * 60_000);
    await settled(it);
    const issue = it.jira.issue(it.key);
    expect(issue.changes.map(({ to }) => to)).toEqual(["In Progress"]);
    expect(issue.comments.map(({ body }) => /first|second|third/.exec(words(body))?.[0])).toEqual([
      "first",
      "second",
      "third",
    ]);
  });

  test("a comment whose answer was lost is looked up, and stands there once", async () => {
    const it = await ticketed();
    let lost = 0;
    const lostOne = () => {
      lost++;
      return { when: "after", what: "reset" } as const;
    };
    const lose = ({ method, path }: { method: string; path: string }) =>
      (path.endsWith("/comment") && method === "POST") || method === "PATCH" ? lostOne() : null;
    it.jira.faults = lose;
    it.snow.faults = lose;
    await it.admin.patch(`/api/incidents/${it.id}`, { investigation_notes: "only once" });
    await until(() => lost >= 2);
    it.jira.faults = () => null;
    it.snow.faults = () => null;
    await turn(it, 10 * 60_000);
    await settled(it);
    expect(it.jira.issue(it.key).comments.filter(({ body }) => words(body).includes("only once"))).toHaveLength(1);
    expect(it.snow.journal.filter(({ value }) => value.includes("only once"))).toHaveLength(1);
    const looked = (await (await login(it)).get("/api/deliveries?limit=500")).body.deliveries.filter(
      ({ kind, attempt_history }: { kind: string; attempt_history: { action: string; outcome: string }[] }) =>
        kind === "comment" && attempt_history.some(({ outcome }) => outcome === "found"),
    );
    expect(looked).toHaveLength(2);
  });

  test("a note that was written, and whose record cannot be read back at once, stands there once", async () => {
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "servicenow" });
    let isWritten = false;
    let refused = 0;
    it.snow.faults = ({ method }) => {
      if (method === "PATCH" && !isWritten) {
        isWritten = true;
        return { when: "after", what: { body: { result: {} } } };
      }
      if (!isWritten || method !== "GET" || refused > 2) return null;
      refused++;
      return { when: "before", what: { status: 429, retryAfter: "1" } };
    };
    await it.admin.patch(`/api/incidents/${it.id}`, { investigation_notes: "read back later" });
    await until(() => isWritten);
    await turn(it, 10 * 60_000);
    await settled(it);
    expect(refused).toBeGreaterThan(0);
    expect(it.snow.journal.filter(({ value }) => value.includes("read back later"))).toHaveLength(1);
  });

  test("what a person has to mend holds up its own kind only", async () => {
    const it = await ticketed({}, { snow: { readOnly: ["state"] } });
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS", notes: "goes on" });
    await turn(it, 2_000);
    await settled(it);
    expect(it.snow.journal.some(({ value }) => value.includes("goes on"))).toBe(true);
    const [letter] = (await it.admin.get("/api/dead-letters")).body.dead_letters;
    expect(letter).toMatchObject({ system: "servicenow", state: "parked", cause: "not_kept", count: 1 });
    expect(letter.detail).toContain('kept state "1" where "2" was asked');
    // The next change of status is the same errand: it goes once the cause is gone.
    it.snow.options.readOnly = [];
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "CLOSED" });
    await settled(it);
    expect(it.snow.row(it.number).state).toBe("6");
    expect((await it.admin.get("/api/dead-letters")).body.dead_letters).toEqual([]);
  });

  test("an analyst whom the system does not know is named in a comment; TICKET_USERS says who it is", async () => {
    const it = await ticketed(
      { TICKET_USERS: JSON.stringify({ "night shift": { servicenow: "e".repeat(32) } }) },
      { snow: { users: { night: "e".repeat(32) } } },
    );
    await it.admin.patch(`/api/incidents/${it.id}`, { assigned_analyst: "night shift" });
    await turn(it, 1_000);
    await settled(it);
    expect(it.snow.row(it.number).assigned_to).toBe("e".repeat(32));
    const issue = it.jira.issue(it.key);
    expect(issue.assignee).toBeNull();
    expect(issue.comments.map(({ body }) => words(body)).join()).toContain("Assigned to night shift");
    await it.admin.patch(`/api/incidents/${it.id}`, { assigned_analyst: null });
    await settled(it);
    expect(it.snow.row(it.number).assigned_to).toBe("");
  });
});

const lines = (it: Scene) =>
  it.appliance.logLines
    .map((line) => JSON.parse(line) as { msg: string; system?: string })
    .filter(({ msg, system }) => msg.startsWith("SNOW cadence gate") && system === "servicenow")
    .map(({ msg }) => msg.replace(/ incident=\S+/, "").replace("SNOW cadence gate: ", ""));
const tactics = [
  ...["execution", "persistence", "privilege-escalation", "defense-evasion", "credential-access", "discovery"],
  ...["lateral-movement", "collection", "command-and-control", "exfiltration", "impact"],
];
/** One detection more, of another rule, tactic and host; and an alarm. */
const more = async (it: Scene, n: number, level = "critical") => {
  const timestamp = new Date(it.appliance.clock.now() - 1000).toISOString();
  const tags = [`attack.${tactics[n % tactics.length]}`, `attack.t1${String(100 + n)}`];
  await it.appliance.ingest([
    critical("jsmith", { level, rule_id: `more-${n}`, rule_title: `More ${n}`, host: `WS-${n}`, tags, timestamp }),
  ]);
  const alarm = { alarm_id: `a-${n}`, alarm_name: `Alarm ${n}`, rbp: 95, timestamp, user: "jsmith" };
  await it.appliance.ingest([alarm], { kind: "alarms" });
};

describe("cadence gate", () => {
  test("the first change at once, then not within a day, critical always", async () => {
    const it = await ticketed({}, {}, medium("jsmith"));
    await turn(it, 2_000);
    expect(it.snow.row(it.number)).toMatchObject({ impact: "2", urgency: "2" });
    let made = 0;
    const raise = async (wanted: string) => {
      for (; (await detail(it)).risk_level !== wanted && made < 60; made += 1)
        await more(it, made, wanted === "high" ? "medium" : "critical");
      await turn(it, 2_000);
      await settled(it);
    };
    await raise("high");
    expect(lines(it)).toEqual(["PUSH reason=first-push"]);
    expect(it.snow.row(it.number)).toMatchObject({ impact: "2", urgency: "1", priority: "2" });
    expect(it.jira.issue(it.key).fields.priority).toEqual({ id: "2" });
    expect(it.jira.issue(it.key).fields.labels).toContain("risk-high");
    expect(it.jira.issue(it.key).fields.labels).not.toContain("risk-medium");
    expect(words(it.jira.issue(it.key).comments.at(-1)?.body)).toContain("Risk has gone from medium to high");
    await raise("critical");
    expect(lines(it)).toEqual(["PUSH reason=first-push", "PUSH reason=p1-escalation"]);
    expect(it.snow.row(it.number).priority).toBe("1");
    // Quiet takes points away: within the day nothing is sent, after it once.
    for (let hours = 0; (await detail(it)).risk_level === "critical" && hours < 14 * 24; hours += 20) {
      it.appliance.clock.skip(20 * hourMs);
      await turn(it, 65_000);
    }
    await turn(it, 5_000);
    await settled(it);
    expect(lines(it).slice(2).join(" ")).toMatch(
      /^(SKIP reason=within-cadence next=\S+ )?PUSH reason=cadence-elapsed-\d+h$/,
    );
    expect(it.snow.row(it.number).priority).not.toBe("1");
  });
});

describe("new rules", () => {
  const rule = (it: Scene, title: string) =>
    critical("jsmith", {
      rule_id: title,
      rule_title: title,
      timestamp: new Date(it.appliance.clock.now()).toISOString(),
    });
  const told = (it: Awaited<ReturnType<typeof ticketed>>) => [
    ...it.jira.issue(it.key).comments.map(({ body }) => words(body)),
    it.snow.journal.map(({ value }) => value).join("\n"),
  ];

  test("are collected into one note, sent once the cadence has elapsed since the ticket was made, and not again", async () => {
    const it = await ticketed();
    await it.appliance.ingest([rule(it, "First new rule")]);
    await turn(it, 2_000);
    await it.appliance.ingest([rule(it, "Second <b>new</b> rule")]);
    await turn(it, 2_000);
    await settled(it);
    expect(told(it).join(" ")).not.toContain("new rule");
    expect(lines(it).at(-1)).toMatch(/^SKIP reason=within-cadence/);
    it.appliance.clock.skip(25 * hourMs);
    await turn(it, 65_000);
    await settled(it);
    expect(lines(it).at(-1)).toBe("PUSH reason=cadence-elapsed-25h");
    for (const words of told(it)) {
      expect(words).toContain("New: First new rule");
      expect(words).toContain("New: Second");
    }
    expect(it.jira.issue(it.key).comments).toHaveLength(1);
    const stamps = queryDatabase(it.appliance, "select last_snow_update_at as at, snow_last_priority from incidents");
    expect(stamps).toMatchObject({ at: expect.stringMatching(/^2026-/), snow_last_priority: "P2" });
    it.appliance.clock.skip(25 * hourMs);
    await turn(it, 65_000);
    await settled(it);
    expect(it.jira.issue(it.key).comments).toHaveLength(1);
  });

  test("go with the next level push", async () => {
    const it = await ticketed({}, {}, medium("jsmith"));
    await it.appliance.ingest([rule(it, "Beside the rise")]);
    await turn(it, 2_000);
    await settled(it);
    expect(lines(it)).toEqual(["PUSH reason=first-push"]);
    for (const words of told(it)) {
      expect(words).toContain("Risk has gone from medium to high");
      expect(words).toContain("New: Beside the rise");
    }
  });
});

describe("an outbreak", () => {
  const wave = (it: Scene, from: number, count: number) =>
    Array.from({ length: count }, (_, n) =>
      critical("jsmith", {
        rule_id: "spread",
        rule_title: "Spreads <b>fast</b>",
        host: `ws-${from + n}`,
        timestamp: new Date(it.appliance.clock.now() - 60_000 + n).toISOString(),
      }),
    );

  test("that comes to an incident with tickets goes with the level that it brings; later hosts are one note", async () => {
    const it = await ticketed();
    await it.appliance.ingest(wave(it, 0, 6));
    await turn(it, 60_000);
    await settled(it);
    expect((await detail(it)).outbreak.hosts).toHaveLength(6);
    const told = () => [
      ...it.jira.issue(it.key).comments.map(({ body }) => words(body)),
      it.snow.journal.map(({ value }) => value).join("\n"),
    ];
    for (const text of told()) {
      expect(text).toContain("Risk has gone from high to critical");
      expect(text).toMatch(/Outbreak: .*Spreads .*fast.* has fired on 6 hosts/);
    }
    for (const [from, count] of [
      [10, 3],
      [20, 4],
    ] as const) {
      await it.appliance.ingest(wave(it, from, count));
      await turn(it, 30_000);
    }
    await settled(it);
    expect(told().join(" ")).not.toContain("has fired on 9 hosts");
    it.appliance.clock.skip(25 * hourMs);
    await turn(it, 65_000);
    await settled(it);
    for (const text of [told()[1], told().at(-1)]) expect(text).toContain("has fired on 13 hosts");
    expect(told().join(" ")).not.toContain("has fired on 9 hosts");
    expect(it.jira.issue(it.key).comments).toHaveLength(2);
  });
});

describe("cadence gate and a clock that was set back", () => {
  test("a level that waits is sent at once, not when the old time has come round", async () => {
    const it = await ticketed({ AUTO_PUSH_SYSTEMS: "servicenow", SNOW_UPDATE_CADENCE_HOURS: "720" });
    for (let n = 0; (await detail(it)).risk_level !== "critical" && n < 60; n += 1) {
      await more(it, n);
      await turn(it, 2_000);
      await settled(it);
    }
    expect(it.snow.row(it.number).priority).toBe("1");
    for (let hours = 0; (await detail(it)).risk_level === "critical" && hours < 14 * 24; hours += 20) {
      it.appliance.clock.skip(20 * hourMs);
      await turn(it, 65_000);
    }
    await turn(it, 5_000);
    expect(lines(it).at(-1)).toMatch(/^SKIP reason=within-cadence/);
    expect(it.snow.row(it.number).priority).toBe("1");
    it.appliance.clock.jump(-365 * 24 * hourMs);
    await turn(it, 65_000);
    await settled(it);
    expect(lines(it).at(-1)).toMatch(/^PUSH reason=cadence-elapsed-0h/);
    expect(it.snow.row(it.number).priority).not.toBe("1");
  });
});

describe("policies", () => {
  test("once at creation: neither side changes the other; ours: the ticket does not come in", async () => {
    const it = await ticketed({
      JIRA_FIELD_POLICY: "status=once,assignee=once,notes=once,priority=once",
      SERVICENOW_FIELD_POLICY: "status=ours,notes=ours",
    });
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS", notes: "told" });
    await settled(it);
    expect([it.jira.issue(it.key).status, it.jira.issue(it.key).comments.length]).toEqual(["To Do", 0]);
    expect(it.snow.row(it.number).state).toBe("2");
    it.jira.move(it.key, "Done", "Won't Do");
    it.jira.say(it.key, "not for you", bob);
    it.snow.change(it.number, { state: "7" });
    it.snow.say(it.number, "nor this");
    await turn(it, 11 * 60_000);
    const { status, investigation_notes: notes } = await detail(it);
    expect([status, notes]).toEqual(["IN_PROGRESS", "told"]);
    const { integrations } = (await (await login(it)).get("/api/integrations/status")).body;
    const [jira, snow] = integrations;
    expect(jira.fields.status).toEqual({ policy: "once", winner: "ticket" });
    expect([snow.fields.status, snow.fields.assignee]).toEqual([
      { policy: "ours", winner: "rhythmx" },
      { policy: "two_way", winner: "ticket" },
    ]);
    expect((await kinds(it)).filter((kind: string) => kind.startsWith("jira")).sort()).toEqual([
      "jira create confirmed",
      "jira link confirmed",
    ]);
  });
});
