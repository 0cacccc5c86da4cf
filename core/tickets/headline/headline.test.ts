import { expect, test } from "bun:test";
import { happened } from "./happened.ts";
import { type HeadlineFacts, type HeadlineRule, headlineOf, headlineText, titleWithin } from "./headline.ts";

const rule = (title: string, fields: Partial<HeadlineRule> = {}): HeadlineRule => ({
  key: title.toLowerCase(),
  title,
  level: "high",
  count: 1,
  first: 0,
  hosts: ["ws-101"],
  techniques: [],
  ...fields,
});
const facts = (rules: HeadlineRule[], fields: Partial<HeadlineFacts> = {}): HeadlineFacts => ({
  actor: "jsmith",
  actorType: "user",
  rules,
  floorRule: null,
  alarms: { count: 0, maxRbp: 0 },
  ...fields,
});
const says = (rules: HeadlineRule[], fields: Partial<HeadlineFacts> = {}) =>
  headlineText(headlineOf(facts(rules, fields)));

test("what a rule's words carry is said in plain words; what it is unsure of as a suspicion; the rest in its own", () => {
  const lsass = { techniques: ["T1003.001"] };
  for (const [title, expected, fields] of [
    ["LSASS Process Memory Dump Files", "LSASS memory dumped", lsass],
    ["LSASS Access From Non System Account", "LSASS memory read", lsass],
    ["Potential Credential Dumping Activity Via LSASS", "Dump of LSASS memory suspected", lsass],
    ["LSASS Process Reconnaissance Via Findstr.EXE", "LSASS Process Reconnaissance Via Findstr.EXE", {}],
    ["Shadow Copies Deletion Using Operating Systems Utilities", "Shadow copies deleted", {}],
    [
      "Shadow Copies Creation Using Operating Systems Utilities",
      "Shadow Copies Creation Using Operating Systems Utilities",
      {},
    ],
    ["NTDS Exfiltration Filename Patterns", "Domain password database (NTDS.dit) copied", {}],
    ["Mimikatz DC Sync", "Domain passwords replicated (DCSync)", {}],
    ["Mimikatz blocked by antivirus", "Use of Mimikatz suspected", {}],
    ["Ransomware Protection Switched Off", "Ransomware Protection Switched Off", {}],
    ["Shadow Storage Resized", "Storage of shadow copies resized", {}],
    ["Volume Shadow Copy Deleted or Resized via VssAdmin", "Deletion of shadow copies suspected", {}],
    ["Powerview Add-DomainObjectAcl DCSync AD Extend Right", "Right to replicate domain passwords (DCSync) given", {}],
    ["Security Eventlog Cleared", "Event log cleared", {}],
    ["New RUN Key Pointing to Suspicious Folder", "Autostart entry written", {}],
    ["Rundll32 Execution From Temp Folder", "Rundll32 Execution From Temp Folder", {}],
    ["Disable Windows Firewall by Registry", "Windows firewall disabled", {}],
    ["Windows Defender Threat Detection Disabled", "Microsoft Defender disabled", {}],
    ["HackTool - SharpHound Execution", "Domain mapped with BloodHound", {}],
    ["HackTool - PurpleSharp Execution", "PurpleSharp Execution", {}],
    ["WmiPrvSE Spawned A Process", "Command run through WMI", {}],
    ["Successful Overpass the Hash Attempt", "Hash passed to log on (pass the hash)", {}],
  ] as const)
    expect([title, happened(rule(title, fields)).what]).toEqual([title, expected]);
});

test("the floor's rule leads, then level, then what it means; a second emergency of another kind is named beside it", () => {
  const dump = rule("LSASS Process Memory Dump Files", { techniques: ["T1003.001"] });
  const cleared = rule("Security Eventlog Cleared", { hosts: ["ws-102"] });
  const mimikatz = rule("HackTool - Mimikatz Execution");
  const other = rule("Antivirus Detection", { level: "critical", hosts: ["ws-103"] });
  expect(says([cleared, dump])).toBe("LSASS memory dumped, event log cleared on ws-101 and ws-102 by jsmith");
  // Of one kind one is enough.
  expect(says([mimikatz, dump])).toBe("LSASS memory dumped on ws-101 by jsmith");
  expect(says([dump, other])).toBe("Antivirus Detection on ws-103 by jsmith");
  expect(says([dump, other], { floorRule: dump.title })).toBe("LSASS memory dumped on ws-101 by jsmith");
  // One that is hardly serious is not told beside it.
  expect(says([dump, { ...cleared, level: "medium" }])).toBe("LSASS memory dumped on ws-101 by jsmith");
});

test("where and who, by what the actor is and how many hosts there are", () => {
  const on = (count: number) => rule("Service Creation", { hosts: Array.from({ length: count }, (_, n) => `ws-${n}`) });
  expect(says([on(0)])).toBe("Service installed by jsmith");
  expect(says([on(2)])).toBe("Service installed on ws-0 and ws-1 by jsmith");
  expect(says([on(50)])).toBe("Service installed on 50 hosts by jsmith");
  expect(says([on(0)], { actor: "dc01", actorType: "host" })).toBe("Service installed on dc01");
  expect(says([on(1)], { actor: "203.0.113.9", actorType: "ip" })).toBe("Service installed on ws-0 from 203.0.113.9");
});

test("an outbreak leads with its rule, its hosts and how fast it was, whatever the actor's own evidence has", () => {
  const dump = rule("LSASS Process Memory Dump Files", { techniques: ["T1003.001"] });
  const odd = rule("Odd Service", { hosts: ["ws-1"] });
  const outbreak = { rule: "Odd Service", hosts: 50, spanMs: 49_000 };
  expect(says([dump, odd], { outbreak })).toBe("Odd Service on 50 hosts within 1 minute by jsmith");
  expect(says([dump, odd], { outbreak: { ...outbreak, spanMs: 61_000 }, actor: "ws-1", actorType: "host" })).toBe(
    "Odd Service on 50 hosts within 2 minutes",
  );
  expect(says([odd], { outbreak: { ...outbreak, spanMs: 200 * 60_000 } })).toContain("on 50 hosts within 4 hours");
  // Its rule has no room in the evidence any more.
  expect(says([dump], { outbreak })).toBe("LSASS memory dumped on ws-101 by jsmith");
  const title = titleWithin("critical", headlineOf(facts([odd], { outbreak })), 160);
  expect(title).toBe("CRITICAL: Odd Service on 50 hosts within 1 minute by jsmith");
});

test("alarms lead where no rule says more", () => {
  const alarms = { count: 3, maxRbp: 92 };
  expect(says([], { alarms, topAlarm: "Brute Force" })).toBe(
    'SIEM alarm "Brute Force" (priority 92) and 2 more for jsmith',
  );
  expect(says([], { alarms })).toBe("3 SIEM alarms of priority up to 92 for jsmith");
  expect(says([rule("Odd Logon", { level: "low" })], { alarms, topAlarm: "Brute Force" })).toContain("SIEM alarm");
  expect(says([rule("Odd Logon", { level: "medium" })], { alarms })).toBe("Odd Logon on ws-101 by jsmith");
  expect(says([])).toBe("Nothing that counts against jsmith");
});

test("a title is one line within its limit, and keeps where and who as long as there is room", () => {
  const long = headlineOf(facts([rule(`Very ${"long ".repeat(60)}title`)]));
  for (const longest of [100, 160, 255]) {
    const title = titleWithin("critical", long, longest);
    expect(title.length).toBeLessThanOrEqual(longest);
    expect(title).toMatch(/^CRITICAL: Very long .*… on ws-101 by jsmith$/);
  }
  const odd = headlineOf(facts([rule("a\r\nb\u202ec")], { actor: "x".repeat(500) }));
  expect(titleWithin("low", odd, 160)).toMatch(/^LOW: a b c on ws-101 by x+…$/);
});

test("a title of any length costs nothing: every pattern is linear enough", () => {
  const title = `${"lsass dump delete shadow backup wmi remote ".repeat(200)}!`;
  expect(happened(rule(title)).what.length).toBeLessThan(200);
});
