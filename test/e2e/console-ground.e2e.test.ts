/** The console in a browser: what every page has in common. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import * as OTPAuth from "otpauth";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { TestBrowser, type TestWindow } from "../harness/browser.ts";
import { ownSampleText } from "../harness/engine-samples.ts";
import { freePort } from "../harness/free-port.ts";

let appliance: TestAppliance;
let browser: TestBrowser;

beforeAll(async () => {
  // It is started again on the same port.
  const listen = `127.0.0.1:${await freePort()}`;
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password, RHYTHMX_LISTEN: listen } });
  await appliance.ingest(ownSampleText().split("\n").slice(0, 3000).join("\n"));
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser?.close();
  await appliance?.dispose();
});

function open(options: Parameters<TestBrowser["open"]>[1] = {}): Promise<TestWindow> {
  return browser.open(appliance.appliance.apiUrl, options);
}

test("pages are sound in both themes and widths", async () => {
  const window = await open({ zone: "Europe/Berlin" });
  await window.page.goto("/incidents");
  expect(await window.faultsInEveryLook()).toEqual([]);
  await window.signIn("admin", password, "/incidents");
  for (const path of ["/incidents", "/incidents?q=nobody", "/", "/account", "/nothing"]) {
    await window.page.goto(path);
    await window.page.locator("h1").waitFor();
    expect([path, await window.faultsInEveryLook()]).toEqual([path, []]);
  }
  await window.close();
});

const critical = (user: string, minute = 0) =>
  detection({
    rule_title: "Mimikatz Use",
    rule_id: `rule ${minute}`,
    level: "critical",
    user,
    host: `host-${user}`,
    timestamp: new Date(appliance.clock.now() - 60_000 + minute * 1000).toISOString(),
    tags: ["attack.credential-access", "attack.t1003"],
  });

test("a session that ends during work is renewed in a dialog, and what was typed is sent", async () => {
  const window = await open();
  await window.signIn("admin", password, "/account");
  const { page } = window;
  await page.getByLabel("How others see you").fill("Dana Admin");
  const other = await window.tab();
  await other.goto("/");
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL("**/sign-in");
  await page.getByRole("button", { name: "Save name" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByLabel("Name").fill("admin");
  await dialog.getByLabel("Password").fill("wrong");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.getByText("Name or password is wrong.").waitFor();
  await dialog.getByLabel("Password").fill(password);
  await window.context.setOffline(true);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.getByText("The appliance does not answer: try again.").waitFor();
  await window.context.setOffline(false);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Your name is saved.").waitFor();
  expect(await page.getByLabel("How others see you").inputValue()).toBe("Dana Admin");
  expect(await page.locator(".self").textContent()).toContain("Dana Admin");
  expect(window.problems).toEqual([]);
  await window.close();
});

test("a session that ends within a form of settings: the press of Save is not lost to the check that goes before it", async () => {
  const window = await open();
  await window.signIn("admin", password, "/settings/integrations/retries");
  const { page } = window;
  await page.getByLabel("Seconds before the first", { exact: true }).fill("77");
  const other = await window.tab();
  await other.goto("/");
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL("**/sign-in");
  await other.close();
  // The field is left, and so checked, when the button goes down; only its release presses it.
  await page.getByRole("button", { name: "Save", exact: true }).hover();
  const checked = page.waitForResponse("**/check");
  await page.mouse.down();
  expect((await checked).status()).toBe(401);
  await page.evaluate("new Promise((done) => setTimeout(done, 500))");
  await page.mouse.up();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(/saved and in force/).waitFor();
  expect(await page.getByLabel("Seconds before the first", { exact: true }).inputValue()).toBe("77");
  expect(window.problems).toEqual([]);
  await window.close();
});

test("a button that is pressed again while the next page is on its way sends nothing more, and after Back it works", async () => {
  const window = await open();
  await window.signIn("admin", password, "/exceptions/new?actor=nobody.yet&reason=pressed+twice");
  const { page } = window;
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST") sent++;
  });
  // The second press comes when the answer is there and the next page is not.
  await page.evaluate(`{
    const real = window.fetch;
    let isFirst = true;
    window.fetch = async (...asked) => {
      const answer = await real(...asked);
      if (asked[1]?.method === "POST" && isFirst) setTimeout(() => document.querySelector("#trial form button")?.click());
      if (asked[1]?.method === "POST") isFirst = false;
      return answer;
    };
  }`);
  await page.getByRole("button", { name: "Save exception" }).click();
  await page.waitForURL("**/exceptions/exc-*");
  await page.getByRole("heading", { name: "nobody.yet" }).waitFor();
  expect(sent).toBe(1);
  await page.goBack();
  await page.getByRole("button", { name: "Save exception" }).click();
  await page.waitForURL("**/exceptions/exc-*");
  expect(sent).toBe(2);
  await window.close();
});

test("what is refused is told at the form, and what was typed stays", async () => {
  const window = await open();
  await window.signIn("admin", password, "/account");
  const { page } = window;
  await page.getByLabel("Present password").fill("not this one");
  await page.getByLabel("New password").fill("a wholly other phrase");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("alert").getByText("this is not the password of admin").waitFor();
  expect(await page.getByLabel("New password").inputValue()).toBe("a wholly other phrase");
  expect(new URL(page.url()).pathname).toBe("/account");
  await window.close();
});

test("a list says what is new, changes in place, and moves nothing under the reader", async () => {
  const window = await open();
  await window.signIn("admin", password, "/incidents");
  const { page } = window;
  await page.locator('#live[data-state="live"]').waitFor();
  const first = await page.locator("tbody tr").first().getAttribute("id");
  await appliance.ingest([critical("newcomer")]);
  const bar = page.locator("[data-fresh]");
  await bar.getByText("1 new. Show").waitFor();
  expect(await page.locator("tbody tr").first().getAttribute("id")).toBe(first);
  await bar.click();
  const row = page.locator("tbody tr", { hasText: "newcomer" });
  await row.getByText("1 detection", { exact: true }).waitFor();
  expect(await page.locator("[data-fresh]").isHidden()).toBe(true);
  await page.getByLabel("Search incidents").first().focus();
  await appliance.ingest([1, 2, 3].map((minute) => critical("newcomer", minute)));
  await row.getByText("4 detections").waitFor();
  expect(window.problems).toEqual([]);
  await window.close();
});

test("tabs share one stream; the next one goes on when the first is closed, and nothing is skipped", async () => {
  const window = await open();
  const streams: string[] = [];
  window.context.on("request", (request) => {
    if (request.url().includes("/console/stream")) streams.push(request.url());
  });
  await window.signIn("admin", password, "/incidents");
  await window.page.locator('#live[data-state="live"]').waitFor();
  const second = await window.tab();
  await second.goto("/incidents");
  await second.locator('#live[data-state="live"]').waitFor();
  expect(streams.length).toBe(1);
  await appliance.ingest([critical("both")]);
  for (const page of [window.page, second]) await page.locator("[data-fresh]").getByText("1 new. Show").waitFor();
  await window.page.close();
  await appliance.ingest([critical("after")]);
  await second.locator("[data-fresh]").getByText("2 new. Show").waitFor();
  expect(streams.length).toBe(2);
  expect(streams.at(-1)).toContain("last_event_id=");
  await window.close();
});

test("a broken stream says so, and catches up when it is back", async () => {
  const window = await open();
  await window.signIn("admin", password, "/incidents");
  const { page } = window;
  await page.locator('#live[data-state="live"]').waitFor();
  await appliance.ingest([critical("before-the-break")]);
  await page.locator("[data-fresh]").getByText("1 new. Show").waitFor();
  // The browser connects again after some seconds, which a start may take.
  const away = page.locator('#live[data-state="away"]').waitFor();
  appliance = await appliance.restarted();
  await away;
  await appliance.ingest([critical("in-the-break")]);
  await page.locator('#live[data-state="live"]').waitFor();
  await page.locator("[data-fresh]").getByText("2 new. Show").waitFor();
  await window.close();
});

test("without script: sign-in, list, search, theme and sign-out", async () => {
  const window = await open({ script: false });
  await window.signIn("admin", password, "/incidents");
  const { page } = window;
  await page.getByLabel("Search incidents").first().fill("pgustavo");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/incidents?q=pgustavo&**");
  expect(await page.locator("tbody tr").count()).toBeGreaterThan(0);
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.waitForURL("**/incidents?q=pgustavo&**");
  expect(await page.locator("html").getAttribute("data-theme")).toBe("light");
  await window.go("/account");
  await page.getByLabel("How others see you").fill("Ada Admin");
  await page.getByRole("button", { name: "Save name" }).click();
  await page.getByText("Your name is saved.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  await window.go("/incidents");
  expect(page.url()).toContain("/sign-in?to=%2Fincidents");
  await window.close();
});

test("a link in a ticket, on another site, leads to the page and not to the sign-in", async () => {
  const window = await open();
  await window.signIn("admin", password, "/");
  const ticket = Bun.serve({
    port: 0,
    fetch: () =>
      new Response(`<a href="${appliance.appliance.apiUrl}/incidents?view=all">the incident</a>`, {
        headers: { "Content-Type": "text/html" },
      }),
  });
  // Another name for this machine is another site.
  await window.page.goto(`http://localhost:${ticket.port}/`);
  await window.page.getByText("the incident").click();
  await window.page.getByRole("heading", { name: "Incidents" }).waitFor();
  expect(new URL(window.page.url()).pathname).toBe("/incidents");
  ticket.stop();
  await window.close();
});

test("by keyboard: search, move, open, go", async () => {
  const window = await open();
  await window.signIn("admin", password, "/");
  const { page } = window;
  await page.keyboard.press("g");
  await window.leads(() => page.keyboard.press("i"));
  await page.getByRole("heading", { name: "Incidents" }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  expect(await page.locator('tr[aria-selected="true"]').count()).toBe(1);
  const id = await page.locator("tbody tr").first().getAttribute("id");
  expect(await page.locator('tr[aria-selected="true"]').getAttribute("id")).toBe(id);
  await page.keyboard.press("/");
  await page.keyboard.type("pgustavo");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/incidents?q=pgustavo");
  await window.close();
});

test("times are in the viewer's zone, or in UTC by choice", async () => {
  const window = await open({ zone: "Asia/Tokyo" });
  await window.signIn("admin", password, "/account");
  const { page } = window;
  expect(await page.locator(".zone").textContent()).toBe("Times in Asia/Tokyo");
  const signedIn = page.locator("#session time").first();
  const there = await signedIn.textContent();
  await page.locator('select[name="zone"]').selectOption("UTC");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.locator(".zone", { hasText: "Times in UTC" }).waitFor();
  expect(await signedIn.textContent()).not.toBe(there);
  await window.close();
});

test("hostile names stay names on every page", async () => {
  const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>' onclick=x {{7*7}} javascript:alert(3) \u202e`;
  const record = detection({
    rule_title: `Mimikatz ${hostile}`,
    rule_id: hostile,
    level: "critical",
    user: `evil ${hostile}`,
    host: `host ${hostile}`,
    entity: `Site ${hostile}`,
    timestamp: new Date(appliance.clock.now() - 60_000).toISOString(),
    tags: ["attack.credential-access", hostile],
  });
  expect((await appliance.ingest([record])).body.accepted).toBe(1);
  const window = await open();
  const dialogs: string[] = [];
  window.page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await window.signIn("admin", password, "/incidents");
  for (const path of [
    "/",
    "/incidents",
    `/incidents?q=${encodeURIComponent(hostile)}&view=all`,
    `/search?q=${encodeURIComponent(hostile)}`,
    `/${encodeURIComponent(hostile)}`,
  ]) {
    await window.page.goto(path);
    expect([path, await window.faults()]).toEqual([path, []]);
  }
  await window.page.goto("/incidents");
  expect(await window.page.getByText(hostile.trim().slice(0, 20)).count()).toBeGreaterThan(0);
  expect(await window.page.locator("img").count()).toBe(0);
  expect(dialogs).toEqual([]);
  await window.close();
});

test("a second factor is set up by the picture that an app reads, and asked for from then on", async () => {
  await ApiClient.asUser(appliance, "quinn", "viewer");
  const window = await open();
  await window.signIn("quinn", password, "/account");
  const { page } = window;
  await page.getByLabel("Your password").fill(password);
  await page.getByRole("button", { name: "Set up second factor" }).click();
  const picture = page.getByRole("img", { name: "QR code of the key below" });
  await picture.waitFor();
  expect(await window.faults()).toEqual([]);
  const uri = await page.getByRole("link", { name: "Open in the authenticator app" }).getAttribute("href");
  const code = () => (OTPAuth.URI.parse(uri ?? "") as OTPAuth.TOTP).generate({ timestamp: appliance.clock.now() });
  await page.getByLabel("Code that the app shows").fill(code());
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
  expect(await window.faults()).toEqual([]);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as text" }).click();
  expect((await saved).suggestedFilename()).toBe("recovery-codes.txt");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Name").fill("quinn");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  expect(await window.faults()).toEqual([]);
  await appliance.clock.advance(30_000);
  await page.getByLabel("Code of your authenticator app").fill(code());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await window.close();
});

test("a new API key is shown once: copied, and gone at the way back, a reload and in the list", async () => {
  const window = await open();
  await window.signIn("admin", password, "/keys/new");
  const { page } = window;
  const make = async () => {
    await page.getByRole("textbox", { name: /^Name/ }).fill("soar");
    await page.getByLabel(/Read incidents, cases and alerts/).check();
    await page.getByLabel("Your own password").fill(password);
    await page.getByRole("button", { name: "Create key" }).click();
  };
  await make();
  await page.getByRole("heading", { name: "The new key" }).waitFor();
  expect(await window.faults()).toEqual([]);
  const key = (await page.locator("#key-text").textContent()) ?? "";
  expect(key).toMatch(/^smk_[0-9A-Za-z]{36}$/);
  await window.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy key" }).click();
  await page.getByText("Copied.").waitFor();
  expect(await page.evaluate<string>("navigator.clipboard.readText()")).toBe(key);
  const isShown = () => page.evaluate<boolean>(`document.documentElement.innerHTML.includes("${key.slice(8)}")`);
  await page.getByRole("link", { name: "Done" }).click();
  await page.getByRole("link", { name: "soar" }).waitFor();
  expect(await isShown()).toBe(false);
  await page.goBack();
  await page.getByRole("heading", { name: "New API key" }).waitFor();
  expect(await isShown()).toBe(false);
  await make();
  await page.getByRole("heading", { name: "The new key" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "New API key" }).waitFor();
  expect(await page.locator("#key-text").count()).toBe(0);
  await window.close();
});
