/** Pages about the appliance itself and its connections, to be read by everybody who is signed in. */
import { afterEach, describe, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { cleanUpScenes, critical, deliveries, scene } from "../harness/ticket-scene.ts";

let appliance: TestAppliance | null = null;
afterEach(async () => {
  await appliance?.dispose();
  appliance = null;
  await cleanUpScenes();
});

async function started(config?: unknown): Promise<TestAppliance> {
  appliance = await TestAppliance.start({
    env: { RHYTHMX_ADMIN_PASSWORD: password },
    ...(config === undefined ? {} : { config }),
  });
  return appliance;
}

async function viewerOf(it: TestAppliance, entities: string[] = []): Promise<ConsoleClient> {
  const name = entities.length === 0 ? "vera" : "nora";
  await ApiClient.asUser(it, name, "viewer", entities);
  return ConsoleClient.signedIn(it, name);
}

describe("integrations", () => {
  test("a destination that is away: its words, what waits, and that nothing is lost; no address for limited people", async () => {
    const it = await started({ syslog: { host: "127.0.0.1", port: 1, protocol: "tcp", name: "siem" } });
    await it.ingest([detection({ level: "critical" })]);
    const viewer = await viewerOf(it);
    await until(async () => (await viewer.get("/settings/integrations")).text.includes("Not reachable"));
    const page = await viewer.get("/settings/integrations");
    expect(page.text).toMatch(/Alert Syslog Forwarding Configured 1 destination Enabled Yes Last Test never/);
    expect(page.text).toContain("127.0.0.1:1");
    expect(page.text).toMatch(/\d+ messages? waits? on the disk and nothing is lost/);
    expect(page.text).toMatch(/Incident\/Case Syslog Forwarding Configured No Enabled No Last Test never/);
    expect(page.text).toMatch(/Proactive Configured No Enabled No Last Test never/);
    expect(page.html).not.toContain("/console/integrations/");
    const nora = await viewerOf(it, ["North"]);
    const { text } = await nora.get("/settings/integrations");
    expect(text).toContain("not shown");
    const row = text.slice(text.indexOf("siem"), text.indexOf("Not reachable"));
    expect(row).not.toContain("127.0.0.1:1");
  });

  test("an administrator tests saved settings; the steps stay to be read by everybody", async () => {
    const it = await scene(
      { AUTO_PUSH_SYSTEMS: "jira" },
      { jira: { required: [{ fieldId: "customfield_1", name: "Site" }] } },
    );
    await it.appliance.ingest([critical("anna")]);
    await until(async () => (await deliveries(it, "state=parked")).length === 1);
    const admin = await ConsoleClient.signedIn(it.appliance, "admin");
    const page = await admin.get("/settings/integrations");
    expect(page.text).toMatch(/1 delivery stands still\. The request is refused\. Jira says: /);
    expect(page.html).toContain('href="/deliveries?system=jira&amp;cause=rejected"');
    expect(page.html).not.toContain('action="/console/integrations/proactive/test"');
    const tested = await admin.submit(page, "/console/integrations/jira/test");
    expect(tested.at).toContain("/settings/integrations");
    expect(tested.text).toMatch(
      /Jira Test Connection Settings Configured Yes Enabled Yes Last Test \d\d:\d\d:\d\d , 1 of 7 failed/,
    );
    const viewer = await viewerOf(it.appliance);
    const seen = await viewer.get("/settings/integrations");
    expect(seen.text).toMatch(/Log in \(passed\)|Reach/);
    expect(seen.html).not.toContain("jira-token-1");
    it.jira.options.credentials = "soc@acme.example:another";
    const failed = await admin.submit(tested, "/console/integrations/jira/test");
    expect(failed.text).toMatch(/Log in \(failed\)/);
    const nothing = await admin.post("/console/integrations/nosuch/test", {
      form_token: /name="form_token" value="([^"]+)"/.exec(failed.html)?.[1] ?? "",
    });
    expect(nothing.status).toBe(404);
  });
});

describe("system", () => {
  test("version, storage, loops, retention, and one report with the same as text", async () => {
    const it = await started({ syslog: { host: "127.0.0.1", port: 1, protocol: "tcp", name: "siem" } });
    await it.ingest([detection({ level: "critical" })]);
    const viewer = await viewerOf(it);
    const page = await viewer.get("/system");
    expect(page.text).toContain("Nothing is wrong with the appliance itself.");
    expect(page.text).toMatch(/Retention 90 days/);
    const report = /<pre[^>]*id="report"[^>]*>([\s\S]*?)<\/pre>/.exec(page.html)?.[1] ?? "";
    expect(report).toMatch(/^RhythmX Edge /);
    for (const line of [/\nSchema {6}\d+/, /\nRetention {3}90 days/, /\nLoops\n {2}\S/, /alerts\/siem: /])
      expect(report).toMatch(line);
    expect(page.html).toContain('data-copy="#report"');
    const limited = await viewerOf(it, ["North"]);
    expect((await limited.get("/system")).text).toContain("alerts/siem: not connected, ? waiting");
  });
});
