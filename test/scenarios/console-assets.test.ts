/** Hosts and accounts in the console: where each comes from, single rows, a file with a look before it counts, and the way out. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient, type ConsolePage, ownPage } from "../harness/console-client.ts";

let appliance: TestAppliance;
let api: ApiClient;
let analyst: ConsoleClient;
let viewer: ConsoleClient;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  api = await ApiClient.loggedIn(appliance, "admin");
  await ApiClient.asUser(appliance, "ana", "analyst");
  await ApiClient.asUser(appliance, "vera", "viewer", ["North"]);
  analyst = await ConsoleClient.signedIn(appliance, "ana");
  viewer = await ConsoleClient.signedIn(appliance, "vera");
});
afterAll(() => appliance.dispose());

const rows = async () => (await api.get("/api/assets")).body.assets as Record<string, unknown>[];
const lastEntry = async () => (await api.get("/api/audit?kind=assets")).body.entries[0];
const token = (page: ConsolePage) => /name="form_token" value="([^"]+)"/.exec(page.html)?.[1] ?? "";

/** As a browser sends a form with a file. */
async function upload(
  page: ConsolePage,
  action: string,
  file: string | Uint8Array,
): Promise<{ status: number; html: string }> {
  const form = new FormData();
  form.set("form_token", token(page));
  form.set("entity", "Primary Site");
  form.set("text", "");
  form.set("file", new Blob([file as Uint8Array<ArrayBuffer>]), "assets.csv");
  const response = await fetch(analyst.url + action, {
    method: "POST",
    headers: { ...ownPage, Cookie: analyst.cookie },
    body: form,
  });
  return { status: response.status, html: await response.text() };
}

test("a row is added, changed, renamed and removed, by one person at a time; it says what it does to scores", async () => {
  const page = await analyst.get("/assets/edit?kind=host");
  expect(page.text).toContain(
    "domain controller adds up to 6 points to a score that it is part of; advice never says to isolate it",
  );
  const fields = {
    name: "dc01.corp.example",
    role: "domain_controller",
    criticality: "",
    aliases: "10.0.0.5\nDC01-OLD",
  };
  const made = await analyst.submit(page, "/console/assets/row", fields);
  expect([made.status, made.at]).toEqual([200, "/assets?entity=Primary%20Site"]);
  expect(made.text).toMatch(
    /dc01\.corp\.example 10\.0\.0\.5, DC01-OLD host domain controller critical, by role adds up to 6/,
  );
  const edit = await analyst.get("/assets/edit?kind=host&name=dc01.corp.example");
  const wrong = await analyst.submit(edit, "/console/assets/row", { ...fields, name: "a|b" });
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining("Name: found")]);
  const renamed = await analyst.submit(edit, "/console/assets/row", { ...fields, name: "dc02", criticality: "high" });
  expect([renamed.status, await rows()]).toMatchObject([200, [{ name: "dc02", criticality: "high" }]]);
  const late = await analyst.submit(edit, "/console/assets/row", { ...fields, criticality: "low" });
  expect([late.status, late.text]).toEqual([412, expect.stringContaining("was changed by somebody else meanwhile")]);
  expect((await lastEntry()).detail.changes).toEqual([
    { name: "host dc02", old: null, new: "domain controller, high, also 10.0.0.5, DC01-OLD" },
    { name: "host dc01.corp.example", old: "domain controller, also 10.0.0.5, DC01-OLD", new: null },
  ]);
  const again = await analyst.get("/assets/edit?kind=host&name=DC02");
  const removed = await analyst.submit(again, "/console/assets/remove");
  expect([removed.status, await rows()]).toEqual([200, []]);
});

test("a file: errors by line, then what would change, then all at once; not over what somebody else changed", async () => {
  await api.send("PUT", "/api/assets", {
    assets: [
      { host: "ws1", role: "workstation" },
      { host: "fs1", role: "server" },
    ],
  });
  const page = await analyst.get("/assets/import?entity=Primary+Site");
  expect(page.text).toContain("has 2 rows now");
  const bad = await upload(
    page,
    "/console/assets/preview",
    "kind,name,role\nhost,a,king\nhost,,server\nhost,ok,server\n",
  );
  expect(bad.html).toContain("line 2, role");
  expect(bad.html).toContain("line 3, name");
  expect((await rows()).length).toBe(2);
  // As a spreadsheet saves it: UTF-16 with its mark, semicolons.
  const csv =
    "kind;name;role;criticality;aliases\r\nhost;fs1;server;high;\r\naccount;svc-deploy;deployment;;\r\nhost;<b>x</b>;server;;\r\n";
  const utf16 = new Uint8Array(Buffer.from(`\uFEFF${csv}`, "utf16le"));
  const preview = await upload(page, "/console/assets/preview", utf16);
  expect(preview.html).toContain("2 added, 1 changed, 1 removed");
  expect(preview.html).toContain("server → server, high");
  expect(preview.html).not.toContain("<b>x</b>");
  expect((await rows()).length).toBe(2);
  const form = { form_token: token(page), entity: "Primary Site", list: csv };
  const revision = /name="revision" value="(\d+)"/.exec(preview.html)?.[1] ?? "";
  await api.patch("/api/assets", { set: [{ host: "ws2", role: "workstation" }] });
  const late = await analyst.post("/console/assets/replace", { ...form, revision });
  expect([late.status, (await rows()).length]).toEqual([412, 3]);
  const anew =
    /name="revision" value="(\d+)"/.exec((await upload(page, "/console/assets/preview", csv)).html)?.[1] ?? "";
  const done = await analyst.post("/console/assets/replace", { ...form, revision: anew });
  expect([done.status, done.text]).toEqual([200, expect.stringContaining("2 added, 1 changed, 2 removed")]);
  expect((await rows()).map(({ name }) => name)).toEqual(["<b>x</b>", "fs1", "svc-deploy"]);
  const large = await upload(page, "/console/assets/preview", "x".repeat(10 * 1024 * 1024));
  expect(large.status).toBe(413);
  const binary = await upload(page, "/console/assets/preview", new Uint8Array([0xc3, 0x28, 0xff]));
  expect([binary.status, binary.html.includes("no UTF-8")]).toEqual([400, true]);
});

test("the list narrows and leaves as a file; viewers read their own entity and change nothing", async () => {
  expect((await analyst.get("/assets?q=SVC")).text).toMatch(/svc-deploy account deployment account .*30 points more/);
  expect((await analyst.get("/assets?role=scanner")).text).toContain("No asset matches.");
  const page = await analyst.get("/assets?kind=host&entity=Primary+Site");
  const csv = await analyst.submit(page, "/console/assets/export", { format: "csv" });
  expect(csv.headers.get("content-disposition")).toBe('attachment; filename="assets.csv"');
  expect(
    csv.html
      .trim()
      .split("\r\n")
      .slice(1)
      .map((line) => line.split(",")[1]),
  ).toEqual(["<b>x</b>", "fs1"]);
  const json = await analyst.submit(page, "/console/assets/export", { format: "json" });
  expect(JSON.parse(json.html).assets.length).toBe(2);
  const seen = await viewer.get("/assets");
  expect([seen.status, seen.text]).toEqual([
    200,
    expect.stringContaining("Nothing is known of hosts and accounts of North yet."),
  ]);
  expect(seen.html).not.toContain("/assets/edit");
  expect((await viewer.get("/assets?entity=Primary+Site")).status).toBe(403);
  await ApiClient.asUser(appliance, "nora", "viewer", ["South", "North"]);
  const nora = await ConsoleClient.signedIn(appliance, "nora");
  expect((await nora.get("/assets")).text).toContain("accounts of South yet");
  expect((await nora.get("/assets?entity=North")).text).toContain("accounts of North yet");
});
