/**
 * Every setting: saved it is in force, also after a restart; a wrong value is refused at its field; pinned by the environment it is shown so and
 * refused; the audit log has what it was and what it is; and the console has a control for it, or says why it has none.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { environmentNames } from "../../core/settings/environment.ts";
import { settingValues } from "../../core/settings/reload/changes.ts";
import { generalSections, settingsSectionNames } from "../../core/settings/sections/sections.ts";
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
import { ConnectProxy } from "../harness/connect-proxy.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { type Sample, samples } from "../harness/setting-samples.ts";

const rows = settingsSectionNames.flatMap((section) =>
  namesOfSection(section).map((name) => ({ name, section, field: fieldOf(section, name) })),
);
const sample = (name: SettingName): Sample => samples[name] ?? { right: "", wrong: null };

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
let boss: ConsoleClient;
beforeAll(async () => {
  edge = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  admin = await ApiClient.asUser(edge, "boss", "admin");
  boss = await ConsoleClient.signedIn(edge, "admin");
  listed = (await admin.get("/api/settings")).body.settings;
});
afterAll(() => edge.dispose());

/** What a field shows when it has this value. */
const shown = ({ name }: { name: SettingName }) =>
  definitionOf(name).secret ? { configured: true } : { value: sample(name).right };

/** The pages of sections; those of ticket systems have tests of their own. */
const pages: Readonly<Record<string, string>> = {
  ...{ correlation: "correlation", sla: "service-levels", routing: "routing", masking: "masking" },
  ...{ retention: "retention", backup: "backups", network: "network", logging: "logging" },
};
const pageOf = (section: string) => `/settings/${pages[section]}`;

/** What a person types for a value: an item a line, and a control for each column of a row. */
function typed(field: string, name: SettingName, text: string): [string, string][] {
  if (name === "MASK_PATTERNS") return [[field, (JSON.parse(text) as string[]).join("\n")]];
  if (name !== "TICKET_ROUTES" && name !== "TICKET_USERS") return [[field, text]];
  return Object.entries(JSON.parse(text) as Record<string, Record<string, string>>).flatMap(([key, values], row) => [
    [`${field}.${row}`, key] as [string, string],
    ...Object.entries(values).map(([column, value]): [string, string] => [`${field}.${row}.${column}`, value]),
  ]);
}
const formOf = (section: string, which: "right" | "wrong") =>
  Object.fromEntries(
    rows
      .filter((row) => row.section === section)
      .flatMap(({ name, field }) => typed(field, name, sample(name)[which] ?? sample(name).right)),
  );

describe("in the console", () => {
  test("every setting has a control on a page, or the reason why it has none", async () => {
    const { html, text } = await boss.get("/settings");
    for (const { setting, fixed } of listed)
      expect([setting, html.includes(`<code>${setting}</code>`), text.includes(fixed ?? setting)]).toEqual([
        setting,
        true,
        true,
      ]);
    for (const section of generalSections) {
      const page = await boss.get(pageOf(section));
      for (const { field, name } of rows.filter((row) => row.section === section)) {
        const control = typed(field, name, sample(name).right)[0]?.[0] ?? "";
        expect([name, page.html]).toEqual([name, expect.stringContaining(` name="${control}"`)]);
        // What is accepted, and what holds without it.
        const hint = page.html.split(`id="${field}-hint"`)[1]?.split("</span>")[0] ?? "";
        expect([name, hint.length > 40]).toEqual([name, true]);
      }
    }
  });

  test("what is wrong stands at its field, what was typed is there again, and nothing is saved", async () => {
    for (const section of generalSections) {
      const path = pageOf(section);
      const answer = await boss.fill(await boss.get(path), `/console${path}/save`, formOf(section, "wrong"));
      expect([section, answer.status]).toEqual([section, 422]);
      for (const { field, name } of rows.filter((row) => row.section === section)) {
        const { wrong } = sample(name);
        // Check boxes and choices offer nothing that is wrong.
        if (name === "HOST_SHORT_NAMES" || wrong === null) continue;
        expect([name, answer.html]).toEqual([name, expect.stringContaining(`class="hint bad" id="${field}-hint"`)]);
      }
      const { fields } = (await admin.get(`/api/settings/${section}`)).body;
      expect(new Set(Object.values(fields as Record<string, { source: string }>).map(({ source }) => source))).toEqual(
        new Set(["default"]),
      );
    }
  });
});

test("what is typed is shown for what it would mean, and is not saved", async () => {
  const seen = [detection({ entity: "North", user: "till" }), detection({ entity: "South", user: "jane" })];
  await edge.ingest(seen);
  const preview = async (section: string, typed: Record<string, string>) => {
    const path = pageOf(section);
    return (await boss.fill(await boss.get(path), `/console${path}/save`, typed, `/console${path}/check`)).text;
  };
  const text = "badge 123456 ran tool --password S3cretPass99!";
  expect(await preview("masking", { mask_patterns: "\\d{6}", sample: text })).toContain(
    "the patterns above mask more than is masked anyway. badge ******** ran tool --password ******** Changes count",
  );
  expect(await preview("masking", { mask_patterns: "x\n(", sample: text })).toContain("pattern 2: missing closing )");
  const routed = { "ticket_routes.0": "north", "ticket_routes.0.jira_project": "NOR", "ticket_routes.1": "Nrth" };
  expect(await preview("routing", routed)).toMatch(
    /North 1 not in use .*South no row of its own .*came in these days: nrth/,
  );
  expect(await preview("correlation", { shared_accounts: "TILL" })).toContain(
    "1 user that was an actor is among these accounts: what comes of them from now on is their hosts'. Their incidents stay. till North",
  );
  const body = { fields: { shared_accounts: "jane,till" } };
  expect((await admin.send("POST", "/api/settings/correlation/preview", body)).body).toMatchObject({ count: 2 });
  // What could not be saved is not tried, and told.
  const ahead = { fields: { mask_patterns: ["a+(?=b)"] }, text: "aab" };
  const refused = await admin.send("POST", "/api/settings/masking/preview", ahead);
  expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining("cannot look ahead")]);
  // What other engines would try every way is tried at once.
  const endless = { fields: { mask_patterns: ["(a|a)*b"] }, text: "a".repeat(3_999) };
  const tried = await admin.send("POST", "/api/settings/masking/preview", endless);
  expect([tried.status, tried.body.masked]).toEqual([200, endless.text]);
  expect((await admin.send("POST", "/api/settings/sla/preview", {})).status).toBe(404);
  for (const section of generalSections) expect((await admin.get(`/api/settings/${section}`)).body.saved).toBeNull();
});

test("retention that is shortened says what will be removed, and takes the own password", async () => {
  const old = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  try {
    await old.ingest([detection(), detection({ user: "other", level: "low", rule_id: "b" })]);
    old.clock.skip(10 * 24 * 60 * 60_000);
    const person = await ConsoleClient.signedIn(old, "admin");
    const path = "/settings/retention";
    const save = `/console${path}/save`;
    const shown = await person.fill(await person.get(path), save, { days: "5" }, `/console${path}/check`);
    expect(shown.text).toMatch(/With 5 days of data and 365 of the audit log: 2 alerts, 2 events\./);
    const held = await person.fill(await person.get(path), save, { days: "5" });
    expect([held.status, held.text]).toEqual([
      422,
      expect.stringContaining("except from a backup: 2 alerts, 2 events."),
    ]);
    const wrong = await person.fill(held, save, { own_password: "not my password" });
    expect([wrong.status, wrong.text]).toEqual([422, expect.stringContaining("for a shorter time")]);
    const days = async () => old.told.at(-1)?.retentionDays;
    expect(await days()).not.toBe(5);
    const saved = await person.fill(held, save, { own_password: password });
    expect([saved.at, await days()]).toEqual([path, 5]);
    // Longer again needs no password.
    expect((await person.fill(await person.get(path), save, { days: "400" })).at).toBe(path);
  } finally {
    await old.dispose();
  }
});

test("ticket systems are reached by the proxy that was saved, except where it says not", async () => {
  const proxy = await ConnectProxy.started(1);
  try {
    const jira = { url: "https://jira.example", api_token: "token", project_key: "SEC" };
    await admin.send("PUT", "/api/settings/network", { https_proxy: proxy.url });
    await admin.send("POST", "/api/settings/jira/test", jira);
    expect(new Set(proxy.asked.splice(0))).toEqual(new Set(["jira.example:443"]));
    await admin.send("PUT", "/api/settings/network", { no_proxy: ".example" });
    await admin.send("POST", "/api/settings/jira/test", jira);
    expect(proxy.asked).toEqual([]);
  } finally {
    proxy.stop();
    await admin.send("PUT", "/api/settings/network", { https_proxy: null, no_proxy: null });
  }
});

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
      const path = pageOf(section);
      if (section in pages) {
        const saved = await boss.fill(await boss.get(path), `/console${path}/save`, formOf(section, "right"));
        expect([section, saved.at, saved.text]).toEqual([section, path, expect.stringContaining("saved and in force")]);
      } else expect((await admin.send("PUT", `/api/settings/${section}`, bodyOf(section))).status).toBe(200);
      const { body } = await admin.get(`/api/settings/${section}`);
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
    expect(backups).toMatchObject({ folder: "/tmp/rhythmx-backups", schedule: "30 2 * * *", keep: 9 });
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
    const reader = await ApiClient.asUser(pinned, "boss", "admin");
    for (const row of rows.filter(({ name }) => name in env)) {
      const path = `/api/settings/${row.section}`;
      const { fields } = (await reader.get(path)).body;
      expect([row.name, fields[row.field]]).toEqual([
        row.name,
        expect.objectContaining({ ...shown(row), source: "environment", pinned: true }),
      ]);
      const refused = await reader.send("PUT", path, { [row.field]: sample(row.name).right });
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
