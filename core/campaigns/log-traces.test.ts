import { expect, test } from "bun:test";
import { addLogTraces } from "./log-traces.ts";
import { TraceSet } from "./traces.ts";

function tracesOf(log: object | string, host = "srv-1.corp.example"): string[] {
  const traces = new TraceSet(100);
  const text = typeof log === "string" ? log : JSON.stringify(log);
  addLogTraces(traces, { log: text, host, at: 0, level: 3, withAccounts: true });
  return traces.list().map(({ kind, value }) => `${kind} ${value}`);
}

const sysmon = {
  EventID: 1,
  ProcessGuid: "{AA6B4A20-2065-5C91-0000-0010E9DB1905}",
  ParentProcessGuid: "{aa6b4a20-120d-5c87-0000-0010958b0000}",
  Image: "C:\\Windows\\System32\\cmd.exe",
  ParentImage: "C:\\Windows\\System32\\services.exe",
  LogonId: "0x1B88C8",
  LogonGuid: "{aa6b4a20-240f-5c87-0000-0020c8881b00}",
  User: "CORP\\alice",
};
const expected = ["logon srv-1 0x1b88c8", "process aa6b4a20-2065-5c91-0000-0010e9db1905", "account alice"];

test("sessions, processes and accounts of Sysmon, whoever ships it; parents of the whole machine are none", () => {
  const { EventID, ...fields } = sysmon;
  expect(tracesOf(sysmon)).toEqual(expected);
  expect(tracesOf({ winlog: { event_id: EventID, event_data: fields } })).toEqual(expected);
  const data = Object.entries(fields).map(([name, text]) => ({ "@Name": name, "#text": text }));
  expect(tracesOf({ Event: { System: { EventID }, EventData: { Data: data } } })).toEqual(expected);
  expect(
    tracesOf(
      Object.entries(sysmon)
        .map(([name, text]) => `${name}: ${text}`)
        .join("\r\n"),
    ),
  ).toEqual(expected);
});

test("the system's own sessions and nobody's GUID are no traces", () => {
  const system = {
    ...sysmon,
    LogonId: "0x3e7",
    LogonGuid: "{747f3d96-e06b-5f6f-0000-0020e7030000}",
    User: "NT AUTHORITY\\SYSTEM",
  };
  expect(tracesOf({ ...system, ProcessGuid: "{00000000-0000-0000-0000-000000000000}" })).toEqual([]);
  expect(tracesOf({ EventID: 4624, TargetLogonId: "0x0", SubjectLogonId: "997", LogonGuid: "-" })).toEqual([]);
});

test.each([
  [
    { EventID: 4624, WorkstationName: "WS-7", IpAddress: "10.1.2.3" },
    ["peer ws-7", "origin ws-7", "peer_address 10.1.2.3"],
  ],
  [{ EventID: 4624, WorkstationName: "SRV-1", IpAddress: "127.0.0.1" }, []],
  [{ EventID: 4648, TargetServerName: "localhost" }, []],
  [{ EventID: 1, CommandLine: "net use \\\\FS01.corp.example\\c$ & psexec \\\\ws-2 cmd" }, ["peer fs01", "peer ws-2"]],
  [{ EventID: 1, CommandLine: "cmd /c cd \\ 1> \\\\127.0.0.1\\ADMIN$\\__17" }, []],
  [{ EventID: 1, CommandLine: "wmic /node:ws-3 process call create x" }, ["peer ws-3"]],
  [
    { EventID: 1, CommandLine: "schtasks /create /s srv-9 /ru SYSTEM /u CORP\\bob /tn U" },
    ["peer srv-9", "account bob"],
  ],
  [{ EventID: 1, CommandLine: "Invoke-Command -ComputerName 'db-1' {}" }, ["peer db-1"]],
  [{ EventID: 1, CommandLine: "ssh -i key carol@web-2.corp.example" }, ["peer web-2", "account carol"]],
  [{ EventID: 1, CommandLine: "net user support9 x /add" }, ["account support9"]],
  [{ EventID: 4732, MemberName: "CORP\\dave", TargetUserName: "-" }, ["account dave"]],
  [{ EventID: 4625, TargetUserName: "erin", WorkstationName: "WS-8" }, ["peer ws-8", "origin ws-8"]],
  [
    { EventID: 3, SourceIp: "10.1.1.1", DestinationIp: "10.1.1.2", DestinationHostname: "db-2", Initiated: "true" },
    ["peer db-2", "peer_address 10.1.1.2", "address 10.1.1.1"],
  ],
])("%j names other machines and accounts: %j", (log, traces) => {
  expect(tracesOf(log)).toEqual(traces);
});

test("long and hostile lines cost no more than long", () => {
  const line = `schtasks ${"/ ".repeat(2_000)} ssh ${"a@".repeat(2_000)} \\\\${"x".repeat(5_000)}`;
  expect(tracesOf({ EventID: 1, CommandLine: line }).length).toBeLessThan(40);
  expect(tracesOf("{".repeat(5_000))).toEqual([]);
});
