import { describe, expect, test } from "bun:test";
import {
  attackSource,
  currentTechnique,
  families,
  familiesOf,
  familyOf,
  readAttackTags,
  techniqueName,
} from "./attack.ts";

const familyNames = (tags: string[]) => familiesOf(readAttackTags(tags).mask).map(({ name }) => name);

test("the data says what it is", () => {
  expect(attackSource).toContain("v18.1");
});

test("families stand in kill-chain order", () => {
  expect(families.map(({ name }) => name)).toEqual([
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
  ]);
});

describe("tactics of tags", () => {
  test("with - and with _, in any case", () => {
    expect(familyNames(["attack.lateral_movement", "ATTACK.Credential-Access"])).toEqual([
      "credential-access",
      "lateral-movement",
    ]);
  });
  test("the names of v19 and before are one family", () => {
    for (const tag of [
      "attack.stealth",
      "attack.defense-impairment",
      "attack.defense_impairment",
      "attack.defense-evasion",
    ])
      expect(familyNames([tag])).toEqual(["defense-evasion"]);
  });
  test("software, groups, unknown tactics and other namespaces say nothing", () => {
    const tags = [
      "attack.s0002",
      "attack.g0069",
      "attack.nonsense",
      "car.2013-08-001",
      "cve.2026-33829",
      "attack.",
      "stealth",
    ];
    expect(readAttackTags(tags)).toEqual({ mask: 0, techniques: [] });
  });
  test("techniques alone give the family that they have, if it is one", () => {
    expect(familyNames(["attack.t1003.001"])).toEqual(["credential-access"]);
    // Execution, persistence and privilege escalation.
    expect(familyNames(["attack.t1053.005"])).toEqual([]);
    // A tactic that is named counts alone.
    expect(familyNames(["attack.t1003.001", "attack.execution"])).toEqual(["execution"]);
  });
  test("names that every object has are no tactics", () => {
    expect(familyOf("constructor")).toBeNull();
    expect(familyOf("__proto__")).toBeNull();
  });
});

describe("techniques", () => {
  test("sub-techniques stand beside their parents, each once", () => {
    expect(readAttackTags(["attack.t1059", "attack.T1059.001", "attack.t1059.001"]).techniques).toEqual([
      "T1059",
      "T1059.001",
    ]);
  });
  test("revoked ids lead to what replaced them, also over several steps", () => {
    expect(currentTechnique("T1002")).toBe("T1560");
    expect(currentTechnique("T1073")).toBe("T1574.001");
    expect(readAttackTags(["attack.t1086"]).techniques).toEqual(["T1059.001"]);
  });
  test("ids newer than the data keep their number", () => {
    expect(readAttackTags(["attack.t1999.001"]).techniques).toEqual(["T1999.001"]);
    expect(techniqueName("T1999.001")).toBe("T1999.001");
  });
  test("names", () => {
    expect(techniqueName("T1003.001")).toBe("OS Credential Dumping: LSASS Memory");
    expect(techniqueName("T1047")).toBe("Windows Management Instrumentation");
  });
});

test("techniques of newer versions have a name, and one is known by its tactic", () => {
  expect(techniqueName("T1685.005")).toBe("Disable or Modify Tools: Clear Windows Event Logs");
  expect(techniqueName("T1999")).toBe("T1999");
  expect(readAttackTags(["attack.t1686.003"]).techniques).toEqual(["T1686.003"]);
  expect(familiesOf(readAttackTags(["attack.t1686.003"]).mask).map(({ name }) => name)).toEqual(["defense-evasion"]);
});
