/** Thousands that stand still are decided in steps of one commit each: whatever ends the process in between, each is decided once. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changeDatabase, queryDatabase } from "../../test/harness/database-file.ts";
import { openStore, type Store } from "../open-store.ts";
import type { DeadLetterFilter, StandingPlace } from "../outbox/standing.ts";

let now = 0;
let folder: string;
let store: Store;
const path = () => join(folder, "rhythmx.db");

async function opened(): Promise<Store> {
  return openStore({ path: path(), clock: { now: () => now, monotonic: () => now } });
}

beforeEach(async () => {
  now = Date.UTC(2026, 2, 13, 4, 30);
  folder = mkdtempSync(join(tmpdir(), "rhythmx-give-up-"));
  store = await opened();
  await store.close();
  changeDatabase({ dataDir: folder }, [
    [
      `insert into tickets (incident_id, entity_name, system, generation, created_at, updated_at)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 1300)
    select printf('INC-%08x', i), iif(i % 2, 'North', 'South'), 'jira', 1, '2026-03-13T04:00:00.000Z', '' from n`,
      [],
    ],
    [
      `insert into deliveries (id, ticket_id, kind, state, cause, next_attempt_at, trigger, who, created_at, updated_at)
    select printf('dlv-%016x', id), id, 'create', iif(id % 3, 'dead', 'parked'), iif(id % 100, 'server_error', 'made_not_identified'), 0, 'auto', 'auto-push',
      '2026-03-13T04:00:00.000Z', '2026-03-13T04:00:00.000Z' from tickets`,
      [],
    ],
    // An update that waits behind each.
    [
      `insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at)
    select printf('dlv-u%015x', id), id, 'comment', 'planned', 0, 'auto', 'auto-push', '2026-03-13T04:00:00.000Z', '2026-03-13T04:00:00.000Z' from tickets`,
      [],
    ],
  ]);
  store = await opened();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Rows of `sql`, whose columns are named. */
function rows(sql: string, ...columns: string[]): unknown {
  const { found } = queryDatabase(
    { dataDir: folder },
    `select json_group_array(json_array(${columns})) as found from (${sql})`,
  );
  return JSON.parse(String(found));
}

/** How many deliveries each call has decided. */
async function through(step: (place: StandingPlace | null) => Promise<{ count: number; next: StandingPlace | null }>) {
  const counts: number[] = [];
  for (let place: StandingPlace | null | undefined; place !== null; ) {
    const taken = await step(place ?? null);
    counts.push(taken.count);
    place = taken.next;
  }
  return counts;
}
const retry = (which: DeadLetterFilter = {}) => through((place) => store.tickets.retryDeliveries(which, now, place));
const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);

test("sent again in steps; what was ended in between goes on where it was, and nothing that was made is touched", async () => {
  const { count, next } = await store.tickets.retryDeliveries({}, now, null);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(600);
  expect(next).not.toBeNull();
  // The process ends here; the next one is asked once more.
  await store.close();
  store = await opened();
  const first = now;
  now += 1_000;
  const counts = await retry();
  expect(counts.every((one) => one <= 500)).toBe(true);
  expect(count + sum(counts)).toBe(1_300 - 13);
  expect(sum(await retry())).toBe(0);
  // Each once: those of the first step have its time.
  expect(
    await rows(
      "select state, cause, next_attempt_at, count(*) as n from deliveries where kind = 'create' group by 1, 2, 3 order by 1, 2, 3",
      "state",
      "cause",
      "next_attempt_at",
      "n",
    ),
  ).toEqual([
    ["dead", "made_not_identified", 0, 9],
    ["parked", "made_not_identified", 0, 4],
    ["planned", "server_error", first, count],
    ["planned", "server_error", now, 1_300 - 13 - count],
  ]);
  expect(rows("select sum(n) as n from delivery_counts where state in ('parked', 'dead')", "n")).toEqual([[13]]);
});

test("what fails again meanwhile is not met a second time on the same way", async () => {
  const { count, next } = await store.tickets.retryDeliveries({ state: "dead" }, now, null);
  await store.close();
  changeDatabase({ dataDir: folder }, [
    ["update deliveries set state = 'dead' where state = 'planned' and kind = 'create'", []],
  ]);
  store = await opened();
  const rest = await through((place) => store.tickets.retryDeliveries({ state: "dead" }, now, place ?? next));
  expect(count + sum(rest)).toBe(1_300 - 433 - 9);
});

test("given up in steps, with what waits behind, and by what narrows them", async () => {
  const by = { who: "ana", source: "console" };
  const discard = (which: DeadLetterFilter) =>
    through((place) => store.tickets.discardDeliveries(which, "Closed project", by, now, place));
  expect(sum(await discard({ entities: ["north"], causes: ["server_error"] }))).toBe(650);
  expect(sum(await discard({ incidentId: "INC-00000002" }))).toBe(1);
  expect(sum(await discard({ since: now }))).toBe(0);
  expect(sum(await discard({ before: now - 30 * 60_000 }))).toBe(0);
  expect(
    await rows(
      "select kind, detail, who, count(*) as n from deliveries where state = 'discarded' group by 1, 2, 3 order by 1",
      "kind",
      "detail",
      "who",
      "n",
    ),
  ).toEqual([
    ["comment", "its ticket was given up", "auto-push", 651],
    ["create", "Closed project", "ana", 651],
  ]);
  // Another person has decided it meanwhile: what was seen is no more.
  const seen = Date.UTC(2026, 2, 13, 4);
  const one = "dlv-0000000000000004";
  expect(await store.tickets.discardDelivery(one, "x", by, now, seen - 1)).toBe(false);
  expect(await store.tickets.discardDelivery(one, "x", by, now, seen)).toBe(true);
  expect(await store.tickets.discardDelivery(one, "x", by, now, seen)).toBe(false);
});
