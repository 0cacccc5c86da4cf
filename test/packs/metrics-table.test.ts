/** The table of metrics in docs/operations.md against a running appliance: every one of them, with its labels, and no other. */
import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meteredAppliance } from "../harness/metered-appliance.ts";
import { cleanUpScenes } from "../harness/ticket-scene.ts";

afterAll(cleanUpScenes);

const names = (cell: string) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? "");

test("docs/operations.md names every metric with its labels, and no other", async () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
  const section = text.slice(text.indexOf("\n## Metrics\n")).split("\n## ")[1] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  const documented = rows.map((row) => {
    const [, name = "", labels = ""] = row.split("|");
    return [names(name)[0], names(labels).sort()];
  });
  const { scrape } = await meteredAppliance();
  const real = [...scrape.types].map(([family, type]) => {
    const labels = scrape.labels(type === "histogram" ? `${family}_count` : family);
    return [family, [...labels].sort()];
  });
  const byName = (one: unknown[], other: unknown[]) => String(one[0]).localeCompare(String(other[0]));
  expect(documented.sort(byName)).toEqual(real.sort(byName));
  // Labels can only be compared where there is a series.
  const silent = [...scrape.types.keys()].filter(
    (family) => !scrape.series.some(({ name }) => name.startsWith(family)),
  );
  expect(silent).toEqual([]);
});
