/** Campaigns and outbreaks as lists, details and messages show them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { writeCampaigns } from "../harness/campaign-rows.ts";

const begin = Date.UTC(2026, 2, 13, 4, 2);
const evil = `LSASS "Dump" <b>\u202e\r\n]`;
const hosts = Array.from({ length: 50 }, (_, n) => `ws-${String(n).padStart(3, "0")}`);
const actors = ["alice", "bob", "dave", "erin", "carol"] as const;
type Actor = (typeof actors)[number];

let appliance: TestAppliance;
let admin: ApiClient;
const ids = {} as Record<Actor, string>;
const incident = async (actor: Actor, by = admin) => (await by.get(`/api/incidents/${ids[actor]}`)).body;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  admin = await ApiClient.loggedIn(appliance, "admin");
  const records = actors.flatMap((user, n) =>
    (user === "alice" ? hosts : [`own-${n}`]).map((host, at) =>
      detection({
        user,
        host,
        timestamp: new Date(begin + at * 1000).toISOString(),
        entity: user === "carol" ? "South" : "North",
        level: "critical",
        rule_id: `r${n}`,
        rule_title: user === "alice" ? evil : `Rule ${n}`,
        tags: ["attack.execution"],
      }),
    ),
  );
  await appliance.ingest(records);
  // An outbreak waits whether an earlier host comes.
  await appliance.clock.advance(40_000);
  const { incidents } = (await admin.get("/api/incidents")).body;
  for (const { incident_id, group_key } of incidents) ids[group_key as Actor] = incident_id;
  appliance = await appliance.restarted(() => {
    writeCampaigns(appliance, [
      {
        id: "CMP-00000001",
        entity: "North",
        incidents: [ids.alice, ids.bob],
        links: [{ one: ids.alice, other: ids.bob, kind: "host", what: "ws-101", at: begin }],
      },
      { id: "CMP-00000002", entity: "North", joinedInto: "CMP-00000001" },
      { id: "CMP-00000003", entity: "North", joinedInto: "CMP-00000002" },
      { id: "CMP-00000004", entity: "South", incidents: [ids.carol], createdAt: "2026-03-13T05:00:00.000Z" },
    ]);
  });
  admin = await ApiClient.loggedIn(appliance, "admin");
});

afterAll(() => appliance.dispose());

describe("lists", () => {
  test("rows carry the campaign; the filter finds its incidents, also by an id that became part of it", async () => {
    const campaignsOf = (rows: { group_key: string; campaign_id: string | null }[]) =>
      Object.fromEntries(rows.map(({ group_key, campaign_id }) => [group_key, campaign_id]));
    const all = { alice: "CMP-00000001", bob: "CMP-00000001", dave: null, erin: null, carol: "CMP-00000004" };
    expect(campaignsOf((await admin.get("/api/incidents")).body.incidents)).toEqual(all);
    expect(campaignsOf((await admin.get("/api/v1/feed/incidents?since=")).body.data)).toEqual(all);
    for (const id of ["CMP-00000001", "CMP-00000002", "CMP-00000003", " CMP-00000001 "])
      for (const [path, name] of [
        ["/api/incidents", "incidents"],
        ["/api/v1/feed/incidents", "data"],
      ] as const)
        for (const more of ["", "&since=", "&sort_by=risk_score", "&status=OPEN", "&updated_since="]) {
          const { status, body } = await admin.get(`${path}?campaign=${encodeURIComponent(id)}${more}`);
          const found = body[name].map((row: { group_key: string }) => row.group_key).sort();
          expect([path, id, more, status, found, body.total]).toEqual([path, id, more, 200, ["alice", "bob"], 2]);
        }
    expect((await admin.get("/api/incidents?campaign=CMP-ffffffff")).body).toMatchObject({ incidents: [], total: 0 });
    expect((await admin.get("/api/incidents?campaign=")).body.total).toBe(5);
  });

  test("a cursor goes on in its campaign, and a foreign campaign has no rows", async () => {
    const first = (await admin.get("/api/incidents?campaign=CMP-00000001&limit=1&since=")).body;
    const next = (await admin.get(`/api/incidents?campaign=CMP-00000001&limit=1&cursor=${first.next_cursor}`)).body;
    expect([...first.incidents, ...next.incidents].map(({ group_key }) => group_key)).toEqual(["alice", "bob"]);
    const south = await ApiClient.withKey(appliance, ["feed:read"], ["south"]);
    expect((await south.get("/api/v1/feed/incidents?campaign=CMP-00000001")).body).toMatchObject({
      data: [],
      total: 0,
    });
  });

  test("of campaigns: newest first, without those that became part of another, for each caller its own", async () => {
    const { body } = await admin.get("/api/campaigns");
    expect(body).toMatchObject({ total: 2, limit: 100, offset: 0 });
    expect(body.campaigns[1]).toEqual({
      campaign_id: "CMP-00000001",
      entity_name: "North",
      created_at: "2026-03-13T04:30:00.000Z",
      updated_at: "2026-03-13T04:30:00.000Z",
      incident_count: 2,
      open_incident_count: 2,
      risk_score: expect.any(Number),
      risk_level: "critical",
      headline: "LSASS memory dumped on 50 hosts within 1 minute by alice",
    });
    const of = async (by: ApiClient, query = "") =>
      (await by.get(`/api/campaigns${query}`)).body.campaigns.map((one: { campaign_id: string }) => one.campaign_id);
    expect(await of(admin)).toEqual(["CMP-00000004", "CMP-00000001"]);
    expect(await of(admin, "?limit=1&offset=1")).toEqual(["CMP-00000001"]);
    expect(await of(admin, "?entity=north")).toEqual(["CMP-00000001"]);
    const south = await ApiClient.withKey(appliance, ["feed:read"], ["south"]);
    expect(await of(south)).toEqual(["CMP-00000004"]);
    expect(await of(south, "?entity=North")).toEqual([]);
    expect((await admin.get("/api/campaigns?limit=501")).status).toBe(400);
  });
});

describe("an incident", () => {
  test("names the others of its campaign and says why", async () => {
    const { campaign, campaign_id } = await incident("alice");
    const { incidents } = (await admin.get("/api/incidents?actor=bob")).body;
    expect(campaign_id).toBe("CMP-00000001");
    const { incident_id, group_key, actor_type, headline, risk_score, risk_level, status } = incidents[0];
    expect(campaign).toEqual({
      campaign_id: "CMP-00000001",
      incidents: [
        {
          ...{ incident_id, group_key, actor_type, headline, risk_score, risk_level, status },
          ...{ assigned_analyst: null },
          ...{ external_ticket_id: null, external_ticket_url: null, external_system: null },
        },
      ],
      incidents_total: 1,
      links: [
        {
          incident_id: ids.alice,
          other_id: ids.bob,
          kind: "host",
          what: "ws-101",
          why: "alice and bob were both active on ws-101 at 2026-03-13 04:02 UTC",
          at: "2026-03-13T04:02:00.000Z",
        },
      ],
      links_total: 1,
    });
    expect((await incident("bob")).campaign.incidents[0].incident_id).toBe(ids.alice);
    expect(await incident("dave")).toMatchObject({ campaign_id: null, campaign: null, outbreak: null });
  });

  test("has its outbreak with all hosts, as it is written", async () => {
    const { outbreak } = await incident("alice");
    const times = { first_seen: "2026-03-13T04:02:00Z", last_seen: "2026-03-13T04:02:49Z" };
    expect(outbreak).toEqual({ rule: evil, hosts, hosts_total: 50, ...times });
  });

  test("tells both in every message, behind the keys that the seed has", async () => {
    await admin.patch(`/api/incidents/${ids.alice}`, { assigned_analyst: "jane" });
    await admin.patch(`/api/incidents/${ids.dave}`, { assigned_analyst: "jane" });
    const events = await updates();
    const [alice, dave] = [ids.alice, ids.dave].map((id) => events.findLast(({ incident_id }) => incident_id === id));
    expect(Object.keys(alice ?? {}).slice(-4)).toEqual(["timeline", "changes", "campaign_id", "outbreak"]);
    expect(alice).toMatchObject({ campaign_id: "CMP-00000001", outbreak: { rule: evil, hosts, hosts_total: 50 } });
    expect(Object.keys(dave ?? {}).slice(-3)).toEqual(["timeline", "changes", "campaign_id"]);
    expect(dave).toMatchObject({ campaign_id: null });
  });
});

describe("a campaign", () => {
  test("has its incidents and links; one that became part of another is answered with that, and says so", async () => {
    const { body, status } = await admin.get("/api/campaigns/CMP-00000001");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      campaign_id: "CMP-00000001",
      entity_name: "North",
      joined: null,
      incidents_total: 2,
      links_total: 1,
    });
    expect(body.incidents.map(({ group_key }: { group_key: string }) => group_key).sort()).toEqual(["alice", "bob"]);
    for (const id of ["CMP-00000002", "CMP-00000003"]) {
      const joined = (await admin.get(`/api/campaigns/${id}`)).body;
      expect(joined).toEqual({ ...body, joined: `${id} became part of CMP-00000001` });
    }
  });

  test("of a foreign entity is answered like one that does not exist", async () => {
    const south = await ApiClient.withKey(appliance, ["feed:read"], ["South"]);
    const unknown = await south.get("/api/campaigns/CMP-0000000f");
    for (const id of ["CMP-00000001", "CMP-00000002"]) {
      const foreign = await south.get(`/api/campaigns/${id}`);
      expect([unknown.status, foreign.status]).toEqual([404, 404]);
      expect(foreign.body).toEqual({ ...unknown.body, detail: `there is no campaign ${id}` });
    }
    expect((await south.get("/api/campaigns/CMP-00000004")).body.incidents_total).toBe(1);
  });
});

/** Bodies of the updates that the stream has sent so far. */
async function updates(): Promise<{ incident_id: string }[]> {
  const response = await fetch(
    `${appliance.appliance.apiUrl}/api/v1/feed/stream?events=incident_updated&last_event_id=1`,
    { headers: admin.headers },
  );
  const reader = response.body?.getReader();
  let text = "";
  const isAssigned = (id: string) => new RegExp(`"incident_id":"${id}"[^\\n]*"field":"assigned_analyst"`).test(text);
  while (!(isAssigned(ids.alice) && isAssigned(ids.dave))) {
    const read = await reader?.read();
    if (read === undefined || read.done) break;
    text += new TextDecoder().decode(read.value);
  }
  await reader?.cancel();
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice(6)).data);
}
