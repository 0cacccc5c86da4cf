/** Real attacks: whoever recorded them said which tactics they are. docs/correlation.md explains each miss. */
import { expect, test } from "bun:test";
import { isEnough, runScenarios } from "./attack-scenarios.ts";

test("the sample's attacks give cases of the tactics that upstream names, and none of others", async () => {
  const results = await runScenarios();
  const judged = results.flatMap(({ name, upstream }) => upstream.map((one) => ({ name, ...one })));
  const counted = judged.filter(isEnough);
  const missed = counted
    .filter(({ found }) => !found)
    .map(({ name, family, tagged }) => `${name}: ${family} ${tagged}`);
  console.log(`    ${counted.length - missed.length} of ${counted.length} have a case of their family; missed:`);
  for (const line of missed) console.log(`      ${line}`);
  expect(counted.length).toBeGreaterThan(80);
  expect(missed.length / counted.length).toBeLessThanOrEqual(0.1);
  expect(missed).toEqual([
    "empire_wdigest_downgrade.tar: defense-evasion 18",
    "covenant_persistwmi.tar: persistence 5",
    "covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers: lateral-movement 5",
    "covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers: execution 7",
    "empire_shell_net_local_users: discovery 8",
    "empire_getsession_dcerpc_smb_srvsvc_NetSessEnum: discovery 5",
    "purplesharp_ad_playbook_I: discovery 4",
  ]);
  expect(results.flatMap(({ name, untagged }) => untagged.map((type) => `${name}: ${type}`))).toEqual([]);

  // Every incident has its reasons, they add up, and it never stands on informational and low detections alone.
  const incidents = results.flatMap((result) => result.incidents);
  expect(incidents.length).toBeGreaterThan(80);
  for (const { risk, incident, rules } of incidents) {
    const sum = risk.factors.reduce((total, { points }) => total + points, 0);
    expect(Math.abs(Math.min(100, Math.max(sum, risk.floor?.points ?? 0)) - incident.score)).toBeLessThan(1);
    expect(incident.score).toBeGreaterThanOrEqual(40);
    expect(rules.some(({ level }) => level !== "informational" && level !== "low")).toBe(true);
    expect(rules.every(({ author }) => author !== "")).toBe(true);
  }
});
