/** What a browser loads once, as it goes over the line. */
import { expect, test } from "bun:test";
import { assetNamed, assetPaths } from "./assets.ts";

async function size(path: string, encoding = ""): Promise<number> {
  const answer = assetNamed(path.replace("/assets/", ""), encoding);
  return (await answer?.arrayBuffer())?.byteLength ?? Number.NaN;
}

test("style sheet, scripts and fonts leave 20 kB of the first load's 150 for the page itself", async () => {
  const { css, js, icon } = assetPaths;
  const sheet = await assetNamed(css.replace("/assets/", ""), "")?.text();
  const fonts = [...(sheet ?? "").matchAll(/\/assets\/[\w.-]+\.woff2/g)].map(([path]) => path);
  expect(fonts).toHaveLength(2);
  const sizes = await Promise.all([css, js, icon, ...fonts].map((path) => size(path, "gzip")));
  expect(sizes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(130_000);
});
