/** The settings name another table, project, site or account than that to which something was sent. */
import { afterEach, describe, expect, test } from "bun:test";
import { hourMs, minuteMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { atJira, atSnow, movableJira, movableSnow, saved } from "../harness/ticket-places.ts";
import {
  cleanUp,
  cleanUpScenes,
  critical,
  eventually,
  listed,
  login,
  type Scene,
  turn,
} from "../harness/ticket-scene.ts";
import type { Fault } from "../standins/faults.ts";
import { JiraStandIn } from "../standins/jira.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";
import type { StandIn } from "../standins/stand-in.ts";

afterEach(cleanUpScenes);

const quick = { UNKNOWN_LOOKUP_DELAYS_SECONDS: "600", RETRY_BASE_DELAY_SECONDS: "5" };
const lost = (when: Fault["when"]): Fault => ({ when, what: "reset" });

async function waiting(it: Scene) {
  await eventually(it, async () => (await listed(it, "state=parked")).length > 0);
  return (await listed(it, "state=parked"))[0];
}

/** The next create of a ticket there has this fault; resolves when it came. */
function lose(standIn: StandIn, when: Fault["when"]): () => Promise<void> {
  let left = 1;
  standIn.faults = ({ method, path }) =>
    method === "POST" && /\/(incident|soc_case|issue)$/.test(path) && left-- > 0 ? lost(when) : null;
  return () => until(() => left <= 0);
}

const made = async (it: Scene, user: string) => {
  const before = (await listed(it, "state=confirmed")).length;
  await it.appliance.ingest([critical(user)]);
  await eventually(it, async () => (await listed(it, "state=confirmed")).length > before);
};

describe("ServiceNow: the table was changed while a create is unknown", () => {
  const unknown = async (when: Fault["when"]) => {
    const it = await movableSnow(quick, { tables: ["incident", "soc_case"] });
    await made(it, "first");
    const came = lose(it.snow, when);
    await it.appliance.ingest([critical("second")]);
    await came();
    await eventually(it, async () => (await listed(it, "state=unknown")).length === 1);
    await saved(it, "servicenow", { table: "soc_case" });
    // The account has read a ticket of the new table: an empty look there is no proof for the former one.
    await made(it, "third");
    return it;
  };

  test("it is found in the table to which it was sent, and its updates wait for that table", async () => {
    const it = await unknown("after");
    await eventually(it, async () => (await listed(it, "state=unknown")).length === 0);
    expect(it.snow.rows.map((row) => row.sys_class_name)).toEqual(["incident", "incident", "soc_case"]);
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    const ticket = tickets.find((one: { ticket_id: string }) => one.ticket_id === it.snow.rows[1]?.number);
    expect(ticket).toMatchObject({ state: "there", ticket_url: expect.stringContaining("incident.do") });
    await (await login(it)).patch(`/api/incidents/${ticket.incident_id}`, { notes: "Asked the user" });
    expect(await waiting(it)).toMatchObject({ kind: "comment", cause: "other_site" });
    // Those of the former table are not taken for deleted.
    await turn(it, 20 * minuteMs);
    const after = (await (await login(it)).get("/api/tickets")).body.tickets;
    expect(after.map((one: { state: string }) => one.state)).toEqual(["there", "there", "there"]);
    await saved(it, "servicenow", { table: "incident" });
    await eventually(it, () => it.snow.journal.some(({ value }) => value.includes("Asked the user")));
  });

  test("it is in neither: it waits for a person with both names, and is made when he says so", async () => {
    const it = await unknown("before");
    const parked = await waiting(it);
    expect(parked).toMatchObject({ kind: "create", cause: "unknown_outcome" });
    expect(parked.detail).toContain("it was sent to table incident, the settings now name table soc_case");
    await turn(it, hourMs);
    expect(it.snow.rows).toHaveLength(2);
    expect((await (await login(it)).post(`/api/deliveries/${parked.id}/retry`, {})).status).toBe(200);
    await eventually(it, () => it.snow.rows.length === 3);
    expect(it.snow.rows[2]).toMatchObject({
      sys_class_name: "soc_case",
      correlation_id: expect.stringMatching(/-g2$/),
    });
  });
});

describe("the address was changed while a create is unknown", () => {
  const otherSnow = async (it: Scene) => {
    const other = await new ServiceNowStandIn({ now: () => it.appliance.clock.now() }).start();
    cleanUp.push(() => other.stop());
    return other;
  };

  const atAnotherInstance = async () => {
    const it = await movableSnow(quick);
    await made(it, "first");
    const came = lose(it.snow, "after");
    await it.appliance.ingest([critical("second")]);
    await came();
    const other = await otherSnow(it);
    await saved(it, "servicenow", atSnow(other.url));
    await made(it, "third");
    const parked = await waiting(it);
    expect(parked).toMatchObject({ kind: "create", cause: "unknown_outcome" });
    expect(parked.detail).toContain(`it was sent to ${it.snow.url}, table incident`);
    return { it, other, parked };
  };

  test("of ServiceNow: nothing is made at the new one, and it is found when the former one is named again", async () => {
    const { it, other } = await atAnotherInstance();
    await turn(it, hourMs);
    expect([it.snow.rows.length, other.rows.length]).toEqual([2, 1]);
    await saved(it, "servicenow", atSnow(it.snow.url));
    await eventually(it, async () => (await listed(it, "state=parked,unknown")).length === 0);
    expect([it.snow.rows.length, other.rows.length]).toEqual([2, 1]);
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    expect(tickets.every((one: { state: string }) => one.state === "there")).toBe(true);
  });

  test("of ServiceNow: the number there is named by a person, although the new one has another record of it", async () => {
    const { it, other, parked } = await atAnotherInstance();
    const number = it.snow.rows[1]?.number ?? "";
    Object.assign(other.rows[0] ?? {}, { number });
    const answer = await (await login(it)).post(`/api/deliveries/${parked.id}/identify`, { number });
    expect([answer.status, answer.body.state]).toEqual([200, "confirmed"]);
    expect(answer.body.detail).toContain(it.snow.url);
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    const urls = tickets.map((one: { ticket_url: string }) => one.ticket_url.startsWith(it.snow.url));
    expect(urls).toEqual([false, true, true]);
    // What happens to the other record is nothing of this incident's.
    await (await login(it)).patch(`/api/incidents/${parked.incident_id}`, { notes: "Asked the user" });
    expect(await waiting(it)).toMatchObject({ kind: "comment", cause: "other_site" });
    expect(other.journal.some(({ value }) => value.includes("Asked the user"))).toBe(false);
  });

  test("of Jira, whose new site counts from the beginning: no key and no id there is taken for one of the former", async () => {
    const it = await movableJira({ ...quick, UNKNOWN_LOOKUP_DELAYS_SECONDS: "120,240" });
    for (const user of ["one", "two", "three"]) await made(it, user);
    const came = lose(it.jira, "after");
    await it.appliance.ingest([critical("lost")]);
    await came();
    const other = await new JiraStandIn({ now: () => it.appliance.clock.now() }).start();
    cleanUp.push(() => other.stop());
    await saved(it, "jira", atJira(other.url));
    await made(it, "new");
    const parked = await waiting(it);
    expect(parked).toMatchObject({ kind: "create", cause: "unknown_outcome" });
    expect(parked.detail).toContain(`it was sent to ${it.jira.url}, the settings now name ${other.url}`);
    // At the new site a create is lost, too: its key is behind the newest one there, not behind those of the former site.
    other.options.indexLagMs = 24 * hourMs;
    const cameAgain = lose(other, "after");
    await it.appliance.ingest([critical("lost too")]);
    await cameAgain();
    await eventually(it, async () => (await listed(it, "state=unknown")).length === 0);
    await turn(it, 20 * minuteMs);
    expect([it.jira.issues.length, other.issues.length]).toEqual([4, 2]);
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    expect(tickets.map((one: { state: string }) => one.state)).not.toContain("gone");
    expect(tickets.filter((one: { state: string }) => one.state === "there")).toHaveLength(5);
  });
});

test("a request that was made for another project is looked up in that one", async () => {
  const it = await movableJira({ ...quick, UNKNOWN_LOOKUP_DELAYS_SECONDS: "60,120" }, { indexLagMs: 24 * hourMs });
  await made(it, "first");
  it.jira.faults = ({ method, path }) =>
    method === "POST" && path.endsWith("/issue") ? { when: "before", what: { status: 429 } } : null;
  await it.appliance.ingest([critical("second")]);
  await eventually(it, async () => (await listed(it, "state=planned")).length === 1);
  await saved(it, "jira", { project_key: "OPS" });
  lose(it.jira, "after");
  await eventually(it, () => it.jira.issues.length === 2);
  await eventually(it, async () => (await listed(it, "state=planned,unknown,parked")).length === 0);
  expect(it.jira.issues).toHaveLength(2);
  expect(await listed(it, "state=confirmed")).toHaveLength(4);
});

describe("Retry-After holds for the target that has said it", () => {
  const throttled = async () => {
    const it = await movableSnow();
    await made(it, "first");
    it.snow.faults = ({ method }) =>
      method === "POST" ? { when: "before", what: { status: 429, retryAfter: "36000" } } : null;
    await it.appliance.ingest([critical("second")]);
    await eventually(it, async () => (await listed(it, "state=planned"))[0]?.cause === "throttled");
    it.snow.faults = () => null;
    await turn(it, 5 * minuteMs);
    expect(it.snow.rows).toHaveLength(1);
    return it;
  };

  test("another account is tried at once, also after a restart; the former one keeps to what it was told", async () => {
    const it = await throttled();
    const began = it.appliance.clock.now();
    it.appliance = await it.appliance.restarted();
    await turn(it, 5 * minuteMs);
    expect(it.snow.rows).toHaveLength(1);
    it.snow.options.credentials = "rhythmx-2:snow-password-2";
    await saved(it, "servicenow", { username: "rhythmx-2", password: "snow-password-2" });
    await eventually(it, () => it.snow.rows.length === 2);
    it.snow.options.credentials = "rhythmx:snow-password-1";
    await saved(it, "servicenow", atSnow(it.snow.url));
    const asked = it.snow.log.length;
    await it.appliance.ingest([critical("third")]);
    await turn(it, 10 * minuteMs);
    expect(it.snow.log).toHaveLength(asked);
    await turn(it, began + 10 * hourMs - it.appliance.clock.now());
    await eventually(it, () => it.snow.rows.length === 3);
  });

  test("another address is tried at once with what waits", async () => {
    const it = await throttled();
    const other = await new ServiceNowStandIn({ now: () => it.appliance.clock.now() }).start();
    cleanUp.push(() => other.stop());
    await saved(it, "servicenow", atSnow(other.url));
    await eventually(it, () => other.rows.length === 1);
    expect(it.snow.rows).toHaveLength(1);
  });
});
