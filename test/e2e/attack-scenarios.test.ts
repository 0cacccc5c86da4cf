/** Real attacks: whoever recorded them said which tactics they are. docs/correlation.md explains each miss. */
import { expect, test } from "bun:test";
import { enoughTagged, runScenarios } from "./attack-scenarios.ts";

test("the sample's attacks give cases of the tactics that upstream names, and none of others", async () => {
  const results = await runScenarios();
  const judged = results.flatMap(({ name, upstream }) => upstream.map((one) => ({ name, ...one })));
  const counted = judged.filter(({ tagged }) => tagged >= enoughTagged);
  const missed = counted
    .filter(({ found }) => !found)
    .map(({ name, family, tagged }) => `${name}: ${family} ${tagged}`);
  console.log(`    ${counted.length - missed.length} of ${counted.length} have a case of their family; missed:`);
  for (const line of missed) console.log(`      ${line}`);
  expect(counted.length).toBeGreaterThan(90);
  expect(missed.length / counted.length).toBeLessThanOrEqual(0.2);
  expect(missed).toEqual([
    "empire_msbuild_dcerpc_wmi_smb: lateral-movement 3",
    "empire_powerdump_sam_access: credential-access 3",
    "purplesharp_ad_playbook_I: discovery 4",
    "schtask_modification: execution 5",
  ]);
  expect(results.flatMap(({ name, untagged }) => untagged.map((type) => `${name}: ${type}`))).toEqual([]);

  // Every incident has its reasons, they add up, and it never stands on informational and low detections alone.
  const incidents = results.flatMap((result) => result.incidents);
  expect(incidents.length).toBeGreaterThan(100);
  for (const { risk, incident, rules } of incidents) {
    const sum = risk.factors.reduce((total, { points }) => total + points, 0);
    expect(Math.abs(Math.min(100, sum) - incident.score)).toBeLessThan(1);
    expect(incident.score).toBeGreaterThanOrEqual(40);
    expect(rules.some(({ level }) => level !== "informational" && level !== "low")).toBe(true);
    expect(rules.every(({ author }) => author !== "")).toBe(true);
  }
});
