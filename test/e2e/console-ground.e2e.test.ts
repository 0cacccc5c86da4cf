/** The console in a browser: what every page has in common. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { TestBrowser, type TestWindow, themes, widths } from "../harness/browser.ts";
import { ownSampleText } from "../harness/engine-samples.ts";

let appliance: TestAppliance;
let browser: TestBrowser;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
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

for (const theme of themes)
  for (const width of widths)
    test(`pages are sound in the ${theme} theme at ${width} px`, async () => {
      const window = await open({ theme, width, zone: "Europe/Berlin" });
      await window.page.goto("/incidents");
      expect(await window.faults()).toEqual([]);
      await window.signIn("admin", password, "/incidents");
      for (const path of ["/incidents", "/incidents?q=nobody", "/", "/account", "/nothing"]) {
        await window.page.goto(path);
        await window.page.locator("h1").waitFor();
        expect([path, await window.faults()]).toEqual([path, []]);
      }
      await window.close();
    });
