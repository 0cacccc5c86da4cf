import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ticketSettingNames } from "../../core/settings/tickets.ts";

test("docs/settings.md has every setting of tickets", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/settings.md"), "utf8");
  for (const name of ticketSettingNames) expect([name, text.includes(`\`${name}\``)]).toEqual([name, true]);
});
