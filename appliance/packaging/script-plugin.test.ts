import { expect, test } from "bun:test";
import { compactScript } from "./script-plugin.ts";

test("the console's scripts are 12 kB at most, as a build contains them", () => {
  const script = compactScript();
  expect(Buffer.byteLength(script)).toBeLessThanOrEqual(12_000);
  expect(Buffer.byteLength(script)).toBeGreaterThan(5_000);
  expect(() => new Bun.Transpiler({ loader: "js" }).scan(script)).not.toThrow();
});
