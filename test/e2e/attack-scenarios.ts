/**
 * The attacks of the sample, each run through intake as a tenant of its own: what incidents and cases they give, and whether the cases are
 * those of the tactics that the people who recorded the attack named. `npm run scenarios` prints it all.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { familyOf } from "../../core/attack/attack.ts";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import type { RuleSample } from "../../core/tickets/case/case-facts.ts";
import type { IncidentDetail } from "../../store/lists/incident-detail.ts";
import { openStore } from "../../store/open-store.ts";
import { ownSampleText } from "../harness/engine-samples.ts";

interface Scenario {
  source: string;
  name: string;
  tactic_folder: string | null;
  /** ATT&CK ids of tactics, such as TA0008. */
  tactics?: string[];
  /** Detections by the tactic that their rule is tagged with. */
  alert_tactics: Record<string, number>;
}

interface CaseOfScenario {
  case_type: string;
  primary_user: string;
  alert_count: number;
}

export interface ScenarioResult {
  name: string;
  /** Families that upstream names, with the number of detections and of rules tagged so, informational ones left out of the rules. */
  upstream: { family: string; tagged: number; rules: number; found: boolean }[];
  /** Cases of families that no detection is tagged with. */
  untagged: string[];
  cases: CaseOfScenario[];
  incidents: (IncidentDetail & { samples: RuleSample[] })[];
}

const caseTypes: Readonly<Record<string, string>> = { "credential-access": "credential_theft" };
const familyOfCase = (type: string) => (type === "credential_theft" ? "credential-access" : type.replaceAll("_", "-"));
const tacticIds: Readonly<Record<string, string>> = Object.fromEntries(
  (
    JSON.parse(readFileSync(join(import.meta.dirname, "../../core/attack/attack-enterprise.json"), "utf8")) as {
      tactics: { id: string; shortname: string }[];
    }
  ).tactics.map(({ id, shortname }) => [id, shortname]),
);

/** Detections of a family below this number, and those of one rule, say too little. */
const enoughTagged = 3;
export const isEnough = ({ tagged, rules }: { tagged: number; rules: number }) => tagged >= enoughTagged && rules >= 2;

export async function runScenarios(): Promise<ScenarioResult[]> {
  const scenarios = JSON.parse(
    readFileSync(join(import.meta.dirname, "../data/detections/scenarios.json"), "utf8"),
  ) as Scenario[];
  const bySource = Map.groupBy(
    ownSampleText()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>),
    ({ source }) => source,
  );
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-scenarios-"));
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const store = await openStore({ path: join(folder, "rhythmx.db"), clock });
  try {
    const sharedAccounts = ["administrator", "admin", "root", "guest", "defaultaccount"];
    const actors = { sharedAccounts, hostShortNames: false };
    await store.incidents.configureCorrelation({
      actors,
      patterns: builtInPatterns,
      floors: builtInFloors,
      minScore: 40,
      assets: [],
    });
    const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
    const results: ScenarioResult[] = [];
    for (const scenario of scenarios) {
      const after = await store.events.end();
      const records = (bySource.get(scenario.source) ?? []).map((record) => ({ ...record, entity: scenario.name }));
      const body = new TextEncoder().encode(records.map((record) => JSON.stringify(record)).join("\n"));
      await intake.ingest({
        kind: "detections" as const,
        body,
        format: "rhythmx",
        owner: "test",
        entities: null,
        idempotency: null,
      });
      const events = await store.events.read(after, 1000, ["case_created", "incident_created"]);
      const cases = events
        .filter(({ kind }) => kind === "case_created")
        .map(({ data }) => JSON.parse(data) as CaseOfScenario);
      const incidents: ScenarioResult["incidents"] = [];
      for (const { kind, subject } of events) {
        const detail = kind === "incident_created" ? await store.reading.readIncident(subject, clock.now()) : null;
        if (detail !== null) incidents.push({ ...detail, samples: await store.reading.readSamples(subject) });
      }
      results.push({ name: scenario.name, ...judge(scenario, cases, records), cases, incidents });
    }
    return results;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

function judge(
  scenario: Scenario,
  cases: readonly CaseOfScenario[],
  records: readonly Record<string, unknown>[],
): Pick<ScenarioResult, "upstream" | "untagged"> {
  const rules = new Map<string, Set<unknown>>();
  for (const { rule_id, tags, level } of records) {
    if (level === "informational") continue;
    for (const tag of tags as string[]) {
      const family = familyOf(tag.replace(/^attack\./, ""))?.name;
      if (family !== undefined) rules.set(family, (rules.get(family) ?? new Set()).add(rule_id));
    }
  }
  const tagged = new Map<string, number>();
  for (const [tactic, count] of Object.entries(scenario.alert_tactics)) {
    const family = familyOf(tactic)?.name ?? tactic;
    tagged.set(family, (tagged.get(family) ?? 0) + count);
  }
  const types = new Set(cases.map(({ case_type }) => case_type));
  const named = new Set(
    [scenario.tactic_folder ?? "", ...(scenario.tactics ?? []).map((id) => tacticIds[id] ?? "")]
      .map((name) => familyOf(name)?.name)
      .filter((name) => name !== undefined),
  );
  return {
    upstream: [...named].map((family) => ({
      family,
      tagged: tagged.get(family) ?? 0,
      rules: rules.get(family)?.size ?? 0,
      found: types.has(caseTypes[family] ?? family.replaceAll("-", "_")),
    })),
    untagged: [...types].filter((type) => type !== "multi_stage_attack" && !tagged.has(familyOfCase(type))),
  };
}

/** Each incident with its score and reasons, its cases and chain, as text. */
export function describeIncident({ incident, risk, chain, rules, cases, body }: IncidentDetail): string[] {
  return [
    `  ${incident.actorType} ${incident.actor}: ${risk.score} (${incident.level}), driven by ${risk.primaryDriver?.name}, confidence ${risk.confidence?.word}`,
    ...risk.factors
      .filter(({ points }) => points > 0)
      .map(({ name, points, why }) => `    ${points.toFixed(1).padStart(5)}  ${name}: ${why}`),
    ...(risk.floor === null ? [] : [`    floor ${risk.floor.points} by "${risk.floor.rule}": ${risk.floor.why}`]),
    `    chain: ${chain.map(({ title, count }) => `${title} (${count})`).join(" → ")}`,
    ...cases.map(
      ({ type, severity, alerts, hosts }) =>
        `    case: ${type} ${severity}, ${alerts} detections on ${hosts.join(", ") || "no host"}`,
    ),
    ...rules
      .slice(0, 6)
      .map(({ title, level, count, tactics }) => `    rule: ${count} × ${level} ${title} [${tactics.join(", ")}]`),
    ...(rules.length > 6 ? [`    and ${rules.length - 6} more rules`] : []),
    `    from ${body.timeline.first_alarm} to ${body.timeline.last_alarm}`,
  ];
}

if (import.meta.main) {
  const results = await runScenarios();
  for (const { name, incidents, upstream } of results) {
    const named = upstream.map(({ family, tagged, found }) => `${family} (${tagged} tagged${found ? ", case" : ""})`);
    console.log(`\n${name}: upstream says ${named.join(", ") || "nothing"}`);
    for (const incident of incidents) console.log(describeIncident(incident).join("\n"));
    if (incidents.length === 0) console.log("  no incident");
  }
  const judged = results.flatMap(({ name, upstream }) => upstream.map((one) => ({ name, ...one })));
  const counted = judged.filter(isEnough);
  const missed = counted.filter(({ found }) => !found);
  console.log(
    `\n${counted.length - missed.length} of ${counted.length} with at least ${enoughTagged} detections of two rules have a case of their family; missed:`,
  );
  for (const { name, family, tagged } of missed) console.log(`  ${name}: ${family}, ${tagged} tagged`);
  process.exit(0);
}
