import { describe, expect, test } from "bun:test";
import { ActorFinder, canonicalIp } from "./actor.ts";

const sharedAccounts = ["administrator", "admin", "root", "guest", "defaultaccount"];
const finder = new ActorFinder({ sharedAccounts, hostShortNames: false });
const find = (user: string | null, host: string | null = "WS-101.Corp.Example.", srcIp: string | null = "10.0.0.9") => {
  const actor = finder.find({ user, host, srcIp });
  return actor === null ? null : `${actor.type}:${actor.name}`;
};

test("one person, however the domain is written", () => {
  for (const user of ["CORP\\JSmith", "corp.example\\jsmith", "jsmith@corp.example", " JSMITH ", "jsmith"])
    expect(find(user)).toBe("user:jsmith");
});

test("machine, system, virtual and shared accounts: the host is the actor", () => {
  const accounts = [
    ...[
      "WS-101$",
      "CORP\\WS-101$",
      "ws-101$@corp.example",
      "SYSTEM",
      "NT AUTHORITY\\SYSTEM",
      "nt authority\\local service",
    ],
    ...["NetworkService", "NT AUTHORITY\\ANONYMOUS LOGON", "Local System", "IUSR", "Window Manager\\DWM-2", "dwm-11"],
    ...["Font Driver Host\\UMFD-0", "NT SERVICE\\MSSQLSERVER", "IIS APPPOOL\\DefaultAppPool", "S-1-5-18"],
    ...["Administrator", "CORP\\administrator", "root", "Guest", "DefaultAccount", "admin@corp.example"],
  ];
  for (const account of accounts) expect([account, find(account)]).toEqual([account, "host:ws-101.corp.example"]);
});

test("missing users", () => {
  for (const user of [
    null,
    "",
    "  ",
    "-",
    "N/A",
    "(null)",
    "-\\-",
    "NT AUTHORITY\\-",
    "NULL SID",
    "S-1-0-0",
    "(unknown user)",
  ])
    expect([user, find(user)]).toEqual([user, "host:ws-101.corp.example"]);
});

test("no user and no host: the address; none of them: nobody", () => {
  expect(find(null, null)).toBe("ip:10.0.0.9");
  expect(find(null, "-", "::FFFF:10.0.0.9")).toBe("ip:10.0.0.9");
  expect(find("root", null)).toBe("ip:10.0.0.9");
  expect(find("SYSTEM", null, null)).toBeNull();
  expect(find(null, null, "-")).toBeNull();
  // A machine account names its machine.
  expect(find("CORP\\HR001$", null, null)).toBe("host:hr001");
});

test("names that only look like system accounts are people", () => {
  for (const user of ["systemd", "dwm-x", "localservice2", "rooted", "iusr_web", "j$smith"])
    expect([user, find(user)]).toEqual([user, `user:${user}`]);
});

test("ARNs are kept whole", () => {
  const arn = "arn:aws:sts::123456789123:assumed-role/Role/j@corp.example";
  expect(find(arn.toUpperCase(), null)).toBe(`user:${arn.toLowerCase()}`);
});

test("localised names come from the setting, and it replaces the default", () => {
  const german = new ActorFinder({ sharedAccounts: ["NT-AUTORITÄT\\Netzwerkdienst"], hostShortNames: false });
  expect(german.find({ user: "NETZWERKDIENST", host: "a", srcIp: null })).toEqual({ type: "host", name: "a" });
  expect(german.find({ user: "root", host: "a", srcIp: null })).toEqual({ type: "user", name: "root" });
});

test("short host names where they are wanted; addresses stay whole", () => {
  const short = new ActorFinder({ sharedAccounts: [], hostShortNames: true });
  const name = (host: string) => short.find({ user: null, host, srcIp: null })?.name;
  expect(name("WS-101.corp.example")).toBe("ws-101");
  expect(name("ws-101")).toBe("ws-101");
  expect(name("10.1.2.3")).toBe("10.1.2.3");
  expect(name("2001:db8::1")).toBe("2001:db8::1");
});

describe("addresses have one spelling", () => {
  const spellings: [string, string][] = [
    ["10.0.0.9", "10.0.0.9"],
    ["2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:192.168.0.1", "192.168.0.1"],
    ["::1", "::1"],
    ["not:an:address", "not:an:address"],
    ["LOCAL", "local"],
  ];
  for (const [given, expected] of spellings) test(given, () => expect(canonicalIp(given)).toBe(expected));
});
