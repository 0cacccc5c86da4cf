import { expect, test } from "bun:test";
import { detectionOf } from "../../test/harness/detection-of.ts";
import type { Detection } from "../detection.ts";
import { Indications, isBorneOut } from "./inference.ts";

const indications = new Indications();

function shown(log: Record<string, unknown>, rest: Partial<Detection> = {}): string | null {
  const detection: Detection = {
    ...detectionOf({ host: "DC01.corp.example", user: null }),
    channel: "Security",
    provider: "Microsoft-Windows-Security-Auditing",
    body: JSON.stringify(log),
    ...rest,
  };
  const found = indications.of(detection);
  return found !== null && isBorneOut(found, detection) ? `${found.role} by ${found.why}` : null;
}

const other = { TargetUserName: "jsmith@CORP.EXAMPLE", Computer: "dc01.corp.example" };

test("events that only a domain controller writes about others", () => {
  for (const eventId of ["4768", "4769", "4771", "5136", "4742"])
    expect(shown(other, { eventId })).toBe(`domain_controller by event ${eventId}`);
  expect(shown({}, { eventId: "4769", user: "CORP\\jsmith" })).toBe("domain_controller by event 4769");
  expect(shown({ Event: { EventData: other } }, { eventId: "4768", provider: null, channel: "security" })).toBe(
    "domain_controller by event 4768",
  );
  expect(shown({ ...other, Computer: "DC01" }, { eventId: "4769" })).toBe("domain_controller by event 4769");
  const directory = { ObjectServer: "DS", SubjectUserName: "jsmith" };
  expect(shown(directory, { eventId: "4662" })).toBe("domain_controller by event 4662");
});

test("what could be otherwise shows nothing", () => {
  const nothing: [Record<string, unknown>, Partial<Detection>][] = [
    // Its own ticket.
    [{ TargetUserName: "DC01$" }, { eventId: "4769" }],
    [{}, { eventId: "4769" }],
    // WMI, LSA and services write 4662 on any machine.
    [{ ObjectServer: "WMI", SubjectUserName: "jsmith" }, { eventId: "4662" }],
    [{ SubjectUserName: "jsmith" }, { eventId: "4662" }],
    // A collector of others' logs, and a host of the same name elsewhere.
    [{ ...other, Computer: "dc02.corp.example" }, { eventId: "4769" }],
    [{ ...other, Hostname: "dc02", Computer: undefined }, { eventId: "4769" }],
    [{ ...other, Computer: "dc01.other.example" }, { eventId: "4769" }],
    // The same number in another log.
    [other, { eventId: "4769", channel: "Application", provider: "SomeTool" }],
    [other, { eventId: "4769", channel: null, provider: null }],
    // Logons, and what a workstation validates itself.
    [other, { eventId: "4624" }],
    [other, { eventId: "4776" }],
    // No host, or none that a network has.
    [{ TargetUserName: "j" }, { eventId: "4769", host: null }],
    [{ TargetUserName: "j" }, { eventId: "4769", host: "=cmd|' /C calc'!A0" }],
    [
      {},
      {
        eventId: null,
        channel: "Microsoft-Windows-Windows Defender/Operational",
        provider: "Microsoft-Windows-Windows Defender",
      },
    ],
    [{}, { eventId: "18456", channel: "Application", provider: "MSSQL$SQLEXPRESS" }],
    [{}, { eventId: "1", channel: "constructor", provider: "__proto__" }],
  ];
  for (const [log, rest] of nothing) expect([log, rest.eventId, shown(log, rest)]).toEqual([log, rest.eventId, null]);
});

test("logs of products that run on servers alone", () => {
  const by = (channel: string | null, provider: string | null, eventId = "1") =>
    shown({}, { channel, provider, eventId });
  expect(by("Directory Service", "NTDS General")).toBe("domain_controller by log directory service");
  expect(by("MSExchange Management", "MSExchange CmdletLogs")).toBe("server by log msexchange management");
  expect(by("Application", "MSExchangeTransport")).toBe("server by log msexchangetransport");
  expect(by("Microsoft-Windows-DNSServer/Audit", null)).toBe("server by log microsoft-windows-dnsserver/audit");
  expect(by("AD FS/Admin", "AD FS")).toBe("server by log ad fs/admin");
  expect(by("Security", "Microsoft-Windows-Security-Auditing", "4887")).toBe("server by event 4887");
  expect(by("Application", "SomeTool", "4887")).toBeNull();
});
