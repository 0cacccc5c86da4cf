/** Campaigns in the console: their incidents, why they belong together, and nothing of a foreign entity. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { writeCampaigns } from "../harness/campaign-rows.ts";
import { ConsoleClient } from "../harness/console-client.ts";

const nasty = `ws-1"><img src=x onerror=alert(1)>`;
const begin = Date.UTC(2026, 2, 13, 4, 2);
let appliance: TestAppliance;
const ids: Record<string, string> = {};

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  await appliance.ingest(
    ["alice", "bob", "carol"].map((user, n) =>
      detection({
        user,
        host: `own-${n}`,
        entity: user === "carol" ? "South" : "North",
        level: "critical",
        rule_id: `r${n}`,
        rule_title: `Rule ${n} ${nasty}`,
        tags: ["attack.execution"],
      }),
    ),
  );
  await appliance.clock.advance(40_000);
  const api = await ApiClient.loggedIn(appliance, "admin");
  for (const { incident_id, group_key } of (await api.get("/api/incidents")).body.incidents)
    ids[group_key] = incident_id;
  await api.patch(`/api/incidents/${ids.bob}`, { assigned_analyst: "admin" });
  const { alice = "", bob = "", carol = "" } = ids;
  appliance = await appliance.restarted(() => {
    writeCampaigns(appliance, [
      {
        id: "CMP-00000001",
        entity: "North",
        incidents: [alice, bob],
        links: [{ one: alice, other: bob, kind: "host", what: nasty, at: begin }],
      },
      { id: "CMP-00000002", entity: "North", joinedInto: "CMP-00000001" },
      { id: "CMP-00000004", entity: "South", incidents: [carol], createdAt: "2026-03-13T05:00:00.000Z" },
    ]);
  });
  await ApiClient.asUser(appliance, "nora", "viewer", ["North"]);
});
afterAll(() => appliance.dispose());

test("members with owner and ticket, and why they belong together, as text", async () => {
  const nora = await ConsoleClient.signedIn(appliance, "nora");
  const page = await nora.get("/campaigns/CMP-00000001");
  expect(page.status).toBe(200);
  expect(page.text).toContain("2 incidents of one attack");
  for (const id of [ids.alice, ids.bob]) expect(page.html).toContain(`href="/incidents/${id}"`);
  expect(page.text).toContain("none of its own");
  expect(page.html).toContain('title="admin"');
  expect(page.text).toMatch(/Host .* were both active on ws-1">?.*\./);
  expect(page.html).not.toContain("<img src=x");
  const joined = await nora.get("/campaigns/CMP-00000002");
  expect(joined.text).toContain("CMP-00000002 became part of CMP-00000001.");
});

test("a foreign campaign is as unknown as one that is none", async () => {
  const nora = await ConsoleClient.signedIn(appliance, "nora");
  expect((await nora.get("/campaigns/CMP-00000004")).status).toBe(404);
  expect((await nora.get("/campaigns/CMP-99999999")).status).toBe(404);
  const list = await nora.get("/campaigns");
  expect(list.html).toContain("/campaigns/CMP-00000001");
  expect(list.html).not.toContain("CMP-00000004");
  const admin = await ConsoleClient.signedIn(appliance, "admin");
  expect((await admin.get("/campaigns")).html).toContain("CMP-00000004");
});
