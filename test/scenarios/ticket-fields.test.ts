/** Fields that a ticket system wants, and fields that it drops: named, filled by settings, read back. */
import { afterEach, describe, expect, test } from "bun:test";
import { until } from "../harness/appliance.ts";
import { cleanUpScenes, critical, detail, login, scene, ticketed, turn } from "../harness/ticket-scene.ts";
import { bob } from "../standins/jira-model.ts";

afterEach(cleanUpScenes);

const onlyJira = { AUTO_PUSH_SYSTEMS: "jira" };
const onlySnow = { AUTO_PUSH_SYSTEMS: "servicenow" };
type Letter = { id: string; kind: string; cause: string; detail: string };

async function parked(it: Parameters<typeof login>[0]): Promise<Letter> {
  let found: Letter[] = [];
  await until(
    async () => {
      await turn(it, 5_000);
      found = (await (await login(it)).get("/api/deliveries?state=parked")).body.deliveries ?? [];
      return found.length > 0;
    },
    180_000,
    () => "nothing is parked",
  );
  const [one] = found;
  if (one === undefined) throw new Error("nothing is parked");
  return one;
}

describe("fields that are required without a default", () => {
  for (const deployment of ["Cloud", "Server"] as const)
    test(`reporter in Jira (${deployment}): the account that makes it`, async () => {
      const it = await scene(onlyJira, {
        jira: {
          deployment,
          ...(deployment === "Server" ? { credentials: "pat-123456" } : {}),
          required: [{ fieldId: "reporter", name: "Reporter" }],
        },
      });
      expect((await it.admin.post("/api/settings/jira/test", {})).body.ok).toBe(true);
      await it.appliance.ingest([critical("lou")]);
      await until(() => it.jira.issues.length === 1);
      expect(it.jira.issues[0]?.fields.reporter).toEqual(
        deployment === "Cloud" ? { accountId: "acc-1" } : { name: "acc-1" },
      );
    });

  test("a priority with names of its own: the nearest", async () => {
    const it = await scene(onlyJira, { jira: { priorities: ["P1 - Critical", "P2 - Major"], priorityRequired: true } });
    expect((await it.admin.post("/api/settings/jira/test", {})).body.ok).toBe(true);
    await it.appliance.ingest([critical("lou")]);
    await until(() => it.jira.issues.length === 1);
    expect(it.jira.issues[0]?.fields.priority).toEqual({ id: "2" });
  });

  test("of a transition's screen: named by the test and the delivery, filled by a setting, which lets it go on", async () => {
    const it = await ticketed(onlyJira, {
      jira: { transitionRequired: [{ fieldId: "customfield_10020", name: "Root cause" }] },
    });
    const tested = (await (await login(it)).post("/api/settings/jira/test", {})).body;
    expect(tested.steps.find(({ name }: { name: string }) => name === "Transitions")).toMatchObject({
      warning: true,
      detail: expect.stringContaining("Done wants Root cause (customfield_10020)"),
    });
    const [jira] = (await (await login(it)).get("/api/integrations/status")).body.integrations;
    expect(jira.warnings).toEqual([expect.stringContaining("JIRA_TRANSITION_FIELDS")]);
    await (await login(it)).patch(`/api/incidents/${it.id}/status`, { status: "CLOSED", notes: "done" });
    const letter = await parked(it);
    expect([letter.kind, letter.cause]).toEqual(["status", "fields_required"]);
    expect(letter.detail).toContain("Root cause (customfield_10020); give them in JIRA_TRANSITION_FIELDS");
    expect(it.jira.issue(it.key).status).toBe("To Do");
    // Health counts what stands still once in a while.
    await it.appliance.clock.advance(60_000);
    const health = await it.appliance.health("incidents");
    expect([health.status, health.body.status, health.body.tickets]).toEqual([200, "degraded", { parked: 1, dead: 0 }]);
    const saved = await (await login(it)).send("PUT", "/api/settings/jira", {
      transition_fields: { customfield_10020: { value: "Phishing" } },
    });
    expect(saved.status).toBe(200);
    await until(async () => {
      await turn(it, 5_000);
      return it.jira.issue(it.key).status === "Done";
    });
    await until(async () => {
      await turn(it, 3_000);
      return (await it.appliance.health("incidents")).body.status === "running";
    });
  });
});

describe("what was written and is not there", () => {
  for (const [column, change] of [
    ["work_notes", { path: "", body: { investigation_notes: "seen on WS-9" } }],
    ["assigned_to", { path: "", body: { assigned_analyst: "jane.doe" } }],
    ["state", { path: "/status", body: { status: "IN_PROGRESS" } }],
  ] as const)
    test(`ServiceNow drops ${column}: parked with the reason`, async () => {
      const it = await ticketed(onlySnow, { snow: { readOnly: [column], users: { "jane.doe": "d".repeat(32) } } });
      const answer = await (await login(it)).patch(`/api/incidents/${it.id}${change.path}`, change.body);
      expect(answer.status).toBe(200);
      const letter = await parked(it);
      expect([letter.cause, letter.detail]).toEqual(["not_kept", expect.stringContaining(`kept ${column}`)]);
    });

  test("Jira takes an assignment and keeps none: parked with the reason", async () => {
    const it = await ticketed(onlyJira, { jira: { people: [bob], dropsAssignee: true } });
    await (await login(it)).patch(`/api/incidents/${it.id}`, { assigned_analyst: "bob" });
    const letter = await parked(it);
    expect([letter.cause, letter.detail]).toEqual(["not_kept", expect.stringContaining("kept assignee")]);
  });
});

test("a journal that may not be read: notes come in from the record's own field, once, and ours do not", async () => {
  const it = await ticketed(onlySnow, { snow: { journal: false, zoneHours: 2 } });
  await (await login(it)).patch(`/api/incidents/${it.id}`, { investigation_notes: "from us" });
  it.snow.say(it.number, "please isolate\nWS-9", "carol");
  await until(async () => {
    await turn(it, 60_000);
    return ((await detail(it)).investigation_notes ?? "").includes("please isolate");
  }, 300_000);
  it.snow.say(it.number, "second", "carol");
  await until(async () => {
    await turn(it, 60_000);
    return ((await detail(it)).investigation_notes ?? "").includes("second");
  }, 300_000);
  const notes: string = (await detail(it)).investigation_notes;
  expect(notes.split("please isolate")).toHaveLength(2);
  expect(notes.split("from us")).toHaveLength(2);
  // Read later with the right to read the journal: nothing comes twice.
  it.snow.options.journal = true;
  it.snow.say(it.number, "third", "carol");
  await until(async () => {
    await turn(it, 60_000);
    return ((await detail(it)).investigation_notes ?? "").includes("third");
  }, 300_000);
  expect(((await detail(it)).investigation_notes as string).split("second")).toHaveLength(2);
});

test("a required field that the environment gives after a restart lets what was refused go on", async () => {
  const required = [{ fieldId: "customfield_10010", name: "Team" }];
  const it = await scene(onlyJira, { jira: { required } });
  await it.appliance.ingest([critical("lou")]);
  expect((await parked(it)).detail).toContain("Team is required");
  it.jira.options.required = [];
  it.appliance = await it.appliance.restarted();
  await until(async () => {
    await turn(it, 3_000);
    return it.jira.issues.length === 1;
  });
});
