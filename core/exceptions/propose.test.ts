import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { RuleSummary } from "../correlation/summary.ts";
import { eventFacts } from "../logs/log-facts.ts";
import { commonPattern } from "./common-pattern.ts";
import { whyNoException } from "./exception.ts";
import { ExceptionMatcher, namesOf } from "./exception-matcher.ts";
import { coveredBy, proposalJson, proposeExceptions } from "./propose.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
const incident = {
  ...{ incidentId: "INC-12345678", entity: "Primary Site", actor: "jsmith", actorType: "user" as const },
  resolutionNotes: "Nightly  backup",
};
const rule: RuleSummary = {
  ...{ key: "abc-1", title: "Suspicious Thing", level: "high", count: 12, first: now, last: now },
  ...{ hosts: ["ws-1"], tactics: [], techniques: [] },
};

const sysmon = (fields: Record<string, string>) => JSON.stringify({ Event: { EventData: fields } });
const alertsOf = (...logs: string[]) =>
  logs.map((log) => ({ ruleId: "ABC-1", ruleTitle: rule.title, host: "WS-1", logs: [log] }));

function proposed(...logs: string[]) {
  const alerts = alertsOf(...logs);
  const [proposal] = proposeExceptions(incident, [rule], alerts, now);
  if (proposal === undefined) throw new Error("nothing was proposed");
  return { proposal, alerts, ...proposal.exception };
}

describe("what is proposed", () => {
  test("an installed program by its path; rule, actor and a time to look at it again", () => {
    const image = "C:\\Program Files\\Backup\\agent.exe";
    const { proposal } = proposed(
      sysmon({ Image: image, CommandLine: "agent -a" }),
      sysmon({ Image: image, CommandLine: "agent -b" }),
    );
    expect(proposal).toMatchObject({ ruleTitle: "Suspicious Thing", detections: 12, logs: 2 });
    expect(proposal.exception).toEqual({
      entity: "Primary Site",
      rule: "ABC-1",
      actor: "jsmith",
      host: "",
      process: image,
      commandLine: "",
      hash: "",
      until: Date.UTC(2026, 5, 12),
      reason: "INC-12345678 was a false positive: Nightly backup",
    });
    expect(proposal.why).toContain("installed program");
    expect(proposalJson(proposal, null).exception as object).toEqual({
      entity: "Primary Site",
      rule: "ABC-1",
      actor: "jsmith",
      process: image,
      until: "2026-06-12T00:00:00.000Z",
      reason: "INC-12345678 was a false positive: Nightly backup",
    });
  });

  test("versions of an installed program with a wildcard", () => {
    const at = (version: string) => sysmon({ Image: `C:\\Program Files\\Backup\\${version}\\agent.exe` });
    expect(proposed(at("1.2"), at("1.10")).process).toBe("C:\\Program Files\\Backup\\1.*\\agent.exe");
  });

  test("a program of the system never by itself: with its command line", () => {
    const image = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
    const log = (n: number) =>
      sysmon({
        Image: image,
        CommandLine: `powershell.exe -File C:\\Scripts\\inventory.ps1 -Run ${n}`,
        Hashes: `SHA256=${"a1".repeat(32)}`,
      });
    expect(proposed(log(1), log(2))).toMatchObject({
      process: image,
      commandLine: "powershell.exe -File C:\\Scripts\\inventory.ps1 -Run *",
      hash: "",
    });
    const copied = sysmon({
      Image: "C:\\Users\\j\\ps.exe",
      OriginalFileName: "PowerShell.EXE",
      CommandLine: "ps.exe -File a.ps1",
      Hashes: `MD5=${"a1".repeat(16)}`,
    });
    expect(proposed(copied)).toMatchObject({ commandLine: "ps.exe -File a.ps1", hash: "" });
  });

  test("of several programs in one folder none, as the folder holds more", () => {
    const log = (name: string) => sysmon({ Image: `C:\\Program Files\\Suite\\${name}` });
    expect(proposed(log("a.exe"), log("b.exe"))).toMatchObject({ process: "", host: "ws-1" });
  });

  test("a program where anybody may write by its hash", () => {
    const log = sysmon({
      Image: "C:\\Users\\j\\Downloads\\tool.exe",
      CommandLine: "tool.exe",
      Hashes: `SHA256=${"a1".repeat(32)}`,
    });
    expect(proposed(log, log)).toMatchObject({ hash: "a1".repeat(32), process: "", commandLine: "" });
  });

  test("a log that says nothing of it, or none: by rule and actor on the one host", () => {
    expect(proposed("{}")).toMatchObject({
      rule: "ABC-1",
      actor: "jsmith",
      host: "ws-1",
      process: "",
      commandLine: "",
      hash: "",
    });
    const [none] = proposeExceptions(incident, [{ ...rule, hosts: ["a", "b"] }], [], now);
    expect(none?.exception).toMatchObject({ rule: "abc-1", actor: "jsmith", host: "" });
    expect(none?.why).toContain("no log of it is kept");
  });

  test("no secret of a command line", () => {
    const image = "C:\\Windows\\System32\\net.exe";
    const { commandLine } = proposed(
      sysmon({ Image: image, CommandLine: "net use \\\\srv\\share /user:corp\\svc Sommer2026!x" }),
    );
    expect(commandLine).not.toContain("Sommer");
    expect(commandLine).toContain("net use \\\\srv\\share");
  });

  test("the most serious rules first, ten at most; a rule without a name none", () => {
    const many = Array.from({ length: 15 }, (_, n) => ({ ...rule, key: n === 0 ? "" : `r${n}`, title: `R${n}` }));
    const found = proposeExceptions(incident, many, [], now);
    expect(found.map(({ exception }) => exception.rule)).toEqual(Array.from({ length: 10 }, (_, n) => `r${n + 1}`));
  });
});

test("signs and lengths of names, which whoever writes a log may choose, do not widen it", () => {
  const [starred] = proposeExceptions({ ...incident, actor: "svc*" }, [{ ...rule, hosts: ["ws-*"] }], [], now);
  expect(starred?.exception).toMatchObject({ actor: "svc?", host: "ws-?" });
  expect(proposeExceptions({ ...incident, actor: "*" }, [rule], [], now)).toEqual([]);
  const [long] = proposeExceptions(
    { ...incident, actor: "a".repeat(300) },
    [{ ...rule, key: "r".repeat(600) }],
    [],
    now,
  );
  expect(long?.exception).toMatchObject({ actor: `${"a".repeat(255)}*`, rule: `${"r".repeat(499)}*` });
});

test("one that is covered already says by which", () => {
  const image = "C:\\Program Files\\Backup\\agent.exe";
  const { proposal, alerts } = proposed(sysmon({ Image: image }));
  const saved = (fields: object) => ({ ...proposal.exception, id: "exc-1", ...fields });
  const by = (fields: object) =>
    coveredBy(proposal, alerts, incident, [saved(fields)], { hostShortNames: false }, now)?.id ?? null;
  expect(by({})).toBe("exc-1");
  expect(by({ actor: "", process: "agent.*", rule: "suspicious *" })).toBe("exc-1");
  expect(by({ process: "other.exe" })).toBeNull();
  expect(by({ actor: "other" })).toBeNull();
  expect(by({ until: now })).toBeNull();
});

describe("property: whatever the logs say", () => {
  const path = fc.constantFrom(
    "C:\\Program Files\\A\\",
    "C:\\Windows\\System32\\",
    "C:\\Users\\*\\",
    "/usr/bin/",
    "",
    "\\\\srv\\c$\\",
  );
  const word = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\", " ", '"', "é", "😀", "-"), maxLength: 12 });
  const log = fc.record({
    Image: fc.tuple(path, fc.constantFrom("a.exe", "b.exe", "cmd.exe")).map(([folder, name]) => folder + name),
    CommandLine: fc.tuple(fc.constantFrom("tool --run ", "x "), word).map(([first, rest]) => first + rest),
    Hashes: fc.constantFrom("", `MD5=${"a".repeat(31)}b`, `SHA256=${"ab".repeat(32)}`),
  });

  test("a proposal can be saved, and covers what it was made from", () => {
    fc.assert(
      fc.property(fc.array(log, { maxLength: 4 }), (records) => {
        const { proposal, alerts } = proposed(...records.map(sysmon));
        expect(whyNoException(proposal.exception, now)).toBeNull();
        const rules = { hostShortNames: false };
        const matcher = new ExceptionMatcher(proposal.exception, rules);
        for (const alert of alerts) {
          const detection = { ...alert, entity: incident.entity };
          const names = namesOf(detection, { type: "user", name: incident.actor }, rules);
          expect(matcher.fitsNames(detection, names)).toBe(true);
          for (const one of alert.logs) expect(matcher.fitsLog(eventFacts(one))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test("a pattern for several texts says enough, or there is none", () => {
  expect(commonPattern(["same"], 100)).toBe("same");
  expect(commonPattern(["backup --set 1 --quiet", "backup --set 22 --quiet"], 100)).toBe("backup --set * --quiet");
  expect(commonPattern(["abc", "xyz"], 100)).toBeNull();
  expect(commonPattern(["cmd 1", "cmd 2"], 100)).toBeNull();
  const encoded = (text: string) => `powershell -enc ${Buffer.from(text, "utf16le").toString("base64")}`;
  expect(commonPattern([encoded("Invoke-Backup".repeat(9)), encoded("Install-Evil".repeat(9))], 4_000)).toBeNull();
  expect(commonPattern(["x".repeat(50)], 20)).toBe(`${"x".repeat(19)}*`);
  expect(commonPattern([], 20)).toBeNull();
  expect(commonPattern([" "], 20)).toBeNull();
});
