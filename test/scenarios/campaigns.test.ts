/** Which incidents become one campaign, by the front door: detections in, incidents out. */
import { afterEach, describe, expect, test } from "bun:test";
import { attack, CampaignScene, guid, loggedOn, processCreated, usage } from "../harness/campaign-scene.ts";

let scene: CampaignScene;
afterEach(() => scene.dispose());

const system = "NT AUTHORITY\\SYSTEM";
const people = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `CORP\\user-${from + n}`);

describe("names that turn out to be one actor's", () => {
  const sid = "S-1-5-21-1004336348-1177238915-682003330-1105";

  test("a SID and its user, and an alias: their open incidents are one campaign", async () => {
    scene = await CampaignScene.start();
    await scene.happens(attack(0, { host: "a", user: sid }));
    await scene.happens(attack(2, { host: "c", user: "CORP\\eve" }));
    expect(await scene.partition()).toMatchObject({ campaigns: [] });
    const raw = { EventData: { SubjectUserSid: sid, SubjectUserName: "eve", SubjectDomainName: "CORP" } };
    await scene.happens(attack(900, { host: "d", user: "CORP\\eve", raw }));
    expect((await scene.partition()).campaigns).toEqual([["eve", sid.toLowerCase()]]);
    expect(await scene.why("eve")).toMatchObject([{ kind: "name", what: `eve, ${sid.toLowerCase()}` }]);
    await scene.happens(attack(2_000, { host: "x1", user: "frank" }), attack(4_000, { host: "x2", user: "f.miller" }));
    const assets = [{ account: "frank", aliases: ["f.miller"] }];
    await scene.admin.send("PUT", "/api/assets", { entity: "North", assets });
    await scene.happens(attack(6_000, { host: "x3", user: "f.miller" }));
    expect((await scene.partition()).campaigns).toEqual([
      ["eve", sid.toLowerCase()],
      ["f.miller", "frank"],
    ]);
  });
});

describe("a host", () => {
  test("joins the incident of the user on it and its own", async () => {
    scene = await CampaignScene.start();
    await scene.happens(attack(0, { host: "WS-1.corp.example", user: "CORP\\alice" }));
    await scene.happens(attack(20, { host: "ws-1", user: system }));
    expect(await scene.partition()).toEqual({ campaigns: [["alice", "ws-1.corp.example"]], alone: [] });
    expect(await scene.why("alice")).toMatchObject([{ kind: "host", what: "ws-1.corp.example" }]);
    const [row] = await scene.incidents();
    expect(row.campaign_id).toMatch(/^CMP-[0-9a-f]{8}$/);
    const { history } = (await scene.admin.get(`/api/incidents/${row.incident_id}`)).body;
    expect(history.at(-1)).toMatchObject({
      action: "CAMPAIGN_JOINED",
      field: "campaign_id",
      old: null,
      new: row.campaign_id,
      source: "correlation",
    });
  });

  test("joins two users who are the only ones on it; not where many are on it, unless a log names both", async () => {
    scene = await CampaignScene.start();
    await scene.happens(...usage("ws-2", people(3)), ...usage("ws-3", people(3)));
    await scene.happens(
      attack(0, { host: "ws-1", user: "CORP\\alice" }),
      attack(1, { host: "ws-1", user: "CORP\\bob" }),
      attack(2, { host: "ws-2", user: "CORP\\carol" }),
      attack(3, { host: "ws-2", user: "CORP\\dave" }),
      attack(4, { host: "ws-3", user: "CORP\\erin" }),
      attack(5, { host: "ws-3", user: "CORP\\frank", raw: loggedOn("ws-3", "erin") }),
    );
    expect(await scene.partition()).toEqual({
      campaigns: [
        ["alice", "bob"],
        ["erin", "frank"],
      ],
      alone: ["carol", "dave"],
    });
  });

  test("joins nothing after six hours, and nothing of another entity", async () => {
    scene = await CampaignScene.start();
    await scene.happens(
      attack(0, { host: "ws-1", user: "CORP\\alice" }),
      attack(361, { host: "ws-1", user: system }),
      attack(0, { host: "ws-2", user: "CORP\\bob" }),
      attack(0, { host: "ws-2", user: system, entity: "South" }),
    );
    expect(await scene.partition()).toEqual({ campaigns: [], alone: ["South/ws-2", "alice", "bob", "ws-1"] });
    await scene.happens(attack(359, { host: "ws-1", user: "CORP\\alice" }));
    expect(await scene.partition()).toMatchObject({ campaigns: [["alice", "ws-1"]] });
  });
});

describe("an attack's own traces", () => {
  test("a logon session and a process join, also on a server that everybody uses; the system's own do not", async () => {
    scene = await CampaignScene.start();
    await scene.happens(...usage("srv-1", people(9)));
    const session = { LogonId: "0x1b88c8", LogonGuid: "{aa6b4a20-240f-5c87-0000-0020c8881b00}" };
    const parent = guid(9_000);
    await scene.happens(
      attack(0, { host: "srv-1", user: "CORP\\alice", raw: processCreated("srv-1", "CORP\\alice", session) }),
      attack(3, { host: "srv-1", user: "CORP\\bob", raw: loggedOn("srv-1", "bob", { TargetLogonId: "0x1B88C8" }) }),
      attack(4, {
        host: "srv-1",
        user: "CORP\\carol",
        raw: processCreated("srv-1", "CORP\\carol", { ProcessGuid: parent }),
      }),
      attack(5, {
        host: "srv-1",
        user: system,
        raw: processCreated("srv-1", system, { ParentProcessGuid: parent.toUpperCase(), ParentImage: "C:\\cmd.exe" }),
      }),
      attack(6, { host: "srv-1", user: "CORP\\dave", raw: processCreated("srv-1", "CORP\\dave") }),
    );
    expect(await scene.partition()).toEqual({
      campaigns: [
        ["alice", "bob"],
        ["carol", "srv-1"],
      ],
      alone: ["dave"],
    });
    expect(await scene.why("alice")).toMatchObject([{ kind: "logon", what: "0x1b88c8 on srv-1" }]);
    expect(await scene.why("carol")).toMatchObject([{ kind: "process", what: "cmd.exe" }]);
  });

  test("services and other processes of the whole machine join nothing", async () => {
    scene = await CampaignScene.start();
    await scene.happens(...usage("srv-1", people(9)));
    const services = { ParentProcessGuid: guid(9_001), ParentImage: "C:\\Windows\\System32\\services.exe" };
    await scene.happens(
      attack(0, { host: "srv-1", user: "CORP\\alice", raw: processCreated("srv-1", "CORP\\alice", services) }),
      attack(1, { host: "srv-1", user: system, raw: processCreated("srv-1", system, services) }),
    );
    expect(await scene.partition()).toEqual({ campaigns: [], alone: ["alice", "srv-1"] });
  });

  test("movement: a logon from another host, a share on a command line, an address", async () => {
    scene = await CampaignScene.start();
    await scene.happens(
      attack(0, { host: "ws-1.corp.example", user: system }),
      attack(30, { host: "srv-1", user: system, raw: loggedOn("srv-1", "x$", { WorkstationName: "WS-1" }) }),
      attack(40, {
        host: "ws-2",
        user: system,
        raw: processCreated("ws-2", system, { CommandLine: "copy a.exe \\\\SRV-2\\c$\\a.exe" }),
      }),
      attack(50, { host: "srv-2", user: system }),
      attack(60, { host: null, user: null, src_ip: "10.9.8.7" }),
      attack(61, { host: "ws-3", user: system, raw: loggedOn("ws-3", "x$", { IpAddress: "10.9.8.7" }) }),
      attack(62, { host: "ws-4", user: system }),
    );
    expect(await scene.partition()).toEqual({
      campaigns: [
        ["10.9.8.7", "ws-3"],
        ["srv-1", "ws-1.corp.example"],
        ["srv-2", "ws-2"],
      ],
      alone: ["ws-4"],
    });
    expect(await scene.why("srv-1")).toMatchObject([{ kind: "movement", what: "ws-1.corp.example" }]);
  });

  test("the same crown jewel on a second host within ten minutes, and not later", async () => {
    scene = await CampaignScene.start();
    const dcsync = { rule_id: "dcsync", rule_title: "Mimikatz DC Sync", tags: ["attack.t1003.006"], user: system };
    await scene.happens(
      attack(0, { ...dcsync, host: "ws-1" }),
      attack(9, { ...dcsync, host: "ws-2" }),
      attack(25, { ...dcsync, host: "ws-3" }),
    );
    expect(await scene.partition()).toEqual({ campaigns: [["ws-1", "ws-2"]], alone: ["ws-3"] });
    expect(await scene.why("ws-1")).toMatchObject([{ kind: "crown_jewel", what: "Mimikatz DC Sync" }]);
  });
});

describe("what many share", () => {
  test("a server that everybody uses joins nothing, nor does what a domain controller is asked by everybody", async () => {
    scene = await CampaignScene.start();
    const dc = { entity: "North", assets: [{ host: "dc-1", role: "domain_controller" }] };
    expect((await scene.admin.send("PUT", "/api/assets", dc)).status).toBe(200);
    await scene.happens(...usage("srv-1", people(9)));
    await scene.happens(
      attack(0, { host: "srv-1", user: "CORP\\alice" }),
      attack(1, { host: "srv-1", user: system }),
      attack(2, {
        host: "ws-1",
        user: system,
        raw: processCreated("ws-1", system, { CommandLine: "dir \\\\srv-1\\x" }),
      }),
      attack(3, { host: "dc-1", user: "CORP\\bob" }),
      attack(4, { host: "dc-1", user: system }),
    );
    expect(await scene.partition()).toEqual({
      campaigns: [],
      alone: ["alice", "bob", "dc-1", "srv-1", "ws-1"],
    });
  });

  test("an administrator does not join the hosts of two attacks to each other", async () => {
    scene = await CampaignScene.start();
    const everywhere = Array.from({ length: 8 }, (_, n) => usage(`srv-${n}`, ["CORP\\adm-1"])).flat();
    await scene.happens(...everywhere);
    const on = (host: string, minute: number) => {
      const session = { LogonId: `0x7${minute}f00`, ParentProcessGuid: guid(8_000 + minute) };
      return [
        attack(minute, { host, user: "CORP\\adm-1", raw: processCreated(host, "CORP\\adm-1", session) }),
        attack(minute + 1, { host, user: system, raw: processCreated(host, system, session) }),
      ];
    };
    // Only hosts: nothing.
    await scene.happens(attack(0, { host: "ws-9", user: "CORP\\adm-1" }), attack(1, { host: "ws-9", user: system }));
    expect(await scene.partition()).toEqual({ campaigns: [], alone: ["adm-1", "ws-9"] });
    // Its sessions on two attacked hosts: it is counted to the first.
    await scene.happens(...on("ws-1", 10), ...on("ws-2", 20));
    expect(await scene.partition()).toEqual({ campaigns: [["adm-1", "ws-1"]], alone: ["ws-2", "ws-9"] });
    await scene.happens(...on("ws-3", 30));
    expect(await scene.partition()).toEqual({ campaigns: [["adm-1", "ws-1"]], alone: ["ws-2", "ws-3", "ws-9"] });
  });

  test("weak detections of people at work on one host join nothing", async () => {
    scene = await CampaignScene.start();
    const weak = Array.from({ length: 5 }, (_, n) => attack(n, { level: "medium", host: "ws-1", user: "CORP\\alice" }));
    await scene.happens(attack(0, { host: "ws-9", user: "CORP\\alice" }), ...weak);
    await scene.happens(attack(2, { host: "ws-1", user: "CORP\\bob" }), attack(3, { host: "ws-9", user: "CORP\\x" }));
    expect(await scene.partition()).toEqual({ campaigns: [["alice", "x"]], alone: ["bob"] });
  });
});

describe("campaigns that join", () => {
  test("the older id stays, the other still leads to it, and each incident is told once", async () => {
    scene = await CampaignScene.start();
    await scene.happens(attack(0, { host: "ws-1", user: "CORP\\alice" }), attack(1, { host: "ws-1", user: system }));
    await scene.happens(attack(9, { host: "ws-2", user: "CORP\\bob" }), attack(9, { host: "ws-2", user: system }));
    const idOf = async (actor: string) => (await scene.incidents()).find((row) => row.group_key === actor).campaign_id;
    const [older, younger] = [await idOf("alice"), await idOf("bob")];
    expect(older).not.toBe(younger);
    await scene.happens(
      attack(12, { host: "ws-2", user: system, raw: loggedOn("ws-2", "y$", { WorkstationName: "WS-1" }) }),
    );
    expect(await scene.partition()).toEqual({ campaigns: [["alice", "bob", "ws-1", "ws-2"]], alone: [] });
    expect(await idOf("bob")).toBe(older);
    const { body } = await scene.admin.get(`/api/campaigns/${younger}`);
    expect(body).toMatchObject({ campaign_id: older, incidents_total: 4 });
    for (const row of await scene.incidents()) {
      const { history } = (await scene.admin.get(`/api/incidents/${row.incident_id}`)).body;
      const joins = history.filter(({ action }: { action: string }) => action === "CAMPAIGN_JOINED");
      expect(joins).toHaveLength(["alice", "ws-1"].includes(row.group_key) ? 1 : 2);
    }
  });

  test("a closed incident stays in its campaign, and what comes later does not join by it", async () => {
    scene = await CampaignScene.start();
    await scene.happens(attack(0, { host: "ws-1", user: "CORP\\alice" }), attack(1, { host: "ws-1", user: system }));
    const alice = (await scene.incidents()).find((row) => row.group_key === "alice");
    const ws = (await scene.incidents()).find((row) => row.group_key === "ws-1");
    for (const { incident_id } of [alice, ws])
      await scene.admin.patch(`/api/incidents/${incident_id}/status`, { status: "CLOSED", notes: "done" });
    await scene.happens(attack(5, { host: "ws-1", user: "CORP\\bob" }));
    expect(await scene.partition()).toEqual({ campaigns: [["alice", "ws-1"]], alone: ["bob"] });
    // Reopened, it counts again.
    await scene.admin.patch(`/api/incidents/${ws.incident_id}/status`, { status: "IN_PROGRESS" });
    await scene.looked();
    expect(await scene.partition()).toEqual({ campaigns: [["alice", "bob", "ws-1"]], alone: [] });
  });
});
