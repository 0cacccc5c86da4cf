import { expect, test } from "bun:test";
import { findDestination } from "./syslog-feeds.ts";

const known = { alerts: ["siem", "backup"], incidents: ["siem", "soc"] };
const found = (asked: string) => {
  try {
    const { feed, name } = findDestination(asked, known);
    return `${feed} ${name}`;
  } catch (error) {
    return (error as Error).message;
  }
};

test("a name that only one feed has is enough; one of both feeds has to be given with its feed", () => {
  expect([found("backup"), found("soc"), found("alerts/siem"), found("incidents/siem")]).toEqual([
    "alerts backup",
    "incidents soc",
    "alerts siem",
    "incidents siem",
  ]);
  expect(found("siem")).toBe('both feeds have a destination "siem": say alerts/siem or incidents/siem');
  expect(found("alerts/soc")).toBe('no destination "alerts/soc"; configured: siem, backup, siem, soc');
});
