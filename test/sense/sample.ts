/** The recorded attacks of the sample, each an entity of its own. */

import { familiesOf, familyOf, readAttackTags } from "../../core/attack/attack.ts";
import data from "../../core/attack/attack-enterprise.json" with { type: "json" };
import { builtInFloors, floorOf, prepareFloors } from "../../core/correlation/floors.ts";
import { levels } from "../../core/detection.ts";
import { riskLevel } from "../../core/risk.ts";
import { isEmergency, type Scenario, sampleScenarios } from "./attacks.ts";
import { MeasuredAppliance } from "./measured-appliance.ts";
import { type SampleRecord, sampleRecords } from "./rules.ts";

export interface MeasuredScenario {
  name: string;
  isEmergency: boolean;
  /** The highest of its incidents; 0 without one. */
  score: number;
  /** Index into `levels` of its highest rule. */
  level: number;
  cases: MeasuredCase[];
  /** The tactics that upstream names and that three detections of two rules are tagged with, low ones and more. */
  tactics: { family: string; hasCase: boolean }[];
}

export interface MeasuredCase {
  type: string;
  rules: string[];
  /** Carried by two rules of its kind, or by a crown jewel. */
  isCarried: boolean;
}

export async function measureSample(): Promise<MeasuredScenario[]> {
  const bySource = Map.groupBy(sampleRecords(), ({ source }) => source);
  const appliance = await MeasuredAppliance.started(Date.UTC(2026, 8, 7));
  try {
    const scenarios = sampleScenarios();
    for (const { source, name } of scenarios)
      await appliance.ingest((bySource.get(source) ?? []).map((record) => ({ ...record, entity: name })));
    await appliance.followActors();
    const incidents = Map.groupBy(await appliance.incidents(), ({ entity_name }) => entity_name);
    const cases = await measureCases(appliance);
    return scenarios.map((scenario) => {
      const { name, source } = scenario;
      const records = bySource.get(source) ?? [];
      const own = cases.get(name) ?? [];
      const found = new Set(own.map(({ type }) => type));
      return {
        name,
        isEmergency: isEmergency(scenario),
        score: Math.max(0, ...(incidents.get(name) ?? []).map(({ risk_score }) => risk_score)),
        level: Math.max(...records.map(({ level }) => levels.indexOf(level))),
        cases: own,
        tactics: wellTagged(scenario, records).map((family) => ({ family, hasCase: found.has(caseType(family)) })),
      };
    });
  } finally {
    await appliance.close();
  }
}

/** Cases by entity. */
async function measureCases(appliance: MeasuredAppliance): Promise<Map<string, MeasuredCase[]>> {
  const floors = prepareFloors(builtInFloors);
  const found = new Map<string, MeasuredCase[]>();
  for (const { case_id, case_type, entity_name } of await appliance.cases()) {
    const rules = (await appliance.store.reading.readCase(case_id))?.rules ?? [];
    const isCrownJewel = rules.some(
      (rule) => floorOf({ ...rule, level: levels.indexOf(rule.level) }, floors)?.crownJewel,
    );
    const own = found.get(entity_name) ?? [];
    found.set(entity_name, own);
    own.push({
      type: case_type,
      rules: rules.map(({ level, title }) => `${level} ${title}`),
      isCarried: rules.length >= 2 || isCrownJewel,
    });
  }
  return found;
}

function caseType(family: string): string {
  return family === "credential-access" ? "credential_theft" : family.replaceAll("-", "_");
}

const familyById = new Map(data.tactics.map(({ id, shortname }) => [id, shortname]));

function wellTagged({ tactic_folder, tactics = [] }: Scenario, records: readonly SampleRecord[]): string[] {
  const named = [tactic_folder ?? "", ...tactics.map((id) => familyById.get(id) ?? "")].map(
    (name) => familyOf(name)?.name,
  );
  return [...new Set(named)].filter((family) => {
    if (family === undefined) return false;
    const tagged = records.filter(({ tags, level }) => {
      const isOf = familiesOf(readAttackTags(tags).mask).some(({ name }) => name === family);
      return isOf && level !== "informational";
    });
    return tagged.length >= 3 && new Set(tagged.map(({ rule_id }) => rule_id)).size >= 2;
  }) as string[];
}

export function isAtLeast({ score }: MeasuredScenario, wanted: "high" | "critical"): boolean {
  const level = riskLevel(score);
  return level === "critical" || level === wanted;
}
