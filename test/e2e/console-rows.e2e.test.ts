/** In a browser: fields of tickets as rows, systems as boxes, and the tickets that a target shows for what was not identified. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { password } from "../harness/api-client.ts";
import { TestBrowser, type TestWindow } from "../harness/browser.ts";
import { hostileWords } from "../harness/hostile-words.ts";
import { jiraFor, pages, started } from "../harness/ticket-console.ts";
import { cleanUpScenes, critical, deliveries, oneParked, scene } from "../harness/ticket-scene.ts";

let browser: TestBrowser;
beforeAll(async () => {
  browser = await TestBrowser.start();
});
afterAll(() => browser?.close());
afterEach(cleanUpScenes);

/** What is done on the page afterwards is done on the wide one. */
async function faultsInBothLooks(window: TestWindow): Promise<string[]> {
  const faults = await window.faultsInBothLooks();
  await window.look("light", 1280);
  return faults;
}

test("rows are added, kept while they are not saved, and saved; JSON takes their place", async () => {
  const { edge, admin } = await started();
  const jira = await jiraFor(edge, {
    offered: [{ fieldId: "customfield_10011", name: hostileWords.markup, schema: { type: "number" } }],
  });
  await admin.fill(await admin.get(pages.jira), `/console${pages.jira}/save`, {
    url: jira.url,
    email: "soc@acme.example",
    api_token: "jira-token-1",
    project_key: "SEC",
  });
  const window = await browser.open(edge.appliance.apiUrl);
  await window.signIn("admin", password, pages.jira);
  const { page } = window;
  const rows = page.locator("#extra_fields-rows");
  const cell = (row: number, column: "field" | "value") =>
    page.getByLabel(`Fields of new tickets: ${column}, row ${row}`, { exact: true });
  const values = async () => {
    const texts = await rows
      .locator("input[type=text]")
      .evaluateAll((all) => all.map((one) => Reflect.get(one, "value")));
    return texts.filter((text) => text !== "");
  };
  const save = async () => {
    const shownAgain = page.waitForEvent("load");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await shownAgain;
    await page
      .getByText(/saved and in force/)
      .first()
      .waitFor();
  };
  for (let row = 1; row <= 5; row++) {
    if (row > 3) await page.getByRole("button", { name: "Add a row" }).first().click();
    await cell(row, "field").fill(`customfield_${row}`);
    await cell(row, "value").fill(row === 5 ? '{"value":"SOC"}' : `text ${row}`);
  }
  const typed = await values();
  expect(typed).toHaveLength(10);
  expect(await faultsInBothLooks(window)).toEqual([]);
  await page.reload();
  await page.getByText("10 changes are not saved").waitFor();
  expect(await values()).toEqual(typed);
  await save();
  expect(await values()).toEqual(typed);

  // What Jira offers goes into a row, which has its name.
  await page.getByRole("button", { name: "Ask Jira for its fields" }).click();
  await page
    .getByText(/^\d+ more fields?$/)
    .first()
    .click();
  await page.locator("[name='pick.extra_fields.customfield_10011']").fill("7");
  await page.getByRole("button", { name: /^Put into “Fields of new tickets”/ }).click();
  await page.getByText("Put into the settings above:").waitFor();
  expect(await values()).toEqual([...typed, "customfield_10011", "7"]);
  await rows.getByText(hostileWords.markup).first().waitFor();
  expect(await faultsInBothLooks(window)).toEqual([]);
  await page.reload();
  expect(await values()).toEqual([...typed, "customfield_10011", "7"]);
  await save();

  // As JSON: what is none is told at the field while it is typed, and nothing of the rows goes.
  await page.getByText("All of it as JSON").first().click();
  const whole = page.getByLabel(/^Takes the place of every row above/).first();
  await whole.fill("{no json");
  await whole.blur();
  await page.locator("#extra_fields-hint.bad").waitFor();
  await whole.fill('{"customfield_1": ["a", "b"]}');
  await save();
  expect(await values()).toEqual(["customfield_1", '["a","b"]']);
  expect(await whole.inputValue()).toBe("");

  await page.goto(pages.auto_push);
  await page.getByLabel("ServiceNow", { exact: true }).check();
  await page.getByLabel("Jira", { exact: true }).uncheck();
  await page.getByText("2 changes are not saved: In which systems, Jira, In which systems, ServiceNow").waitFor();
  await page.reload();
  expect(await page.getByLabel("ServiceNow", { exact: true }).isChecked()).toBe(true);
  expect(await faultsInBothLooks(window)).toEqual([]);
  await save();
  expect(await page.getByLabel("Jira", { exact: true }).isChecked()).toBe(false);
  await window.close();
});

test("the tickets that ServiceNow shows are looked for, and one is picked", async () => {
  const it = await scene(
    { AUTO_PUSH_SYSTEMS: "servicenow", UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20", RETRY_BASE_DELAY_SECONDS: "5" },
    { snow: { createAnswer: "nothing", readable: false } },
  );
  await it.appliance.ingest([critical("kim")]);
  await oneParked(it);
  const [{ id }] = await deliveries(it, "state=parked");
  const window = await browser.open(it.appliance.appliance.apiUrl);
  await window.signIn("admin", password, `/deliveries/${id}`);
  const { page } = window;
  await page.getByRole("button", { name: "Look for it in ServiceNow" }).click();
  await page.getByText("ServiceNow shows no ticket with it.").waitFor();
  expect(await faultsInBothLooks(window)).toEqual([]);
  it.snow.options.readable = true;
  const [row] = it.snow.rows;
  if (row === undefined) throw new Error("no record was made");
  row.short_description = `${hostileWords.markup} ${hostileWords.long}`;
  it.snow.rows.push({ ...row, sys_id: "f".repeat(32), number: "INC0020000" });
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByText("ServiceNow has 2 tickets with it").waitFor();
  expect(await faultsInBothLooks(window)).toEqual([]);
  await page.getByRole("button", { name: `It is ${row.number}` }).click();
  await page.getByText(`ServiceNow ${row.number} is the incident's ticket now.`).waitFor();
  expect(await window.faults()).toEqual([]);
  await window.close();
});
