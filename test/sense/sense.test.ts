import { describe, expect, test } from "bun:test";
import { dayMs } from "../../core/time.ts";
import { Dice } from "../chaos/dice.ts";
import { isEmergency, moveAttack, sampleScenarios, Targets } from "./attacks.ts";
import { estateOf } from "./estate.ts";
import { areaUnderCurve, median, rankOf } from "./measures.ts";
import { noiseProfiles, quietDetections } from "./noise.ts";
import { measureWeeks, weekByDays, worldOf } from "./week.ts";

const start = Date.UTC(2026, 8, 7);

describe("measures", () => {
  test("area under the curve: ordered, reversed, equal", () => {
    expect(areaUnderCurve([3, 4], [1, 2])).toBe(1);
    expect(areaUnderCurve([1, 2], [3, 4])).toBe(0);
    expect(areaUnderCurve([2, 2], [2, 2])).toBe(0.5);
    expect(areaUnderCurve([1, 3], [2, 2])).toBe(0.5);
  });

  test("a rank counts equal ones before; a median of an even number is between its middle ones", () => {
    expect([rankOf(80, [90, 80, 70]), rankOf(91, [90]), rankOf(5, [])]).toEqual([3, 1, 1]);
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });
});

describe("the invented company", () => {
  for (const profile of noiseProfiles)
    test(`${profile.name}: a seed repeats it; it is harmless, in order, and on known machines`, () => {
      const make = (seed: number) => {
        const dice = new Dice(seed);
        const estate = estateOf(dice);
        return { estate, noise: quietDetections(dice, estate, profile, { start, days: 7, count: 3000 }) };
      };
      const { estate, noise } = make(3);
      expect(make(3).noise).toEqual(noise);
      expect(make(4).noise).not.toEqual(noise);
      expect([noise.length, new Set(noise.map(({ id }) => id)).size]).toEqual([3000, 3000]);
      const names = new Set(estate.machines.map(({ name }) => name));
      expect([estate.machines.length, estate.users.length]).toEqual([300, 200]);
      let last = "";
      for (const { timestamp, level, rule_title, host } of noise) {
        expect(timestamp >= last && Date.parse(timestamp) >= start && Date.parse(timestamp) < start + 7 * dayMs).toBe(
          true,
        );
        expect(["low", "medium", "high"]).toContain(level);
        expect(rule_title).not.toMatch(/mimikatz|lsass.*dump|dcsync|ransom/i);
        expect(names.has(host)).toBe(true);
        last = timestamp;
      }
    });

  test("an attack keeps its order, and one machine or person stays one", () => {
    const scenario = sampleScenarios().find(({ name }) => name === "purplesharp_ad_playbook_I");
    const dice = new Dice(5);
    const { records, actors, end } = moveAttack(new Targets(dice, estateOf(dice)), scenario!, start);
    expect(records.length).toBeGreaterThan(200);
    expect(records.every(({ host }) => host === null || host.endsWith(".corp.example"))).toBe(true);
    expect(JSON.stringify(records.map(({ user }) => user))).not.toMatch(/pgustavo|shire/i);
    expect(new Set(records.map(({ host }) => host)).size).toBeLessThan(8);
    expect(Math.min(...records.map(({ timestamp }) => Date.parse(timestamp)))).toBe(start);
    expect(end).toBeGreaterThan(start);
    expect(actors.size).toBeGreaterThan(1);
  });

  test("an emergency is one that upstream names so", () => {
    const emergencies = sampleScenarios().filter(isEmergency);
    expect(emergencies.map(({ name }) => name)).toContain("empire_dcsync_dcerpc_drsuapi_DsGetNCChanges");
    expect(emergencies.length).toBeGreaterThan(30);
    expect(emergencies.length).toBeLessThan(60);
  });
});

test("small weeks are played from intake to incidents; the order within a day changes nothing", async () => {
  const [profile] = noiseProfiles;
  const size = { detections: 600, attacks: 2 };
  const world = worldOf(11, profile!, size);
  const { weeks } = await measureWeeks(world, size);
  expect(weeks).toHaveLength(2);
  for (const { quiet, placed } of weeks) {
    expect(quiet).toBeLessThan(300);
    expect(placed).toHaveLength(2);
    for (const { rank, score } of placed) expect(rank === null ? score === 0 : rank > 0 && score >= 40).toBe(true);
  }
  expect(await weekByDays(world, true)).toEqual(await weekByDays(world, false));
});
