/** The list of incidents in a browser: keys, several at once, and coming back to the same row while new ones arrive. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { TestBrowser, type TestWindow } from "../harness/browser.ts";

let appliance: TestAppliance;
let browser: TestBrowser;
let admin: ApiClient;

const critical = (user: string, n = 0) =>
  detection({
    rule_title: "LSASS Memory Dump Via Comsvcs",
    rule_id: `rule-${n}`,
    level: "critical",
    user,
    host: `host-${user}`,
    timestamp: new Date(appliance.clock.now() - 60_000 + n * 1000).toISOString(),
    tags: ["attack.credential_access", "attack.t1003.001"],
  });

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  await appliance.ingest(Array.from({ length: 40 }, (_, n) => critical(`user${String(n).padStart(2, "0")}`)));
  admin = await ApiClient.loggedIn(appliance, "admin");
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser?.close();
  await appliance?.dispose();
});

async function signedIn(path: string, options: Parameters<TestBrowser["open"]>[1] = {}): Promise<TestWindow> {
  const window = await browser.open(appliance.appliance.apiUrl, options);
  await window.signIn("admin", password, path);
  return window;
}

const shown = (page: Page) =>
  page.evaluate<string[]>("[...document.querySelectorAll('tbody tr')].map((row) => row.id)");
const chosen = 'tr[aria-selected="true"]';
const idOf = async (actor: string) => {
  const { incidents } = (await admin.get(`/api/incidents?actor=${actor}`)).body;
  return incidents[0].incident_id as string;
};
const rowOf = async (id: string) => (await admin.get(`/api/incidents/${id}`)).body;

test("by keys alone: move, assign to me, tick, set the status of the ticked ones", async () => {
  const window = await signedIn("/incidents?view=unassigned&sort=newest");
  const { page } = window;
  const ids = await shown(page);
  for (const key of ["j", "j", "a"]) await page.keyboard.press(key);
  await page.getByText(`${ids[1]} is yours.`).waitFor();
  // It left this view; the one that took its place is chosen, and the page stayed where it was.
  await page.locator(`[id="${ids[1]}"]`).waitFor({ state: "detached" });
  expect(await page.locator(chosen).getAttribute("id")).toBe(ids[2] ?? null);
  expect((await rowOf(ids[1] ?? "")).assigned_analyst).toBe("admin");
  for (const key of ["x", "j", "x"]) await page.keyboard.press(key);
  expect(await page.locator("tbody input:checked").count()).toBe(2);
  expect(await page.getByText("selected", { exact: true }).isVisible()).toBe(true);
  await page.keyboard.press("s");
  const dialog = page.getByRole("dialog", { name: "Status of the selected incidents" });
  await dialog.getByLabel("Status").selectOption("CLOSED");
  await dialog.getByLabel("Why").fill("Red team");
  expect(await window.faults()).toEqual([]);
  await dialog.getByRole("button", { name: "Set status" }).click();
  await page.getByText("2 incidents are closed.").waitFor();
  expect(await dialog.isVisible()).toBe(false);
  for (const id of [ids[2], ids[3]])
    expect(await rowOf(id ?? "")).toMatchObject({ status: "CLOSED", resolution_notes: "Red team" });
  await page.keyboard.press("/");
  await page.keyboard.type("user07");
  await page.waitForURL("**/incidents?**q=user07**");
  await page.keyboard.press("Escape");
  expect(await page.locator("tbody tr").count()).toBe(1);
  await page.locator("h1").click();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).getByText("assign the ticked rows to me").waitFor();
  expect(window.problems).toEqual([]);
  await window.close();
});

test("what is refused is told where the work is, and the boxes stay ticked", async () => {
  const window = await signedIn("/incidents?sort=newest");
  const { page } = window;
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  const id = await page.locator(chosen).getAttribute("id");
  await page.keyboard.press("s");
  const dialog = page.getByRole("dialog", { name: "Status of the selected incidents" });
  await dialog.getByLabel("Why").fill("ü".repeat(9_999));
  await appliance.ingest([critical("refused")]);
  await admin.patch(`/api/incidents/${id}`, { investigation_notes: "n".repeat(60_000) });
  await dialog.getByRole("button", { name: "Set status" }).click();
  await dialog
    .getByRole("alert")
    .getByText(/a field of notes holds at most 64 kB/)
    .waitFor();
  expect(await page.locator("tbody input:checked").count()).toBe(1);
  expect((await rowOf(id ?? "")).status).toBe("OPEN");
  await window.close();
});

test("back from an incident to the same page, row and place; new ones wait, and ticks survive what changes", async () => {
  const window = await signedIn("/incidents?view=all&sort=newest&page=2");
  const { page } = window;
  await page.locator('#live[data-state="live"]').waitFor();
  for (let n = 0; n < 6; n++) await page.keyboard.press("j");
  const id = (await page.locator(chosen).getAttribute("id")) ?? "";
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/incidents/${id}`);
  await page.getByRole("link", { name: "Incidents", exact: true }).last().click();
  await page.waitForURL("**/incidents?**page=2**");
  await page.locator(chosen).waitFor();
  expect(await page.locator(chosen).getAttribute("id")).toBe(id);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/incidents/${id}`);
  await page.goBack();
  await page.locator(chosen).waitFor();
  expect([new URL(page.url()).search, await page.locator(chosen).getAttribute("id")]).toEqual([
    "?view=all&sort=newest&page=2",
    id,
  ]);
  await page.locator('#live[data-state="live"]').waitFor();
  await page.keyboard.press("x");
  const before = await shown(page);
  const actor = (await rowOf(id)).group_key;
  await appliance.ingest([critical("late1"), critical("late2"), critical(actor, 7)]);
  await page.locator("[data-fresh]").getByText("2 new. Show").waitFor();
  expect(await shown(page)).toEqual(before);
  expect(await page.locator(`[id="${id}"] input[name="id"]`).isChecked()).toBe(true);
  await page.locator("[data-fresh]").click();
  await page.waitForURL("**page=2**");
  expect(window.problems).toEqual([]);
  await window.close();
});

test("what is pressed while the list changes is pressed all the same", async () => {
  const window = await signedIn("/incidents?view=all&sort=newest");
  const { page } = window;
  await page.locator('#live[data-state="live"]').waitFor();
  const [id = ""] = await shown(page);
  const { group_key } = await rowOf(id);
  await page.locator(`[id="${id}"]`).getByRole("link").first().hover();
  await page.mouse.down();
  const news = page.waitForResponse((response) => response.request().headers()["x-live"] === "1");
  await appliance.ingest([critical(group_key, 9)]);
  await (await news).finished();
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  await page.mouse.up();
  await page.waitForURL(`**/incidents/${id}`);
  expect(window.problems).toEqual([]);
  await window.close();
});

test("without script: ticked, assigned, told", async () => {
  const window = await signedIn("/incidents?view=all&sort=newest", { script: false });
  const { page } = window;
  const id = await idOf("user30");
  await page.locator(`[id="${id}"] input[name="id"]`).check();
  await page.getByRole("button", { name: "Assign to me" }).click();
  await page.getByText(`${id} is yours.`).waitFor();
  await page.locator(`[id="${id}"] input[name="id"]`).check();
  await page.getByRole("button", { name: "Status …" }).click();
  await page.getByLabel("Status", { exact: true }).last().selectOption("IN_PROGRESS");
  await page.getByRole("button", { name: "Set status" }).click();
  await page.getByText(`${id} is in progress.`).waitFor();
  await window.close();
});
