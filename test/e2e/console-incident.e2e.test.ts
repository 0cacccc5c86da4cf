/** The page of an incident in a browser: the raw log, previews in a dialog, changes in place and their refusal, keys, print. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { password } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { TestBrowser, type TestWindow } from "../harness/browser.ts";
import { ownSampleText } from "../harness/engine-samples.ts";
import { cleanUp, cleanUpScenes, critical, deliveries, type Scene, scene, turn } from "../harness/ticket-scene.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";

let it: Scene;
let browser: TestBrowser;
/** Of the sample's busiest actor, with a ticket in Jira. */
let busy = "";
let actor = "";
/** With a hostile log of a megabyte. */
let hostile = "";

const nasty = `"><img src=x onerror=alert(1)><script>alert(1)</script>`;

beforeAll(async () => {
  const target = await new ProactiveStandIn().start();
  cleanUp.push(() => target.stop());
  it = await scene({
    AUTO_PUSH_SYSTEMS: "jira",
    TICKET_INTEGRATION: "proactive",
    PROACTIVE_SNOW_BASE_URL: `${target.url}/api`,
    PROACTIVE_SNOW_APP_ID: "app-1",
    PROACTIVE_SNOW_SECRET: "proactive-secret-1",
    PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
  });
  const sample = ownSampleText()
    .split("\n")
    .filter((line) => /pgustavo/i.test(line));
  await it.appliance.ingest(sample.join("\n"));
  const log = { CommandLine: `${nasty}${"x".repeat(1_000_000)}` };
  await it.appliance.ingest([critical("mallory", { rule_title: `Odd ${nasty}`, host: nasty, raw: log })]);
  await until(async () => {
    await turn(it, 2_000);
    return (await deliveries(it, "state=confirmed&limit=500")).length >= 2;
  });
  const { incidents } = (await it.admin.get("/api/incidents?sort_by=risk_score")).body;
  [{ incident_id: busy, group_key: actor }] = incidents;
  hostile = incidents.find(({ group_key }: { group_key: string }) => group_key === "mallory").incident_id;
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser?.close();
  await cleanUpScenes();
});

async function open(path: string, options: Parameters<TestBrowser["open"]>[1] = {}): Promise<TestWindow> {
  const window = await browser.open(it.appliance.appliance.apiUrl, options);
  await window.signIn("admin", password, path);
  await window.page.locator("h1").first().waitFor();
  return window;
}

test("the pages of an incident are sound in both themes and widths", async () => {
  const window = await open(`/incidents/${busy}`);
  const pages = [busy, hostile].map((id) => `/incidents/${id}`);
  for (const path of [
    ...pages,
    ...pages.flatMap((page) => [`${page}/preview/jira`, `${page}/preview/proactive`, `${page}/exception`]),
  ]) {
    await window.page.goto(path);
    await window.page.locator("h1").first().waitFor();
    expect([path, await window.faultsInEveryLook()]).toEqual([path, []]);
  }
  await window.close();
});

test("the raw log comes when it is opened: whole, as text, wrapped or not", async () => {
  const window = await open(`/incidents/${hostile}`);
  const { page } = window;
  await page.getByText("The whole log").first().click();
  const log = page.locator(".sample pre.log");
  await log.waitFor();
  expect((await log.textContent())?.length).toBeGreaterThan(1_000_000);
  expect(await page.locator("img, script:not([src])").count()).toBe(0);
  const space = () => page.evaluate<string>("getComputedStyle(document.querySelector('.sample pre.log')).whiteSpace");
  expect(await space()).toBe("pre-wrap");
  await page.getByLabel("Wrap lines").uncheck();
  expect(await space()).toBe("pre");
  expect(window.problems).toEqual([]);
  await window.close();
});

test("without script the log is on the alert's own page, and status is set all the same", async () => {
  const window = await open(`/incidents/${hostile}`, { script: false });
  const { page } = window;
  await page.getByText("The whole log").first().click();
  await page.getByRole("link", { name: "To the alert with its log" }).first().click();
  await page.waitForURL("**/alerts/*");
  await page.goto(`/incidents/${hostile}`);
  await page.getByLabel("Status", { exact: false }).and(page.locator("select")).selectOption("IN_PROGRESS");
  await page.getByRole("button", { name: "Set status" }).click();
  await page.getByText("Status: In progress.").waitFor();
  expect(window.problems).toEqual([]);
  await window.close();
});

test("t opens the preview in a dialog, with a frame that the policy lets through; a change since is told there", async () => {
  const window = await open(`/incidents/${busy}`);
  const { page } = window;
  await page.keyboard.press("t");
  const dialog = page.locator("#dialog");
  await dialog.getByRole("heading", { name: "Preview Ticket" }).waitFor();
  await page.frameLocator("iframe.case").getByRole("heading", { name: "Threat Summary" }).waitFor();
  await dialog.getByRole("link", { name: "Exact request" }).click();
  await dialog.locator("#payload").waitFor();
  await it.appliance.ingest([critical(actor, { rule_id: "new", rule_title: "Something New", host: "ws-900" })]);
  await dialog.getByRole("button", { name: "Create Ticket" }).click();
  await dialog.getByRole("alert").getByText("has changed since the preview").waitFor();
  await dialog.getByRole("link", { name: "Look again" }).click();
  await dialog.getByText("New case").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  expect(await dialog.isVisible()).toBe(false);
  expect(window.problems).toEqual([]);
  await window.close();
});

test("a status shows at once, stays when it is taken, and goes back when it is refused", async () => {
  const window = await open(`/incidents/${busy}`);
  const { page } = window;
  const shown = page.locator("#status-shown");
  await page.keyboard.press("s");
  await page.locator("select[name=status]").selectOption("IN_PROGRESS");
  await page.getByLabel("Why").fill("Looking at it");
  await page.getByRole("button", { name: "Set status" }).click();
  await page.locator("#history").getByText("Looking at it").waitFor();
  expect((await shown.textContent())?.trim()).toBe("In progress");
  expect(await page.getByLabel("Why").inputValue()).toBe("");
  // Somebody else, meanwhile.
  await page.route("**/console/incidents/*/status", async (route) => {
    await it.admin.patch(`/api/incidents/${busy}/status`, { status: "CLOSED" });
    // The page is told first: another form has taken the place of the one that was sent.
    await page.locator("#history").getByText("Closed").first().waitFor();
    await route.continue();
  });
  await page.locator("select[name=status]").selectOption("OPEN");
  await page.getByRole("button", { name: "Set status" }).click();
  await page.getByRole("alert").getByText("somebody has set the status to Closed").waitFor();
  expect(window.problems).toEqual([]);
  await window.close();
});

test("printed, the busiest incident of the sample takes two pages", async () => {
  const window = await open(`/incidents/${busy}`);
  const pdf = (await window.page.pdf({ format: "A4" })).toString("latin1");
  expect(pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length).toBeLessThanOrEqual(2);
  await window.close();
});
