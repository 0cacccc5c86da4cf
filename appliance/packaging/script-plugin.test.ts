import { expect, test } from "bun:test";
import { settingsScripts } from "../../transports/http/console/browser/scripts.ts";
import { compactScript } from "./script-plugin.ts";

test("the console's scripts are 12 kB at most, on pages of settings 16, as a build contains them", () => {
  const script = compactScript();
  expect(Buffer.byteLength(script)).toBeLessThanOrEqual(12_000);
  expect(Buffer.byteLength(compactScript(settingsScripts))).toBeLessThanOrEqual(16_000);
  expect(Buffer.byteLength(script)).toBeGreaterThan(5_000);
  expect(() => new Bun.Transpiler({ loader: "js" }).scan(script)).not.toThrow();
});
