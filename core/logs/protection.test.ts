/** Accounts, addresses and files: what may be acted on. */
import { describe, expect, test } from "bun:test";
import { ActorFinder } from "../correlation/actor.ts";
import { accountName, distinctAccounts, isOwnAccount } from "./accounts.ts";
import { isPublicAddress, plainAddress } from "./addresses.ts";
import { fileKind, fileName, isExpendable } from "./file-kinds.ts";

describe("accounts", () => {
  test("five spellings and the SID of one account are one", () => {
    const sids = new Map([["s-1-5-21-1-2-3-1104", "CORP\\j"]]);
    expect(
      distinctAccounts(["CORP\\j", "j@corp.example", "J", "corp.example\\j", "S-1-5-21-1-2-3-1104"], sids),
    ).toEqual(["CORP\\j"]);
    expect(distinctAccounts(["j", "CORP\\j", "SALES\\j"])).toEqual(["j", "SALES\\j"]);
    expect(distinctAccounts(["CN=j,OU=Users,DC=corp,DC=example", "CORP\\j"])).toEqual([
      "CN=j,OU=Users,DC=corp,DC=example",
    ]);
  });

  test("placeholders, machines and parts of the system are none, in any language", () => {
    const none = [
      ...[
        "None",
        "-",
        "N/A",
        "",
        "(null)",
        "WS1$",
        "CORP\\WS1$",
        "SYSTEM",
        "NT AUTHORITY\\SYSTEM",
        "LocalSystem",
        "LOCAL SERVICE",
        "DWM-1",
        "Window Manager\\DWM-12",
        "Font Driver Host\\UMFD-0",
      ],
      ...[
        "ANONYMOUS LOGON",
        "NT-AUTORITÄT\\SYSTEM",
        "NT-AUTORIT\ufffdT\\Netzwerkdienst",
        "AUTORITE NT\\Système",
        "AUTORIDAD NT\\Servicio de red",
        "NT SERVICE\\MSSQLSERVER",
        "IIS APPPOOL\\shop",
        "root",
        "www-data",
        "systemd-network",
      ],
      ...["S-1-5-18", "S-1-5-80-123-456", "S-1-5-90-0-1", "4294967295", "\\", "-\\-", "unset"],
    ];
    expect(none.filter(isOwnAccount)).toEqual([]);
    const own = [
      "j",
      "CORP\\svc_sql",
      "system.admin",
      "Administrator",
      "j.o'neil@corp.example",
      "ANTHONY\\nt",
      "S-1-5-21-1-2-3-1104",
      "arn:aws:iam::1:user/x",
    ];
    expect(own.filter((name) => !isOwnAccount(name))).toEqual([]);
    expect(accountName("CORP\\J.Smith")).toBe("J.Smith");
  });
});

test("the machine is the actor where its system acts, in any language", () => {
  const finder = new ActorFinder({ sharedAccounts: [], hostShortNames: false });
  const actor = (user: string) => finder.find({ user, host: "ws1", srcIp: null });
  for (const user of [
    "NT-AUTORITÄT\\SYSTEM",
    "AUTORITE NT\\Système",
    "NT-AUTORITÄT\\Netzwerkdienst",
    "Sistema",
    "NT AUTHORITY\\СИСТЕМА",
  ])
    expect([user, actor(user)]).toEqual([user, { type: "host", name: "ws1" }]);
  expect(actor("CORP\\nthor")).toEqual({ type: "user", name: "nthor" });
});

test("only public addresses, in every spelling", () => {
  const kept = [
    "45.77.1.2",
    "::ffff:45.77.1.2",
    "[2a00:1450:4001::5]:443",
    "45.77.1.2:8080",
    "172.32.0.1",
    "100.128.0.1",
  ];
  expect(kept.filter((one) => !isPublicAddress(one))).toEqual([]);
  const refused = [
    ...[
      "10.0.0.1",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "100.64.0.1",
      "100.127.255.255",
      "127.0.0.1",
      "169.254.1.1",
      "0.0.0.0",
      "224.0.0.1",
      "239.255.255.250",
      "255.255.255.255",
    ],
    ...[
      "192.0.2.1",
      "198.51.100.7",
      "203.0.113.7",
      "198.18.0.1",
      "8.8.8.8",
      "::1",
      "::",
      "fe80::1",
      "fe80::1%eth0",
      "fd00::1",
      "fc00::1",
      "ff02::1",
      "2001:db8::1",
      "3fff::1",
      "2002:0a00:0001::",
      "2001::1",
    ],
    ...[
      "::ffff:10.0.0.1",
      "::ffff:c0a8:1",
      "64:ff9b::10.0.0.1",
      "::10.0.0.1",
      "999.1.1.1",
      "not an address",
      "",
      "1.2.3",
      "LOCAL",
    ],
  ];
  expect(refused.filter(isPublicAddress)).toEqual([]);
  expect(plainAddress("::FFFF:10.0.0.1")).toBe("10.0.0.1");
});

describe("files", () => {
  test("nothing of Windows, of administration, of a sensor, of what is installed, and no data", () => {
    const kinds: Record<string, string[]> = {
      system: [
        ...[
          "C:\\Windows\\System32\\svchost.exe",
          "c:/windows/system32/lsass.exe",
          "\\??\\C:\\Windows\\system32\\conhost.exe",
          "%SystemRoot%\\explorer.exe",
          "\\SystemRoot\\System32\\x.sys",
          "\\\\ws1\\ADMIN$\\x.exe",
        ],
        ...[
          "\\Device\\HarddiskVolume3\\Windows\\System32\\services.exe",
          "D:\\Windows\\x.exe",
          "C:\\Users\\..\\Windows\\evil.exe",
          "lsass.exe",
          "dfsrs.exe",
          "/usr/bin/id",
          "C:\\WINDOWS\\\\System32\\wbem\\wbemcomn.dll",
        ],
      ],
      administration: [
        "C:\\Temp\\PsExec64.exe",
        "powershell.exe",
        "C:\\Users\\j\\rundll32.exe",
        "wmic.exe",
        "/tmp/bash",
      ],
      security: [
        ...[
          "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MsMpEng.exe",
          "C:\\Program Files\\CrowdStrike\\x.exe",
          "C:\\Program Files\\SentinelOne\\Sentinel Agent 22\\a.exe",
          "C:\\Program Files\\Elastic\\Agent\\b.exe",
        ],
        ...[
          "C:\\Windows\\Sysmon64.exe",
          "C:\\Program Files (x86)\\ossec-agent\\win32ui.exe",
          "C:\\Program Files\\Confer\\RepMgr.exe",
          "/var/ossec/bin/wazuh-agentd",
          "C:\\Program Files\\CarbonBlack\\cb.exe",
        ],
      ],
      installed: [
        "C:\\Program Files\\Vendor\\a.exe",
        "C:\\PROGRA~1\\Vendor\\a.exe",
        "%ProgramFiles%\\V\\a.exe",
        "/opt/app/run",
      ],
      data: [
        "C:\\Users\\j\\a.exe:Zone.Identifier",
        "C:\\Users\\j\\notes.txt",
        "C:\\Temp\\lsass.dmp",
        "C:\\Users\\j\\a.docx:Zone.Identifier:$DATA",
        "/home/j/x.zip",
      ],
      unknown: ["payload.exe", ""],
      program: [
        "C:\\Users\\j\\AppData\\Local\\Temp\\payload.exe",
        "C:\\Temp\\x.dll",
        "\\\\srv\\share\\drop.exe",
        "/tmp/.x",
        "/home/j/miner",
        "C:\\Windows\\Temp\\a.exe",
        "/dev/shm/kworker",
        "E:\\run.ps1",
      ],
    };
    for (const [kind, paths] of Object.entries(kinds))
      expect(paths.map((path) => [path, fileKind(path)])).toEqual(paths.map((path) => [path, kind as never]));
  });

  test("a copy under another name is what its maker called it", () => {
    expect(isExpendable("C:\\Users\\j\\svc.exe", "Cmd.Exe")).toBe(false);
    expect(isExpendable("C:\\Users\\j\\svc.exe", "mimikatz.exe")).toBe(true);
    expect(fileName("C:\\a\\b.exe:Zone.Identifier")).toBe("b.exe");
  });
});
