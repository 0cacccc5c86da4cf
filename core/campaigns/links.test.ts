import { describe, expect, test } from "bun:test";
import { levels } from "../detection.ts";
import { hourMs, minuteMs } from "../time.ts";
import { linksOf, type Sharing, type Side } from "./links.ts";
import { addLogTraces } from "./log-traces.ts";
import { type Trace, TraceSet } from "./traces.ts";

const at = Date.UTC(2026, 8, 7, 10);
const [medium, high] = [levels.indexOf("medium"), levels.indexOf("high")];
const sharing: Sharing = {
  ofHost: () => "own",
  ofAddress: () => "own",
  isPersonal: () => false,
  isAtHome: () => false,
};

function tracesOf(log: object, host = "srv-09.corp.example"): Trace[] {
  const traces = new TraceSet(100);
  addLogTraces(traces, { log: JSON.stringify(log), host, at, level: medium, withAccounts: true });
  return traces.list();
}

const values = (traces: readonly Trace[], kind: string) =>
  traces.filter((one) => one.kind === kind).map(({ value }) => value);

describe("programs by their numbers, where only the log of Security tells who started whom", () => {
  const started = (user: string, own: [string, string], parent: [string, string]) => ({
    EventID: 4688,
    SubjectUserName: user,
    NewProcessId: own[0],
    NewProcessName: own[1],
    ProcessId: parent[0],
    ParentProcessName: parent[1],
  });
  const tool = started("jsmith", ["0x3a2c", "C:\\Users\\Public\\lp.exe"], ["0x2840", "C:\\Windows\\System32\\cmd.exe"]);
  const child = started(
    "SRV-09$",
    ["0x347c", "C:\\Windows\\System32\\cmd.exe"],
    ["0x3a2c", "C:\\Users\\Public\\lp.exe"],
  );

  test("what a user started and what that started as the machine name the same program", () => {
    expect(values(tracesOf(tool), "process")).toContain("srv-09 14892 lp.exe");
    expect(values(tracesOf(child), "process")).toContain("srv-09 14892 lp.exe");
  });

  test("on another machine it is another; what every machine runs is none", () => {
    expect(values(tracesOf(child, "srv-10"), "process")).toContain("srv-10 14892 lp.exe");
    const service = started("SRV-09$", ["0x1", "C:\\x.exe"], ["0x2bc", "C:\\Windows\\System32\\services.exe"]);
    expect(values(tracesOf(service), "process")).toEqual(["srv-09 1 x.exe"]);
  });
});

describe("an administrator who came from a machine with an incident", () => {
  const machine: Side = { incidentId: "INC-1", actorType: "host", actor: "srv-56.corp.example", isShared: false };
  const admin: Side = { incidentId: "INC-2", actorType: "user", actor: "adm-bob", isShared: true };
  const trace = (kind: Trace["kind"], level: number, when: number): Trace => ({
    ...{ kind, value: "srv-56", name: "srv-56", block: 0, first: when, last: when, level },
  });
  const logon = { EventID: 4624, TargetUserName: "adm-bob", WorkstationName: "SRV-56", IpAddress: "10.0.0.5" };
  const kinds = (level: number, when: number, of: Sharing = sharing) =>
    linksOf(machine, admin, [{ mine: trace("host", level, when), theirs: trace("origin", medium, at) }], of).map(
      ({ kind, what }) => `${kind} ${what}`,
    );

  test("his logon names it", () => {
    expect(values(tracesOf(logon, "dc-01"), "origin")).toEqual(["srv-56"]);
  });

  test("is of the attack if it was grave there about then", () => {
    expect(kinds(high, at - 30 * minuteMs)).toEqual(["movement srv-56"]);
    expect(kinds(medium, at)).toEqual([]);
    expect(kinds(high, at - 3 * hourMs)).toEqual([]);
    expect(kinds(high, at, { ...sharing, ofHost: () => "role" })).toEqual([]);
  });
});
