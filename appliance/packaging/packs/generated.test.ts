import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./generated.ts";

const root = join(import.meta.dirname, "../../..");

test.each([...generatedFiles()])("%s is what `npm run packs` makes", (path, text) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(text);
});
