/** The recorded attacks of the sample, each an entity of its own. */
import { builtInFloors, floorOf, prepareFloors } from "../../core/correlation/floors.ts";
import { levels } from "../../core/detection.ts";
import { riskLevel } from "../../core/risk.ts";
import { isEmergency, sampleScenarios } from "./attacks.ts";
import { MeasuredAppliance } from "./measured-appliance.ts";
import { sampleRecords } from "./rules.ts";

export interface MeasuredScenario {
  name: string;
  isEmergency: boolean;
  /** The highest of its incidents; 0 without one. */
  score: number;
  /** Index into `levels` of its highest rule. */
  level: number;
  cases: MeasuredCase[];
}

export interface MeasuredCase {
  type: string;
  rules: string[];
  /** Carried by two rules of its kind, or by a crown jewel. */
  isCarried: boolean;
}

export async function measureSample(): Promise<MeasuredScenario[]> {
  const bySource = Map.groupBy(sampleRecords(), ({ source }) => source);
  const floors = prepareFloors(builtInFloors);
  const appliance = await MeasuredAppliance.started(Date.UTC(2026, 8, 7));
  try {
    const scenarios = sampleScenarios();
    for (const { source, name } of scenarios)
      await appliance.ingest((bySource.get(source) ?? []).map((record) => ({ ...record, entity: name })));
    const incidents = Map.groupBy(await appliance.incidents(), ({ entity_name }) => entity_name);
    const cases = Map.groupBy(await appliance.cases(), ({ entity_name }) => entity_name);
    const measured: MeasuredScenario[] = [];
    for (const scenario of scenarios) {
      const { name, source } = scenario;
      const own: MeasuredCase[] = [];
      for (const { case_id, case_type } of cases.get(name) ?? []) {
        const rules = (await appliance.store.reading.readCase(case_id))?.rules ?? [];
        const isCrownJewel = rules.some(
          (rule) =>
            floorOf({ ...rule, level: levels.indexOf(rule.level), techniques: rule.techniques }, floors)?.crownJewel,
        );
        own.push({
          type: case_type,
          rules: rules.map(({ level, title }) => `${level} ${title}`),
          isCarried: rules.length >= 2 || isCrownJewel,
        });
      }
      measured.push({
        name,
        isEmergency: isEmergency(scenario),
        score: Math.max(0, ...(incidents.get(name) ?? []).map(({ risk_score }) => risk_score)),
        level: Math.max(...(bySource.get(source) ?? []).map(({ level }) => levels.indexOf(level))),
        cases: own,
      });
    }
    return measured;
  } finally {
    await appliance.close();
  }
}

export function isAtLeast({ score }: MeasuredScenario, wanted: "high" | "critical"): boolean {
  const level = riskLevel(score);
  return level === "critical" || level === wanted;
}
