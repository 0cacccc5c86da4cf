/** What administrators do with the appliance itself on `/system`. */
import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { cleanUpScenes, login, scene } from "../harness/ticket-scene.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function started() {
  const edge = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  cleanUp.push(() => edge.dispose());
  return { edge, admin: await ConsoleClient.signedIn(edge, "admin") };
}

test("a backup is made, listed, downloaded and removed", async () => {
  const { admin } = await started();
  const page = await admin.get("/system");
  expect(page.text).toContain("There is no backup of this appliance yet.");
  const begun = await admin.fill(page, "/console/system/backup");
  expect(begun.text).toContain("A backup is being made.");
  let name = "";
  await until(async () => {
    const { html } = await admin.get("/system");
    name = /\/console\/system\/backups\/([^/"]+)\/file/.exec(html)?.[1] ?? "";
    return name !== "" && !html.includes("One is being made");
  });
  const listed = await admin.get("/system");
  const token = admin.fieldsOf(listed, `/console/system/backups/${name}/file`);
  const headers = { "Content-Type": "application/x-www-form-urlencoded", ...{ Origin: admin.url } };
  const answer = await admin.raw(
    "POST",
    `/console/system/backups/${name}/file`,
    headers,
    new URLSearchParams(token).toString(),
  );
  expect([answer.status, answer.headers.get("content-disposition")]).toEqual([200, expect.stringContaining(name)]);
  expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).length).toBeGreaterThan(10_000);
  const action = `/console/system/backups/${name}/remove`;
  const alone = await admin.fill(listed, action);
  expect([alone.status, (await admin.get("/system")).html.includes(name)]).toEqual([401, true]);
  const removed = await admin.fill(listed, action, { own_password: password });
  expect(removed.text).toContain("The backup is removed.");
  expect(removed.html).not.toContain(name);
});

test("a reload without files says so; a certificate that is none is refused with the reason", async () => {
  const { admin } = await started();
  const page = await admin.get("/system");
  // In a test there is nothing to be read again, and no TLS.
  const reloaded = await admin.fill(page, "/console/system/reload");
  expect(reloaded.text).toMatch(/read again|cannot|reload/i);
  expect(page.text).toContain("plain HTTP on this machine alone");
});

test("the support bundle is an archive", async () => {
  const { admin } = await started();
  const page = await admin.get("/system");
  const fields = new URLSearchParams(admin.fieldsOf(page, "/console/system/support")).toString();
  const headers = { "Content-Type": "application/x-www-form-urlencoded", Origin: admin.url };
  const answer = await admin.raw("POST", "/console/system/support", headers, fields);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/gzip"]);
  expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).toString("latin1")).toContain("ustar");
});

test("every loop says what it does, when it runs, and where its pace is set or why it is not", async () => {
  const { edge, admin } = await started();
  const api = await ApiClient.loggedIn(edge, "admin");
  const loops = async () =>
    (await api.get("/api/system")).body.loops as { name: string; runs: number; next_run: string }[];
  const { html } = await admin.get("/system");
  const rows = html.split("<tr>");
  for (const { name } of await loops()) {
    const row = rows.find((one) => one.includes(`<span class="lead">${name}</span>`)) ?? "";
    expect([name, row]).toEqual([name, expect.stringMatching(/set with|Not to be set: \w/)]);
  }
  // Retention by a schedule: no sooner, and then at its time.
  const page = await admin.get("/settings/retention");
  const often = await admin.fill(page, "/console/settings/retention/save", { schedule: "sometimes" });
  expect([often.status, often.text]).toEqual([422, expect.stringContaining("a schedule of five or six fields")]);
  expect((await admin.fill(page, "/console/settings/retention/save", { schedule: "40 * * * *" })).at).toBe(
    "/settings/retention",
  );
  const retention = async () => {
    const found = (await loops()).find(({ name }) => name === "retention");
    if (found === undefined) throw new Error("there is no loop of retention");
    return found;
  };
  const { runs, next_run } = await retention();
  const at = new Date(next_run);
  expect([at.getMinutes(), at.getTime() > edge.clock.now()]).toEqual([40, true]);
  await edge.clock.advance(at.getTime() - edge.clock.now() - 60_000);
  expect((await retention()).runs).toBe(runs);
  await edge.clock.advance(120_000);
  await until(async () => (await retention()).runs === runs + 1);
});

test("when ticket systems are asked for changes is shown with its last and next time", async () => {
  const it = await scene({ AUTO_PUSH_SYSTEMS: "jira", JIRA_SYNC_SCHEDULE: "0 * * * *" });
  const { integrations } = (await (await login(it)).get("/api/integrations/status")).body;
  const jira = integrations.find(({ system }: { system: string }) => system === "jira");
  expect([
    new Date(jira.sync.next_search).getMinutes(),
    Date.parse(jira.sync.next_search) > it.appliance.clock.now(),
  ]).toEqual([0, true]);
  const admin = await ConsoleClient.signedIn(it.appliance, "admin");
  const { html, text } = await admin.get("/system");
  expect(text).toMatch(/Jira looks for tickets that were changed there, set as Look for changes/);
  expect(html).toContain(`datetime="${jira.sync.next_search}"`);
  await cleanUpScenes();
});

test("others see the appliance, and none of its buttons", async () => {
  const { edge } = await started();
  await ApiClient.asUser(edge, "vic", "viewer");
  const viewer = await ConsoleClient.signedIn(edge, "vic");
  const { status, html } = await viewer.get("/system");
  expect(status).toBe(200);
  expect(html).not.toContain("/console/system/");
});

test("the level of the log, heartbeats, and what retention would remove", async () => {
  const { edge, admin } = await started();
  const receiver = await SyslogReceiver.started();
  cleanUp.push(() => receiver.stop());
  await edge.reload({ syslog: { name: "siem", host: "127.0.0.1", port: receiver.port } });
  await edge.ingest([detection()]);
  await until(() => receiver.messages.length === 1);
  // The log: at once, and until it is taken back.
  const page = await admin.get("/system");
  expect(page.text).toContain("debug , as the settings say.");
  const quiet = await admin.fill(page, "/console/system/log-level", { level: "error" });
  expect(quiet.text).toContain("error until the next restart; then debug again");
  const lines = edge.logLines.length;
  await edge.reload({ syslog: { name: "siem", host: "127.0.0.1", port: receiver.port } });
  expect(edge.logLines.slice(lines).filter((line) => !line.includes('"level":"error"'))).toEqual([]);
  const api = await ApiClient.loggedIn(edge, "admin");
  expect((await api.send("PUT", "/api/system/log-level", { level: "loud" })).status).toBe(400);
  const back = await api.send("PUT", "/api/system/log-level", { level: null });
  expect(back.body).toEqual({ log: { level: "debug", configured: "debug", temporary: false } });
  const audit = JSON.stringify((await api.get("/api/audit?action=log.level")).body);
  expect(audit).toContain('"level":{"old":"debug","new":"error"}');
  // A heartbeat, also where none is configured.
  const action = "/console/system/heartbeats/alerts/siem";
  expect(page.text).toMatch(/alerts\/siem none by itself, last never/);
  const sent = await admin.fill(page, action);
  expect(sent.text).toContain("A heartbeat is on its way to alerts/siem.");
  await until(() => receiver.messages.some((message) => message.includes(" STATUS ")));
  await until(async () => !(await admin.get("/system")).text.includes("none by itself, last never"));
  for (const nowhere of ["alerts/other", "cases/siem"])
    expect((await api.post(`/api/system/heartbeats/${nowhere}`, {})).status).toBe(404);
  // What is kept; another number of days changes nothing.
  const kept = (await api.get("/api/system/retention?days=7")).body;
  expect(kept).toMatchObject({ days: 7, configured_days: 90, audit_days: 365, waits_for_clock: expect.any(Boolean) });
  expect(kept.kinds.find(({ kind }: { kind: string }) => kind === "alerts")).toMatchObject({
    rows: 1,
    removes: 0,
    oldest: "2026-03-13T04:30:00.000Z",
  });
  expect((await api.get("/api/system/retention?days=0")).status).toBe(400);
  const asked = await admin.get("/system?days=7");
  expect(asked.text).toContain("What 7 days would remove at the next pass. Nothing is changed by looking");
  expect((await admin.get("/system")).text).not.toContain("Nothing is changed by looking");
});

test("packs are listed with their README as text, and everybody downloads them, the same bytes each time", async () => {
  const { edge } = await started();
  await ApiClient.asUser(edge, "vic", "viewer");
  const viewer = await ConsoleClient.signedIn(edge, "vic");
  const list = await viewer.get("/settings/packs");
  const api = await ApiClient.loggedIn(edge, "vic");
  const { packs } = (await api.get("/api/packs")).body;
  expect(packs.map(({ name }: { name: string }) => name)).toContain("splunk");
  for (const { name, title } of packs) {
    expect(list.text).toContain(title);
    const page = await viewer.get(`/settings/packs/${name}`);
    expect([page.status, page.html.includes("<script>")]).toEqual([200, false]);
    const readme = readFileSync(join(import.meta.dirname, "../../appliance/packs", name, "README.md"), "utf8");
    expect(page.text).toContain(readme.replace(/\s+/g, " ").trim());
  }
  const path = "/console/packs/splunk/file";
  const fields = viewer.fieldsOf(await viewer.get("/settings/packs/splunk"), path).toString();
  const headers = { "Content-Type": "application/x-www-form-urlencoded", Origin: viewer.url };
  const answer = await viewer.raw("POST", path, headers, fields);
  expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="rhythmx-splunk-[\d.]+\.tar\.gz"$/);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const again = await fetch(`${viewer.url}/api/packs/splunk`, { headers: api.headers });
  expect(Buffer.from(await again.arrayBuffer()).equals(bytes)).toBe(true);
  const written = new Map((await unpackTar(gunzipSync(bytes))).map(({ header, data }) => [header.name, data]));
  const icon = "TA-rhythmx/static/appIcon.png";
  const own = readFileSync(join(import.meta.dirname, "../../appliance/packs/splunk", icon));
  expect(own.equals(written.get(`splunk/${icon}`) ?? new Uint8Array())).toBe(true);
  for (const name of ["splnk", "%2e%2e%2fsplunk", "splunk%2fREADME.md"]) {
    expect([name, (await api.get(`/api/packs/${name}`)).status]).toEqual([name, 404]);
    expect([name, (await viewer.get(`/settings/packs/${name}`)).status]).toEqual([name, 404]);
  }
});
