import { expect, test } from "bun:test";
import { Latencies } from "./latencies.ts";
import { Counts, hashOf } from "./subjects.ts";
import { Told } from "./told.ts";
import { trendOf } from "./trend.ts";
import { judgeAlerts, judgeArrived, judgeIncidents, judgeOnce, judgeTickets } from "./verdict.ts";

/** Subject 1 three times, subject 2 once, and subject 200, which makes an incident. */
function accepted(): Counts {
  const counts = new Counts();
  for (const n of [1, 1, 1, 2, 200]) counts.add(n);
  return Counts.from(counts.all());
}

const stored = (n: number, count: number, sent = count) => ({ hash: hashOf(n), count, sent });

function message(n: number, count: number, delta = count): string {
  const first = count === delta;
  return `<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 7 ${first ? "FIRST" : "HOURLY"} [sigma@32473 hash="${hashOf(n)}" count="${count}"${first ? "" : ` hourly_delta="${delta}"`}][rule@32473 user="u-${n}"] {"n":${n}}`;
}

const limits = { mostRepeatedBytes: 0, mayLose: false };

function toldOf(messages: readonly string[]): Told {
  const told = new Told("siem");
  told.addAll(messages);
  return told;
}

const all = [message(1, 1), message(2, 1), message(200, 1), message(1, 3, 2)];

test("alerts: all counted, one lost, one counted twice, one untold, one invented", () => {
  const right = [stored(1, 3), stored(2, 1), stored(200, 1)];
  expect(judgeAlerts(accepted(), right)).toEqual([]);
  expect(judgeAlerts(accepted(), right.slice(1))).toEqual(["1 alerts do not exist"]);
  expect(judgeAlerts(accepted(), [stored(1, 2), ...right.slice(1)])).toEqual(["alert 1 counts 2; accepted were 3"]);
  expect(judgeAlerts(accepted(), [stored(1, 4), ...right.slice(1)])).toEqual(["alert 1 counts 4; accepted were 3"]);
  expect(judgeAlerts(accepted(), [stored(1, 3, 1), ...right.slice(1)])).toEqual(["alert 1 counts 3; told were 1"]);
  expect(judgeAlerts(accepted(), [...right, stored(9, 1)])).toEqual([`alert ${hashOf(9)} is of nobody's detections`]);
});

test("messages: all told, also with repeats within the promise", () => {
  expect(toldOf(all).judge(accepted(), limits)).toEqual([]);
  const again = toldOf([...all, ...all.slice(1)]);
  expect(again.repeated).toBe(3);
  expect(again.judge(accepted(), { ...limits, mostRepeatedBytes: 10_000 })).toEqual([]);
});

test("messages: one lost, one skipped, one doubled beyond the promise, one invented, one cut", () => {
  expect(toldOf(all.slice(0, 3)).judge(accepted(), limits)).toEqual(["siem: 1 alerts were not told to the end"]);
  expect(toldOf(all.slice(1)).judge(accepted(), limits)).toEqual(["siem: 1 occurrences were skipped"]);
  const [one = ""] = all;
  expect(toldOf([...all, one]).judge(accepted(), limits)).toEqual([`siem: ${one.length} bytes repeated; at most 0`]);
  expect(toldOf([...all, message(3, 1)]).judge(accepted(), limits)).toEqual([
    "siem: 1 alerts were told of more than was accepted",
  ]);
  expect(toldOf([...all, "<134>1 half a mess"]).judge(accepted(), limits)[0]).toStartWith("siem: no alert message");
  expect(toldOf([]).judge(accepted(), { ...limits, mayLose: true })).toEqual([]);
});

test("messages: another alert's hash or log in one of those that are looked at closely", () => {
  const others = Array.from({ length: 49 }, () => message(1, 1));
  const wrong = toldOf([...others, message(2, 1).replace(hashOf(2), hashOf(1))]);
  expect(wrong.judge(accepted(), { mostRepeatedBytes: 1e6, mayLose: true })).toEqual([
    "siem: alert 2 carries another hash",
  ]);
});

test("incidents: one each, none, two, and one of somebody else", () => {
  expect(judgeIncidents(accepted(), ["u-200"])).toEqual([]);
  expect(judgeIncidents(accepted(), [])).toEqual(["incidents: 1 of 1 are missing, such as u-200"]);
  expect(judgeIncidents(accepted(), ["u-200", "u-200"])).toEqual([
    "incidents: 1 of 1 came more than once, such as u-200",
  ]);
  expect(judgeIncidents(accepted(), ["u-200", "u-1"])).toEqual(["incidents: 1 are nobody's, such as u-1"]);
});

test("tickets: one each, a second one also of a later generation, none, and one of no incident", () => {
  const ids = ["INC-00000001", "INC-00000002"];
  const labels = ["rhythmx-inc-00000001", "rhythmx-inc-00000002-g2"];
  expect(judgeTickets("Jira", ids, labels)).toEqual([]);
  expect(judgeTickets("Jira", ids, [...labels, "rhythmx-inc-00000002"])).toEqual([
    "tickets in Jira: 1 of 2 came more than once, such as inc-00000002",
  ]);
  expect(judgeTickets("ServiceNow", ids, ["INC-00000001"])).toEqual([
    "tickets in ServiceNow: 1 of 2 are missing, such as inc-00000002",
  ]);
  expect(judgeTickets("ServiceNow", ids, [...ids, "?"])).toEqual(["tickets in ServiceNow: 1 are nobody's, such as ?"]);
});

test("pollers get each once, receivers each at least once", () => {
  expect(judgeOnce("poller", ["a", "b"], ["b", "a"])).toEqual([]);
  expect(judgeOnce("poller", ["a", "b"], ["b", "b"])).toHaveLength(2);
  expect(judgeArrived("siem", ["a", "b"], ["b", "b", "a"])).toEqual([]);
  expect(judgeArrived("siem", ["a", "b"], ["b"])).toEqual(["siem: 1 of 2 are missing, such as a"]);
});

test("a trend, and how sure it is", () => {
  const points = Array.from({ length: 60 }, (_, n) => ({ at: n / 360, value: 100 + (5 * n) / 360 }));
  expect(trendOf(points)?.slope).toBeCloseTo(5);
  const noisy = trendOf(points.map(({ at, value }, n) => ({ at, value: value + (n % 2 === 0 ? 3 : -3) })));
  expect(noisy?.error).toBeGreaterThan(5);
  const inWaves = trendOf(points.map(({ at, value }, n) => ({ at, value: value + (n % 20 < 10 ? 3 : -3) })));
  expect(inWaves?.error).toBeGreaterThan(2 * (noisy?.error ?? 0));
  expect(trendOf(points.slice(0, 9))).toBeNull();
});

test("quantiles of latencies are right within 2 %", () => {
  const latencies = new Latencies();
  for (let n = 1; n <= 1000; n++) latencies.add(n / 10);
  expect(latencies.quantile(0.5) / 50).toBeWithin(1, 1.021);
  expect(latencies.quantile(0.99) / 99).toBeWithin(1, 1.021);
  expect(new Latencies().quantile(0.5)).toBeNaN();
});
