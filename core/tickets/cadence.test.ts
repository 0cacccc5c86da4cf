import { describe, expect, test } from "bun:test";
import type { RiskLevel } from "../risk.ts";
import { hourMs } from "../time.ts";
import { cadenceGate, gateLine } from "./cadence.ts";

const now = Date.UTC(2026, 2, 13, 12, 0, 0);

describe("cadence gate", () => {
  const cases: [lastReported: RiskLevel, ago: number | null, level: RiskLevel, expected: string][] = [
    ["high", null, "critical", "PUSH first-push"],
    ["high", null, "medium", "PUSH first-push"],
    ["high", null, "high", "- unchanged"],
    ["high", 1, "critical", "PUSH p1-escalation"],
    ["low", 0, "critical", "PUSH p1-escalation"],
    ["critical", 1, "high", "SKIP within-cadence"],
    ["medium", 23.99, "high", "SKIP within-cadence"],
    ["medium", 24, "high", "PUSH cadence-elapsed-24h"],
    ["medium", 49.9, "low", "PUSH cadence-elapsed-49h"],
    ["critical", 30, "critical", "- unchanged"],
    // The clock was set back, by a little and by a year.
    ["medium", -2, "high", "SKIP within-cadence"],
    ["medium", -9000, "high", "PUSH cadence-elapsed-0h"],
  ];
  for (const [lastReported, ago, level, expected] of cases)
    test(`told ${lastReported} ${ago === null ? "at creation" : `${ago} h ago`}, now ${level}`, () => {
      const decision = cadenceGate(
        level,
        { level: lastReported, at: ago === null ? null : now - ago * hourMs },
        24,
        now,
      );
      const verb = decision.push ? "PUSH" : decision.reason === "unchanged" ? "-" : "SKIP";
      expect(`${verb} ${decision.reason}`).toBe(expected);
    });

  test("the log lines", () => {
    const skip = cadenceGate("high", { level: "medium", at: now - hourMs }, 24, now);
    expect(gateLine("INC-7601d999", skip)).toBe(
      "SNOW cadence gate: SKIP incident=INC-7601d999 reason=within-cadence next=2026-03-14T11:00:00.000Z",
    );
    const push = cadenceGate("critical", { level: "high", at: null }, 24, now);
    expect(gateLine("INC-7601d999", push)).toBe("SNOW cadence gate: PUSH incident=INC-7601d999 reason=first-push");
    expect(gateLine("INC-7601d999", { push: false, reason: "unchanged" })).toBeNull();
  });
});
