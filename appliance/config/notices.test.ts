import { expect, test } from "bun:test";
import { Faults } from "../../core/faults.ts";
import type { Problem } from "../../core/settings/problem.ts";
import type { Settings } from "../../core/settings.ts";
import { needRestart, noteProblems } from "./notices.ts";

const address = { host: "127.0.0.1", port: 1 };
const settings = {
  dataDir: "/a",
  listen: address,
  alertHealth: address,
  incidentHealth: address,
  logLevel: "info",
  logFormat: "json",
  retentionDays: 90,
} as unknown as Settings;

test.each([
  ["dataDir", "/b"],
  ["listen", { ...address, port: 2 }],
  ["alertHealth", { ...address, port: 2 }],
  ["incidentHealth", null],
  ["logLevel", "debug"],
  ["logFormat", "text"],
])("a new value of %s takes effect after a restart", (name, value) => {
  expect(needRestart(settings, { ...settings, [name]: value } as Settings)).toEqual([name]);
});

test("what a reload applies needs no restart, nor does the same value written again", () => {
  const next = { ...settings, retentionDays: 30, listen: { ...address } } as unknown as Settings;
  expect(needRestart(settings, next)).toEqual([]);
});

test("the fault names the first problem, how many more there are, and goes when there are none", () => {
  const faults = new Faults(() => 0);
  const log = { warn() {}, error() {} } as never;
  const problem = (key: string) => ({ source: "environment", key, accepted: "a number" }) as unknown as Problem;
  const message = (...keys: string[]) => {
    noteProblems({ problems: keys.map(problem), warnings: [] } as never, faults, log);
    return faults.list().map((fault) => fault.message);
  };
  expect(message("A")[0]).not.toContain("more");
  expect(message("A", "B")[0]).toEndWith(" (and 1 more: rhythmx check)");
  expect(message("A", "B", "C")[0]).toEndWith(" (and 2 more: rhythmx check)");
  expect(message()).toEqual([]);
});
