/** Sample data in the console: shown there alone, said on every page, and gone with the first real detection. */
import { afterEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { queryDatabase } from "../harness/database-file.ts";

let appliance: TestAppliance;
afterEach(() => appliance.dispose());

const banner = "Sample data: nothing here is real.";
const folder = () => join(appliance.dataDir, "sample");

async function withSample(): Promise<ConsoleClient> {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  const admin = await ConsoleClient.signedIn(appliance, "admin");
  const fresh = await admin.get("/");
  expect(fresh.text).toContain("Try it with sample data");
  const started = await admin.submit(fresh, "/console/sample/start");
  expect(started.text).toContain(banner);
  return admin;
}

const firstIncident = async (client: ConsoleClient) =>
  /href="\/incidents\/(INC-[0-9a-f]{8})"/.exec((await client.get("/incidents")).html)?.[1] ?? "none";

test("it is shown on the console's pages and nowhere else, also after a restart", async () => {
  const admin = await withSample();
  const id = await firstIncident(admin);
  for (const path of [
    "/",
    "/incidents",
    `/incidents/${id}`,
    "/cases",
    "/alerts",
    "/deliveries",
    "/system",
    "/settings/integrations",
  ]) {
    const page = await admin.get(path);
    expect([path, page.status, page.text.includes(banner)]).toEqual([path, 200, true]);
  }
  expect((await admin.get(`/incidents/${id}`)).text).toContain("Sample");
  expect((await admin.get("/alerts?q=mimikatz")).text).toContain("Sample");
  const api = await ApiClient.loggedIn(appliance, "admin");
  const feed = await ApiClient.withKey(appliance, ["feed:read", "metrics:read"]);
  expect((await api.get("/api/incidents")).body.total).toBe(0);
  expect((await api.get(`/api/incidents/${id}`)).status).toBe(404);
  expect((await api.get("/api/alerts")).body.total).toBe(0);
  expect((await api.get("/api/cases/search")).body.total).toBe(0);
  expect((await api.get("/api/overview")).body.incidents.open).toBe(0);
  expect((await feed.get("/api/v1/feed/incidents?since=2000-01-01T00:00:00Z")).body.data).toEqual([]);
  expect((await api.post(`/api/incidents/${id}/tickets`, { system: "jira" })).status).toBe(404);
  const metrics = await (await fetch(`${appliance.appliance.apiUrl}/metrics`, { headers: feed.headers })).text();
  expect(metrics).not.toContain("Sample");
  for (const table of ["event_log", "sigma_alerts", "incidents", "tickets"])
    expect([table, queryDatabase(appliance, `select count(*) as n from ${table}`).n]).toEqual([table, 0]);
  appliance = await appliance.restarted();
  const again = await ConsoleClient.signedIn(appliance, "admin");
  expect((await again.get(`/incidents/${id}`)).text).toContain(banner);
});

test("work on it stays in it; a ticket is refused in words", async () => {
  const admin = await withSample();
  const id = await firstIncident(admin);
  const page = await admin.get(`/incidents/${id}`);
  const token = /name="form_token" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
  const ticket = await admin.post(`/console/incidents/${id}/ticket`, { form_token: token, system: "jira" });
  expect([ticket.status, ticket.text]).toEqual([409, expect.stringContaining("no ticket is made of it")]);
  expect((await admin.get(`/incidents/${id}/preview/jira`)).text).toContain("no ticket is made of it");
  const taken = await admin.post(`/console/incidents/${id}/owner`, { form_token: token, owner: "admin" });
  expect(taken.status).toBe(200);
  expect((await admin.get("/incidents?owner=me")).html).toContain(id);
  const api = await ApiClient.loggedIn(appliance, "admin");
  const { entries } = (await api.get("/api/audit")).body;
  expect(entries.some(({ target }: { target: string }) => target === id)).toBe(false);
});

test("the first real detection ends it, with its file; it is not offered again and not started", async () => {
  const admin = await withSample();
  const page = await admin.get("/");
  const token = /name="form_token" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
  expect(existsSync(folder())).toBe(true);
  await appliance.ingest([detection({ user: "jsmith", level: "critical", entity: "North" })]);
  await until(async () => !existsSync(folder()));
  const after = await admin.get("/incidents");
  expect(after.text).not.toContain(banner);
  expect(after.text).toContain("jsmith");
  expect(after.text).not.toContain("Sample");
  expect((await admin.get("/")).text).not.toContain("Try it with sample data");
  const refused = await admin.post("/console/sample/start", { form_token: token });
  expect([refused.status, refused.text]).toEqual([409, expect.stringContaining("only for the time before them")]);
  expect(existsSync(folder())).toBe(false);
});

test("a person removes it; who may not administer sees it and is offered neither", async () => {
  const admin = await withSample();
  await ApiClient.asUser(appliance, "vera", "viewer");
  await ApiClient.asUser(appliance, "nora", "analyst", ["North"]);
  const viewer = await ConsoleClient.signedIn(appliance, "vera");
  const seen = await viewer.get("/incidents");
  expect(seen.text).toContain(banner);
  expect(seen.html).not.toContain("/console/sample/");
  const nora = await ConsoleClient.signedIn(appliance, "nora");
  expect((await nora.get("/incidents")).html).not.toContain("/incidents/INC-");
  const gone = await admin.submit(await admin.get("/cases"), "/console/sample/remove");
  expect(gone.text).toContain("The sample data is gone.");
  expect(gone.text).toContain("Try it with sample data");
  expect(existsSync(folder())).toBe(false);
  expect((await viewer.get("/")).text).not.toContain("Try it with sample data");
});
