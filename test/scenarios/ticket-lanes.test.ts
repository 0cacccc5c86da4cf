/** A dispatcher that is moved only from one due time to the next: nothing is missed, and nothing else happens in between. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { createLog } from "../../appliance/runtime/log.ts";
import { TicketDispatcher } from "../../appliance/tickets/dispatcher.ts";
import { StoreError } from "../../core/errors.ts";
import { Faults } from "../../core/faults.ts";
import type { TicketSettingName } from "../../core/settings/ticket-definitions.ts";
import { readTicketSettings } from "../../core/settings/tickets.ts";
import { hourMs, minuteMs } from "../../core/time.ts";
import { openStore } from "../../store/open-store.ts";
import { until } from "../harness/appliance.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { cleanUp, cleanUpScenes, critical, scene } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

/** An incident with a ticket to be made in Jira, and a dispatcher on its own. */
async function alone(env: Partial<Record<TicketSettingName, string>> = {}, users = ["jsmith"]) {
  const it = await scene({ AUTO_PUSH_SYSTEMS: "jira", RETRY_SCHEDULE: "*/2 * * * *" });
  it.jira.faults = () => ({ when: "before", what: { status: 503 } });
  await it.appliance.ingest(users.map((user) => critical(user)));
  await it.appliance.stop();
  it.jira.faults = () => null;
  const clock = new FakeClock(it.appliance.clock.now() + 24 * hourMs);
  const store = await openStore({ path: join(it.appliance.dataDir, "rhythmx.db"), clock });
  cleanUp.push(() => store.close());
  const lines: string[] = [];
  const faults = new Faults(() => clock.now());
  const dispatcher = new TicketDispatcher({
    ...{ store, clock, sleep: clock.sleep, random: () => 0.5, faults },
    log: createLog({ level: "debug", format: "json", clock, write: (line) => void lines.push(line) }),
    defaultBaseUrl: () => "http://127.0.0.1",
    targetKey: () => Buffer.alloc(32),
    userNames: () => [],
  });
  cleanUp.push(() => dispatcher.stop(0));
  const given = {
    JIRA_URL: it.jira.url,
    JIRA_EMAIL: "soc@acme.example",
    JIRA_API_TOKEN: "jira-token-1",
    JIRA_PROJECT_KEY: "SEC",
    JIRA_ENABLED: "true",
    RETRY_SCHEDULE: "*/2 * * * *",
    ...env,
  };
  const values = new Map(
    Object.entries(given).map(([name, text]) => [name as TicketSettingName, { text, source: "environment" }]),
  );
  /** `elsewhere`: after another node of a cluster. */
  const start = async (elsewhere = false) => {
    await dispatcher.recover({ elsewhere });
    await dispatcher.apply(readTicketSettings(values as never).settings);
    dispatcher.wake();
  };
  const rest = () => until(() => dispatcher.isIdle(), 180_000);
  /** Goes from due time to due time; returns at which it was. */
  const jump = async (times: number) => {
    const at: number[] = [];
    for (let n = 0; n < times; n++) {
      await rest();
      const next = dispatcher.nextDueAt(clock.now());
      if (next === Number.POSITIVE_INFINITY) break;
      clock.skip(next - clock.now());
      at.push(clock.now());
      dispatcher.tick(clock.now());
    }
    await rest();
    return at;
  };
  return { ...it, clock, store, dispatcher, faults, start, rest, jump, lines };
}

test("nothing is due before it is started, and nothing after it was stopped", async () => {
  const it = await alone();
  expect(it.dispatcher.nextDueAt(it.clock.now())).toBe(Number.POSITIVE_INFINITY);
  await it.start();
  await until(() => it.jira.issues[0]?.remoteLinks.size === 1, 180_000);
  await it.rest();
  await it.dispatcher.stop(0);
  const asked = it.jira.log.length;
  expect(it.dispatcher.nextDueAt(it.clock.now())).toBe(Number.POSITIVE_INFINITY);
  it.dispatcher.wake();
  await it.rest();
  expect(it.jira.log.length).toBe(asked);
});

test("a failed delivery goes at the first time of the retry schedule at which it may", async () => {
  const it = await alone();
  let failed = 0;
  it.jira.faults = ({ method }) =>
    method === "POST" && failed++ === 0 ? { when: "before", what: { status: 429 } } : null;
  await it.start();
  await until(() => failed === 1, 180_000);
  await it.rest();
  // 60 s and a tenth at most: the schedule's next time but one or next.
  const [delivery] = (await it.store.reading.listDeliveries({ entities: null, limit: 10, offset: 0 })).deliveries;
  const earliest = delivery?.nextAttemptAt ?? 0;
  const due = Math.ceil(earliest / (2 * minuteMs)) * 2 * minuteMs;
  for (let n = 0; n < 60 && it.jira.issues.length === 0; n++) await it.jump(1);
  expect(it.jira.issues).toHaveLength(1);
  expect(it.clock.now()).toBe(due);
});

test("an outage: probes at their times, then the ticket is made, without a wake", async () => {
  const it = await alone();
  it.jira.faults = () => ({ when: "before", what: { status: 503 } });
  await it.start();
  await it.jump(40);
  expect(it.lines.some((line) => line.includes("ticket system does not answer"))).toBe(true);
  expect(it.dispatcher.isDown("jira")).toBe(true);
  expect(it.jira.issues).toHaveLength(0);
  it.jira.faults = () => null;
  for (let n = 0; n < 10 && it.jira.issues.length === 0; n++) await it.jump(1);
  expect(it.jira.issues).toHaveLength(1);
});

test("what the system asks for is waited for: nothing is due before", async () => {
  const it = await alone();
  it.jira.faults = () => ({ when: "before", what: { status: 429, retryAfter: "7200" } });
  await it.start();
  await until(() => it.jira.log.length > 0, 180_000);
  await it.rest();
  const until7200 = it.clock.now() + 7_200_000;
  it.jira.faults = () => null;
  const asked = it.jira.log.length;
  while (it.dispatcher.nextDueAt(it.clock.now()) < until7200) await it.jump(1);
  expect(it.jira.log.length).toBe(asked);
  await it.jump(3);
  expect(it.jira.log.length).toBeGreaterThan(asked);
});

test("at rest it is due for searches and readings alone: a change there comes in at the schedule's next time", async () => {
  const it = await alone();
  await it.start();
  await until(() => it.jira.issues[0]?.remoteLinks.size === 1, 180_000);
  await it.jump(6);
  it.jira.move(it.jira.issues[0]?.key ?? "", "In Progress");
  const before = it.clock.now();
  await it.jump(4);
  const id = (await it.store.reading.listTickets({ entities: null, limit: 1, offset: 0 })).tickets[0]?.incidentId ?? "";
  expect((await it.store.tickets.findIncident(id))?.status).toBe("IN_PROGRESS");
  expect(it.clock.now() - before).toBeLessThanOrEqual(30 * minuteMs);
});

test("an outcome that cannot be stored is written again until it is: no restart, no second ticket", async () => {
  const it = await alone();
  const { finishDelivery } = it.store.tickets;
  let failures = 0;
  Object.assign(it.store.tickets, {
    finishDelivery: (...args: Parameters<typeof finishDelivery>) => {
      if (failures++ < 3) return Promise.reject(new StoreError("store_failed", "the disk is full"));
      return finishDelivery(...args);
    },
  });
  await it.start();
  for (let n = 1; n <= 3; n++) {
    await until(() => failures === n && it.dispatcher.isIdle(), 180_000);
    await it.clock.advance(1_000);
  }
  await until(() => it.jira.issues[0]?.remoteLinks.size === 1, 180_000);
  expect(it.jira.issues).toHaveLength(1);
  expect(it.lines.filter((line) => line.includes("an outcome cannot be written yet"))).toHaveLength(3);
});

test("a create whose beginning the database has noted and not confirmed goes on: it is looked up, and made once", async () => {
  const it = await alone({ UNKNOWN_LOOKUP_DELAYS_SECONDS: "1" }, ["jsmith", "mjones"]);
  const { beginDelivery } = it.store.tickets;
  let begun = 0;
  Object.assign(it.store.tickets, {
    beginDelivery: async (...args: Parameters<typeof beginDelivery>) => {
      const may = await beginDelivery(...args);
      if (begun++ === 0) throw new StoreError("store_no_quorum", "no quorum of the cluster's log has answered in time");
      return may;
    },
  });
  await it.start();
  for (let n = 0; n < 60 && it.jira.issues.length < 2; n++) await it.jump(1);
  await it.rest();
  expect(it.jira.issues).toHaveLength(2);
  expect(it.lines.some((line) => line.includes("a delivery stopped"))).toBe(true);
});

test("a Retry-After that a reading was answered with is stored, so that a restart keeps to it", async () => {
  const it = await alone();
  await it.start();
  await until(() => it.jira.issues[0]?.remoteLinks.size === 1, 180_000);
  await it.rest();
  expect(await it.store.tickets.listThrottles()).toEqual([]);
  let refusedAt = 0;
  it.jira.faults = () => {
    refusedAt ||= it.clock.now();
    return { when: "before", what: { status: 429, retryAfter: "7200" } };
  };
  for (let n = 0; n < 20 && refusedAt === 0; n++) await it.jump(1);
  await it.rest();
  expect(await it.store.tickets.listThrottles()).toEqual([
    { name: expect.stringMatching(/^jira\/[0-9a-f]{16}$/), until: refusedAt + 7_200_000 },
  ]);
});

test("a search for second tickets that finds none leaves what the create says", async () => {
  const it = await alone({ UNKNOWN_LOOKUP_DELAYS_SECONDS: "1" }, ["jsmith", "mjones"]);
  const all = async () => (await it.store.reading.listDeliveries({ entities: null, limit: 10, offset: 0 })).deliveries;
  const [left] = await all();
  const sending = { id: left?.id ?? "", payload: null, hint: null, asked: null, title: null };
  await it.store.tickets.beginDelivery(sending as never, it.clock.now());
  const said = "a field was not taken";
  const { finishDelivery } = it.store.tickets;
  Object.assign(it.store.tickets, {
    finishDelivery: (outcome: Parameters<typeof finishDelivery>[0], now: number) =>
      finishDelivery(outcome.remote === null ? outcome : { ...outcome, detail: said }, now),
  });
  await it.start(true);
  for (let n = 0; n < 60 && it.jira.issues.length < 2; n++) await it.jump(1);
  await it.rest();
  expect(await it.store.tickets.listSecondLooks()).toHaveLength(1);
  for (let n = 0; n < 400 && (await it.store.tickets.listSecondLooks()).length > 0; n++) await it.jump(1);
  expect(await it.store.tickets.listSecondLooks()).toEqual([]);
  expect((await all()).find(({ id }) => id === left?.id)).toMatchObject({
    state: "confirmed",
    cause: null,
    detail: said,
  });
});

test("after a fail-over a second ticket is named until it is closed there", async () => {
  const it = await alone({ UNKNOWN_LOOKUP_DELAYS_SECONDS: "1" }, ["jsmith", "mjones"]);
  const create = async () =>
    (await it.store.reading.listDeliveries({ entities: null, limit: 10, offset: 0 })).deliveries.find(
      ({ id }) => id === left?.id,
    );
  const [left] = (await it.store.reading.listDeliveries({ entities: null, limit: 10, offset: 0 })).deliveries;
  const sending = { id: left?.id ?? "", payload: null, hint: null, asked: null, title: null };
  await it.store.tickets.beginDelivery(sending as never, it.clock.now());
  await it.start(true);
  const beganAt = it.clock.now();
  for (let n = 0; n < 60 && it.jira.issues.length < 2; n++) await it.jump(1);
  expect(it.jira.issues).toHaveLength(2);
  // Not before the longest time that the old leader's request can take.
  expect(it.clock.now()).toBeGreaterThanOrEqual(beganAt + 30_000);
  await it.rest();
  // The old leader goes on where it was stopped, and sends the same.
  const sent = it.jira.log.filter(({ method, path }) => method === "POST" && path.endsWith("/issue")).at(-1);
  const headers = {
    Authorization: String(sent?.headers.authorization),
    Accept: "application/json",
    "Content-Type": "application/json",
  };
  await fetch(`${it.jira.url}${sent?.path}`, { method: "POST", headers, body: sent?.body ?? "" });
  expect(it.jira.issues).toHaveLength(3);
  const second = () =>
    it.dispatcher
      .metrics()
      .systems()
      .find(({ system }) => system === "jira")?.second;
  const named = () => it.faults.list().find(({ name }) => name === "second_tickets")?.message ?? "";
  for (let n = 0; n < 60 && second() === 0; n++) await it.jump(1);
  expect(second()).toBe(1);
  expect(named()).toContain(`${left?.incidentId} has more than one ticket: SEC-2, which it follows, and SEC-3.`);
  expect(it.lines.filter((line) => line.includes("an incident has a second ticket"))).toHaveLength(1);
  expect(await create()).toMatchObject({ state: "confirmed", cause: "second_ticket", detail: named() });
  // It is known after another start too.
  expect(await it.store.tickets.listSecondLooks()).toMatchObject([{ others: [{ key: "SEC-3" }] }]);
  it.jira.move("SEC-3", "Done");
  for (let n = 0; n < 200 && second() !== 0; n++) await it.jump(1);
  expect([second(), named()]).toEqual([0, ""]);
  expect(await create()).toMatchObject({ state: "confirmed", cause: null, detail: null });
  for (let n = 0; n < 400 && (await it.store.tickets.listSecondLooks()).length > 0; n++) await it.jump(1);
  expect(await it.store.tickets.listSecondLooks()).toEqual([]);
});
