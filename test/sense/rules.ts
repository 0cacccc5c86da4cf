/** The rules that an invented quiet week fires: those of the sample up to level high, and others that are noisy in the field. */
import type { Level } from "../../core/detection.ts";
import { ownSampleText } from "../harness/engine-samples.ts";

export interface Rule {
  ruleId: string;
  title: string;
  level: Level;
  tags: readonly string[];
  author: string;
}

/** One line of the sample. */
export interface SampleRecord {
  rule_id: string;
  rule_title: string;
  level: Level;
  tags: string[];
  rule_author: string;
  host: string | null;
  user: string | null;
  timestamp: string;
  source: string;
}

let sample: readonly SampleRecord[] | undefined;

export function sampleRecords(): readonly SampleRecord[] {
  sample ??= ownSampleText()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as SampleRecord);
  return sample;
}

/** What nobody sees in a quiet week: tools and acts of attackers by their names. */
const neverHarmless = new RegExp(
  [
    "hacktool|mimikatz|rubeus|cobalt|meterpreter|empire|covenant|purplesharp|sharpview|seatbelt|powerview|dumpert|wsass",
    "lsass.*dump|dump.*lsass|memory dump|password dumper|cred dump|credential data|sensitive hives|sam database|dcsync|dpapi",
    "qakbot|cve-|shai-hulud|unc2452|redsun|edr-freeze|memprocfs|squiblytwo|bloopers|overpass|amsi bypass|uac|eventlog cleared",
    "remote lsass|process access to lsass|svchost process access|esentutl|impersonation|mavinject|ppl tampering|netntlm",
    "credential scanner|lsass process recon|cached credentials|gpp passwords|system restore|scheduled task (deleted|disabled)|important scheduled|wbemcomn|iertutil",
  ].join("|"),
  "i",
);

/** Rules of the sample, up to level high, that software and administrators can set off. */
export function harmlessRules(): Rule[] {
  const rules = new Map<string, Rule>();
  for (const { rule_id, rule_title, level, tags, rule_author } of sampleRecords()) {
    if (level === "critical" || level === "informational" || neverHarmless.test(rule_title)) continue;
    rules.set(rule_id, { ruleId: rule_id, title: rule_title, level, tags, author: rule_author });
  }
  return [...rules.values()].sort((a, b) => (a.ruleId < b.ruleId ? -1 : 1));
}

/** Noisy rules that are not in the sample: titles, levels and tags as SigmaHQ's rules have them. */
const fieldTable = `
medium | Windows Defender Exclusions Added | defense-evasion t1562.001
high   | Windows Defender Threat Detected | execution t1059
high   | Antivirus Relevant File Paths Alerts | resource-development t1588
low    | USB Device Plugged | initial-access t1200
low    | Application Uninstalled | impact t1489
low    | Failed Code Integrity Checks | defense-evasion t1027.001
medium | MSI Installation From Web | execution t1218.007
medium | Remote Access Tool - AnyDesk Execution | command-and-control t1219
medium | Remote Access Tool - TeamViewer Session Started On Windows Host | initial-access t1133
medium | DNS Query To Remote Access Software Domain From Non-Browser App | command-and-control t1219
medium | Account Tampering - Suspicious Failed Logon Reasons | credential-access t1110
medium | Failed Logon From Public IP | initial-access t1078
low    | User Added to Local Administrator Group | persistence t1098
medium | Password Protected ZIP File Opened | defense-evasion t1027
medium | Uncommon Outbound Kerberos Connection | credential-access t1558
high   | Suspicious Creation of Script by an Office Program | execution t1204
high   | Office Macro File Download | initial-access t1566.001
medium | Outbound RDP Connections Over Non-Standard Tools | lateral-movement t1021.001
low    | RDP Over Reverse SSH Tunnel Check | command-and-control t1572
medium | Rare Service Installed | persistence t1543.003
medium | Scheduled Task Executed From A Suspicious Location | persistence t1053.005
high   | Suspicious Double Extension Files | defense-evasion t1036.007
medium | Rundll32 Execution Without Parameters | lateral-movement t1021.002
high   | LSASS Access Detected via Attack Surface Reduction | credential-access t1003.001
medium | Potentially Suspicious Network Connection To Notion API | command-and-control t1102
high   | Suspicious Scheduled Task Update | persistence t1053.005
high   | Uncommon File Created In Office Startup Folder | persistence t1137
medium | Sysmon Configuration Change | defense-evasion t1562
high   | Failed Mounting of Hidden Share | lateral-movement t1021.002
medium | Metasploit SMB Authentication | lateral-movement t1021.002
low    | SMB Spoolss Name Piped Usage | lateral-movement t1021.002
medium | Admin User Remote Logon | lateral-movement t1078.001
medium | Reconnaissance Activity | discovery t1087.002
medium | Weak Encryption Enabled and Kerberoast | credential-access t1558.003
high   | Suspicious Remote Logon with Explicit Credentials | lateral-movement t1078
high   | Remote Schtasks Creation | persistence t1053.005
`;

export function fieldRules(): Rule[] {
  return fieldTable
    .trim()
    .split("\n")
    .map((line, index) => {
      const [level = "", title = "", tags = ""] = line.split("|").map((part) => part.trim());
      return {
        ruleId: `f1e1d000-0000-4000-8000-${String(index).padStart(12, "0")}`,
        title,
        level: level as Level,
        tags: tags.split(" ").map((tag) => `attack.${tag}`),
        author: "SigmaHQ",
      };
    });
}
