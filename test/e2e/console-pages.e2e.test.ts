/** Every page in a browser, with a database in which every field of every record is hostile. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { password } from "../harness/api-client.ts";
import { TestBrowser, type TestWindow, themes, widths } from "../harness/browser.ts";
import { type HostileConsole, hostileConsole } from "../harness/hostile-console.ts";
import { cleanUpScenes } from "../harness/ticket-scene.ts";

let hostile: HostileConsole;
let browser: TestBrowser;
let paths: string[];

beforeAll(async () => {
  hostile = await hostileConsole();
  paths = hostile.paths;
  browser = await TestBrowser.start();
});
afterAll(async () => {
  await browser?.close();
  await cleanUpScenes();
});

/** What no page may have, whatever its data: scripts and frames that are not ours, handlers, styles, addresses that run. */
const strange = `[...document.querySelectorAll("*")].flatMap((element) => [
  ...(element.matches("script:not([src^='/assets/']),img,object,embed,base,iframe:not([sandbox=''])") ? [element.outerHTML] : []),
  ...[...element.attributes].filter(({ name, value }) => /^on|^style$/i.test(name)
    || (/^(?:href|src|action|formaction|xlink:href)$/i.test(name) && !/^(?:\\/|#|\\?|https?:\\/\\/|otpauth:)/.test(value)))
    .map(({ name, value }) => name + "=" + value),
]).map((text) => text.slice(0, 200))`;

async function visit(window: TestWindow, path: string): Promise<void> {
  const response = await window.page.goto(path, { waitUntil: "domcontentloaded" });
  expect([path, response?.status()]).toEqual([path, 200]);
  const policy = response?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain("unsafe-");
  await window.page.locator("h1").first().waitFor();
  await window.page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true");
  expect([path, await window.page.evaluate(strange)]).toEqual([path, []]);
}

test("every page is sound in both themes and widths, whatever its data", async () => {
  const window = await browser.open(hostile.url, { zone: "Europe/Berlin" });
  const dialogs: string[] = [];
  window.page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await window.signIn("admin", password);
  const faults: [string, string[]][] = [];
  for (const path of paths) {
    await visit(window, path);
    for (const width of widths)
      for (const theme of themes) {
        await window.look(theme, width);
        // axe takes seconds for an incident with everything: one of them has all that the others have.
        const isLike = path !== hostile.oneIncident && /^\/incidents\/INC-[0-9a-f]+$/.test(path);
        // Each theme and each width once: what depends on both at the same time is seen without axe.
        const isOther = (theme === "dark") !== (width === 390);
        const found = isLike || isOther ? await window.plainFaults() : await window.faults();
        if (found.length > 0) faults.push([`${path} ${theme} ${width}`, found]);
      }
  }
  expect(faults).toEqual([]);
  expect(dialogs).toEqual([]);
  await window.close();
});

test("every page is whole without script", async () => {
  const window = await browser.open(hostile.url, { script: false, width: 390 });
  await window.signIn("admin", password);
  for (const path of paths) {
    await visit(window, path);
    expect([path, await window.page.locator("main").textContent()]).toEqual([path, expect.stringMatching(/\w{3}/)]);
    expect([path, window.problems.splice(0)]).toEqual([path, []]);
  }
  await window.close();
});
