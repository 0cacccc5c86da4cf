/** From an unconfigured appliance to two real receivers by the console's pages alone, in a browser. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Locator } from "playwright-core";
import { password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { TestBrowser, type TestWindow } from "../harness/browser.ts";
import { installed, Rsyslog } from "../harness/rsyslog.ts";
import { SyslogNg, syslogNgUnpacked } from "../harness/syslog-ng.ts";

const ready = installed("rsyslogd", "rsyslog") && syslogNgUnpacked();
const alerts = "/settings/integrations/alert-syslog";

let edge: TestAppliance;
let browser: TestBrowser;
let window: TestWindow;

beforeAll(async () => {
  edge = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  browser = await TestBrowser.start();
  window = await browser.open(edge.appliance.apiUrl);
  await window.signIn("admin", password);
});
afterAll(async () => {
  await browser?.close();
  await edge?.dispose();
});

/** Waits for words on the page. */
const said = (words: string | RegExp) => window.page.getByText(words).first().waitFor();
const follow = (link: Locator) => window.leads(() => link.click());
const button = (name: string) => window.page.getByRole("button", { name, exact: true }).click();
const field = (label: string) => window.page.getByLabel(label, { exact: true });

test.skipIf(!ready)("two destinations are set up, tested and told, and a message arrives at each", async () => {
  const rsyslog = await Rsyslog.started("imtcp");
  const syslogNg = await SyslogNg.started(`syslog(ip("127.0.0.1") port(PORT) transport("tcp"))`);
  try {
    const { page } = window;
    await page.goto("/settings/integrations");
    await follow(page.locator("#alert_syslog").getByRole("link", { name: "Set up" }));
    for (const [name, preset, port] of [
      ["rsyslog-1", "rsyslog", rsyslog.port],
      ["ng-1", "syslog-ng", syslogNg.port],
    ] as const) {
      await follow(page.getByRole("link", { name: "Add destination" }));
      await field("Name").fill(name);
      await field("Preset").selectOption(preset);
      await field("Host").fill("127.0.0.1");
      // What is wrong is told before anything is sent.
      await field("Port").fill("99999");
      await field("Port").press("Tab");
      await said("found 99999; accepted: a whole number from 1 to 65535");
      await field("Port").fill(String(port));
      await button("Test Connection");
      await said("The test has passed");
      await button("Send test message");
      await said("The test message is out");
      await button("Show message");
      await said("The exact bytes");
      expect(await window.faults()).toEqual([]);
      await button("Save");
      await said(`${name}: saved and in force.`);
    }
    await edge.ingest([detection({ user: "anna" })]);
    await until(() => rsyslog.messages().some((message) => message.includes(" FIRST ")));
    await syslogNg.until((messages) => messages.some((message) => message.includes("|FIRST|")));
    expect(rsyslog.messages().filter((message) => message.includes(" TEST "))).toHaveLength(1);
    await page.goto(alerts);
    expect(await page.locator("#destination-table").textContent()).toMatch(/rsyslog-1.*Connected.*ng-1.*Connected/);
  } finally {
    await rsyslog.remove();
    await syslogNg.remove();
  }
});

test("what is not saved is kept in the browser without its secrets, and somebody else's save is not overwritten", async () => {
  const { page } = window;
  await page.goto(`${alerts}/add`);
  await field("Name").fill("kept");
  await field("Protocol").selectOption("tls");
  await field("Host").fill("kept.example");
  await page.getByLabel("PEM text").last().fill("-----BEGIN PRIVATE KEY-----\nsecret-of-nobody");
  await said("4 changes are not saved: Name, Protocol, Host, Its private key");
  expect(await page.evaluate<string>("JSON.stringify(localStorage)")).not.toContain("secret-of-nobody");
  await page.reload();
  await said("3 changes are not saved: Name, Protocol, Host");
  expect([await field("Host").inputValue(), await field("Protocol").inputValue()]).toEqual(["kept.example", "tls"]);
  await button("Save");
  await said("kept: saved and in force.");
  await page.goto(`${alerts}/add`);
  expect(await page.locator(".savebar").textContent()).toContain("Changes count from the moment they are saved.");
  // Two tabs of two people.
  const one = `${alerts}/destinations/kept`;
  await page.goto(one);
  await field("Host").fill("mine.example");
  const other = await window.tab();
  await other.goto(one);
  await other.getByLabel("Port", { exact: true }).fill("6515");
  await other.getByLabel("Host", { exact: true }).fill("hers.example");
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await other.getByText("kept: saved and in force.").first().waitFor();
  await other.close();
  await button("Save");
  await said("saved here meanwhile");
  await said("Saved now: hers.example");
  expect([await field("Host").inputValue(), await field("Port").inputValue()]).toEqual(["mine.example", "6515"]);
  await button("Save");
  await said("kept: saved and in force.");
  await page.goto(one);
  expect([await field("Host").inputValue(), await field("Port").inputValue()]).toEqual(["mine.example", "6515"]);
  await field("Host").fill("never.example");
  await button("Discard");
  await page.locator("[data-discard]").waitFor({ state: "hidden" });
  expect(await field("Host").inputValue()).toBe("mine.example");
  expect(window.problems.splice(0)).toEqual([]);
});
