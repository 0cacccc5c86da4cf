/** What a browser loads once, as it goes over the line. */
import { expect, test } from "bun:test";
import { assetNamed, assetPaths } from "./assets.ts";

async function size(path: string, encoding = ""): Promise<number> {
  const answer = assetNamed(path.replace("/assets/", ""), encoding);
  return (await answer?.arrayBuffer())?.byteLength ?? Number.NaN;
}

test("the scripts are 12 kB at most, on pages of settings 16", async () => {
  expect(await size(assetPaths.js)).toBeLessThanOrEqual(12_000);
  expect(await size(assetPaths.settingsJs)).toBeLessThanOrEqual(16_000);
});

test("style sheet, scripts and fonts leave 20 kB of the first load's 150 for the page itself", async () => {
  const { css, js, icon } = assetPaths;
  const sheet = await assetNamed(css.replace("/assets/", ""), "")?.text();
  const fonts = [...(sheet ?? "").matchAll(/\/assets\/[\w.-]+\.woff2/g)].map(([path]) => path);
  expect(fonts).toHaveLength(2);
  const sizes = await Promise.all([css, js, icon, ...fonts].map((path) => size(path, "gzip")));
  expect(sizes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(130_000);
});
