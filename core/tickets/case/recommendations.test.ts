/** What is recommended, and what is not, for logs of many shapes: nothing that would do harm. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { InvolvedAssets } from "../../assets/involved.ts";
import type { CaseFacts } from "./case-facts.ts";
import { threatAnalysis, threatSummary } from "./narrative.ts";
import { observe } from "./observed.ts";
import { attackPattern } from "./overview.ts";
import { steps } from "./recommendation-table.ts";
import { recommend } from "./recommendations.ts";

interface Given {
  log?: object | string;
  title?: string;
  level?: string;
  techniques?: string[];
  tactics?: string[];
  host?: string;
  user?: string;
  at?: number;
}

const start = Date.UTC(2026, 2, 1, 4);

function incident(
  rules: Given[],
  more: { actor?: string; type?: string; level?: string; assets?: InvolvedAssets } = {},
): CaseFacts {
  const made = rules.map(
    (
      {
        log,
        title = "Rule",
        level = "high",
        techniques = [],
        tactics = [],
        host = "ws1",
        user = "CORP\\jsmith",
        at = start,
      },
      index,
    ) => ({
      rule: {
        key: `${title} ${index}`,
        title,
        level,
        count: 1,
        first: at,
        last: at,
        hosts: host === "" ? [] : [host.toLowerCase()],
        tactics,
        techniques,
        author: "",
      },
      sample: {
        key: `${title} ${index}`,
        at,
        host,
        user,
        ip: "",
        log: log === undefined ? null : typeof log === "string" ? JSON.stringify({ raw: log }) : JSON.stringify(log),
      },
    }),
  );
  const level = more.level ?? "critical";
  return {
    incident: { createdAt: start, closedAt: null, escalatedAt: start, status: "OPEN" },
    body: {
      incident_id: "INC-00000001",
      group_key: more.actor ?? "jsmith",
      actor_type: more.type ?? "user",
      entity_name: "Main Site",
      risk: { level, score: 90, sigma_alert_count: rules.length, alarm_count: 0 },
      timeline: {
        first_alarm: new Date(start).toISOString(),
        last_alarm: new Date(start).toISOString(),
        created_at: new Date(start).toISOString(),
      },
      mitre: { techniques: [], tactics: [] },
    },
    risk: { confidence: null, primaryDriver: null },
    chain: [],
    rules: made.map(({ rule }) => rule),
    samples: made.map(({ sample }) => sample),
    users: [],
    alarms: [],
    cases: [],
    assets: more.assets ?? { hosts: [], accounts: [] },
  } as unknown as CaseFacts;
}

function advice(facts: CaseFacts): string[] {
  return Object.values(recommend(facts, observe(facts), attackPattern(facts))).flat();
}

const sha = `${"a".repeat(32)}${"b".repeat(32)}`;
const asset = (name: string, role: string, from = "file") => ({ name, role, criticality: "normal", from }) as never;
const started = (path: string, more: object = {}) => ({
  EventID: 1,
  Channel: "Microsoft-Windows-Sysmon/Operational",
  Image: path,
  ProcessId: 7,
  CommandLine: `"${path}" -x`,
  Hashes: `SHA256=${sha}`,
  ...more,
});

describe("domain controllers", () => {
  const cuts = /^(?:Isolate|Re-image|Segment|Restore|Let only|Manage local)/;
  const ofHost = (list: string[], host: string) =>
    list.filter((step) => cuts.test(step) && step.toLowerCase().includes(host.toLowerCase()));

  test("are told by their own logs, whatever they are called, by their role, and by their name", () => {
    const logs = [
      { EventID: 4769, Channel: "Security", ServiceName: "sqlsvc", TargetUserName: "j@CORP", IpAddress: "10.0.0.5" },
      {
        EventID: "4662",
        Channel: "Security",
        ObjectName: "%{19195a5b-6da0-11d0-afd3-00c04fd930c9}",
        Properties: "%%7688 {1131f6aa-9c07-11d1-f79f-00c04fc2dcd2}",
      },
      {
        winlog: {
          event_id: 5136,
          channel: "Security",
          event_data: { ObjectDN: "DC=corp,DC=example", AttributeLDAPDisplayName: "nTSecurityDescriptor" },
        },
      },
      started("C:\\Windows\\System32\\ntdsutil.exe", {
        CommandLine: 'ntdsutil "ac i ntds" ifm "create full c:\\temp"',
      }),
      '<Event><System><EventID>4768</EventID><Channel>Security</Channel></System><EventData><Data Name="TargetUserName">j</Data></EventData></Event>',
    ];
    for (const log of logs) {
      const list = advice(
        incident([
          {
            log,
            host: "alpha7",
            tactics: ["lateral-movement", "impact", "execution"],
            techniques: ["T1021.002", "T1486"],
            title: "Ransomware encrypts files",
          },
        ]),
      );
      expect(ofHost(list, "alpha7")).toEqual([]);
      expect(list.join("\n")).toContain("Keep alpha7 online as domain controller");
    }
    for (const name of ["DC01", "corp-dc2.corp.example", "MORDORDC.theshire.local", "addc1"])
      expect(ofHost(advice(incident([{ host: name, tactics: ["lateral-movement"] }])), name)).toEqual([]);
    const assets = { hosts: [asset("alpha7", "domain_controller")], accounts: [] };
    expect(ofHost(advice(incident([{ host: "ALPHA7.corp.example" }], { assets })), "alpha7")).toEqual([]);
  });

  test("where only a domain controller has serious rules, the other hosts of the account are isolated", () => {
    const list = advice(
      incident([
        { host: "dc01", title: "DCSync" },
        { host: "ws1", level: "low" },
      ]),
    );
    expect(list.find((step) => step.startsWith("Isolate"))).toStartWith("Isolate ws1 (");
  });

  test("a host that somebody says is a workstation is one, and others are isolated", () => {
    const assets = { hosts: [asset("dc01", "workstation")], accounts: [] };
    expect(ofHost(advice(incident([{ host: "dc01" }], { assets })), "dc01")).not.toEqual([]);
    expect(ofHost(advice(incident([{ host: "ws1" }])), "ws1")).not.toEqual([]);
    const shared = { hosts: [asset("ws1", "backup")], accounts: [] };
    expect(
      advice(incident([{ host: "ws1" }], { assets: shared })).find((step) => step.startsWith("Isolate")),
    ).toContain("once the owners");
  });
});

describe("programs", () => {
  const touched = (list: string[]) =>
    list.filter((step) => /^(?:End|Quarantine|Block the hash|Export and then (?:delete|remove))/.test(step));
  const harmless = [
    ...[
      "C:\\Windows\\System32\\lsass.exe",
      "C:\\WINDOWS\\system32\\svchost.exe",
      "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
      "\\Device\\HarddiskVolume2\\Windows\\System32\\services.exe",
    ],
    ...[
      "C:\\Users\\j\\PsExec64.exe",
      "C:\\Tools\\wmic.exe",
      "D:\\rundll32.exe",
      "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MsMpEng.exe",
      "C:\\Program Files\\CrowdStrike\\CSFalconService.exe",
    ],
    ...[
      "C:\\Program Files\\SentinelOne\\Sentinel Agent 23.1\\SentinelAgent.exe",
      "C:\\Program Files\\Elastic\\Endpoint\\elastic-endpoint.exe",
      "C:\\Sysmon\\Sysmon64.exe",
      "C:\\Program Files (x86)\\ossec-agent\\wazuh-agent.exe",
    ],
    ...[
      "C:\\Program Files\\CarbonBlack\\cb.exe",
      "C:\\Program Files\\Vendor\\app.exe",
      "c:\\programdata\\microsoft\\a.exe",
      "C:\\WindowsAzure\\Packages\\Agent.exe",
      "/usr/bin/python3",
      "/usr/sbin/sshd",
      "powershell.exe",
      "x.exe",
    ],
  ];

  test("of Windows, of administration, of sensors and installed ones are left alone", () => {
    for (const path of harmless)
      expect([path, touched(advice(incident([{ log: started(path) }])))]).toEqual([path, []]);
  });

  test("a copy under another name, and one that its maker signed, is left alone too", () => {
    for (const more of [
      { OriginalFileName: "Cmd.Exe" },
      { Company: "Microsoft Corporation" },
      { OriginalFileName: "psexec.c" },
      { Signature: "CrowdStrike, Inc." },
    ])
      expect(touched(advice(incident([{ log: started("C:\\Users\\j\\svc.exe", more) }])))).toEqual([]);
  });

  test("what ran outside of them is ended, quarantined and blocked, by its own hash, in any shape of log", () => {
    const path = "C:\\Users\\j\\AppData\\Local\\Temp\\payload.exe";
    const logs = [
      started(path),
      {
        process: { executable: path, pid: 7, command_line: `${path} -x`, hash: { sha256: sha } },
        event: { code: "1", action: "start" },
      },
      {
        data: {
          win: { system: { eventID: "1" }, eventdata: { image: path, processId: "7", hashes: `SHA256=${sha}` } },
        },
      },
    ];
    for (const log of logs) {
      const list = touched(advice(incident([{ log }])));
      expect(list.map((step) => step.split(" ").slice(0, 2).join(" "))).toEqual(
        ["End the", "Quarantine C:\\Users\\j\\AppData\\Local\\Temp\\payload.exe", "Block the"].map((text) =>
          text.split(" ").slice(0, 2).join(" "),
        ),
      );
      expect(list[2]).toContain(sha);
    }
  });

  test("no hash of a stream, of data, of a deleted file, or of a file within Windows", () => {
    const hashed = (log: object) => advice(incident([{ log }])).filter((step) => step.includes(sha));
    const image = "C:\\Windows\\explorer.exe";
    expect(
      hashed({
        EventID: 15,
        Image: image,
        TargetFilename: "C:\\Users\\j\\a.exe:Zone.Identifier",
        Hash: `SHA256=${sha}`,
      }),
    ).toEqual([]);
    expect(
      hashed({ EventID: 23, Image: image, TargetFilename: "C:\\Users\\j\\a.exe", Hashes: `SHA256=${sha}` }),
    ).toEqual([]);
    expect(
      hashed({ EventID: 29, Image: image, TargetFilename: "C:\\Users\\j\\notes.txt", Hashes: `SHA256=${sha}` }),
    ).toEqual([]);
    expect(
      hashed({ EventID: 7, Image: image, ImageLoaded: "C:\\Windows\\System32\\b.dll", Hashes: `SHA256=${sha}` }),
    ).toEqual([]);
    expect(hashed(started("C:\\Windows\\Temp\\a.exe"))).toEqual([]);
    expect(
      hashed({ EventID: 29, Image: image, TargetFilename: "C:\\Users\\j\\a.exe", Hashes: `SHA256=${sha}` }),
    ).not.toEqual([]);
  });

  test("services: only what a log shows being installed, and none of Windows or a sensor", () => {
    const ofService = (name: string, path: string) =>
      advice(incident([{ log: { EventID: 7045, Channel: "System", ServiceName: name, ImagePath: path } }])).filter(
        (step) => step.includes("service entry"),
      );
    expect(ofService("upd", "%COMSPEC% /c echo x > \\\\.\\pipe\\y")).toHaveLength(1);
    expect(ofService("upd", "C:\\Users\\Public\\u.exe -k")).toHaveLength(1);
    for (const [name, path] of [
      ["WinDefend", "C:\\Temp\\x.exe"],
      ["Sysmon64", "C:\\Windows\\Sysmon64.exe"],
      ["DFSR", "C:\\Temp\\x.exe"],
      ["PSEXESVC", "%SystemRoot%\\PSEXESVC.exe"],
      ["csagent", "C:\\x.sys"],
      ["app", '"C:\\Program Files\\V\\a.exe"'],
      ["drv", "system32\\drivers\\a.sys"],
    ] as const)
      expect([name, ofService(name, path)]).toEqual([name, []]);
  });
});

describe("addresses and names", () => {
  const blocked = (log: object) =>
    advice(incident([{ log }])).filter((step) => /^Block (?:\d|[0-9a-f:]+ |the name)/.test(step));
  const connection = (address: string) => ({
    EventID: 3,
    Image: "C:\\Temp\\a.exe",
    Initiated: "true",
    SourceIp: "10.0.0.5",
    DestinationIp: address,
    DestinationPort: 443,
  });

  test("only public ones", () => {
    for (const address of [
      "10.1.2.3",
      "::ffff:192.168.1.5",
      "100.64.3.2",
      "169.254.1.1",
      "224.0.0.251",
      "203.0.113.9",
      "fe80::1",
      "fd12::5",
      "2001:db8::1",
      "127.0.0.1",
      "8.8.8.8",
    ])
      expect([address, blocked(connection(address))]).toEqual([address, []]);
    expect(blocked(connection("45.77.1.2"))[0]).toStartWith("Block 45.77.1.2 at the perimeter of Main Site");
    expect(blocked(connection("2a03:2880::1"))[0]).toStartWith("Block 2a03:2880::1");
  });

  test("the other side of a connection, never one's own public address", () => {
    expect(
      blocked({
        EventID: 3,
        Image: "C:\\Temp\\a.exe",
        Initiated: "true",
        SourceIp: "52.1.1.1",
        DestinationIp: "10.0.0.9",
      }),
    ).toEqual([]);
    expect(blocked({ src_ip: "52.1.1.1", dest_ip: "45.77.1.2" })).toEqual([]);
    expect(blocked({ EventID: 4625, Channel: "Security", TargetUserName: "j", IpAddress: "45.77.1.2" })).toHaveLength(
      1,
    );
  });

  test("no names of one's own domain, of the inside or of what everybody uses", () => {
    const looked = (name: string) => blocked({ EventID: 22, Image: "C:\\Temp\\a.exe", QueryName: name });
    for (const name of [
      "_ldap._tcp.dc._msdcs.corp.example",
      "dc01.corp.local",
      "login.microsoftonline.com",
      "raw.githubusercontent.com",
      "ws1",
      "5.0.0.10.in-addr.arpa",
      "fileserver.lan",
    ])
      expect([name, looked(name)]).toEqual([name, []]);
    expect(looked("cdn.evil-updates.top")).toHaveLength(1);
    expect(
      advice(incident([{ host: "ws1.acme.com", log: { EventID: 22, QueryName: "mail.acme.com" } }])).filter((step) =>
        step.startsWith("Block the name"),
      ),
    ).toEqual([]);
  });
});

describe("grave steps", () => {
  const has = (word: string, ...rules: Given[]) => advice(incident(rules)).some((step) => step.includes(word));

  test("krbtgt only after DCSync or forged tickets, not for a tag that a tool shares with ten others", () => {
    const replication = {
      EventID: 4662,
      Channel: "Security",
      ObjectName: "%{19195a5b}",
      Properties: "{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}",
    };
    expect(has("krbtgt", { log: replication })).toBe(true);
    expect(has("krbtgt", { title: "Mimikatz DC Sync", techniques: ["T1003.006"] })).toBe(true);
    expect(has("krbtgt", { title: "Possible Golden Ticket", techniques: ["T1558.001"] })).toBe(true);
    expect(
      has("krbtgt", {
        title: "HackTool - Mimikatz Execution",
        techniques: ["T1003.001", "T1003.002", "T1003.004", "T1003.005", "T1003.006"],
      }),
    ).toBe(false);
    expect(has("krbtgt", { title: "NTDS.DIT Created", techniques: ["T1003.003"] })).toBe(false);
    expect(has("krbtgt", { title: "Kerberoasting", techniques: ["T1558.003"] })).toBe(false);
    expect(
      has("krbtgt", {
        title: "Powerview Add-DomainObjectAcl DCSync AD Extend Right",
        techniques: ["T1098"],
        log: { EventID: 5136, ObjectDN: "DC=corp", AttributeLDAPDisplayName: "nTSecurityDescriptor" },
      }),
    ).toBe(false);
  });

  test("restore only after damage; a deleted shadow copy asks for the backups", () => {
    expect(has("Restore ws1", { title: "Ransomware Encrypts Files", techniques: ["T1486"], tactics: ["impact"] })).toBe(
      true,
    );
    expect(
      has("Restore", {
        title: "Shadow Copies Deletion Using Operating Systems Utilities",
        techniques: ["T1490"],
        tactics: ["impact"],
      }),
    ).toBe(false);
    expect(
      has("backups", {
        title: "Shadow Copies Deletion Using Operating Systems Utilities",
        techniques: ["T1490"],
        tactics: ["impact"],
      }),
    ).toBe(true);
    expect(has("backups", { title: "Root Certificate Installed", techniques: ["T1490"], tactics: ["impact"] })).toBe(
      false,
    );
    expect(has("Restore", { title: "User Logoff Event", techniques: ["T1531"], tactics: ["impact"] })).toBe(false);
  });

  test("accounts: none of the system, services and administrators are not disabled", () => {
    const disabled = (user: string, assets?: InvolvedAssets) =>
      advice(
        incident([{ user, log: started("C:\\Temp\\a.exe") }], {
          actor: "ws1",
          type: "host",
          ...(assets === undefined ? {} : { assets }),
        }),
      ).filter((step) => step.startsWith("Disable "));
    for (const user of [
      "NT AUTHORITY\\SYSTEM",
      "NT-AUTORITÄT\\SYSTEM",
      "CORP\\WS1$",
      "-",
      "None",
      "LOCAL SERVICE",
      "DWM-1",
      "CORP\\svc_sql",
      "CORP\\Administrator",
      "root",
    ])
      expect([user, disabled(user)]).toEqual([user, []]);
    expect(disabled("CORP\\jsmith")[0]).toContain("Disable-ADAccount -Identity 'jsmith'");
    expect(disabled("WS1\\jsmith")[0]).toContain("Disable-LocalUser -Name 'jsmith'");
    expect(disabled("CORP\\jsmith", { hosts: [], accounts: [asset("jsmith", "service")] })).toEqual([]);
  });
});

test("whatever rules, objects and hosts come together, no step does harm", () => {
  const techniques = [...new Set(steps.flatMap((step) => step.techniques ?? []))];
  const tactics = [...new Set(steps.flatMap((step) => step.tactics ?? []))];
  const titles = [
    "Ransomware Encrypts Files",
    "Mimikatz DC Sync",
    "Golden Ticket",
    "Shadow Copies Deleted",
    "NTDS.DIT Dump",
    "Security Eventlog Cleared",
    "LSASS Memory Dump",
    "Something",
  ];
  const images = [
    "C:\\Windows\\System32\\lsass.exe",
    "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
    "C:\\ProgramData\\Microsoft\\Windows Defender\\MsMpEng.exe",
    "D:\\PsExec.exe",
    "C:\\Users\\j\\evil.exe",
    "",
  ];
  const logs = (image: string, address: string): object[] => [
    started(image),
    {
      EventID: 3,
      Channel: "Microsoft-Windows-Sysmon/Operational",
      Image: image,
      Initiated: "true",
      SourceIp: "10.0.0.5",
      DestinationIp: address,
    },
    { EventID: 10, SourceImage: image, TargetImage: "C:\\Windows\\System32\\lsass.exe", GrantedAccess: "0x1410" },
    { EventID: 11, Image: image, TargetFilename: "C:\\Windows\\System32\\x.dll" },
    { EventID: 7045, Channel: "System", ServiceName: "Sysmon64", ImagePath: image },
    {
      EventID: 4624,
      Channel: "Security",
      TargetUserName: "SYSTEM",
      TargetDomainName: "NT AUTHORITY",
      IpAddress: address,
      LogonType: 3,
    },
    {
      EventID: 4769,
      Channel: "Security",
      TargetUserName: "j@CORP",
      ServiceName: "krbtgt",
      TicketEncryptionType: "0x17",
      IpAddress: address,
    },
    {
      EventID: 13,
      Image: image,
      TargetObject: "HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Start",
      Details: "4",
    },
    { EventID: 7, Image: image, ImageLoaded: "C:\\Windows\\System32\\wbem\\wbemcomn.dll", Hashes: `SHA256=${sha}` },
  ];
  const one = fc.record({
    title: fc.constantFrom(...titles),
    level: fc.constantFrom("critical", "high", "medium", "low", "informational"),
    techniques: fc.subarray(techniques),
    tactics: fc.subarray(tactics),
    host: fc.constantFrom("dc01", "ws1", "DC2.corp.example", ""),
    user: fc.constantFrom("CORP\\jsmith", "NT AUTHORITY\\SYSTEM", "CORP\\DC01$", "root", ""),
    log: fc
      .tuple(
        fc.constantFrom(...images),
        fc.constantFrom("10.0.0.9", "45.77.1.2", "::ffff:10.1.1.1", "169.254.3.3"),
        fc.nat(8),
      )
      .map(([image, address, at]) => logs(image, address)[at] ?? {}),
  });
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 8 }),
      fc.constantFrom("low", "medium", "high", "critical"),
      (rules, level) => {
        for (const step of advice(incident(rules, { level }))) {
          const order = step.replace(/"[^"]+"/g, "it").split(/ \(|: /)[0] ?? "";
          expect(order).not.toMatch(/^(?:Isolate|Re-image|Restore|Segment|Let only|Ask the owner of).*\bdc0?[12]\b/i);
          expect(order).not.toMatch(
            /^(?:End|Quarantine|Block|Export and then|Disable).*(?:\\windows\\|lsass|powershell|msmpeng|psexec|sysmon|krbtgt|SYSTEM\b|\$)/i,
          );
          expect(order).not.toMatch(/^Block (?:10\.|169\.|::)/);
          expect(order).not.toMatch(/^Give the service account krbtgt/);
          expect(step).not.toMatch(/undefined|\{\w+\}| {2}|\(\)/);
        }
      },
    ),
    { numRuns: 300 },
  );
});

describe("what is written", () => {
  test("no hostile name gets into a command, and it is told all the same", () => {
    const names = [
      "j'; Remove-Item C:\\ -Recurse #",
      "$(calc)",
      "a`b",
      "x|y",
      "-Force",
      "a\u2019; calc",
      "j\nnet user x",
    ];
    for (const name of names) {
      const facts = incident(
        [
          {
            user: name,
            host: `ws ${name}`,
            log: started("C:\\Temp\\a.exe"),
            techniques: ["T1003.001", "T1685", "T1059.001"],
            title: "LSASS Memory Dump",
          },
        ],
        { actor: name },
      );
      const list = advice(facts);
      expect(list.length).toBeGreaterThan(5);
      for (const step of list) {
        const command = /\(((?:Get|Set|Disable|Remove)-[^)]*)\)/.exec(step)?.[1] ?? "";
        expect([step, command.includes(name), command.includes("calc"), command.includes("Remove-Item")]).toEqual([
          step,
          false,
          false,
          false,
        ]);
        expect(step).not.toMatch(/[\p{Cc}\u202e]/u);
      }
    }
  });

  test("an account of one machine is disabled there, and a dump of secrets is looked for", () => {
    const log = started("C:\\Windows\\System32\\rundll32.exe", {
      CommandLine: "rundll32 comsvcs.dll, MiniDump 624 C:\\Temp\\l.dmp full",
    });
    const list = advice(incident([{ log, user: "WS1\\jsmith", title: "LSASS Dump", techniques: ["T1003.001"] }]));
    expect(list.join("\n")).toContain("Disable-LocalUser -Name 'jsmith'");
    expect(list.find((step) => step.startsWith("Take "))).toStartWith("Take C:\\Temp\\l.dmp on ws1 into evidence");
  });

  test("a Linux host gets no Windows command", () => {
    const log = 'type=SYSCALL msg=audit(1.1:2): arch=c000003e syscall=59 success=yes comm="x" exe="/tmp/.x" auid=1000';
    const list = advice(
      incident([
        {
          log,
          host: "web-1",
          user: "deploy",
          techniques: ["T1059.004", "T1685", "T1003.008"],
          tactics: ["execution", "credential-access"],
        },
      ]),
    );
    expect(list.filter((step) => /Get-WinEvent|Get-Service|LSA|LAPS|PowerShell/.test(step))).toEqual([]);
    expect(list.join("\n")).toContain("Quarantine /tmp/.x on web-1");
  });

  test("each step says what, how and why; the most urgent first; seven at most, or as many as asked for", () => {
    const rules = [
      "credential-access",
      "lateral-movement",
      "impact",
      "persistence",
      "exfiltration",
      "command-and-control",
    ].map((tactic, index) => ({
      tactics: [tactic],
      host: `ws${index}`,
      log: started(`C:\\Temp\\a${index}.exe`),
      techniques: ["T1003.001", "T1021.002"],
    }));
    const facts = incident(rules);
    const all = recommend(facts, observe(facts), "x");
    for (const list of Object.values(all)) {
      expect(list.length).toBeLessThanOrEqual(7);
      expect(list.length).toBeGreaterThanOrEqual(3);
      for (const step of list) expect(step).toMatch(/^[A-Z].* \(.+\): .+\.$/);
    }
    expect(all.containment[0]).toStartWith("Isolate");
    expect(recommend(facts, observe(facts), "x", 3).containment).toEqual(all.containment.slice(0, 3));
  });

  test("one rule is no attack in stages, and a single moment is no span", () => {
    const one = incident([{ tactics: ["execution", "persistence"] }]);
    const summary = (facts: CaseFacts) => threatSummary(facts, observe(facts), "execution");
    expect(summary(one)).not.toContain("stages");
    expect(summary(one)).toContain("came in at 2026-03-01 04:00 UTC");
    expect(summary(incident([{ tactics: ["execution"] }, { tactics: ["execution"] }]))).not.toContain("stages");
    expect(summary(incident([{ tactics: ["execution"] }, { tactics: ["persistence"] }]))).toContain(
      "an attack in several stages",
    );
    expect(
      summary(incident([{ tactics: ["execution"] }, { tactics: ["persistence"], level: "informational" }])),
    ).not.toContain("stages");
    expect(threatAnalysis(one, observe(one))[0]).toStartWith('2026-03-01 04:00 UTC: "Rule" (high) fired once on ws1');
  });

  test("an incident of alarms alone has steps and sentences that name them", () => {
    const alarms = [{ alarmId: "7", name: "Impossible travel", rbp: 88, entity: "Main Site", at: start }];
    for (const [type, actor] of [
      ["user", "jsmith"],
      ["host", "ws1"],
      ["ip", "45.77.1.2"],
    ] as const) {
      const bare = incident([], { type, actor });
      const facts = {
        ...bare,
        alarms,
        body: { ...bare.body, risk: { ...bare.body.risk, alarm_count: 3 } },
      } as CaseFacts;
      const all = recommend(facts, observe(facts), "x");
      expect(all.containment.length).toBeGreaterThan(1);
      expect(all.containment.join("\n")).toContain("Impossible travel");
      expect(Object.values(all).flat().join("\n")).not.toMatch(/undefined|\{|""/);
      expect(threatAnalysis(facts, observe(facts))[0]).toBe(
        'No detection: it rests on 3 SIEM alarms, the highest 2026-03-01 04:00 UTC: "Impossible travel" (priority 88).',
      );
    }
  });

  test("accounts are counted once", () => {
    const spellings = [
      "CORP\\jsmith",
      "jsmith@corp.example",
      "JSmith",
      "corp.example\\jsmith",
      "CORP\\WS1$",
      "SYSTEM",
      "None",
    ];
    expect(observe(incident(spellings.map((user) => ({ user })))).users).toEqual(["jsmith"]);
  });
});
