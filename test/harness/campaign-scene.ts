/** An appliance whose incidents become campaigns, and logs as Windows and Sysmon write them. */
import { ApiClient, password } from "./api-client.ts";
import { TestAppliance, type TestApplianceOptions } from "./appliance.ts";
import { queryDatabase } from "./database-file.ts";

/** Of all detections unless a test says something else. */
const sceneStart = Date.parse("2026-03-12T02:00:00Z");

let number = 0;

/** A detection that makes an incident by itself. `minute`: after `sceneStart`. */
export function attack(minute: number, fields: Record<string, unknown>): Record<string, unknown> {
  number++;
  return {
    id: `scene-${number}`,
    entity: "North",
    rule_id: `scene-rule-${number}`,
    rule_title: `Suspicious Thing ${number}`,
    level: "critical",
    tags: ["attack.execution", "attack.t1059.001"],
    timestamp: new Date(sceneStart + minute * 60_000).toISOString(),
    raw: { EventID: 1 },
    ...fields,
  };
}

/** Detections of no weight that show who uses a host: `actors` accounts, one each. */
export function usage(host: string, actors: readonly string[], fields: Record<string, unknown> = {}) {
  return actors.map((user) => attack(-5_000, { level: "low", tags: [], host, user, rule_title: "Usage", ...fields }));
}

export class CampaignScene {
  appliance: TestAppliance;
  admin: ApiClient;
  readonly #options: TestApplianceOptions;

  private constructor(appliance: TestAppliance, admin: ApiClient, options: TestApplianceOptions) {
    this.appliance = appliance;
    this.admin = admin;
    this.#options = options;
  }

  static async start(options: TestApplianceOptions = {}): Promise<CampaignScene> {
    const given = { ...options, env: { RHYTHMX_ADMIN_PASSWORD: password, ...options.env } };
    const appliance = await TestAppliance.start(given);
    return new CampaignScene(appliance, await ApiClient.loggedIn(appliance, "admin"), given);
  }

  async restart(): Promise<void> {
    await this.appliance.stop();
    await this.begin();
  }

  /** Starts again on the same folder, with the same clock. */
  async begin(): Promise<void> {
    const { dataDir, clock } = this.appliance;
    this.appliance = await TestAppliance.start({ ...this.#options, dataDir, clock });
    this.admin = await ApiClient.loggedIn(this.appliance, "admin");
  }

  count(table: string): number {
    return Number(queryDatabase(this.appliance, `select count(*) as n from ${table}`).n);
  }

  /** Takes in what is given, as one batch, and waits until incidents have been looked at. */
  async happens(...records: readonly Record<string, unknown>[]): Promise<void> {
    const { status, body } = await this.appliance.ingest(records);
    if (status !== 200 || body.rejected > 0) throw new Error(JSON.stringify(body));
    await this.looked();
  }

  async looked(): Promise<void> {
    await this.appliance.clock.advance(90_000);
    // The login before may have passed its time.
    this.admin = await ApiClient.loggedIn(this.appliance, "admin");
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async incidents(): Promise<any[]> {
    return (await this.admin.get("/api/incidents?limit=500")).body.incidents;
  }

  /** Actors by campaign, each sorted; `alone`: those without one. */
  async partition(): Promise<{ campaigns: string[][]; alone: string[] }> {
    const rows = await this.incidents();
    const name = (row: { group_key: string; entity_name: string }) =>
      row.entity_name === "North" ? row.group_key : `${row.entity_name}/${row.group_key}`;
    const groups = Map.groupBy(rows, ({ campaign_id }) => campaign_id as string | null);
    const alone = (groups.get(null) ?? []).map(name).sort();
    groups.delete(null);
    const campaigns = [...groups.values()].map((group) => group.map(name).sort());
    return { campaigns: campaigns.sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1)), alone };
  }

  /** The links of an actor's campaign, as the API explains them. */
  async why(actor: string): Promise<{ kind: string; what: string; why: string }[]> {
    const row = (await this.incidents()).find(({ group_key }) => group_key === actor);
    return (await this.admin.get(`/api/campaigns/${row.campaign_id}`)).body.links;
  }

  dispose(): Promise<void> {
    return this.appliance.dispose();
  }
}

/** Event 1 of Sysmon: a process was made. */
export function processCreated(
  host: string,
  user: string,
  fields: Record<string, string> = {},
): Record<string, unknown> {
  return {
    Channel: "Microsoft-Windows-Sysmon/Operational",
    EventID: 1,
    Computer: host,
    User: user,
    Image: "C:\\Windows\\System32\\cmd.exe",
    CommandLine: "cmd.exe /c whoami",
    ParentImage: "C:\\Windows\\explorer.exe",
    LogonId: "0x3e7",
    LogonGuid: "{747f3d96-e06b-5f6f-0000-0020e7030000}",
    ProcessGuid: guid(++number),
    ParentProcessGuid: guid(++number),
    ...fields,
  };
}

/** Event 4624 of Security: somebody logged on. */
export function loggedOn(host: string, user: string, fields: Record<string, string> = {}): Record<string, unknown> {
  return {
    Channel: "Security",
    EventID: 4624,
    Computer: host,
    SubjectUserName: "-",
    SubjectLogonId: "0x0",
    TargetUserName: user,
    TargetDomainName: "CORP",
    TargetLogonId: `0x${(0xa1000 + ++number).toString(16)}`,
    LogonType: "3",
    LogonGuid: "{00000000-0000-0000-0000-000000000000}",
    WorkstationName: "-",
    IpAddress: "-",
    ...fields,
  };
}

/** As Sysmon names a process. */
export function guid(n: number): string {
  return `{747f3d96-68dd-5f6f-0000-${String(n).padStart(12, "0")}}`;
}
