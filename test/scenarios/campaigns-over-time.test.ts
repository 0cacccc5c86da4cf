/** Campaigns whatever comes in between: order, batches, restarts, kills, retention, evidence that cannot be read. */
import { afterEach, expect, test } from "bun:test";
import { dayMs } from "../../core/time.ts";
import { attack, CampaignScene, guid, loggedOn, processCreated } from "../harness/campaign-scene.ts";
import { changeDatabase } from "../harness/database-file.ts";

let scene: CampaignScene;
afterEach(() => scene.dispose());

const system = "NT AUTHORITY\\SYSTEM";

/** Two attacks over four machines each, and somebody who has nothing to do with them. */
function twoAttacks(): Record<string, unknown>[] {
  const one = (n: number) => {
    const parent = guid(7_000 + n);
    const [desk, server, last, user] = [`ws-${n}`, `srv-${n}`, `db-${n}`, `CORP\\mallory${n}`];
    return [
      attack(n, { host: desk, user, raw: processCreated(desk, user, { ProcessGuid: parent }) }),
      attack(n + 2, { host: desk, user: system, raw: processCreated(desk, system, { ParentProcessGuid: parent }) }),
      attack(n + 20, {
        host: server,
        user: system,
        raw: loggedOn(server, "x$", { WorkstationName: desk.toUpperCase() }),
      }),
      attack(n + 90, {
        host: server,
        user: system,
        raw: processCreated(server, system, { CommandLine: `net use \\\\${last}\\c$` }),
      }),
      attack(n + 95, { host: last, user: system }),
    ];
  };
  return [...one(1), ...one(2), attack(30, { host: "ws-9", user: system })];
}

const expected = {
  campaigns: [
    ["db-1", "mallory1", "srv-1", "ws-1"],
    ["db-2", "mallory2", "srv-2", "ws-2"],
  ],
  alone: ["ws-9"],
};

const orders: readonly [string, (records: Record<string, unknown>[]) => Record<string, unknown>[][]][] = [
  ["one batch", (records) => [records]],
  ["one by one", (records) => records.map((record) => [record])],
  ["backwards, one by one", (records) => records.toReversed().map((record) => [record])],
  ["every third first", (records) => [0, 1, 2].map((n) => records.filter((_, at) => at % 3 === n))],
];

test.each(orders)(
  "the same campaigns in any order: %s",
  async (_, batches) => {
    scene = await CampaignScene.start();
    for (const batch of batches(twoAttacks())) await scene.happens(...batch);
    expect(await scene.partition()).toEqual(expected);
  },
  120_000,
);

test("what was not looked at before a stop is looked at after the start, and nothing is told twice", async () => {
  scene = await CampaignScene.start();
  const records = twoAttacks();
  await scene.happens(...records.slice(0, 3));
  // The stop comes before the next turn.
  await scene.appliance.ingest(records.slice(3));
  await scene.restart();
  await scene.looked();
  expect(await scene.partition()).toEqual(expected);
  await scene.restart();
  await scene.looked();
  expect(await scene.partition()).toEqual(expected);
  for (const { incident_id, group_key } of await scene.incidents()) {
    const { history } = (await scene.admin.get(`/api/incidents/${incident_id}`)).body;
    const joins = history.filter(({ action }: { action: string }) => action === "CAMPAIGN_JOINED");
    expect([group_key, joins.length]).toEqual([group_key, group_key === "ws-9" ? 0 : 1]);
  }
});

test("evidence that makes no event is found within a minute", async () => {
  scene = await CampaignScene.start();
  const same = { rule_id: "same", rule_title: "Same", user: "CORP\\alice" };
  await scene.happens(attack(0, { ...same, host: "ws-1" }), attack(0, { host: "ws-2", user: system }));
  expect((await scene.partition()).campaigns).toEqual([]);
  // A known rule on another host: neither score nor rules change.
  await scene.happens(attack(2, { ...same, host: "ws-2" }));
  expect(await scene.partition()).toEqual({ campaigns: [["alice", "ws-2"]], alone: [] });
});

test("an incident whose evidence cannot be read holds nobody up and is given up after three times", async () => {
  scene = await CampaignScene.start();
  await scene.happens(attack(0, { host: "ws-1", user: system }));
  const [broken] = await scene.incidents();
  await scene.appliance.stop();
  changeDatabase(scene.appliance, [
    [
      "update actor_periods set state = '[9]', updated_at = '2026-03-13T05:00:00.000Z' where incident_id = ?",
      [broken.incident_id],
    ],
    ["delete from campaign_looks", []],
    ["update reader_positions set position = 0 where reader = 'campaigns'", []],
  ]);
  await scene.begin();
  await scene.happens(attack(1, { host: "ws-2", user: "CORP\\bob" }), attack(2, { host: "ws-2", user: system }));
  for (let turn = 0; turn < 6; turn++) await scene.looked();
  expect((await scene.partition()).campaigns).toEqual([["bob", "ws-2"]]);
  const told = scene.appliance.logLines.filter((line) => line.includes("was not looked at for campaigns"));
  expect(told).toHaveLength(3);
  expect(told[0]).toContain(broken.incident_id);
  const metrics = await (await fetch(`${scene.appliance.appliance.apiUrl}/metrics`)).text();
  expect(metrics).toContain("\nrhythmx_campaign_failures_total 3\n");
});

test("retention takes the campaign with the last of its incidents, and what is kept of each", async () => {
  scene = await CampaignScene.start({ env: { RHYTHMX_RETENTION_DAYS: "30" } });
  await scene.happens(attack(0, { host: "ws-1", user: "CORP\\alice" }), attack(1, { host: "ws-1", user: system }));
  const rows = await scene.incidents();
  const close = (row: { incident_id: string }) =>
    scene.admin.patch(`/api/incidents/${row.incident_id}/status`, { status: "CLOSED", notes: "done" });
  const counts = () =>
    ["campaigns", "campaign_links", "incident_traces", "campaign_looks"].map((table) => scene.count(table));
  await close(rows[0]);
  scene.appliance.clock.skip(31 * dayMs);
  await scene.looked();
  expect(await scene.incidents()).toHaveLength(1);
  expect(counts().map((n) => n > 0)).toEqual([true, false, true, true]);
  await close(rows[1]);
  scene.appliance.clock.skip(31 * dayMs);
  await scene.looked();
  expect(counts()).toEqual([0, 0, 0, 0]);
});

test("two incidents of what turns out to be one actor: a log names a SID, a list gives a host another name", async () => {
  scene = await CampaignScene.start();
  const sid = "S-1-5-21-1004336348-1177238915-682003330-1107";
  await scene.happens(attack(0, { host: "ws-1", user: sid }), attack(0, { host: "files", user: system }));
  await scene.happens(
    attack(700, {
      host: "ws-2",
      user: "CORP\\eve",
      raw: { EventID: 4688, SubjectUserSid: sid, SubjectUserName: "eve", SubjectDomainName: "CORP" },
    }),
    attack(701, { host: "fs01", user: system }),
  );
  expect((await scene.partition()).campaigns).toEqual([["eve", sid.toLowerCase()]]);
  expect(await scene.why("eve")).toMatchObject([{ kind: "name" }]);
  const list = { entity: "North", assets: [{ host: "fs01", aliases: ["files"] }] };
  expect((await scene.admin.send("PUT", "/api/assets", list)).status).toBe(200);
  await scene.happens(attack(702, { host: "files", user: system }));
  expect(await scene.partition()).toMatchObject({
    campaigns: [
      ["eve", sid.toLowerCase()],
      ["files", "fs01"],
    ],
  });
});

test("hosts of an outbreak with incidents of their own are of its campaign", async () => {
  scene = await CampaignScene.start();
  const rule = { rule_id: "dcsync", rule_title: "Mimikatz DC Sync", tags: ["attack.t1003.006"], user: "CORP\\mallory" };
  // Not by the crown jewel itself: they are no detections of that rule.
  await scene.happens(attack(-30, { host: "ws-3", user: system }), attack(40, { host: "ws-4", user: system }));
  await scene.happens(...[1, 2, 3, 4, 5, 6].map((n) => attack(n, { ...rule, host: `ws-${n}` })));
  await scene.happens(attack(60, { host: "ws-6", user: system }), attack(61, { host: "ws-7", user: system }));
  const { campaigns, alone } = await scene.partition();
  expect(campaigns).toEqual([["mallory", "ws-3", "ws-4", "ws-6"]]);
  expect(alone).toEqual(["ws-7"]);
  expect((await scene.why("mallory")).map(({ kind }) => kind)).toContain("outbreak");
});
