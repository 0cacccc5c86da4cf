/**
 * From an unconfigured appliance through the whole of its work, by the console's pages alone and by what they say: the first sign-in, two real
 * receivers, both ticket systems from wrong values to a green test, an attack, a ticket that is moved, one system away and with other credentials,
 * a session that ends in the middle, and what one of the systems refuses, mended by hand.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { TestBrowser, type TestWindow } from "../harness/browser.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { installed, Rsyslog } from "../harness/rsyslog.ts";
import { SyslogNg, syslogNgUnpacked } from "../harness/syslog-ng.ts";
import { pem, serverPair } from "../harness/test-certificates.ts";
import { JiraStandIn } from "../standins/jira.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";

const ready = installed("rsyslogd", "rsyslog rsyslog-relp rsyslog-openssl") && syslogNgUnpacked();
const newPassword = "a river full of otters";
const everySecond = "* * * * * *";

let edge: ApplianceProcess;
let browser: TestBrowser;
let window: TestWindow;
let jira: JiraStandIn;
let snow: ServiceNowStandIn;
let rsyslog: Rsyslog;
let syslogNg: SyslogNg;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (!ready) return;
  const affected = { fieldId: "customfield_10042", name: "Affected service" };
  const started = await Promise.all([
    ApplianceProcess.prepare({ asInstalled: true }).then(async (one) => {
      cleanUp.push(() => one.dispose());
      await one.start();
      return one;
    }),
    TestBrowser.start(),
    new JiraStandIn({ tls: serverPair("server"), required: [affected] }).start(),
    new ServiceNowStandIn().start(),
    Rsyslog.started("imrelp-tls"),
    SyslogNg.started(`syslog(ip("127.0.0.1") port(PORT) transport("tcp"))`),
  ]);
  [edge, browser, jira, snow, rsyslog, syslogNg] = started;
  cleanUp.push(
    () => browser.close(),
    () => jira.stop(),
    () => snow.stop(),
    () => rsyslog.remove(),
    () => syslogNg.remove(),
  );
  window = await browser.open(edge.apiUrl);
});
afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

const said = (words: string | RegExp) => window.page.getByText(words).first().waitFor();
const press = (name: string) => window.page.getByRole("button", { name, exact: true }).first().click();
const go = (path: string) => window.go(path);
/** Presses what leads to another page. */
const follow = (role: "link" | "button", name: string | RegExp) =>
  window.leads(() =>
    window.page
      .getByRole(role, { name, exact: typeof name === "string" })
      .first()
      .click(),
  );
const field = (label: string) => window.page.getByLabel(label, { exact: true });
const file = (name: string) => pem(name).toString();

/** Presses Test Connection and waits for these words in its result, or at a field. */
async function testSays(words: string): Promise<void> {
  await press("Test Connection");
  await said(words);
  // A form that is being sent is not sent again.
  await window.page.locator("form[data-sending]").waitFor({ state: "detached" });
}

/** What an earlier save has said can still be there: this one's comes with the page that it leads to. */
async function save(): Promise<void> {
  await follow("button", "Save");
  await said(/saved and in force/);
}

/** Goes there until the page has these words. */
const shows = (path: string, words: string, within = "body") =>
  until(async () => {
    await go(path);
    if ((await window.page.locator(within).getByText(words).count()) > 0) return true;
    await Bun.sleep(200);
    return false;
  });

/** One critical detection of each of these users, by the key that was made in the console. */
async function attack(key: string, users: readonly string[]): Promise<void> {
  const records = users.map((user) => ({
    ...{ rule_title: "LSASS memory dumped", rule_id: "r-1", level: "critical", user, host: `PC-${user}` },
    ...{
      timestamp: new Date().toISOString(),
      tags: ["attack.credential-access", "attack.t1003"],
      raw: { EventID: 10 },
    },
  }));
  const answer = await fetch(`${edge.apiUrl}/api/v1/ingest/detections`, {
    method: "POST",
    headers: { "X-API-Key": key, "Content-Type": "application/json" },
    body: JSON.stringify(records),
    tls: { rejectUnauthorized: false },
  });
  expect(((await answer.json()) as { accepted: number }).accepted).toBe(users.length);
}

test.skipIf(!ready)("the whole work of the appliance, by the console alone", async () => {
  const { page } = window;

  // The first sign-in.
  const initial = readFileSync(join(edge.folder, "data/initial-admin-password"), "utf8").trim();
  await window.signIn("admin", initial);
  await page.getByRole("heading", { level: 1, name: "Choose a password" }).waitFor();
  await page.getByLabel("Present password").fill(initial);
  await page.getByLabel("New password").fill("short");
  await press("Save");
  await said("New password: 12 characters or more.");
  await page.getByLabel("New password").fill(newPassword);
  await press("Save");
  await said("No detection has come yet");

  // rsyslog over RELP and TLS, which wants a certificate of ours; then syslog-ng.
  await go("/settings/integrations/alert-syslog");
  await follow("link", "Add destination");
  await field("Name").fill("rsyslog-1");
  await field("Preset").selectOption("rsyslog");
  await field("Protocol").selectOption({ label: "RELP over TLS" });
  await field("Host").fill("127.0.0.1");
  await field("Port").fill(String(rsyslog.port));
  await testSays("set “Authority of the receiver (CA)” to the CA that issued it");
  await page.getByLabel("PEM text").nth(0).fill(file("ca.pem"));
  await testSays("check the port, and “Our certificate” and “Its private key”");
  await page.getByLabel("PEM text").nth(1).fill(file("client.pem"));
  await page.getByLabel("PEM text").nth(2).fill(file("server.key"));
  await testSays("is the key of another certificate");
  await page.getByLabel("PEM text").nth(2).fill(file("client.key"));
  await testSays("The test has passed");
  await press("Send test message");
  await said("the receiver has acknowledged it");
  await save();
  await follow("link", "Add destination");
  await field("Name").fill("ng-1");
  await field("Preset").selectOption("syslog-ng");
  await field("Host").fill("127.0.0.1");
  await field("Port").fill(String(syslogNg.port));
  await press("Send test message");
  await said("The test message is out");
  await save();
  await rsyslog.until((messages) => messages.some((message) => message.includes(" TEST ")));
  await syslogNg.until((messages) => messages.some((message) => message.includes("|TEST|")));

  // Jira: whatever is wrong, the test says where.
  await go("/settings/integrations/jira");
  await testSays("“Address”, “API token”, “Project” must be set");
  await field("Address").fill("jira.acme.example");
  await field("E-mail of the account").fill("soc@acme.example");
  await field("API token").fill("of another account");
  await field("Project").fill("NOPE");
  await testSays("an https address");
  await field("Address").fill("https://127.0.0.1:1");
  await testSays("nothing answers at this address");
  await field("Address").fill(`${jira.url}/jira`);
  await testSays("give that authority as “Certificate authority”");
  await field("Certificate authority").fill(file("server.key"));
  await testSays("the text of certificates in PEM without a private key");
  const image = { name: "disk.img", mimeType: "application/octet-stream", buffer: Buffer.alloc(300_000, 65) };
  await page.getByLabel("Certificate authority from a file").setInputFiles(image);
  await said("disk.img is no certificate or key");
  await page.getByLabel("Certificate authority from a file").setInputFiles(join(import.meta.dir, "../data/tls/ca.pem"));
  // It is read aside.
  await until(async () => (await field("Certificate authority").inputValue()) === file("ca.pem"));
  await testSays("there is no Jira at this address");
  await field("Address").fill(jira.url);
  await testSays("user name, password or token does not hold");
  await field("API token").fill("jira-token-1");
  await testSays("this account sees no project NOPE: check “Project”");
  await field("Project").fill("SEC");
  await testSays("Affected service (customfield_10042); give them in “Fields of new tickets”");
  // It is not enabled as long as no ticket could be made.
  await field("Enabled").check();
  await press("Save");
  await said("It was not enabled");
  await field("Fields of new tickets: field, row 1").fill("customfield_10042");
  await field("Fields of new tickets: value, row 1").fill('{"value": "Email"}');
  await field("Look for changes").fill(everySecond);
  await save();

  // ServiceNow.
  await go("/settings/integrations/servicenow");
  await field("Instance").fill(snow.url);
  await field("User name of the account").fill("rhythmx");
  await field("Password").fill("of another account");
  await field("Assignment group").fill("No Such Team");
  await testSays("user name, password or token does not hold");
  await field("Password").fill("snow-password-1");
  await testSays("there is no such group");
  await field("Assignment group").fill("SOC Team");
  await testSays("The test has passed");
  await field("Enabled").check();
  await field("Look for changes").fill(everySecond);
  await save();

  // What is pushed, and when what failed goes again.
  await go("/settings/integrations/retries");
  await field("Seconds before the first").fill("1");
  await field("When they are made").fill(everySecond);
  await said("Tried again 1 s, then 2 s");
  // The session ends meanwhile; what was typed is saved after another sign-in over the page.
  const other = await window.tab();
  await other.goto("/");
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL("**/sign-in");
  await other.close();
  await press("Save");
  const again = page.getByRole("dialog", { name: "Sign in again" });
  await again.getByLabel("Password").fill(newPassword);
  await again.getByRole("button", { name: "Sign in" }).click();
  await said(/saved and in force: Seconds before the first, When they are made/);
  await go("/settings/integrations/auto-push");
  await said("There was no incident in the last 7 days.");
  await field("Enabled").check();
  await field("ServiceNow").check();
  await field("Incidents of a campaign").selectOption({ label: "A ticket for each" });
  await save();

  // A key, which its page shows once.
  await go("/keys/new");
  await page.getByLabel(/^Name/).fill("sensor");
  await page.getByLabel(/^Send detections and alarms/).check();
  await page.getByLabel("Your own password").fill(newPassword);
  await press("Create key");
  await said("Copy it now");
  const key = (await page.locator("#key-text").textContent())?.trim() ?? "";
  await go("/keys");
  expect(await page.locator("main").textContent()).not.toContain(key);
  await page.goBack();
  expect(await page.locator("body").textContent()).not.toContain(key);

  // The attack arrives in both receivers and in both ticket systems.
  await attack(key, ["anna"]);
  await rsyslog.until((messages) => messages.some((message) => message.includes(" FIRST ")));
  await syslogNg.until((messages) => messages.some((message) => message.includes("|FIRST|")));
  await until(() => jira.issues.length === 1 && snow.rows.length === 1);
  await go("/incidents");
  await follow("link", /LSASS memory dumped/);
  await said("SEC-1");
  await said("INC0010000");

  // A ticket that is moved moves the incident, and the other way round.
  jira.move("SEC-1", "In Progress");
  await page.locator("#status-shown", { hasText: "In progress" }).waitFor();
  // A control with the focus is not redrawn.
  await page.locator("select[name=status]").focus();
  await page.locator("select[name=status]").selectOption("CLOSED");
  await page.getByLabel("Why", { exact: true }).fill("Host isolated and reinstalled");
  await press("Set status");
  await until(() => jira.issue("SEC-1").status === "Done" && snow.rows[0]?.state === "6");

  // ServiceNow is away, then back with another password.
  await snow.stop();
  await attack(key, ["bob", "carol", "dave"]);
  await until(() => jira.issues.length === 4);
  await shows("/settings/integrations", "ServiceNow does not answer", "#servicenow");
  snow.options.credentials = "rhythmx:another-password";
  await snow.start();
  await shows("/deliveries", "does not hold");
  await go("/settings/integrations/servicenow");
  await field("Password").fill("another-password");
  await testSays("The test has passed");
  await save();
  // What had stood still goes on by itself.
  await until(() => snow.rows.length === 4);
  await shows("/deliveries", "Nothing stands still.");

  // Jira requires another field from now on: what it refuses is mended by hand, one of two; then the setting, and the other one goes.
  jira.options.required.push({ fieldId: "customfield_10043", name: "Cost centre" });
  await attack(key, ["erin", "frank"]);
  await shows("/deliveries?state=parked", "The request is refused, 2 parked");
  await window.leads(() => page.locator("#list tbody a").first().click());
  await said("Cost centre");
  await page.getByText("Mend the request first").click();
  await page.getByLabel(/^Fields to replace, as JSON/).fill('{"customfield_10043": "4711"}');
  await follow("button", "Retry");
  await until(() => jira.issues.length === 5);
  await go("/deliveries?state=parked");
  await follow("link", "Mend the extra fields");
  await field("Fields of new tickets: field, row 2").fill("customfield_10043");
  await field("Fields of new tickets: value, row 2").fill("0815");
  await save();
  await until(() => jira.issues.length === 6);

  // What auto-push has taken of the last days, and would have by another choice.
  await go("/settings/integrations/auto-push");
  await said("6 of 6 incidents of the last 7 days would have been pushed.");

  // One ticket for each incident in each system, and everything that was saved is in the audit.
  await until(() => snow.rows.length === 6);
  expect(jira.issues).toHaveLength(6);
  expect(new Set(jira.issues.map(({ fields }) => fields.summary)).size).toBe(6);
  expect(new Set(snow.rows.map(({ correlation_id }) => correlation_id)).size).toBe(6);
  await go("/audit?kind=settings");
  const audit = (await page.locator("main").textContent()) ?? "";
  for (const words of ["rsyslog-1", "ng-1", "jira", "servicenow", "retry", "auto_push"]) expect(audit).toContain(words);
  expect(window.problems).toEqual([]);
});
