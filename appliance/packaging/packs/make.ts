/** `npm run packs`: writes what is made from the list of fields (core/feeds/fields.ts). */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./generated.ts";

const root = join(import.meta.dirname, "../../..");
for (const [path, text] of generatedFiles()) {
  writeFileSync(join(root, path), text);
  console.log(path);
}
