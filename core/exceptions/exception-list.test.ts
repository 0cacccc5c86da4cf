import { describe, expect, test } from "bun:test";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { exceptionOf } from "../../test/harness/exception-of.ts";
import type { Actor } from "../correlation/actor.ts";
import { type Exception, whyNoException } from "./exception.ts";
import { ExceptionList } from "./exception-list.ts";

const now = 1_000;
const actor = { type: "user", name: "jsmith" } as const;
const detection = detectionOf({
  entity: "Primary Site",
  ruleId: "ABC-1",
  ruleTitle: "Suspicious Logon",
  host: "WS-101.corp.example.",
});

function covers(fields: Partial<Exception>, who: Actor = actor, hostShortNames = false, of = detection): boolean {
  return new ExceptionList([exceptionOf(fields)], { hostShortNames }).covering(of, who, now).length > 0;
}

test("by rule: id or title, in any case", () => {
  expect(covers({ rule: "abc-1" })).toBe(true);
  expect(covers({ rule: " suspicious logon " })).toBe(true);
  expect(covers({ rule: "abc" })).toBe(false);
});

test("by actor and host as people write them", () => {
  expect(covers({ actor: "CORP\\JSmith" })).toBe(true);
  expect(covers({ host: "ws-101.CORP.example" })).toBe(true);
  expect(covers({ host: "ws-101" })).toBe(false);
});

test("everything that is given has to fit", () => {
  expect(covers({ rule: "ABC-1", actor: "jsmith", entity: "primary site" })).toBe(true);
  expect(covers({ rule: "ABC-1", actor: "other" })).toBe(false);
  expect(covers({ rule: "ABC-1", entity: "Other Site" })).toBe(false);
});

test("until then and no longer", () => {
  expect(covers({ rule: "ABC-1", until: now + 1 })).toBe(true);
  expect(covers({ rule: "ABC-1", until: now })).toBe(false);
});

test("no exceptions cover nothing", () => {
  expect(new ExceptionList([], { hostShortNames: false }).covering(detection, actor, now)).toEqual([]);
});

test("addresses, machine accounts and short names as detections have them", () => {
  const ip = { type: "ip", name: "2001:db8::1" } as const;
  expect(covers({ actor: "2001:0DB8:0:0:0:0:0:1" }, ip)).toBe(true);
  expect(covers({ actor: "[2001:db8::1%eth0]" }, ip)).toBe(true);
  expect(covers({ actor: "::ffff:10.0.0.5" }, { type: "ip", name: "10.0.0.5" })).toBe(true);
  const host = { type: "host", name: "ws-101.corp.example" } as const;
  expect(covers({ actor: "CORP\\WS-101$" }, host)).toBe(true);
  expect(covers({ actor: "WS-101.corp.example." }, host)).toBe(true);
  expect(covers({ actor: "WS-102$" }, host)).toBe(false);
  const short = { type: "host", name: "ws-101" } as const;
  expect(covers({ actor: "WS-101.corp.example" }, short, true)).toBe(true);
  expect(covers({ host: "ws-101" }, short, true)).toBe(true);
});

describe("wildcards", () => {
  test("in rule, actor and host", () => {
    expect(covers({ rule: "suspicious *" })).toBe(true);
    expect(covers({ rule: "abc-?" })).toBe(true);
    expect(covers({ rule: "logon*" })).toBe(false);
    expect(covers({ actor: "CORP\\js*" })).toBe(true);
    expect(covers({ actor: "js*@corp.example" })).toBe(true);
    expect(covers({ actor: "jsm" })).toBe(false);
    expect(covers({ host: "ws-1*" })).toBe(true);
    expect(covers({ host: "*.corp.example" })).toBe(true);
    expect(covers({ host: "ws-10?" })).toBe(false);
  });

  test("of hosts that go by their first label, and of machine accounts", () => {
    const host = { type: "host", name: "ws-101" } as const;
    expect(covers({ host: "ws-10?" }, actor, true)).toBe(true);
    expect(covers({ host: "*.corp.example" }, actor, true)).toBe(true);
    expect(covers({ host: "*.other.example" }, actor, true)).toBe(false);
    expect(covers({ actor: "CORP\\WS-*$" }, host, true)).toBe(true);
    expect(covers({ actor: "*.corp.example" }, host, true)).toBe(true);
    expect(covers({ actor: "10.1.*" }, { type: "ip", name: "10.1.2.3" })).toBe(true);
    expect(covers({ actor: "2001:DB8:*" }, { type: "ip", name: "2001:db8::1" })).toBe(true);
  });
});

describe("what the log says", () => {
  const sysmon = {
    Event: {
      EventData: {
        Image: "C:\\Program Files\\Backup\\agent.exe",
        CommandLine: '"C:\\Program Files\\Backup\\agent.exe" -k  *.bak',
        Hashes: `SHA1=${"a1".repeat(20)},MD5=${"b2".repeat(16)},SHA256=${"c3".repeat(32)}`,
      },
    },
  };
  const withLog = (log: object) => detectionOf({ ...detection, body: JSON.stringify(log) });
  const says = (fields: Partial<Exception>, log: object = sysmon) =>
    covers({ rule: "ABC-1", ...fields }, actor, false, withLog(log));

  test.each([
    [{ process: "agent.exe" }, true],
    [{ process: "AGENT.*" }, true],
    [{ process: "gent.exe" }, false],
    [{ process: "C:\\Program Files\\Backup\\*" }, true],
    [{ process: "C:\\Program Files\\*\\agent.exe" }, true],
    [{ process: "C:\\Tools\\agent.exe" }, false],
    [{ process: "*backup*" }, true],
    [{ commandLine: "*agent.exe* -k *" }, true],
    [{ commandLine: '"C:\\Program Files\\Backup\\agent.exe" -k *.bak' }, true],
    [{ commandLine: "*-k \\*.bak" }, true],
    [{ commandLine: "-k" }, false],
    [{ hash: "B2".repeat(16) }, true],
    [{ hash: `sha256=${"c3".repeat(32)}` }, true],
    [{ hash: "a1a1*" }, true],
    [{ hash: "d4".repeat(16) }, false],
    [{ process: "agent.exe", hash: "d4".repeat(16) }, false],
    [{ process: "agent.exe", commandLine: "*-k*", hash: "b2*" }, true],
  ])("%j: %p", (fields, expected) => {
    expect(says(fields)).toBe(expected);
  });

  test("in other shapes of logs", () => {
    expect(says({ process: "x.exe" }, { NewProcessName: "C:\\x.exe" })).toBe(true);
    expect(says({ process: "x.exe" }, { process: { executable: "C:\\x.exe" } })).toBe(true);
    expect(says({ commandLine: "x -y" }, { winlog: { event_data: { CommandLine: "x -y" } } })).toBe(true);
    expect(
      says({ hash: "ab".repeat(16) }, { process: { hash: { md5: "ab".repeat(16), sha256: "cd".repeat(32) } } }),
    ).toBe(true);
  });

  test("whatever converted the event", () => {
    const data = [
      { "@Name": "Image", "#text": "C:\\Tools\\x.exe" },
      { "@Name": "CommandLine", "#text": "x -y" },
      { "@Name": "Hashes", "#text": `MD5=${"ab".repeat(16)}` },
    ];
    const wazuh = { image: "C:\\\\Tools\\\\x.exe", commandLine: "x -y", hashes: `MD5=${"AB".repeat(16)}` };
    for (const log of [{ Event: { EventData: { Data: data } } }, { data: { win: { eventdata: wazuh } } }])
      for (const fields of [{ process: "C:\\Tools\\*" }, { commandLine: "x ??" }, { hash: "ab*" }])
        expect(says(fields, log)).toBe(true);
  });

  test("a log that says nothing of it is not covered", () => {
    for (const log of [{}, { raw: "agent.exe" }, { Image: "" }])
      for (const fields of [{ process: "*a*" }, { commandLine: "*a*" }, { hash: "a*" }])
        expect(says(fields, log)).toBe(false);
  });

  test("is not read for a detection that the exception does not concern otherwise", () => {
    const unreadable = detectionOf({ ...detection });
    Object.defineProperty(unreadable, "body", {
      get: () => {
        throw new Error("read");
      },
    });
    const isRead = (fields: Partial<Exception>) => {
      try {
        return covers({ process: "a", ...fields }, actor, false, unreadable);
      } catch {
        return "read";
      }
    };
    expect(isRead({ rule: "other" })).toBe(false);
    expect(isRead({ rule: "ABC-1", actor: "other" })).toBe(false);
    expect(isRead({ rule: "ABC-1", entity: "other" })).toBe(false);
    expect(isRead({ rule: "ABC-1", until: now })).toBe(false);
    expect(isRead({ actor: "other" })).toBe(false);
    expect(isRead({ host: "other" })).toBe(false);
    expect(isRead({ rule: "ABC-1" })).toBe("read");
    expect(isRead({ actor: "jsmith" })).toBe("read");
  });
});

test("many: those and only those that hold, in every entity, also where a rule has changed its title", () => {
  const all = [
    exceptionOf({ id: "rule", rule: "abc-1" }),
    exceptionOf({ id: "title", rule: "*renamed*" }),
    exceptionOf({ id: "actor", actor: "jsmith" }),
    exceptionOf({ id: "other actor", rule: "abc-1", actor: "other" }),
    exceptionOf({ id: "host", host: "ws-101.corp.example" }),
    exceptionOf({ id: "site", entity: "Other Site", rule: "abc-1" }),
    exceptionOf({ id: "past", rule: "abc-1", until: now }),
  ];
  const list = new ExceptionList(all, { hostShortNames: false });
  for (let again = 0; again < 2; again++) {
    expect([...list.covering(detection, actor, now)].sort()).toEqual(["actor", "host", "rule"]);
    const renamed = detectionOf({ ...detection, ruleTitle: "Renamed Logon" });
    expect([...list.covering(renamed, actor, now)].sort()).toEqual(["actor", "host", "rule", "title"]);
    const other = detectionOf({ ...detection, entity: "other site", host: null });
    expect([...list.covering(other, actor, now)].sort()).toEqual(["actor", "rule", "site"]);
  }
});

test("what would cover everything, nothing or only the past is refused with its field", () => {
  const request = exceptionOf({ rule: "r" });
  expect(whyNoException(request, now)).toBeNull();
  expect(whyNoException({ ...request, host: "ws-*" }, now)).toBeNull();
  expect(whyNoException({ ...request, process: "C:\\Tools\\*", hash: "SHA256=ab*" }, now)).toBeNull();
  const refused: [Partial<Exception>, string][] = [
    [{ rule: "" }, "name a rule, an actor or a host"],
    [{ rule: "", entity: "E" }, "name a rule"],
    [{ rule: "", process: "x.exe", commandLine: "x", hash: "ab" }, "name a rule"],
    [{ rule: "*" }, "rule:"],
    [{ rule: "", host: "?*" }, "host:"],
    [{ actor: "CORP\\*" }, "actor:"],
    [{ actor: "*@corp.example" }, "actor:"],
    [{ process: "*" }, "process:"],
    [{ commandLine: "\\*" }, "command_line:"],
    [{ commandLine: "x".repeat(4_001) }, "command_line: is 4001 characters long"],
    [{ hash: "not a hash" }, "hash:"],
    [{ hash: "a".repeat(65) }, "hash:"],
    [{ entity: "E*" }, "entity:"],
    [{ until: now }, "until:"],
  ];
  for (const [fields, start] of refused) expect(whyNoException({ ...request, ...fields }, now)).toStartWith(start);
});

test("more entities and rules than are remembered are told apart all the same", () => {
  const list = new ExceptionList([exceptionOf({ rule: "rule 7*" })], { hostShortNames: false });
  for (let again = 0; again < 2; again++)
    for (let n = 0; n < 12_000; n++) {
      const one = detectionOf({ entity: `e${n % 3}`, ruleId: null, ruleTitle: `rule ${n}` });
      expect(list.covering(one, actor, now)).toHaveLength(String(n).startsWith("7") ? 1 : 0);
    }
});
