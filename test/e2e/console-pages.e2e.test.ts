/** Every page in a browser, with a database in which every field of every record is hostile. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import * as OTPAuth from "otpauth";
import { pagePaths } from "../../transports/http/console/console.ts";
import { password } from "../harness/api-client.ts";
import { TestBrowser, type TestWindow, type WindowOptions } from "../harness/browser.ts";
import { type HostileConsole, hostileConsole } from "../harness/hostile-console.ts";
import { hostileWords } from "../harness/hostile-words.ts";
import { cleanUpScenes } from "../harness/ticket-scene.ts";

const newPassword = "a phrase of one's own";

let hostile: HostileConsole;
let browser: TestBrowser;

beforeAll(async () => {
  [hostile, browser] = await Promise.all([hostileConsole(), TestBrowser.start()]);
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

/** Goes there and returns what is wrong with the page as such. */
async function visit({ page }: TestWindow, path: string): Promise<string[]> {
  const response = await page.goto(path, { waitUntil: "domcontentloaded" });
  const policy = response?.headers()["content-security-policy"] ?? "";
  const isStrict = policy.includes("require-trusted-types-for 'script'") && !policy.includes("unsafe-");
  await page.locator("h1").first().waitFor();
  await page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true");
  return [
    ...(response?.status() === 200 ? [] : [`status ${response?.status()}`]),
    ...(isStrict ? [] : [`policy ${policy}`]),
    ...(await page.evaluate<string[]>(strange)),
  ];
}

/** Pages of incidents differ in their words alone, those of the two feeds hardly. */
const kindOf = (path: string) =>
  path.replace(/^\/incidents\/INC-[0-9a-f]+(?:\?all=1)?$/, "an incident").replace(/(alert|incident)-syslog/, "a feed");
/** Whether it stands for all of its kind where a look takes long. */
const isFirst = (path: string) => path === hostile.paths.find((other) => kindOf(other) === kindOf(path));

/** Looks at these pages with `look`, two at a time, and returns the faults by path. */
async function patrol(
  paths: readonly string[],
  options: WindowOptions,
  look: (window: TestWindow, path: string) => Promise<string[]>,
): Promise<(readonly [path: string, faults: string[]])[]> {
  const waiting = [...paths];
  const walk = async () => {
    const found: (readonly [string, string[]])[] = [];
    const window = await browser.open(hostile.url, options);
    window.page.on("dialog", (dialog) => {
      window.problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await window.signIn("admin", password);
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const faults = [...(await visit(window, path)), ...(await look(window, path))];
      if (faults.length > 0) found.push([path, faults]);
    }
    await window.close();
    return found;
  };
  return (await Promise.all([walk(), walk()])).flat();
}

test("every page of the console is among those that are looked at", () => {
  const seen = new Set(
    hostile.paths.map((path) => {
      const { pathname } = new URL(path, hostile.url);
      const isIt = (pattern: string) => new RegExp(`^${pattern.replaceAll(/:\w+/g, "[^/]+")}$`).test(pathname);
      // As the router does: the first one that fits, and what is written out before what is not.
      return pagePaths.find((pattern) => pattern === pathname) ?? pagePaths.find(isIt) ?? path;
    }),
  );
  expect(pagePaths.filter((pattern) => !seen.has(pattern))).toEqual([]);
});

test("every page is sound in both themes and widths, whatever its data", async () => {
  const faults = await patrol(hostile.paths, { zone: "Europe/Berlin" }, (window, path) => {
    return isFirst(path) ? window.faultsInBothLooks() : window.inBothLooks(() => window.plainFaults());
  });
  expect(faults).toEqual([]);
});

test("every page is whole without script", async () => {
  const faults = await patrol(hostile.paths.filter(isFirst), { script: false, width: 390 }, async (window) => {
    const text = (await window.page.locator("main").textContent()) ?? "";
    return [...(/\w{3}/.test(text) ? [] : ["empty"]), ...(await window.plainFaults())];
  });
  expect(faults).toEqual([]);
});

test("pages before a session, and what answers to forms show, are sound as well", async () => {
  const window = await browser.open(hostile.url);
  const { page } = window;
  const faults: (readonly [string, string[]])[] = [];
  const judge = async (heading: string) => {
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    const found = [...(await page.evaluate<string[]>(strange)), ...(await window.faultsInBothLooks())];
    if (found.length > 0) faults.push([heading, found]);
  };
  const press = (name: string) => page.getByRole("button", { name, exact: true }).first().click();
  const signOut = async () => {
    await window.go("/");
    await window.look("light", 1280);
    await press("Sign out");
    await page.waitForURL("**/sign-in");
  };
  await page.goto("/sign-in");
  await judge("Sign in");
  await window.signIn(hostile.newcomer, password);
  await judge("Choose a password");
  await page.getByLabel("Present password").fill(password);
  await page.getByLabel("New password").fill(newPassword);
  await press("Save");
  await page.waitForURL(`${hostile.url}/`);
  await page.goto("/account");
  await page.locator("#second-factor").getByLabel("Your password").fill(newPassword);
  await press("Set up second factor");
  await judge("Set up second factor");
  const secret = (await page.locator(".secret").textContent())?.replaceAll(" ", "") ?? "";
  await page
    .getByLabel("Code that the app shows")
    .fill(new OTPAuth.TOTP({ secret }).generate({ timestamp: hostile.appliance.clock.now() }));
  await press("Confirm");
  await judge("Recovery codes");
  await signOut();
  await page.getByLabel("Name").fill(hostile.newcomer);
  await page.getByLabel("Password").fill(newPassword);
  await press("Sign in");
  await judge("Second step");
  await window.signIn("admin", password, "/keys/new");
  await page.getByLabel(/^Name/).fill(hostileWords.markup.slice(0, 100));
  await page.getByRole("checkbox").first().check();
  await page.getByLabel("Your own password").fill(password);
  await press("Create key");
  await judge("The new key");
  await page.goto("/assets/import");
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  await page
    .getByLabel("Or its text")
    .fill(`kind,name,role\nhost,${quoted(hostileWords.long)},${quoted(hostileWords.markup)}`);
  await press("Preview");
  await judge("The list has errors");
  expect(faults).toEqual([]);
  await window.close();
});
