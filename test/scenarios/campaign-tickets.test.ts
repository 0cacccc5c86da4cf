/** What tickets of each system say of a campaign and of an outbreak. */
import { afterEach, describe, expect, test } from "bun:test";
import { writeCampaigns } from "../harness/campaign-rows.ts";
import { cleanUp, cleanUpScenes, critical, login, type Scene, scene, turn } from "../harness/ticket-scene.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";

afterEach(cleanUpScenes);

const entity = "Primary Site";
const at = Date.UTC(2026, 2, 13, 4, 2);
const title = 'Odd "Dump" <b>x</b> {code} [a|http://evil.example] \u202e';
const shownTitle = 'Odd "Dump" <b>x</b> {code} [a|http://evil.example]';
const hostsOf = (count: number) => Array.from({ length: count }, (_, n) => `ws-${String(n).padStart(3, "0")}`);

/** alice has an outbreak and two others in her campaign, of whom bob has a ticket; dave stands alone. */
async function attacked(
  env: Record<string, string> = {},
  hosts = hostsOf(50),
  deployment: "Cloud" | "Server" = "Cloud",
) {
  const it = await scene({ AUTO_PUSH_ENABLED: "false", ...env }, { jira: { deployment } });
  const own = { tags: ["attack.execution"] };
  await it.appliance.ingest([
    ...hosts.map((host, n) =>
      critical("alice", {
        ...own,
        rule_id: "r1",
        rule_title: title,
        host,
        timestamp: new Date(at + n * 100).toISOString(),
      }),
    ),
    critical("bob", { ...own, rule_id: "r2", rule_title: "Rule of bob", host: "own-2" }),
    critical("x<img src=y>", { ...own, rule_id: "r3", rule_title: "Rule of x", host: "own-3" }),
    critical("dave", { ...own, rule_id: "r4", rule_title: "Rule of dave", host: "own-4" }),
  ]);
  // An outbreak waits whether an earlier host comes.
  await turn(it, 40_000);
  const { incidents } = (await it.admin.get("/api/incidents")).body;
  const ids = Object.fromEntries(
    incidents.map(({ group_key, incident_id }: Record<string, string>) => [group_key ?? "", incident_id ?? ""]),
  ) as Record<string, string>;
  const [alice = "", bob = "", x = ""] = [ids.alice, ids.bob, ids["x<img src=y>"]];
  it.appliance = await it.appliance.restarted(() => {
    const links = [
      { one: alice, other: bob, kind: "process", what: "net use \\\\srv\\x hunter2 /user:corp\\b", at },
      { one: alice, other: x, kind: "host", what: "ws-000", at },
    ];
    writeCampaigns(it.appliance, [
      { id: "CMP-00000001", entity, incidents: [alice, bob, x], links, tickets: { [bob]: "SEC-77" } },
    ]);
  });
  return { ...it, admin: await login(it), ids: { alice, bob, x, dave: ids.dave ?? "" } };
}

const payloadOf = async (it: Scene, id: string, system: string) =>
  (await it.admin.post(`/api/incidents/${id}/tickets/preview`, { system })).body.payload;
const words = (text: string, count: number) =>
  text
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, count)
    .join(" ");
/** The texts of an ADF document, a line each. */
function adfText(node: { text?: string; content?: object[] }): string {
  return node.text ?? (node.content ?? []).map((one) => adfText(one)).join("\n");
}
const section = (text: string, name: string) => text.split(`\n${name}\n`)[1]?.split("\n\n")[0] ?? "";

describe("a ticket", () => {
  test("leads with the outbreak and names the campaign in its first words, in Jira Cloud, ServiceNow and Jira Data Center", async () => {
    const it = await attacked();
    const jira = await payloadOf(it, it.ids.alice, "jira");
    const snow = await payloadOf(it, it.ids.alice, "servicenow");
    const title1 = `CRITICAL: ${shownTitle} on 50 hosts within 1 minute by alice`;
    expect([jira.fields.summary, snow.short_description]).toEqual([title1, title1]);
    for (const text of [adfText(jira.fields.description), snow.description]) {
      const first = words(text, 120);
      expect(first).toContain(`${shownTitle} on 50 hosts within 1 minute by alice`);
      expect(first).toContain("ws-000, ws-001");
      expect(first).toMatch(/Campaign:? CMP-00000001 with 2 other incidents/);
      expect(first).toContain("Do now:");
      expect(text).not.toContain("hunter2");
      expect(text).not.toMatch(/[\u202e]/);
    }
    const adf = JSON.stringify(jira.fields.description);
    // Untrusted text is text: a document has no other link than ours.
    expect([...adf.matchAll(/"href":"([^"]+)"/g)].map(([, url]) => url)).toEqual([
      `https://edge.example:8443/incidents/${it.ids.alice}`,
    ]);
    const plain = snow.work_notes ?? snow.description;
    expect(section(plain, "OUTBREAK")).toBe(
      `The same rule, "${shownTitle}", fired on 50 hosts within 1 minute, from 2026-03-13T04:02:00Z to 2026-03-13T04:02:04Z.\n` +
        `Hosts, in this order: ${hostsOf(49).join(", ")} and ws-049.`,
    );
    const campaign = section(plain, "CAMPAIGN").split("\n");
    expect(campaign[0]).toBe(
      `Part of campaign CMP-00000001 with 2 other incidents: bob (high, ${it.ids.bob}, SEC-77) and x<img src=y> (high, ${it.ids.x}).`,
    );
    expect(campaign).toContain(`${it.ids.bob} | bob | high (76) | OPEN | SEC-77 | Rule of bob on own-2 by bob`);
    expect(campaign.join("\n")).toContain(
      "- alice and x<img src=y> were both active on ws-000 at 2026-03-13 04:02 UTC",
    );
    expect(campaign.join("\n")).toMatch(/- alice and bob share the process net use \\\\srv\\x \*+/);

    const alone = await payloadOf(it, it.ids.dave, "servicenow");
    expect(alone.description).not.toMatch(/CAMPAIGN|OUTBREAK|Campaign/);
  });

  test("escapes everything in wiki markup", async () => {
    const it = await attacked({}, hostsOf(5), "Server");
    const { description } = (await payloadOf(it, it.ids.alice, "jira")).fields;
    expect(description).toContain("CMP-00000001");
    expect(description).not.toMatch(/(^|[^\\])\{code\}/);
    expect(description).not.toMatch(/(^|[^\\])\[a\|/);
    expect(description).not.toContain("hunter2");
  });

  test("names a bounded number of hosts and counts the others, whatever the system takes", async () => {
    const it = await attacked({}, hostsOf(500));
    const snow = await payloadOf(it, it.ids.alice, "servicenow");
    expect(snow.short_description).toContain("on 500 hosts within 1 minute");
    expect(snow.description.length).toBeLessThanOrEqual(4_000);
    expect(snow.description).toContain("fired on 500 hosts within 1 minute");
    expect(section(snow.work_notes, "OUTBREAK")).toEndWith("ws-199 and 300 more.");
    const isolated = /^- Isolate .*$/m.exec(section(snow.work_notes, "RECOMMENDED ACTIONS: CONTAINMENT"))?.[0] ?? "";
    expect(isolated).toContain("ws-000, ws-001, ws-002 and 497 more");
  });

  test("never tells to isolate a domain controller that is one of the hosts", async () => {
    const it = await attacked({}, ["ws-000", "core-a", "ws-002", "ws-003", "ws-004"]);
    const asset = { kind: "host", name: "core-a", role: "domain_controller" };
    await it.admin.send("PUT", "/api/assets?entity=Primary%20Site", { assets: [asset] });
    const { description, work_notes } = await payloadOf(it, it.ids.alice, "servicenow");
    const steps = (work_notes ?? description).split("RECOMMENDED ACTIONS: CONTAINMENT")[1] ?? "";
    expect(steps).toMatch(/Isolate ws-000/);
    expect(steps).not.toMatch(/Isolate [^\n]*core-a/);
  });
});

describe("a Proactive Case", () => {
  test("has the real campaign, as HTML and as text; without one it says so", async () => {
    const api = await new ProactiveStandIn({}).start();
    cleanUp.push(() => api.stop());
    const it = await attacked({
      TICKET_INTEGRATION: "proactive",
      PROACTIVE_SNOW_BASE_URL: `${api.url}/api`,
      PROACTIVE_SNOW_APP_ID: "app-1",
      PROACTIVE_SNOW_SECRET: "proactive-secret-1",
      PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
    });
    const made = await payloadOf(it, it.ids.alice, "proactive");
    expect(made.shortDescription).toBe(`CRITICAL: ${shownTitle} on 50 hosts within 1 minute by alice`);
    expect(made.description).toContain("<th>Campaign ID</th><td>CMP-00000001</td>");
    expect(made.description).toContain("<h3>Campaign</h3><p>Part of campaign CMP-00000001 with 2 other incidents:");
    expect(made.description).toContain("x&#60;img src=y&#62;");
    expect(made.description).not.toMatch(/<(img|b|script)\b/i);
    expect(made.description).toContain("fired on 50 hosts within 1 minute");
    expect(made.description + made.workNotes).not.toContain("hunter2");
    const alone = await payloadOf(it, it.ids.dave, "proactive");
    expect(alone.description).toContain(
      "<th>Campaign ID</th><td>none: no other incident is known to be part of this</td>",
    );
    expect(alone.description).not.toContain("<h3>Campaign</h3>");
  });
});
