/**
 * `npm run screenshots [-- NAME…]`: docs/screenshots/, every page (or those named) of the console light and dark at 1280 and 390 pixels.
 * An appliance with the sample of this repository, its times moved to now, in three entities; Jira takes tickets, ServiceNow refuses some,
 * and one syslog destination is away.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestBrowser, type TestWindow, themes, widths } from "../harness/browser.ts";
import { freePort } from "../harness/free-port.ts";
import { cleanUpScenes, deliveries, login, type Scene, scene } from "../harness/ticket-scene.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "docs/screenshots");
const entities = ["Primary Site", "North Plant", "Harbour Clinic"];
/** Of WebP, 0 to 100: texts are sharp, and all of them are less than 5 MB. */
const quality = 42;
/** Longer pages are cut off. Pixels. */
const highest = { 1280: 1500, 390: 1700 } as const;

async function pagesOf(it: Scene): Promise<Record<string, string>> {
  const admin = await login(it);
  const get = async (path: string) => (await admin.get(path)).body;
  const { incidents } = await get("/api/incidents?sort_by=risk_score&limit=1");
  const { cases } = await get("/api/cases/search?limit=1");
  const { data } = await get("/api/v1/feed/alerts?limit=1");
  const { campaigns } = await get("/api/campaigns");
  const { exceptions } = await get("/api/exceptions");
  const refused = await deliveries(it, "state=parked");
  const incident = `/incidents/${incidents[0].incident_id}`;
  return {
    overview: "/",
    incidents: "/incidents",
    incident,
    "preview-jira": `${incident}/preview/jira`,
    "preview-servicenow": `${incident}/preview/servicenow`,
    cases: "/cases",
    case: `/cases/${cases[0].case_id}`,
    alerts: "/alerts",
    alert: `/alerts/${data[0].hash}`,
    campaigns: "/campaigns",
    ...(campaigns.length === 0 ? {} : { campaign: `/campaigns/${campaigns[0].campaign_id}` }),
    deliveries: "/deliveries",
    ...(refused.length === 0 ? {} : { delivery: `/deliveries/${refused[0].id}` }),
    integrations: "/settings/integrations",
    ...Object.fromEntries([
      ...["alert-syslog", "jira", "servicenow", "proactive", "auto-push", "retries"].map(
        (name) => [name, `/settings/integrations/${name}`] as const,
      ),
    ]),
    destination: "/settings/integrations/alert-syslog/destinations/soc",
    pack: "/settings/packs/syslog",
    settings: "/settings",
    ...Object.fromEntries(["correlation", "routing", "masking"].map((name) => [name, `/settings/${name}`])),
    system: "/system",
    packs: "/settings/packs",
    account: "/account",
    users: "/users",
    user: "/users/dana",
    "new-user": "/new-user",
    keys: "/keys",
    "new-key": "/keys/new",
    audit: "/audit",
    exceptions: "/exceptions",
    ...(exceptions.length === 0 ? {} : { exception: `/exceptions/${exceptions[0].id}` }),
    assets: "/assets",
  };
}

async function filled(): Promise<Scene> {
  // Set up in the console, so that its forms can be changed.
  const names = ["URL", "EMAIL", "API_TOKEN", "PROJECT_KEY", "ENABLED"].map((name) => `JIRA_${name}`);
  const others = ["INSTANCE", "USERNAME", "PASSWORD", "ENABLED", "ASSIGNMENT_GROUP"].map(
    (name) => `SERVICENOW_${name}`,
  );
  const push = ["ENABLED", "MIN_SEVERITY", "SYSTEMS", "CAMPAIGNS"].map((name) => `AUTO_PUSH_${name}`);
  const it = await scene(Object.fromEntries([...names, ...others, ...push].map((name) => [name, ""])));
  const soc = { name: "soc", preset: "rsyslog", protocol: "tcp", host: "127.0.0.1", port: await freePort() };
  const account = { email: "soc@acme.example", api_token: "jira-token-1" };
  const team = { username: "rhythmx", password: "snow-password-1", assignment_group: "SOC Team" };
  for (const [section, values] of Object.entries({
    alert_syslog: { syslog: [soc] },
    incident_syslog: { syslog: [{ ...soc, name: "case-desk", protocol: "relp", min_risk: 60 }] },
    jira: { url: it.jira.url, ...account, project_key: "SEC", enabled: true },
    servicenow: { instance: it.snow.url, ...team, enabled: true },
    auto_push: { enabled: true, min_severity: "HIGH", systems: ["jira", "servicenow"], campaigns: "each" },
  })) {
    const { status, body } = await it.admin.send("PUT", `/api/settings/${section}`, values);
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
  it.snow.faults = ({ method }) =>
    method === "POST" && it.snow.rows.length >= 3
      ? {
          when: "before",
          what: {
            as: 403,
            body: { error: { message: "Insufficient rights", detail: "assignment_group is read-only" } },
          },
        }
      : null;
  const lines = gunzipSync(readFileSync(join(root, "test/data/detections/alerts.jsonl.gz")))
    .toString()
    .trim()
    .split("\n");
  const chosen = lines.filter((_, at) => at % 3 === 0).slice(0, 1200);
  const now = it.appliance.clock.now();
  const records = chosen.map((line, at) => ({
    ...JSON.parse(line),
    entity: entities[at % 3],
    timestamp: new Date(now - (chosen.length - at) * 60_000).toISOString(),
  }));
  for (let at = 0; at < records.length; at += 300) await it.appliance.ingest(records.slice(at, at + 300));
  await it.appliance.clock.advance(60_000);
  await Bun.sleep(5_000);
  await ApiClient.asUser(it.appliance, "dana", "analyst");
  const dana = await ApiClient.loggedIn(it.appliance, "dana");
  const { incidents } = (await dana.get("/api/incidents?sort_by=risk_score&limit=3")).body;
  await dana.patch(`/api/incidents/${incidents[0].incident_id}`, {
    assigned_analyst: "dana",
    investigation_notes: "Looked at the parent process: it is not ours.",
  });
  const { alerts_by_rule: rules } = (await dana.get(`/api/incidents/${incidents[1].incident_id}`)).body;
  const actor = incidents[1].group_key;
  await dana.post("/api/exceptions", {
    actor,
    rule: rules[0].rule_title,
    reason: "Nightly backup of the file servers",
  });
  const admin = await login(it);
  await admin.patch("/api/assets", {
    set: [
      { host: "dc01.corp.example", role: "domain_controller", aliases: ["10.0.0.5"] },
      { host: "fs01", role: "server", criticality: "high" },
      { account: "svc-backup", role: "backup" },
    ],
  });
  await admin.post("/api/keys", { name: "SOAR", scopes: ["feed:read", "incident:write"], expires_in_days: 365 });
  await admin.post("/api/keys", {
    name: "Old collector",
    scopes: ["ingest"],
    entities: ["North Plant"],
    expires_in_days: 9,
  });
  await admin.patch("/api/users/dana", { display_name: "Dana Scully" });
  return it;
}

async function picture(window: TestWindow, width: (typeof widths)[number], name: string): Promise<number> {
  const session = await window.context.newCDPSession(window.page);
  const height = await window.page.evaluate<number>("document.documentElement.scrollHeight");
  const clip = { x: 0, y: 0, width, height: Math.min(height, highest[width]), scale: width > 600 ? 1 : 0.5 };
  // What sticks to the foot of the window is at the foot of the picture.
  await window.page.setViewportSize({ width, height: clip.height });
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp",
    quality,
    clip,
    captureBeyondViewport: true,
  });
  await session.detach();
  const bytes = Buffer.from(data, "base64");
  writeFileSync(join(folder, `${name}.webp`), bytes);
  return bytes.length;
}

mkdirSync(folder, { recursive: true });
const it = await filled();
const browser = await TestBrowser.start();
const pages = await pagesOf(it);
let bytes = 0;
const window = await browser.open(it.appliance.appliance.apiUrl, { width: 1280 });
const take = async (name: string, path: string) => {
  await window.page.goto(path, { waitUntil: "domcontentloaded" });
  await window.page.locator("h1").first().waitFor();
  for (const width of widths)
    for (const theme of themes) {
      await window.look(theme, width);
      for (const fault of await window.plainFaults()) console.error(`${name} ${theme} ${width}: ${fault}`);
      bytes += await picture(window, width, `${name}-${theme}-${width}`);
    }
  console.log(name);
};
const asked = process.argv.slice(2);
const isWanted = (name: string) => asked.length === 0 || asked.includes(name);
if (isWanted("sign-in")) await take("sign-in", "/sign-in");
await window.look("light", 1280);
await window.signIn("admin", password);
for (const [name, path] of Object.entries(pages)) if (isWanted(name)) await take(name, path);
console.log(`${folder}: ${Math.round(bytes / 1000)} kB`);
await browser.close();
await cleanUpScenes();
process.exit(0);
