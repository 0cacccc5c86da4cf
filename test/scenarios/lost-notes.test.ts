/** Notes whose answer was lost, by the front door: whatever happens to their ticket before they are looked up, they stand in it once. */
import { afterEach, describe, expect, test } from "bun:test";
import { hourMs, minuteMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { attack } from "../harness/campaign-scene.ts";
import { queryDatabase } from "../harness/database-file.ts";
import { cleanUpScenes, login, type Scene, scene, settled, ticketed, turn } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

/** The look-up comes a quarter of an hour after the loss. */
const late = { UNKNOWN_LOOKUP_DELAYS_SECONDS: "900" };

// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function incidentOf(it: Scene, actor: string): Promise<any> {
  const admin = await login(it);
  const { incidents } = (await admin.get("/api/incidents?limit=50")).body;
  const { incident_id: id } = incidents.find((one: { group_key: string }) => one.group_key.startsWith(actor));
  return (await admin.get(`/api/incidents/${id}`)).body;
}

function unknown(it: Scene): number {
  return Number(queryDatabase(it.appliance, "select count(*) as n from deliveries where state = 'unknown'").n);
}

/** Time goes on until it is so. */
async function comes(it: Scene, isSo: () => boolean | Promise<boolean>): Promise<void> {
  await until(async () => {
    await turn(it, minuteMs / 4);
    return isSo();
  });
}

describe.each(["jira", "servicenow"] as const)("in %s", (system) => {
  const target = (it: Scene) => (system === "jira" ? it.jira : it.snow);
  const tickets = (it: Scene): number => (system === "jira" ? it.jira.issues.length : it.snow.rows.length);
  const notes = (it: Scene): string[] =>
    system === "jira"
      ? it.jira.issues.flatMap(({ comments }) => comments.map(({ body }) => JSON.stringify(body)))
      : it.snow.journal.map(({ value }) => value);
  /** The first note is taken, and its answer is lost. */
  const loseNote = (it: Scene) => {
    let lost = false;
    target(it).faults = ({ method, path }) => {
      const isNote = system === "jira" ? /^POST .*\/comment$/ : /^PATCH .*\/incident\/\w+$/;
      if (lost || !isNote.test(`${method} ${path}`)) return null;
      lost = true;
      return { when: "after", what: "reset" };
    };
  };
  const close = (it: Scene) =>
    system === "jira"
      ? it.jira.move(it.jira.issues[0]?.key ?? "", "Done", "Done")
      : it.snow.change(it.snow.rows[0]?.number ?? "", { state: "6" });
  const reopen = (it: Scene) =>
    system === "jira"
      ? it.jira.move(it.jira.issues[0]?.key ?? "", "In Progress", null)
      : it.snow.change(it.snow.rows[0]?.number ?? "", { state: "2" });

  test("an incident is told once in its campaign's ticket that was closed and reopened in between", async () => {
    const it = await scene({ ...late, AUTO_PUSH_CAMPAIGNS: "lead", AUTO_PUSH_SYSTEMS: system });
    loseNote(it);
    await it.appliance.ingest([attack(0, { host: "WS-1", user: "CORP\\alice" })]);
    await turn(it, 10_000);
    await it.appliance.ingest([attack(1, { host: "ws-1", user: "NT AUTHORITY\\SYSTEM" })]);
    await comes(it, () => unknown(it) === 1);
    // It is the other one's turn, and the target is busy.
    let refused = 0;
    target(it).faults = ({ method, path }) => {
      if (method !== "POST" || !/\/(issue|incident)$/.test(path)) return null;
      refused++;
      return { when: "before", what: { status: 409 } };
    };
    close(it);
    await comes(it, () => refused > 0);
    expect((await incidentOf(it, "alice")).status).toBe("CLOSED");
    reopen(it);
    await comes(it, async () => (await incidentOf(it, "alice")).status === "IN_PROGRESS");
    target(it).faults = () => null;
    for (let n = 0; n < 30 && unknown(it) > 0; n++) await turn(it, minuteMs);
    for (let n = 0; n < 12; n++) await turn(it, minuteMs / 4);
    await settled(it);
    const host = await incidentOf(it, "ws-1");
    const telling = notes(it).filter((text) => text.includes("same attack") && text.includes(host.incident_id));
    expect([telling.length, tickets(it), host.status]).toEqual([1, 1, "OPEN"]);
    expect(host.told_in).toHaveLength(1);
  });

  test("a person's note stands once in a ticket that was gone in between, and came back", async () => {
    const it = await ticketed({ ...late, AUTO_PUSH_SYSTEMS: system });
    // It is read once: who has never seen it cannot say that it is gone.
    await turn(it, 6 * minuteMs);
    it.admin = await login(it);
    loseNote(it);
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "OPEN", notes: "Asked the user" });
    await comes(it, () => unknown(it) === 1);
    const back =
      system === "jira"
        ? (
            (issue) => () =>
              it.jira.issues.push(Object.assign(issue, { updated: it.appliance.clock.now() }))
          )(it.jira.remove(it.key))
        : (
            (row) => () =>
              it.snow.rows.push(row)
          )(it.snow.remove(it.number));
    it.appliance.clock.skip(6 * hourMs);
    const parked = "select count(*) as n from deliveries where state = 'parked' and cause = 'ticket_gone'";
    await comes(it, () => queryDatabase(it.appliance, parked).n === 1);
    back();
    if (system === "servicenow") it.snow.change(it.number, {});
    await comes(it, () => queryDatabase(it.appliance, parked).n === 0);
    await settled(it);
    expect(notes(it).filter((text) => text.includes("Asked the user"))).toHaveLength(1);
  });
});
