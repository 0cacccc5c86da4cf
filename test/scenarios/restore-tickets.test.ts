/** After a restore no ticket is made twice: what was waiting when the backup was made, and what was made since, is looked up in the target first. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { minuteMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { command } from "../harness/command.ts";
import {
  cleanUp,
  cleanUpScenes,
  critical,
  deliveries,
  login,
  medium,
  type Scene,
  scene,
  settled,
  turn,
} from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

/** A backup of the scene, and a function that restores it into the same folder and starts it. */
async function backedUp(it: Scene): Promise<() => Promise<Scene & { told: string }>> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-restore-"));
  cleanUp.push(async () => rmSync(folder, { recursive: true }));
  const file = join(folder, "b.tar.gz");
  const { dataDir } = it.appliance;
  const made = await command(["backup", file], { dataDir });
  expect([made.code, made.err]).toEqual([0, ""]);
  return async () => {
    let told = { code: -1, out: "", err: "" };
    const { appliance } = it;
    const started = await appliance.restartedAfter(async () => {
      told = await command(["restore", file, "--yes"], { dataDir });
    });
    expect([told.code, told.err.split("\n").length]).toEqual([0, 2]);
    const next = { ...it, appliance: started, told: told.out };
    cleanUp.push(() => started.dispose());
    return { ...next, admin: await login(next) };
  };
}

/** Both targets answer nothing. */
function away(it: Scene, isAway: boolean): void {
  for (const target of [it.jira, it.snow])
    target.faults = () => (isAway ? { when: "before", what: { status: 429 } } : null);
}

/** Time goes on, for the look-ups of an hour, until everything has come to rest. */
async function rest(it: Scene, minutes = 90): Promise<void> {
  for (let n = 0; n < minutes / 5; n++) await turn(it, 5 * minuteMs);
  await settled(it);
}

const perIncident = (it: Scene) => {
  const labels = it.jira.issues.flatMap(({ fields }) =>
    fields.labels.filter((label) => label.startsWith("rhythmx-inc-")),
  );
  const correlations = it.snow.rows.map(({ correlation_id: id }) => String(id));
  return { jira: [labels.length, new Set(labels).size], snow: [correlations.length, new Set(correlations).size] };
};

test("what was planned and being sent when the backup was made has been sent since: each ticket is found, none is made again", async () => {
  const it = await scene();
  // One ticket that is there, by which the account is known to see its own.
  await it.appliance.ingest([critical("first")]);
  await settled(it);
  away(it, true);
  await it.appliance.ingest(["alice", "bob", "carol"].map((user) => critical(user)));
  await turn(it, 1000);
  const restore = await backedUp(it);
  away(it, false);
  await rest(it);
  expect(perIncident(it)).toEqual({ jira: [4, 4], snow: [4, 4] });
  const keys = it.jira.issues.map(({ key }) => key);

  const back = await restore();
  expect(back.told).toContain("6 deliveries to ticket systems are looked up there before they are sent");
  await rest(back);
  expect(perIncident(back)).toEqual({ jira: [4, 4], snow: [4, 4] });
  const { tickets } = (await (await login(back)).get("/api/tickets?limit=50")).body;
  const known = tickets.filter(({ system }: { system: string }) => system === "jira");
  expect(known.map((one: { ticket_id: string }) => one.ticket_id).sort()).toEqual(keys.sort());
});

test("what nobody has sent since is sent after the look", async () => {
  const it = await scene();
  await it.appliance.ingest([critical("first")]);
  await settled(it);
  away(it, true);
  await it.appliance.ingest(["alice", "bob"].map((user) => critical(user)));
  await turn(it, 1000);
  const restore = await backedUp(it);
  const back = await restore();
  away(back, false);
  await rest(back);
  expect(perIncident(back)).toEqual({ jira: [3, 3], snow: [3, 3] });
});

test("a ticket that auto-push or a person made after the backup, for an incident that was there: found, by whoever asks again", async () => {
  // Of a level that makes no ticket by itself.
  const it = await scene({ AUTO_PUSH_MIN_SEVERITY: "HIGH" });
  await it.appliance.ingest([critical("first")]);
  await settled(it);
  await it.appliance.ingest([...medium("alice"), ...medium("bob")]);
  const restore = await backedUp(it);
  const idOf = async (of: Scene, user: string) => {
    const { incidents } = (await (await login(of)).get("/api/incidents?limit=50")).body;
    return incidents.find(({ group_key: key }: { group_key: string }) => key.startsWith(user)).incident_id as string;
  };
  const ask = async (of: Scene, user: string) => {
    const id = await idOf(of, user);
    for (const system of ["jira", "servicenow"])
      expect((await (await login(of)).post(`/api/incidents/${id}/tickets`, { system })).status).toBeLessThan(300);
  };
  await ask(it, "alice");
  await it.appliance.ingest([critical("bob", { rule_id: "c1", rule_title: "Rise" })]);
  await settled(it);
  expect(perIncident(it)).toEqual({ jira: [3, 3], snow: [3, 3] });

  const back = await restore();
  await ask(back, "alice");
  await back.appliance.ingest([critical("bob", { rule_id: "c1", rule_title: "Rise" })]);
  await rest(back);
  expect(perIncident(back)).toEqual({ jira: [3, 3], snow: [3, 3] });
  // What is new since the restore has ids that nothing can have: it is sent at once.
  await back.appliance.ingest([critical("zoe")]);
  await until(() => perIncident(back).snow[0] === 4 && perIncident(back).jira[0] === 4);
  expect(perIncident(back)).toEqual({ jira: [4, 4], snow: [4, 4] });
});

test("parked when the backup was made, mended and sent since: looked up when it is tried again", async () => {
  const it = await scene();
  await it.appliance.ingest([critical("first")]);
  await settled(it);
  const refuse = (isRefused: boolean) => {
    for (const target of [it.jira, it.snow])
      target.faults = ({ method }) =>
        isRefused && method === "POST" ? { when: "before", what: { status: 403 } } : null;
  };
  refuse(true);
  await it.appliance.ingest([critical("alice")]);
  await until(async () => (await deliveries(it, "state=parked")).length === 2);
  const restore = await backedUp(it);
  refuse(false);
  const retry = (of: Scene) => of.appliance.appliance.operations.retryDeliveries({});
  await retry(it);
  await settled(it);
  expect(perIncident(it)).toEqual({ jira: [2, 2], snow: [2, 2] });
  const back = await restore();
  expect((await deliveries(back, "state=parked")).length).toBe(2);
  await retry(back);
  await rest(back);
  expect(perIncident(back)).toEqual({ jira: [2, 2], snow: [2, 2] });
});

test("a note that was waiting when the backup was made and was written since stands once in the ticket", async () => {
  const it = await scene();
  await it.appliance.ingest([critical("alice")]);
  await settled(it);
  away(it, true);
  const admin = await login(it);
  const [{ incident_id: id }] = (await admin.get("/api/incidents")).body.incidents;
  expect((await admin.patch(`/api/incidents/${id}`, { investigation_notes: "seen on two hosts" })).status).toBe(200);
  await turn(it, 1000);
  const restore = await backedUp(it);
  away(it, false);
  await rest(it, 15);
  const notes = (of: Scene) => [
    of.jira.issues[0]?.comments.filter(({ body }) => JSON.stringify(body).includes("seen on two hosts")).length,
    of.snow.journal.filter(({ value }) => value.includes("seen on two hosts")).length,
  ];
  expect(notes(it)).toEqual([1, 1]);
  const back = await restore();
  await rest(back, 15);
  expect(notes(back)).toEqual([1, 1]);
});
