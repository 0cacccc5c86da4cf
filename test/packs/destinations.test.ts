/** What the packs' pages have one write into the appliance's configuration: taken as it is for both feeds, and to a port that the pack's files listen on. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings } from "../../appliance/config/load.ts";
import { packFiles } from "../../appliance/packs/pack-files.ts";
import { Document } from "../packaging/document.ts";

const folder = mkdtempSync(join(tmpdir(), "rhythmx-destinations-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pages = [...packFiles().keys()].filter((path) => path.endsWith(".md"));
const destinations = pages.flatMap((page) =>
  new Document(join("appliance/packs", page)).blocks
    .filter(({ language, text }) => language === "json" && text.includes('"preset"'))
    .map(({ text }) => [page.split("/")[0] ?? "", text.trim()] as const),
);
/** Its own programs listen there, whatever the pack has. */
const listensItself = /"host": "(?:qradar|sc4s)\.example"/;

test("every pack that takes a feed says so", () => {
  expect([...new Set(destinations.map(([pack]) => pack))].sort()).toEqual([
    "elastic",
    "graylog",
    "opensearch",
    "qradar",
    "sentinel",
    "splunk",
    "syslog",
  ]);
});

test.each(destinations)("%s: %s", async (pack, text) => {
  for (const file of ["config.json", "incident_syslog_config.json"])
    writeFileSync(join(folder, file), `{ "syslog": [${text}] }`);
  const { settings, problems, warnings } = await loadSettings({
    env: { RHYTHMX_CONFIG_DIR: folder },
    fromCheckout: true,
    historicDir: join(folder, "none"),
  });
  expect([problems, warnings]).toEqual([[], []]);
  const { name, host, port, heartbeat_minutes } = JSON.parse(text);
  for (const { destinations } of [settings.alertFeed, settings.incidentFeed])
    expect(destinations).toEqual([expect.objectContaining({ name, host, port })]);
  // Searches for a feed that is silent need heartbeats.
  if (pack !== "syslog") expect(heartbeat_minutes).toBe(5);
  if (listensItself.test(text)) return;
  const files = [...packFiles()].filter(([path]) => path.startsWith(`${pack}/`) && !path.endsWith(".md"));
  const listens = files.some(([, content]) => new RegExp(`\\b${port}\\b`).test(new TextDecoder().decode(content)));
  expect([pack, port, listens]).toEqual([pack, port, true]);
});
