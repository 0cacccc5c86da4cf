/** The audit log in the console: what changed, by filters that are in the address, page by page, and as a file. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { DatabaseFile } from "../harness/database-file.ts";

let appliance: TestAppliance;
let api: ApiClient;
let admin: ConsoleClient;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  api = await ApiClient.loggedIn(appliance, "admin");
  await ApiClient.asUser(appliance, "dana", "viewer");
  await api.patch("/api/users/dana", { role: "analyst", entities: ["=North"], password: "a wholly different phrase" });
  await api.post("/api/exceptions", { actor: "anna", reason: "<b>drill</b>" });
  await new ApiClient(appliance.appliance.apiUrl).post("/api/login", { username: "dana", password: "wrong" });
  admin = await ConsoleClient.signedIn(appliance, "admin");
});
afterAll(() => appliance.dispose());

test("an entry says who, from where, and each field before and after; secrets as such", async () => {
  const page = await admin.get("/audit?kind=user&target=dana&action=user.change");
  expect(page.text).toMatch(
    /admin API 127\.0\.0\.1 user\.change dana Done role viewer → analyst entities none → =North/,
  );
  expect(page.text).toContain("password (secret) → (secret)");
  expect(page.html).not.toContain("wholly different");
  expect(page.html).toContain('href="/users/dana"');
  const made = await admin.get("/audit?kind=exception");
  expect([made.text.includes("<b>drill</b>"), made.html.includes("<b>drill</b>")]).toEqual([true, false]);
});

test("filters narrow, by the days of the viewer's zone too; nothing that matches says so", async () => {
  expect((await admin.get("/audit?outcome=refused")).text).toMatch(/dana API 127\.0\.0\.1 login\.refused dana Refused/);
  expect((await admin.get("/audit?source=command")).text).toContain("command line");
  const day = new Date(appliance.clock.now()).toISOString().slice(0, 10);
  expect((await admin.get(`/audit?from=${day}&to=${day}&kind=exception`)).text).toContain("exception.create");
  expect((await admin.get("/audit?to=2020-01-01")).text).toContain("No entry matches.");
  admin.cookies.set("rhythmx-viewer-zone", "Pacific%2FKiritimati");
  const there = new Date(appliance.clock.now() + 14 * 3_600_000).toISOString().slice(0, 10);
  expect((await admin.get(`/audit?from=${there}&to=${there}&kind=exception`)).text).toContain("exception.create");
  admin.cookies.delete("rhythmx-viewer-zone");
});

test("the file is of what the filters match, and taking it is an entry with its filters", async () => {
  const page = await admin.get("/audit?kind=user&target=dana");
  const csv = await admin.submit(page, "/console/audit/export", { format: "csv" });
  expect([csv.status, csv.headers.get("content-disposition"), csv.headers.get("cache-control")]).toEqual([
    200,
    'attachment; filename="audit.csv"',
    "no-store",
  ]);
  const lines = csv.html.trim().split("\r\n");
  expect(lines.slice(1).every((line) => /,user\.\w+,dana,/.test(line))).toBe(true);
  expect(csv.html).toContain("role: viewer → analyst; entities: (none) → =North; password: (secret) → (secret)");
  const ndjson = await admin.submit(page, "/console/audit/export", { format: "ndjson" });
  const entries = ndjson.html
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(entries.length).toBe(lines.length - 1);
  expect((await admin.get("/audit?kind=audit")).text).toMatch(
    /admin Console 127\.0\.0\.1 audit\.export audit log Done/,
  );
  const { entries: noted } = (await api.get("/api/audit?kind=audit")).body;
  expect(noted[0].detail).toEqual({ format: "ndjson", filters: { kind: "user", target: "dana" } });
});

test("older entries are pages away, each once, however many there are", async () => {
  appliance = await appliance.restarted(() => {
    const file = new DatabaseFile(join(appliance.dataDir, "rhythmx.db"));
    file.run(`insert into audit_log (at, who, action, target, detail, address, source)
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 120)
      select strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-01', '+' || i || ' minutes'), 'old', 'user.change', 'nr' || i, '{}', '', 'api' from n`);
    file.close();
  });
  admin = await ConsoleClient.signedIn(appliance, "admin");
  const seen: string[] = [];
  let next: string | undefined = "/audit?who=old";
  while (next !== undefined) {
    const { html } = await admin.get(next);
    seen.push(...[...html.matchAll(/href="\/users\/(nr\d+)"/g)].map(([, name = ""]) => name));
    next = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll("&amp;", "&");
  }
  expect(seen).toEqual(Array.from({ length: 120 }, (_, at) => `nr${120 - at}`));
});
