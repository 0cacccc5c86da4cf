/** Which incidents become one campaign, by the front door: detections in, incidents out. */
import { afterEach, describe, expect, test } from "bun:test";
import { attack, CampaignScene, loggedOn, usage } from "../harness/campaign-scene.ts";

let scene: CampaignScene;
afterEach(() => scene.dispose());

const system = "NT AUTHORITY\\SYSTEM";
const people = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `CORP\\user-${from + n}`);

describe("a host", () => {
  test("joins the incident of the user on it and its own", async () => {
    scene = await CampaignScene.start();
    await scene.happens(attack(0, { host: "WS-1.corp.example", user: "CORP\\alice" }));
    await scene.happens(attack(20, { host: "ws-1", user: system }));
    expect(await scene.partition()).toEqual({ campaigns: [["alice", "ws-1"]], alone: [] });
    expect(await scene.why("alice")).toMatchObject([{ kind: "host", what: "ws-1" }]);
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
