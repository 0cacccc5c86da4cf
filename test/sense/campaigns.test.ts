import { describe, expect, test } from "bun:test";
import { Dice } from "../chaos/dice.ts";
import { sampleScenarios, Targets } from "./attacks.ts";
import { judgeCampaigns } from "./campaign-measures.ts";
import { measureCampaigns, measureQuiet } from "./campaign-weeks.ts";
import { campaignWorld } from "./campaign-world.ts";
import { estateOf } from "./estate.ts";
import { intrusion, playbooks } from "./intrusions/playbooks.ts";
import { actorsOf } from "./known-attack.ts";
import { noiseProfiles } from "./noise.ts";
import { placeScenario } from "./placing.ts";

const start = Date.UTC(2026, 8, 7);

describe("attacks of which it is known what belongs to them", () => {
  test("a recorded one is moved in its logs too, each name always to the same", () => {
    const make = (seed: number) => {
      const dice = new Dice(seed);
      const estate = estateOf(dice);
      const scenario = sampleScenarios().find(({ name }) => name === "covenant_psremoting_command");
      return placeScenario(dice, new Targets(dice, estate), estate, scenario!, start);
    };
    const { records, actors } = make(5);
    const text = JSON.stringify(records);
    expect(text).not.toMatch(/pgustavo|theshire|workstation[56]/i);
    expect(text).toContain("LogonId");
    expect(new Set(records.map(({ host }) => host?.toLowerCase())).size).toBeLessThan(5);
    expect(actors.size).toBeGreaterThan(1);
    expect(make(5)).toEqual(make(5));
    expect(make(6)).not.toEqual(make(5));
  });

  for (const playbook of playbooks)
    test(`${playbook.name}: a seed repeats it, it takes time, and it is somebody's`, () => {
      const make = (seed: number) => {
        const dice = new Dice(seed);
        const estate = estateOf(dice);
        return intrusion(dice, new Targets(dice, estate), estate, playbook, start);
      };
      const { records, actors, end } = make(7);
      expect(make(7).records).toEqual(records);
      expect(make(8).records).not.toEqual(records);
      expect(records.length).toBeGreaterThan(3);
      expect(actors.size).toBeGreaterThan(0);
      expect(end).toBeGreaterThan(start);
    });

  test("evidence is a person's, else the machine's; low ones are nobody's", () => {
    const record = { host: "WS-1.corp.example", timestamp: "", src_ip: null };
    const of = (user: string | null, level = "high") => [...actorsOf([{ ...record, user, level }])];
    expect(of("CORP\\Bob")).toEqual(["bob", "bob@corp"]);
    expect(of("NT AUTHORITY\\SYSTEM")).toEqual(["ws-1.corp.example", "ws-1"]);
    expect(of("CORP\\WS-1$")).toEqual(["ws-1.corp.example", "ws-1"]);
    expect(of("IIS APPPOOL\\DefaultAppPool")).toEqual(["ws-1.corp.example", "ws-1"]);
    expect(of("CORP\\Bob", "low")).toEqual([]);
  });
});

test("figures: an attack in pieces, a campaign of two attacks, one with noise, one of noise alone", () => {
  const attack = (name: string, ...actors: string[]) => ({
    name,
    actors: new Set(actors),
    records: [],
    start: 0,
    end: 0,
  });
  const attacks = [
    attack("A", "a1", "a2"),
    attack("B", "b1"),
    attack("C", "c1", "shared"),
    attack("D", "d1", "shared"),
  ];
  const incident = (group_key: string, campaign_id: string | null) => ({
    incident_id: `I-${group_key}`,
    group_key,
    campaign_id,
  });
  const judged = judgeCampaigns(
    attacks,
    [
      incident("a1", null),
      incident("a2", "ab"),
      incident("b1", "ab"),
      incident("noise", "ab"),
      incident("c1", "cd"),
      incident("shared", "cd"),
      incident("d1", "cd"),
      incident("n1", "n"),
      incident("n2", "n"),
    ],
    [{ incident_id: "I-a2", other_id: "I-b1", kind: "host", what: "ws-1" }],
  );
  expect(judged).toMatchObject({ attacks: 4, seen: 4, inPieces: 1 });
  expect(judged.split).toEqual([{ name: "A", parts: [["a1"], ["a2"]], isShown: false }]);
  expect(judged.mixed).toEqual([{ campaign: "ab", attacks: ["A", "B"], links: ["host ws-1: a2 (A) and b1 (B)"] }]);
  expect(judged.withNoise.map(({ noise }) => noise)).toEqual([["noise"]]);
  expect(judged.ofNoise.map(({ actors }) => actors)).toEqual([["n1", "n2"]]);
  expect(judged.met).toEqual([["C", "D"]]);
});

test("a small week: attacks are not left in pieces, nor joined with each other, and quiet stays quiet", async () => {
  const world = campaignWorld(3, noiseProfiles[0]!, { detections: 4000, attacks: 14, days: 4 });
  const figures = await measureCampaigns(world);
  expect(figures.inPieces).toBeGreaterThan(3);
  expect(figures.split.length).toBeLessThanOrEqual(2);
  expect(figures.mixed.length).toBeLessThanOrEqual(1);
  expect((await measureQuiet(world)).ofNoise.length).toBeLessThanOrEqual(2);
});
