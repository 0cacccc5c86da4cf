/**
 * Every setting: saved it is in force, also after a restart; a wrong value is refused at its field; pinned by the environment it is shown so and
 * refused; the audit log has what it was and what it is; and the console has a control for it, or says why it has none.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { environmentNames } from "../../core/settings/environment.ts";
import { settingValues } from "../../core/settings/reload/changes.ts";
import { settingsSectionNames } from "../../core/settings/sections/sections.ts";
import {
  definitionOf,
  fieldOf,
  namesOfSection,
  otherPlaces,
  type SettingName,
} from "../../core/settings/setting-definitions.ts";
import { ticketSettingNames } from "../../core/settings/ticket-definitions.ts";
import type { Settings } from "../../core/settings.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";

interface Sample {
  /** A value other than the default, as the environment has it. */
  right: string;
  /** One that is refused; null = every text is right. */
  wrong: string | null;
}

const of = (right: string, wrong: string | null): Sample => ({ right, wrong });
const secret = of("a-secret-1", "two\u0007lines");
const line = of("one line", "two\u0007lines");
const flag = of("true", "perhaps");
const schedule = of("*/7 * * * *", "sometimes");
const proxy = of("http://proxy.example:3128", "proxy.example");
const file = of("/etc/ssl/ca.pem", "a\u0007b");
const object = of('{"customfield_1":"x"}', "[1]");
const minutes = of("77", "0");
const policy = of("assignee=ours", "status=sometimes");
const meanings = of('{"waiting":"OPEN"}', '{"waiting":"LATER"}');
const url = of("https://one.example", "ftp://one.example");
const table = of("Fault", "not a table!");

const samples: Readonly<Record<string, Sample>> = {
  JIRA_URL: url,
  JIRA_EMAIL: line,
  JIRA_API_TOKEN: secret,
  JIRA_PROJECT_KEY: of("SEC", "sec"),
  JIRA_ISSUE_TYPE: line,
  JIRA_ENABLED: flag,
  JIRA_DEPLOYMENT: of("cloud", "moon"),
  JIRA_CA_FILE: file,
  JIRA_PROXY: proxy,
  JIRA_EXTRA_FIELDS: object,
  JIRA_TRANSITION_FIELDS: object,
  JIRA_WEBHOOK_SECRET: secret,
  JIRA_SYNC_SCHEDULE: schedule,
  JIRA_STATUS_MAP: meanings,
  JIRA_FALSE_POSITIVE_RESOLUTIONS: of("Noise", ",x".repeat(101)),
  JIRA_FIELD_POLICY: policy,
  SERVICENOW_INSTANCE: of("acme", "two words"),
  SERVICENOW_USERNAME: line,
  SERVICENOW_PASSWORD: secret,
  SERVICENOW_ASSIGNMENT_GROUP: line,
  SERVICENOW_ENABLED: flag,
  SERVICENOW_TABLE: of("u_fault", "Fault!"),
  SERVICENOW_CA_FILE: file,
  SERVICENOW_PROXY: proxy,
  SERVICENOW_EXTRA_FIELDS: object,
  SERVICENOW_CLOSE_FIELDS: object,
  SERVICENOW_WEBHOOK_SECRET: secret,
  SERVICENOW_STATE_VALUES: of('{"OPEN":"10","IN_PROGRESS":"2","CLOSED":"6","FALSE_POSITIVE":"8"}', '{"OPEN":"1"}'),
  SERVICENOW_STATE_MAP: meanings,
  SERVICENOW_CLOSE_CODE: line,
  SERVICENOW_FALSE_POSITIVE_CLOSE_CODE: line,
  SERVICENOW_FIELD_POLICY: policy,
  SNOW_SYNC_SCHEDULE: schedule,
  SNOW_UPDATE_CADENCE_HOURS: of("12.5", "-1"),
  TICKET_INTEGRATION: of("proactive", "other"),
  PROACTIVE_SNOW_BASE_URL: url,
  PROACTIVE_SNOW_APP_ID: line,
  PROACTIVE_SNOW_SECRET: secret,
  PROACTIVE_SNOW_TABLE: table,
  PROACTIVE_SNOW_SOURCE: of("Other_services", "two words"),
  PROACTIVE_SNOW_SERVICE_IDENTIFIER: line,
  PROACTIVE_SNOW_VERIFY_SSL: of("false", "perhaps"),
  PROACTIVE_SNOW_CA_FILE: file,
  PROACTIVE_SNOW_PROXY: proxy,
  AUTO_PUSH_ENABLED: flag,
  AUTO_PUSH_MIN_SEVERITY: of("HIGH", "WORSE"),
  AUTO_PUSH_SYSTEMS: of("jira,servicenow", "fax"),
  AUTO_PUSH_CAMPAIGNS: of("each", "some"),
  RETRY_MAX_RETRIES: of("3", "21"),
  RETRY_BASE_DELAY_SECONDS: of("30", "0"),
  RETRY_MAX_DELAY_SECONDS: of("900", "0"),
  RETRY_SCHEDULE: schedule,
  UNKNOWN_LOOKUP_DELAYS_SECONDS: of("30,60", "60,30"),
  UNKNOWN_OUTCOME: of("ask", "guess"),
  SLA_CRITICAL_MINUTES: minutes,
  SLA_HIGH_MINUTES: minutes,
  SLA_MEDIUM_MINUTES: minutes,
  SLA_LOW_MINUTES: minutes,
  RHYTHMX_BASE_URL: url,
  TICKET_ROUTES: of('{"North":{"jira_project":"NOR"}}', '{"North":{"jira_project":"nor"}}'),
  MASK_PATTERNS: of('["badge \\\\d{6}"]', '["("]'),
  TICKET_USERS: of('{"jane":{"jira":"5b10"}}', '{"jane":{"fax":"1"}}'),
  RHYTHMX_TRUSTED_PROXIES: of("10.0.0.0/8,192.0.2.1", "10.0.0.0/99"),
  RHYTHMX_DEFAULT_ENTITY: of("Plant North", "a\u0007b"),
  RHYTHMX_LOG_LEVEL: of("debug", "loud"),
  RHYTHMX_LOG_FORMAT: of("text", "xml"),
  RHYTHMX_RETENTION_DAYS: of("400", "0"),
  RHYTHMX_AUDIT_RETENTION_DAYS: of("730", "1.5"),
  RHYTHMX_BACKUP_SCHEDULE: of("30 2 * * *", "30 2 31 2 *"),
  RHYTHMX_BACKUP_DIR: of("/tmp/rhythmx-backups", "a\u0007b"),
  RHYTHMX_BACKUP_KEEP: of("3", "0"),
  RHYTHMX_MIN_FREE_BYTES: of("1048576", "-1"),
  RHYTHMX_MIN_FREE_PERCENT: of("0.5", "100"),
  QUALIFY_MIN_SCORE: of("55", "101"),
  SHARED_ACCOUNTS: of("kiosk,till", "a\u0007b"),
  HOST_SHORT_NAMES: flag,
  CASE_PATTERNS: of(
    '{"patterns":[{"type":"impact","enabled":false}]}',
    '{"patterns":[{"type":"impact","min_alert":1}]}',
  ),
  FLOORS: of('{"floors":[{"name":"web_shell","enabled":false}]}', '{"floors":[{"name":"own"}]}'),
};

const rows = settingsSectionNames.flatMap((section) =>
  namesOfSection(section).map((name) => ({ name, section, field: fieldOf(section, name) })),
);
const sample = (name: SettingName): Sample => samples[name] ?? of("", null);

/** The request that saves a section with these. */
const bodyOf = (section: string) =>
  Object.fromEntries(
    rows.filter((row) => row.section === section).map(({ name, field }) => [field, sample(name).right]),
  );

test("every name of the environment can be saved, or there is a reason", () => {
  const savable = new Set<string>(rows.map(({ name }) => name));
  expect(Object.keys(samples).sort()).toEqual([...savable].sort());
  for (const name of [...environmentNames, ...ticketSettingNames, ...Object.keys(otherPlaces)])
    expect([name, savable.has(name) || fixedReason(name).length > 20]).toEqual([name, true]);
});

let listed: { setting: string; fixed: string | null }[] = [];
const fixedReason = (name: string) =>
  listed.find(({ setting, fixed }) => setting === name && fixed !== null)?.fixed ?? "";

let edge: TestAppliance;
let admin: ApiClient;
beforeAll(async () => {
  edge = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  admin = await ApiClient.asUser(edge, "boss", "admin");
  listed = (await admin.get("/api/settings")).body.settings;
});
afterAll(() => edge.dispose());

/** What a field shows when it has this value. */
const shown = ({ name }: { name: SettingName }) =>
  definitionOf(name).secret ? { configured: true } : { value: sample(name).right };

describe("saved", () => {
  test("a wrong value is refused at its field, and nothing is saved", async () => {
    for (const { name, section, field } of rows) {
      const { wrong } = sample(name);
      if (wrong === null) continue;
      const path = `/api/settings/${section}`;
      const checked = await admin.send("POST", `${path}/check`, { [field]: wrong });
      const reason = checked.body.errors.find((error: { name: string }) => error.name === field)?.reason ?? "";
      expect([name, reason.length > 10]).toEqual([name, true]);
      const refused = await admin.send("PUT", path, { [field]: wrong });
      expect([name, refused.status, refused.body.errors]).toEqual([name, 400, checked.body.errors]);
      expect([name, (await admin.get(path)).body.fields[field].source]).toEqual([name, "default"]);
    }
  });

  test("each section is in force, in the audit log with old and new, and there after a restart", async () => {
    for (const section of settingsSectionNames) {
      const { status, body } = await admin.send("PUT", `/api/settings/${section}`, bodyOf(section));
      expect([section, status]).toEqual([section, 200]);
      for (const row of rows.filter((one) => one.section === section))
        expect([row.name, body.fields[row.field]]).toEqual([
          row.name,
          expect.objectContaining({ ...shown(row), source: "saved", pinned: false, setting: row.name }),
        ]);
      const { entries } = (await admin.get("/api/audit?action=settings.save&limit=1")).body;
      expect(entries[0].target).toBe(section);
      const changed = (entries[0].detail.changes as { name: string; old: unknown; new: unknown }[]).map((change) => [
        change.name,
        change.old,
        change.new,
      ]);
      expect(changed.sort()).toEqual(
        rows
          .filter((one) => one.section === section)
          .map(({ name }) => [name, null, definitionOf(name).secret ? "(secret)" : sample(name).right])
          .sort(),
      );
    }
    edge = await edge.restarted();
    admin = await ApiClient.asUser(edge, "boss2", "admin");
    for (const section of settingsSectionNames) {
      const { fields } = (await admin.get(`/api/settings/${section}`)).body;
      for (const row of rows.filter((one) => one.section === section))
        expect([row.name, fields[row.field]]).toEqual([
          row.name,
          expect.objectContaining({ ...shown(row), source: "saved" }),
        ]);
    }
  });

  test("they count in what the appliance does, after the restart too", async () => {
    const told = new Map<string, string | null>(
      settingValues(edge.told.at(-1) as Settings).map(({ name, value }) => [name, value]),
    );
    for (const { name } of rows.filter((row) => environmentNames.some((one) => one === row.name)))
      expect([name, told.get(name)?.replaceAll(", ", ",")]).toEqual([name, sample(name).right]);
    const { correlation } = edge.told.at(-1) as Settings;
    expect(correlation.patterns.some(({ type }) => type === "impact")).toBe(false);
    expect(correlation.floors.some(({ name }) => name === "web_shell")).toBe(false);
    // A shared account: its host is the actor, in the entity of records that name none; the time to close is that of its level.
    await edge.ingest([detection({ user: "kiosk", host: "TILL-7", level: "critical" })]);
    const { incidents } = (await admin.get("/api/incidents?limit=1")).body;
    expect(incidents[0]).toMatchObject({ group_key: "till-7", entity_name: "Plant North" });
    const { body } = await admin.get(`/api/incidents/${incidents[0].incident_id}`);
    expect(body.service_level.target_minutes).toBe(77);
    const backups = (await admin.get("/api/backups")).body;
    expect(backups).toMatchObject({ folder: "/tmp/rhythmx-backups", schedule: "30 2 * * *", keep: 3 });
  });
});

test("pinned by the environment they are shown so, and refused with the place", async () => {
  const env = Object.fromEntries(
    rows
      .filter(({ name }) => name !== "CASE_PATTERNS" && name !== "FLOORS")
      .map(({ name }) => [name, sample(name).right]),
  );
  const pinned = await TestAppliance.start({ env: { ...env, RHYTHMX_ADMIN_PASSWORD: password } });
  try {
    const boss = await ApiClient.asUser(pinned, "boss", "admin");
    for (const row of rows.filter(({ name }) => name in env)) {
      const path = `/api/settings/${row.section}`;
      const { fields } = (await boss.get(path)).body;
      expect([row.name, fields[row.field]]).toEqual([
        row.name,
        expect.objectContaining({ ...shown(row), source: "environment", pinned: true }),
      ]);
      const refused = await boss.send("PUT", path, { [row.field]: sample(row.name).right });
      expect([row.name, refused.status, refused.body.detail]).toEqual([
        row.name,
        409,
        `${row.field}: ${row.name} is set in environment; change it there`,
      ]);
    }
  } finally {
    await pinned.dispose();
  }
});
