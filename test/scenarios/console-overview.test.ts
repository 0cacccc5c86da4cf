/** The overview as people see it: what needs attention, figures, feeds, what was changed, and a new appliance. */
import { afterEach, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";

let appliance: TestAppliance | null = null;
afterEach(async () => {
  await appliance?.dispose();
  appliance = null;
});

async function started(config?: unknown): Promise<ConsoleClient> {
  appliance = await TestAppliance.start({
    env: { RHYTHMX_ADMIN_PASSWORD: password },
    ...(config === undefined ? {} : { config }),
  });
  return ConsoleClient.signedIn(appliance, "admin");
}

const emergency = (fields: Record<string, unknown> = {}) =>
  detection({
    rule_title: "LSASS Memory Dump Via Comsvcs",
    level: "critical",
    tags: ["attack.credential_access", "attack.t1003.001"],
    ...fields,
  });

test("a new appliance says how the first detection comes, with its own address", async () => {
  const console = await started();
  const page = await console.get("/");
  expect(page.text).toContain("The first detection in three steps");
  expect(page.text).toContain("No detection has come yet");
  expect(page.html).toContain(`${appliance?.appliance.apiUrl}/api/v1/ingest/detections?format=auto`);
  await appliance?.ingest([emergency()]);
  const after = await console.get("/");
  expect(after.text).not.toContain("three steps");
});

test("an emergency without an owner leads, with a link that shows just that; taken, it is gone", async () => {
  const console = await started();
  await appliance?.ingest([emergency({ user: "jsmith", host: "ws-101" })]);
  const page = await console.get("/");
  expect(page.text).toContain("1 critical incident has no owner");
  expect(page.html).toContain('href="/incidents?level=critical&amp;owner=none"');
  expect(page.text).toContain("jsmith");
  const admin = await ApiClient.loggedIn(appliance as TestAppliance, "admin");
  const { incidents } = (await admin.get("/api/incidents")).body;
  await admin.patch(`/api/incidents/${incidents[0].incident_id}`, { assigned_analyst: "admin" });
  const after = await console.get("/");
  expect(after.text).not.toContain("has no owner");
  expect(after.text).toMatch(/assigned to admin: jsmith/);
});

test("a destination that is away is named with what waits, and that nothing is lost", async () => {
  const console = await started({ syslog: { host: "127.0.0.1", port: 1, protocol: "tcp", name: "siem" } });
  await appliance?.ingest([emergency()]);
  await until(async () => (await console.get("/")).text.includes("siem cannot be reached with alerts"));
  const { text } = await console.get("/");
  expect(text).toMatch(/\d+ messages? waits? on the disk and nothing is lost/);
  expect(text).toContain("Not reachable");
});

test("people who are limited to an entity see nothing of others", async () => {
  await started();
  await appliance?.ingest([
    emergency({ entity: "North", user: "north-user" }),
    emergency({ entity: "South", user: "south-user" }),
  ]);
  await ApiClient.asUser(appliance as TestAppliance, "nora", "analyst", ["North"]);
  const nora = await ConsoleClient.signedIn(appliance as TestAppliance, "nora");
  for (const path of ["/", "/?entity=South"]) {
    const { text } = await nora.get(path);
    expect(text).toContain("north-user");
    expect(text).not.toContain("south-user");
    expect(text).not.toContain("South");
  }
  const all = await ConsoleClient.signedIn(appliance as TestAppliance, "admin");
  const { text } = await all.get("/?entity=South");
  expect(text).toContain("south-user");
  expect(text).not.toContain("north-user");
});

test("hostile names are text", async () => {
  const console = await started();
  const nasty = `"><script>alert(1)</script>`;
  await appliance?.ingest([
    emergency({ user: nasty, entity: nasty, host: nasty, rule_title: `LSASS Memory Dump ${nasty}` }),
  ]);
  const { html } = await console.get("/");
  expect(html).not.toContain("<script>alert");
  expect(html).toContain("&lt;script&gt;alert(1)");
});

test("of more than 200 entities nobody chooses from a list: the name is typed", async () => {
  const console = await started();
  const records = Array.from({ length: 201 }, (_, n) => detection({ user: `u-${n}`, entity: `Site ${n}` }));
  await appliance?.ingest([...records, emergency({ user: "jdoe", entity: "Site 7" })]);
  for (const path of ["/", "/incidents", "/alerts", "/cases", "/deliveries"]) {
    const { html } = await console.get(path);
    expect({ path, isTyped: /<input[^>]*name="entity"/.test(html) }).toEqual({ path, isTyped: true });
    expect(html).not.toContain('<option value="Site 7"');
  }
  const at = (entity: string) => console.get(`/?entity=${encodeURIComponent(entity)}`);
  expect((await at("site 7")).text).toContain("jdoe");
  expect((await at("Site 8")).text).not.toContain("jdoe");
  expect((await console.get("/incidents?entity=SITE+7")).text).toContain("jdoe");
});
