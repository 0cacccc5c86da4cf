/** The rule of each SIEM's pack that starts a playbook without a connector asks for the same in all of them. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const rules: [pack: string, file: string, rule: RegExp][] = [
  ["splunk", "TA-rhythmx/default/savedsearches.conf", /^\[RhythmX - Incident with risk of 70 or more\]\nsearch = .*$/m],
  ["elastic", "detection-rule.json", /"query": ".*"/],
  ["opensearch", "monitor.json", /"filter": \[[\s\S]*?"triggers"/],
  ["sentinel", "Analytic Rules/IncidentRisk70.yaml", /^query: \|\n(?: {2}.*\n)+/m],
  ["graylog", "rhythmx-content-pack.json", /"rhythmx_kind:incident AND .*"/],
  ["qradar", "aql/playbook-rule.txt", /when the event QID[\s\S]*?AQL filter query/],
];

test.each(rules)("%s: 70 or more, open or in progress, new or with another level", (pack, file, rule) => {
  const [text = ""] =
    rule.exec(readFileSync(join(import.meta.dirname, "../../appliance/packs", pack, file), "utf8")) ?? [];
  for (const wanted of [/\b70\b/, /\bOPEN\b/, /\bIN_PROGRESS\b/, /created/, /risk_level|updated \(each level\)/])
    expect(text).toMatch(wanted);
  expect(text).not.toMatch(/CLOSED|FALSE_POSITIVE/);
});
