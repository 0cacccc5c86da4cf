/** A lane with a ledger that holds what the test says: which jobs run at the same time, and what is asked of the ledger. */
import { expect, test } from "bun:test";
import { readTicketSettings } from "../../../core/settings/tickets.ts";
import { dayMs, minuteMs } from "../../../core/time.ts";
import { until } from "../../../test/harness/appliance.ts";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { Lane } from "./lane.ts";

/** Tickets that are due for reading, and tickets of which an update is due. */
async function laneWith(readings: readonly number[], updates: readonly number[]) {
  const clock = new FakeClock();
  const reading = new Map<number, () => void>();
  const sending = new Map<string, () => void>();
  const marked: string[] = [];
  const retriesUpTo: number[] = [];
  const done = new Set<number>();
  const tickets = {
    dueReadings: async () => ({
      due: readings
        .filter((id) => !done.has(id))
        .map((id) => ({
          id,
          entity: "e",
          system: "jira",
          incidentId: "INC-1",
          remote: { id: `r${id}`, key: `K-${id}` },
        })),
      nextAt: null,
    }),
    keepWaits: async () => 0,
    dueDeliveries: async (_system: string, _now: number, upTo: number) => {
      retriesUpTo.push(upTo);
      const due = updates
        .filter((id) => !done.has(id))
        .map((ticketId) => ({ id: `d${ticketId}`, ticketId, entity: "e", kind: "comment", state: "planned" }));
      return { due, nextAt: null, nextRetryAt: null };
    },
    // The first thing that an update asks; it ends when no ticket is found.
    ticketOfDelivery: (id: string) =>
      new Promise((resolve) =>
        sending.set(id, () => {
          sending.delete(id);
          done.add(Number(id.slice(1)));
          resolve(null);
        }),
      ),
    markForReading: async (_system: string, id: string) => marked.push(id) > 0,
    applyReading: async () => null,
  };
  const target = {
    read: (id: string) =>
      new Promise((resolve) =>
        reading.set(Number(id.slice(1)), () => {
          reading.delete(Number(id.slice(1)));
          done.add(Number(id.slice(1)));
          resolve({ status: "Open", assignee: null });
        }),
      ),
    comments: async () => [],
    owns: async () => true,
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const tools = {
    store: { tickets: { ...tickets, knownComments: async () => [] } },
    clock,
    sleep: clock.sleep,
    random: () => 0,
    log,
  };
  const lane = new Lane("jira", { ...tools, userNames: () => [] } as never, new AbortController().signal, {
    worked() {},
    turned() {},
  });
  const { settings } = readTicketSettings(new Map());
  const throttle = { name: "jira", until: 0 };
  lane.apply(settings, { isEnabled: () => true, of: () => target, throttleOf: () => throttle } as never);
  lane.open();
  lane.wake();
  const begun = (reads: number, sends: number) =>
    until(() => reading.size >= reads && sending.size >= sends && lane.nextDueAt(clock.now()) > clock.now(), 60_000);
  return { lane, clock, reading, sending, marked, retriesUpTo, begun };
}

test("four jobs at a time, two of them at most reading, so that deliveries never wait for readings", async () => {
  const it = await laneWith([1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15]);
  await it.begun(2, 2);
  expect([[...it.reading.keys()], [...it.sending.keys()]]).toEqual([
    [1, 2],
    ["d11", "d12"],
  ]);
  it.reading.get(1)?.();
  await it.begun(2, 2);
  await until(() => it.reading.has(3), 60_000);
  expect([it.reading.size, it.sending.size]).toEqual([2, 2]);
});

test("without deliveries readings take two slots, without readings deliveries take all four", async () => {
  const readings = await laneWith([1, 2, 3, 4, 5, 6], []);
  await readings.begun(2, 0);
  expect([readings.reading.size, readings.sending.size]).toEqual([2, 0]);
  const updates = await laneWith([], [11, 12, 13, 14, 15]);
  await updates.begun(0, 4);
  expect([updates.reading.size, updates.sending.size]).toEqual([0, 4]);
});

test("one job for each ticket: nothing is sent to a ticket that is being read", async () => {
  const it = await laneWith([1], [1, 2]);
  await it.begun(1, 1);
  expect([[...it.reading.keys()], [...it.sending.keys()]]).toEqual([[1], ["d2"]]);
});

test("a webhook during the reading of its ticket: the ticket is marked again afterwards", async () => {
  const it = await laneWith([1, 2], []);
  await it.begun(2, 0);
  expect(await it.lane.readSoon("r1")).toBe(true);
  expect(it.marked).toEqual(["r1"]);
  it.reading.get(2)?.();
  it.reading.get(1)?.();
  await until(() => it.lane.isIdle(), 60_000);
  expect(it.marked).toEqual(["r1", "r1"]);
});

test("a clock that was set back: failed deliveries wait for the schedule again, they do not all go at once", async () => {
  const it = await laneWith([], []);
  for (let n = 0; n < 3; n++) {
    it.clock.skip(30 * minuteMs);
    it.lane.wake();
    await until(() => it.lane.isIdle(), 60_000);
  }
  it.clock.jump(-dayMs);
  it.lane.wake();
  await until(() => it.lane.isIdle(), 60_000);
  expect(it.retriesUpTo.at(-2)).toBeGreaterThan(it.clock.now());
  expect(it.retriesUpTo.at(-1)).toBeLessThanOrEqual(it.clock.now());
});
