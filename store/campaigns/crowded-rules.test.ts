/** Which rules fired on many hosts at about one time, whatever is in memory and in whatever order they came. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fewestHosts, reachMs } from "../../core/campaigns/outbreak.ts";
import { minuteMs, toIso } from "../../core/time.ts";
import { Database } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { CrowdedRules } from "./crowded-rules.ts";
import type { AlertSighting } from "./outbreak-alerts.ts";
import { nameOf, noteSightings } from "./outbreak-rows.ts";

const start = Date.UTC(2026, 2, 13, 12, 0);
let folder: string;
let database: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-crowded-"));
  database = await Database.open(join(folder, "rhythmx.db"));
  await migrate(database, toIso(start));
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function sighting(rule: string, host: string, at: number): AlertSighting {
  return { entity: "Site", entityKey: "site", rule, title: rule, host, user: "", at, periodId: 1 };
}

/** As many hosts for the rule within its reach, counted from all that was noted. */
function isCrowded(noted: readonly AlertSighting[], one: AlertSighting): boolean {
  const near = noted.filter(({ rule, at }) => rule === one.rule && Math.abs(at - one.at) <= reachMs);
  return new Set(near.map(({ host }) => host)).size >= fewestHosts;
}

async function noteAll(crowded: CrowdedRules, sightings: readonly AlertSighting[]): Promise<Set<string>> {
  await database.write(noteSightings(sightings, start));
  crowded.note(sightings);
  return crowded.among(database, sightings);
}

for (const most of [1, 5, 20_000])
  test(`none is missed, with ${most} blocks in memory`, async () => {
    const crowded = new CrowdedRules(most);
    const noted: AlertSighting[] = [];
    for (let step = 0; step < 60; step++) {
      const fresh = [0, 1, 2].map((n) => {
        const mixed = (step * 7_919 + n * 104_729) % 9_973;
        return sighting(`rule-${mixed % 4}`, `host-${mixed % 11}`, start + ((mixed * 31) % 240) * minuteMs);
      });
      noted.push(...fresh);
      const found = await noteAll(crowded, fresh);
      for (const one of fresh) if (isCrowded(noted, one)) expect(found).toContain(nameOf(one));
    }
  });

test("few hosts are not many, however often; and hosts far apart are not together", async () => {
  const crowded = new CrowdedRules();
  for (let at = start; at < start + 9 * reachMs; at += 2 * minuteMs)
    expect(
      await noteAll(
        crowded,
        [1, 2, 3, 4].map((n) => sighting("few", `host-${n}`, at)),
      ),
    ).toEqual(new Set());
  for (let n = 0; n < 20; n++)
    expect(await noteAll(crowded, [sighting("far", `host-${n}`, start + n * reachMs)])).toEqual(new Set());
  expect(await noteAll(crowded, [sighting("few", "host-5", start)])).toEqual(new Set(["site\nfew"]));
});

test("what is in the file counts after a restart", async () => {
  await noteAll(
    new CrowdedRules(),
    [1, 2, 3, 4].map((n) => sighting("r", `host-${n}`, start - n * 1_000)),
  );
  expect(await noteAll(new CrowdedRules(), [sighting("r", "host-5", start)])).toEqual(new Set(["site\nr"]));
});
