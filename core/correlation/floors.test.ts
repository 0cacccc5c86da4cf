import { describe, expect, test } from "bun:test";
import { readAttackTags } from "../attack/attack.ts";
import { type Level, levels } from "../detection.ts";
import { riskLevel } from "../risk.ts";
import { builtInFloors, type FloorRow, floorDefaults, floorOf, prepareFloors } from "./floors.ts";

const builtIn = prepareFloors(builtInFloors);

function floor(title: string, level: Level, tags: readonly string[] = [], table = builtIn, key = title) {
  const { techniques } = readAttackTags(tags.map((tag) => `attack.${tag}`));
  return floorOf({ key: key.toLowerCase(), title, level: levels.indexOf(level), techniques }, table);
}

type Rule = [title: string, level: Level, tags?: string];

/** Titles, levels and tags as public rule sets have them, most of them not in the sample. */
const crownJewels: Rule[] = [
  ["HackTool - Mimikatz Execution", "high", "t1003.001 t1003.002 t1003.006"],
  ["Mimikatz Use", "high", "t1003.002"],
  ["Mimikatz DC Sync", "high", "t1003.006"],
  ["Active Directory Replication from Non Machine Account", "critical", "t1003.006"],
  ["Active Directory Replication from Non Machine Account - DcSync Indicator", "medium", "t1003.006"],
  ["LSASS Memory Dump File Creation", "high", "t1003.001"],
  ["Lsass Memory Dump via Comsvcs DLL", "high", "t1003.001"],
  ["LSASS Process Memory Dump Creation Via Taskmgr.EXE", "high", "t1003.001"],
  ["Suspicious LSASS Process Clone", "critical", "t1003.001"],
  ["Credential Dumping Tools Service Execution - System", "high", "t1003.001"],
  ["Windows Credential Editor Registry", "critical", "t1003.001"],
  ["Potential Credential Dumping Via LSASS SilentProcessExit Technique", "critical", "t1003.001"],
  ["Antivirus Password Dumper Detection", "critical", "t1003"],
  ["LSASS was dumped (Wazuh)", "high"],
  ["Dumping of Sensitive Hives Via Reg.EXE", "high", "t1003.002"],
  ["Copying Sensitive Files with Credential Data", "high", "t1003.002 t1003.003"],
  ["DPAPI Domain Backup Key Extraction", "high", "t1003.004"],
  ["NTDS.DIT Creation By Uncommon Process", "high", "t1003.003"],
  ["NTDS Exfiltration Filename Patterns", "high", "t1003.003"],
  ["Dump Ntds.dit To Suspicious Location", "medium", "t1003.003"],
  ["DCShadow Attack", "high", "t1207"],
  ["HackTool - Mimikatz Kirbi File Creation", "critical", "t1558"],
  ["HackTool - Rubeus Execution", "critical", "t1558.003 t1550.003"],
  ["Kerberos Golden Ticket Use", "high", "t1558.001"],
  ["Skeleton Key Installed on a Domain Controller", "high"],
  ["AdminSDHolder Permissions Modification", "high", "t1546"],
  ["Zerologon Exploitation Using Well-known Tools", "critical", "t1210"],
  ["PetitPotam Suspicious Kerberos TGT Request", "high", "t1187"],
  ["Shadow Copies Deletion Using Operating Systems Utilities", "high", "t1070 t1490"],
  ["Deletion of Volume Shadow Copies via WMI with PowerShell", "high", "t1490"],
  ["Volume Shadow Copy Deleted or Resized via VssAdmin", "high"],
  ["All Backups Deleted Via Wbadmin.EXE", "high", "t1490"],
  ["Boot Configuration Tampering Via Bcdedit.EXE", "high", "t1490"],
  ["Antivirus Ransomware Detection", "critical", "t1486"],
  ["LockerGoga Ransomware Activity", "critical", "t1486"],
  ["Ransom Note File Written", "high"],
  ["Webshell Detection With Command Line Keywords", "high", "t1505.003"],
  ["HackTool - EDRSilencer Execution", "high", "t1562"],
  ["Meterpreter or Cobalt Strike Getsystem Service Installation - System", "high", "t1134.001"],
  ["Wmiprvse Wbemcomn DLL Hijack - File", "critical", "t1047 t1021.002"],
  ["CobaltStrike Named Pipe", "critical", "t1055"],
  ["smbexec.py Service Installation", "high", "t1021.002 t1569.002"],
  ["HackTool - CrackMapExec Execution", "high", "t1047 t1053"],
  ["VSS deleted with wmic", "high"],
  ["Active Directory database dumped", "high"],
  ["Malicious credential theft tool execution detected", "high"],
];

/** Serious alone, and only where they are rare. */
const serious: Rule[] = [
  ["Potential LSASS Process Dump Via Procdump", "high", "t1003.001"],
  ["HackTool - Generic Process Access", "high", "t1003.001"],
  ["Potential SAM Database Dump", "high", "t1003.002"],
  ["Create Volume Shadow Copy with Powershell", "high", "t1003.003"],
  ["Possible Impacket SecretDump Remote Activity", "high", "t1003.002 t1003.004 t1003.003"],
  ["Possible PetitPotam Coerce Authentication Attempt", "high", "t1187"],
  ["Suspicious Get-ADDBAccount Usage", "high", "t1003.003"],
  ["Possible DC Shadow Attack", "medium", "t1207"],
  ["Addition of SID History to Active Directory Object", "medium", "t1134.005"],
  ["Password Change on Directory Service Restore Mode (DSRM) Account", "high", "t1098"],
  ["Persistence and Execution at Scale via GPO Scheduled Task", "high", "t1053.005"],
  ["Potential Ransomware Activity Using LegalNotice Message", "high", "t1491.001"],
  ["Registry Disable System Restore", "high", "t1490"],
  ["Suspicious PsExec Execution", "high", "t1021.002"],
  ["First Time Seen Remote Named Pipe", "high", "t1021.002"],
  ["Successful Overpass the Hash Attempt", "high", "t1550.002"],
  ["SysKey Registry Keys Access", "high", "t1012"],
  ["PUA - RemCom Default Named Pipe", "medium", "t1021.002"],
  ["Suspicious WmiPrvSE Child Process", "high", "t1047 t1204.002"],
  ["Potential Meterpreter/CobaltStrike Activity", "high", "t1134.001"],
  ["Suspicious Process By Web Server Process", "high", "t1505.003"],
  ["HackTool - Empire PowerShell Launch Parameters", "high", "t1059.001"],
  ["A critical rule of which nobody has heard", "critical"],
  // Rules of sensors that send no tags: the title alone has to say it.
  ["Potential LSASS Process Dump Via Procdump", "high"],
  ["Suspicious LSASS Access Via MalSecLogon", "high"],
  ["LSASS memory was accessed, possible credential dump", "high"],
  ["Credential Dumping Attempt Via WerFault", "high"],
  ["Potential Credential Access via Windows Utilities", "high"],
  ["Possible NTDS.dit theft", "high"],
  ["Successful Overpass the Hash Attempt", "high"],
  ["Lateral movement to a server", "high"],
  ["Inhibit System Recovery - vssadmin", "high"],
  ["Suspicious Process By Web Server Process", "high"],
  ["Directory replication from a workstation", "high"],
  ["IIS worker process spawned cmd.exe", "high"],
  ["Apache spawned a shell", "high"],
  ["Reading of /etc/shadow by unusual process", "high"],
  // An emergency by its name, at a level that its rule set gives carelessly.
  ["Process Memory Dump of LSASS Via Comsvcs.DLL", "medium"],
  ["Ransom note created", "medium"],
  ["Ransomware detected", "medium"],
  ["Web shell detected on a server", "medium"],
  ["DPAPI Domain Backup Key Extraction", "medium", "t1003.004"],
];

/** High without more: as much as any rule of that level. */
const ordinary: Rule[] = [
  ["AMSI Bypass Pattern Assembly GetType", "high", "t1562.001"],
  ["Net WebClient Casing Anomalies", "high", "t1059.001"],
  ["Suspicious Volume Shadow Copy VSS_PS.dll Load", "high", "t1490"],
  ["Malicious PowerShell Commandlets - PoshModule", "high", "t1482 t1087"],
  ["Security Eventlog Cleared", "high", "t1070.001"],
  ["LSASS Process Reconnaissance Via Findstr.EXE", "high", "t1552.006"],
  ["Ransomware Protection Switched Off", "high"],
  ["Vssadmin list shadows", "high", "t1490"],
  ["LSASS protection enabled", "high"],
  ["Ransomware simulation of the training completed", "high"],
  ["Renamed Gpg.EXE Execution of Ransomware Protection", "high"],
  ["Contigency Plan Opened", "high"],
];

/** Often harmless alone: they count where other rules fire together with them. */
const withOthers: Rule[] = [
  ["LSASS Access From Non System Account", "medium", "t1003.001"],
  ["Potentially Suspicious AccessMask Requested From LSASS", "medium", "t1003.001"],
  ["Potential Credential Dumping Attempt Via PowerShell", "medium", "t1003.001"],
  ["Pass the Hash Activity 2", "medium", "t1550.002"],
  ["WMIC Remote Command Execution", "medium", "t1047"],
  ["Windows Backup Deleted Via Wbadmin.EXE", "medium", "t1490"],
];

const nothing: Rule[] = [
  ["Volume Shadow Copy Mount", "low", "t1003.002"],
  ["Add or Remove Computer from DC", "low", "t1207"],
  ["Mimikatz mentioned in a mail", "low"],
  ["Ransomware training mail", "low"],
  ["DCSync of a directory connector", "low", "t1003.006"],
  ["Psexec Execution", "medium", "t1569 t1021"],
  ["Kerberoasting Activity - Initial Query", "medium", "t1558.003"],
  ["Shadow copies listed", "medium"],
  ["Ransomware protection is off", "medium"],
  ["Possible web shell written", "medium"],
  ["User Logoff Event", "informational", "t1531"],
  ["Local Accounts Discovery", "low", "t1033"],
];

const found = (rules: readonly Rule[], says: (value: ReturnType<typeof floor>) => string) =>
  rules.map(([title, level, tags = ""]) => `${title}: ${says(floor(title, level, tags.split(" ")))}`);
const expected = (rules: readonly Rule[], value: string) => rules.map(([title]) => `${title}: ${value}`);

describe("the built-in table", () => {
  test("a crown jewel alone is critical", () => {
    expect(found(crownJewels, (one) => `${one?.crownJewel} ${riskLevel(one?.points ?? 0)}`)).toEqual(
      expected(crownJewels, "true critical"),
    );
  });

  test("what is serious alone, but may be a mistake, is high and no crown jewel", () => {
    expect(found(serious, (one) => `${one?.crownJewel} ${riskLevel(one?.points ?? 0)}`)).toEqual(
      expected(serious, "false high"),
    );
  });

  test("words that only sound like one, and tools of many uses, are worth what their level is", () => {
    expect(found(ordinary, (one) => `${one?.crownJewel} ${riskLevel(one?.points ?? 0)}`)).toEqual(
      expected(ordinary, "false medium"),
    );
  });

  test("access to credentials at level medium is high with two rules beside it", () => {
    const says = (one: ReturnType<typeof floor>) =>
      `${one?.crownJewel} ${one?.rulesTogether} ${riskLevel(one?.points ?? 0)}`;
    expect(found(withOthers, says)).toEqual(expected(withOthers, "false 3 high"));
    expect(found(serious, (one) => String(one?.rulesTogether))).toEqual(expected(serious, "1"));
    expect(found(ordinary, (one) => String(one?.rulesTogether))).toEqual(expected(ordinary, "3"));
  });

  test("medium and low rules without a name of their own have no floor", () => {
    expect(found(nothing, String)).toEqual(expected(nothing, "null"));
  });

  test("each row can be read: a name of its own, a sentence, points that fit its rank, nothing twice", () => {
    const names = builtInFloors.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const row of builtInFloors) {
      expect(row.why).toMatch(/^(The rule|A) .{10,200}\.$/);
      expect(levels.indexOf(row.minLevel)).toBeGreaterThanOrEqual(levels.indexOf("medium"));
      if (row.crownJewel) expect(row.points).toBeGreaterThanOrEqual(85);
      else expect(row.points).toBeLessThan(85);
    }
  });
});

describe("a table", () => {
  const row = (differences: Partial<FloorRow>): FloorRow => {
    return { ...floorDefaults, name: "x", points: 50, why: "why", ...differences };
  };

  test("words are compared whole, in any order and case; a star stands for the rest of a word", () => {
    const table = prepareFloors([row({ titleWords: ["shadow cop* delet*"] })]);
    expect(floor("DELETED: Shadow-Copies", "medium", [], table)).not.toBeNull();
    expect(floor("Shadowing a copy, deleted", "medium", [], table)).toBeNull();
    expect(floor("Shadow copies", "medium", [], table)).toBeNull();
    expect(floor("Undeleted shadow copies", "medium", [], table)).toBeNull();
  });

  test("a technique includes its sub-techniques, and no other that begins alike", () => {
    const table = prepareFloors([row({ techniques: ["T1003"] }), row({ techniques: ["T1021.002"] })]);
    expect(floor("x", "medium", ["t1003.001"], table)).not.toBeNull();
    expect(floor("x", "medium", ["t1021"], table)).toBeNull();
    expect(floor("y", "medium", ["t10031"], table)).toBeNull();
  });

  test("a rule is found by its id, and `unless` holds for it too", () => {
    const table = prepareFloors([row({ rules: ["id-1"], unlessWords: ["test*"] })]);
    expect(floor("Something", "medium", [], table, "ID-1")).not.toBeNull();
    expect(floor("Testing", "medium", [], table, "id-1")).toBeNull();
    expect(floor("Something", "low", [], table, "id-1")).toBeNull();
    expect(floor("id-1", "medium", [], table, "id-2")).toBeNull();
  });

  test("of several rows a crown jewel counts, then the most points, whatever their order", () => {
    const rows = [row({ points: 60 }), row({ points: 40, crownJewel: true }), row({ points: 50, crownJewel: true })];
    for (const order of [rows, rows.toReversed()])
      expect(floor("x", "medium", [], prepareFloors(order))).toMatchObject({ points: 50, crownJewel: true });
    expect(floor("x", "medium", [], prepareFloors([row({ points: 3 }), row({ points: 7 })]))?.points).toBe(7);
  });

  test("a name says more than a technique: the sentence is that of the row that names the rule", () => {
    const rows = [
      row({ points: 60, techniques: ["T1003"], why: "by technique" }),
      row({ points: 50, titleWords: ["tool"], why: "by name" }),
    ];
    expect(floor("Tool used", "medium", ["t1003"], prepareFloors(rows))?.why).toBe("by name");
    const crown = [...rows, row({ points: 40, techniques: ["T1003"], crownJewel: true, why: "crown" })];
    expect(floor("Tool used", "medium", ["t1003"], prepareFloors(crown))?.why).toBe("crown");
    expect(floor("HackTool - Mimikatz Execution", "high", ["t1003.001", "t1003.006"])?.why).toContain("names a tool");
  });

  test("a row that stands alone comes before one that asks for company", () => {
    const rows = [
      row({ points: 70, titleWords: ["pass hash"], rulesTogether: 3 }),
      row({ points: 60, techniques: ["T1550"] }),
    ];
    expect(floor("Pass the Hash", "high", ["t1550"], prepareFloors(rows))).toMatchObject({
      points: 60,
      rulesTogether: 1,
    });
    expect(floor("Pass the Hash", "high", [], prepareFloors(rows))).toMatchObject({ points: 70, rulesTogether: 3 });
    expect(floor("Pass the Hash Activity", "high", ["t1550.002"])).toMatchObject({ rulesTogether: 1 });
  });

  test("the same rule at another level, or with other techniques, is looked up anew", () => {
    const table = prepareFloors([row({ minLevel: "high", techniques: ["T1003"] })]);
    expect(floor("x", "high", [], table)).toBeNull();
    expect(floor("x", "high", ["t1003"], table)).not.toBeNull();
    expect(floor("x", "medium", ["t1003"], table)).toBeNull();
  });
});
