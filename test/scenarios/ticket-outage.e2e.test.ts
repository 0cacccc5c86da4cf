import { afterEach, expect, test } from "bun:test";
import { minuteMs } from "../../core/time.ts";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { cleanUpScenes, critical, type Scene, scene, turn } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

/** Far more than a lane may have in progress, and than one page of a search holds. */
const incidents = 400;

/** Its login has run out when hours have passed. */
async function later(it: Scene, milliseconds: number): Promise<void> {
  await turn(it, milliseconds);
  it.admin = await ApiClient.loggedIn(it.appliance, "admin");
}

test("three hours of outage with hundreds of incidents: every ticket once, by itself, a few at a time", async () => {
  const it = await scene({ AUTO_PUSH_SYSTEMS: "jira" });
  let down = true;
  let open = 0;
  let most = 0;
  it.jira.faults = () => (down ? { when: "before", what: { status: 503 } } : null);
  it.jira.watch = (change) => {
    open += change;
    most = Math.max(most, open);
  };
  for (let n = 0; n < incidents; n += 200)
    await it.appliance.ingest(Array.from({ length: 200 }, (_, i) => critical(`user-${n + i}`)));
  await later(it, 3 * 60 * minuteMs);
  const asked = it.jira.log.length;
  expect([it.jira.issues.length, asked < 300]).toEqual([0, true]);
  down = false;
  await later(it, 5 * minuteMs);
  await until(
    () => it.jira.issues.length === incidents,
    180_000,
    () => `${it.jira.issues.length} of ${incidents}`,
  );
  const labels = it.jira.issues.map(({ fields }) => fields.labels.find((label) => label.startsWith("rhythmx-inc")));
  expect(new Set(labels).size).toBe(incidents);
  expect(most).toBeLessThanOrEqual(4);
  expect((await it.admin.get("/api/dead-letters")).body.dead_letters).toEqual([]);
});
