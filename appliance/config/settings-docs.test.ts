import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assetRowKeys } from "../../core/assets/asset-row.ts";
import { environmentNames } from "../../core/settings/environment.ts";
import { feedForms, feedKeys } from "../../core/settings/feed.ts";
import { presetNames } from "../../core/settings/presets.ts";
import { resolveSettings } from "../../core/settings/resolve.ts";
import { casePatternKeys } from "../../core/settings/tables/case-patterns.ts";
import { floorKeys } from "../../core/settings/tables/floors.ts";
import { ticketSettingNames } from "../../core/settings/ticket-definitions.ts";

const text = readFileSync(join(import.meta.dir, "../../docs/settings.md"), "utf8");

test("docs/settings.md has one row for every setting and none for others", () => {
  const documented = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name).sort();
  const known = [
    ...environmentNames,
    ...ticketSettingNames,
    "RHYTHMX_CONFIG_DIR",
    ...new Set(Object.values(feedForms).flatMap((form) => Object.values(feedKeys(form)).flat())),
    ...casePatternKeys,
    ...floorKeys,
    ...assetRowKeys,
    ...presetNames,
  ].sort();
  expect(documented).toEqual(known);
});

test("its example of config.json is in order", () => {
  const example = /```json\n([^`]+)```/.exec(text)?.[1] ?? "";
  const { settings, problems, warnings } = resolveSettings({
    environment: {},
    envFile: null,
    alertFeedFile: { source: "docs/settings.md", folder: "/", content: { text: example } },
    configDir: "/",
    defaultDataDir: "/",
  });
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  const summary = settings.alertFeed.destinations.map(({ name, protocol, port, framing, message, minRisk }) =>
    [name, protocol, port, framing, message.maxBytes, message.timestampPrecision, minRisk].join(" "),
  );
  expect(summary).toEqual(["soc tcp 514 octet 8192 0 0", "night-shift udp 514 lf 2048 3 70"]);
});
