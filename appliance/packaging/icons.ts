/**
 * `npm run icons`: writes the icons of the console (Lucide, ISC licence) from the package `lucide-static` into
 * transports/http/console/parts/icons.ts. For another icon add its name here and run it again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const names =
  `activity arrow-down arrow-left arrow-right arrow-up arrow-up-down ban bell bot boxes calendar check chevron-down
  chevron-left chevron-right chevron-up circle-alert circle-check circle-dot circle-help circle-pause circle-x clock contrast copy
  cpu database download ellipsis external-link eye eye-off file-text filter flask-conical git-merge globe hard-drive history hourglass
  info key-round layers layout-dashboard link link-2 list lock log-in log-out menu message-square monitor moon network package pencil
  pin play plug plus printer radio refresh-cw rotate-ccw save scroll-text search send server settings shield shield-alert
  shield-check siren sun tag terminal ticket timer trash-2 trending-down trending-up triangle-alert undo-2 unlink upload user user-check
  user-plus user-x users wifi-off x zap`
    .split(/\s+/)
    .filter((name) => name !== "");

const folder = join(dirname(fileURLToPath(import.meta.resolve("lucide-static/package.json"))), "icons");
const lines = names.map((name) => {
  const body = readFileSync(join(folder, `${name}.svg`), "utf8")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/\s+/g, " ")
    .replace(/> </g, "><")
    .trim();
  return `  ${/^[a-z0-9]+$/.test(name) ? name : JSON.stringify(name)}: ${JSON.stringify(body).replaceAll('\\"', "'").replace(/^"|"$/g, '"')},`;
});
const file = join(import.meta.dirname, "../../transports/http/console/parts/icons.ts");
writeFileSync(
  file,
  `/** Written by \`npm run icons\`: shapes of Lucide (ISC licence, assets/Lucide-LICENSE.txt) on a field of 24 × 24. */
export const icons = {
${lines.join("\n")}
} as const;

export type IconName = keyof typeof icons;
`,
);
console.log(`${names.length} icons, ${lines.join("").length} bytes`);
