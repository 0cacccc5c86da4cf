/** Titles that sites and other products write, which no public rule set has: what one such detection is worth by itself. */
import { expect, test } from "bun:test";
import { readAttackTags } from "../attack/attack.ts";
import { type Level, levels } from "../detection.ts";
import { riskLevel } from "../risk.ts";
import happenings from "../tickets/headline/happened.json" with { type: "json" };
import { builtInFloors, type FloorRow, floorDefaults, floorOf, prepareFloors } from "./floors.ts";

const builtIn = prepareFloors(builtInFloors);

function floor(title: string, level: Level, tags = "", table = builtIn, key = title) {
  const { techniques } = readAttackTags(tags.split(" ").map((tag) => `attack.${tag}`));
  return floorOf({ key: key.toLowerCase(), title, level: levels.indexOf(level), techniques }, table);
}

/** The level of the score of one detection alone; "" where it needs company. */
function alone([title, level, tags]: Title): string {
  const one = floor(title, level, tags);
  return `${title}: ${one === null || one.rulesTogether > 1 ? "" : riskLevel(one.points)}`;
}

type Title = [title: string, level: Level, tags?: string];

const expected: Readonly<Record<string, Title[]>> = {
  critical: [
    ["Ransom note HOW_TO_DECRYPT.txt created", "high"],
    ["Files encrypted on a file server", "critical"],
    ["ESXi: mass encryption of virtual machine disks", "critical"],
    ["Backup repository wiped", "critical"],
  ],
  high: [
    ["User Added To Global Administrator Role", "high", "t1098.003"],
    ["AWS CloudTrail Logging Disabled", "high"],
    ["AWS Root Account Login Without MFA", "critical", "t1078.004"],
    ["Conditional Access Policy Deleted", "high"],
    ["Domain Admin group membership added", "high"],
    ["AD CS ESC1 certificate abuse", "high"],
    ["Golden SAML Token Forged", "high", "t1606.002"],
    ["Successful VPN Login After Multiple Failures", "high", "t1078"],
    ["Potential Successful SSH Brute Force Attack", "high"],
    ["MFA fatigue: many push denials followed by approval", "high"],
    ["Honeytoken account used", "high"],
    ["Decoy file opened", "medium"],
    ["VM snapshots deleted in vCenter", "high"],
    ["ESXi: all virtual machines powered off via esxcli", "high"],
    ["ESXi: possible mass encryption of files", "high"],
    ["Reverse shell from web server", "high"],
    ["CrowdStrike Falcon service stopped", "high"],
    ["Kernel rootkit loaded", "high"],
    ["Successful exploitation of a gateway", "high"],
  ],
  medium: [
    ["Password Spray Against VPN Gateway", "high", "t1110.003"],
    ["Potential Perl Reverse Shell Execution", "high", "t1059"],
    ["Data exfiltration via rclone", "high", "t1567.002"],
    ["Mailbox Forwarding Rule To External Address", "high", "t1114.003"],
    ["AWS EC2 Snapshot Shared Publicly", "high", "t1537"],
    ["OAuth consent to malicious application", "high", "t1528"],
    ["Beaconing to known C2", "high"],
    ["Crypto miner xmrig running", "high", "t1496"],
  ],
  // A scanner asks for web shells; tools are named by what fights them.
  "": [
    ["Possible Web Shell Access Attempt", "high", "t1505.003"],
    ["Mimikatz signature update", "high"],
    ["Unsuccessful exploitation of a gateway", "high"],
    ["Rootkit check completed", "high"],
    ["CrowdStrike sensor stopped for update", "high"],
    ["Successful logon after lunch", "high"],
  ],
};

for (const [level, titles] of Object.entries(expected))
  test(`worth alone: ${level || "nothing"}`, () => {
    expect(titles.map(alone)).toEqual(titles.map(([title]) => `${title}: ${level}`));
  });

/** As serious as what is found beside them: a high rule of these is no incident by itself. */
const seriousInCompany = [
  "Storage of shadow copies resized",
  "Event log cleared",
  "Microsoft Defender disabled",
  "Security tool disabled",
];

test("what a heading calls an emergency is an incident of level high or more by itself", () => {
  const emergencies = happenings.filter(({ emergency }) => emergency === true).map(({ says }) => says);
  const quiet = emergencies.filter((says) => !/: (?:high|critical)$/.test(alone([says, "high"])));
  expect(emergencies.length).toBeGreaterThan(20);
  expect(quiet).toEqual(seriousInCompany);
});

test("a critical rule is worth what each is, also where it is named for less; a row for its id says it as it is", () => {
  const row = (fields: Partial<FloorRow>): FloorRow => ({
    ...floorDefaults,
    name: "x",
    points: 1,
    why: "W.",
    ...fields,
  });
  const general = row({ points: 76, minLevel: "critical", why: "general" });
  const table = prepareFloors([general, row({ points: 55, titleWords: ["data leav*"], why: "named" })]);
  expect(floor("Data leaves", "critical", "", table)).toMatchObject({ points: 76, why: "named" });
  expect(floor("Data leaves", "high", "", table)).toMatchObject({ points: 55, why: "named" });
  const byId = prepareFloors([general, row({ points: 10, rules: ["noisy-1"] })]);
  expect(floor("Fires everywhere", "critical", "", byId, "noisy-1")?.points).toBe(10);
  expect(floor("Data exfiltration via rclone", "critical", "t1567.002")?.points).toBe(76);
});
