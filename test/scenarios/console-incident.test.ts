/** The page of an incident as people see it: what it tells, what they can do there, and what is refused. */
import { afterEach, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient, ownPage } from "../harness/console-client.ts";

let appliance: TestAppliance;
afterEach(async () => {
  await appliance.dispose();
});

const nasty = `"><img src=x onerror=alert(1)><script>alert(1)</script>`;

const dump = (fields: Record<string, unknown> = {}) =>
  detection({
    rule_id: "lsass-dump",
    rule_title: "LSASS Memory Dump Via Comsvcs",
    rule_author: "A. Uthor",
    level: "critical",
    tags: ["attack.credential_access", "attack.t1003.001"],
    user: "ACME\\jsmith",
    host: "ws-101",
    raw: {
      EventID: 1,
      Image: "C:\\Windows\\System32\\rundll32.exe",
      CommandLine: "rundll32.exe comsvcs.dll MiniDump 624",
    },
    ...fields,
  });

/** An appliance with one incident, and somebody who is signed in. */
async function started(
  records: readonly Record<string, unknown>[] = [dump()],
  role: "admin" | "analyst" | "viewer" = "analyst",
): Promise<{ console: ConsoleClient; admin: ApiClient; id: string; at: string }> {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  await appliance.ingest(records);
  const admin = await ApiClient.loggedIn(appliance, "admin");
  if (role !== "admin") await ApiClient.asUser(appliance, role, role);
  const console = await ConsoleClient.signedIn(appliance, role);
  const [incident] = (await admin.get("/api/incidents")).body.incidents;
  return { console, admin, id: incident.incident_id, at: `/incidents/${incident.incident_id}` };
}

/** The form as a script sends it: the answer is a status and words. */
async function send(console: ConsoleClient, at: string, action: string, fields: Record<string, string>) {
  const token = /name="form_token" value="([^"]+)"/.exec((await console.get(at)).html)?.[1] ?? "";
  const response = await console.raw(
    "POST",
    action,
    { "Content-Type": "application/x-www-form-urlencoded", "X-Fragment": "1", "X-Form-Token": token, ...ownPage },
    new URLSearchParams(fields).toString(),
  );
  return { status: response.status, said: decodeURIComponent(response.headers.get("x-said") ?? "") };
}

test("the page tells what happened, how sure that is, and what it rests on", async () => {
  const { console, at, id } = await started();
  const { status, text, html } = await console.get(at);
  expect(status).toBe(200);
  expect(html).toMatch(/<h1[^>]*>LSASS/);
  for (const words of [
    id,
    "The account jsmith of Primary Site shows signs of credential access on ws-101",
    "How sure:",
    "Detection severity",
    "SIEM alarm volume",
    "Floor",
    "1 of 14 tactics",
    "Rule lsass-dump by A. Uthor",
    "rundll32.exe comsvcs.dll MiniDump 624",
    "ws-101",
    "Service level: 4 h left of 4 h",
    "no ticket system is set up",
    "Opened with level",
  ])
    expect(text).toContain(words);
  // The log is fetched when it is opened.
  expect(html).not.toContain("&quot;EventID&quot;");
  const [, hash = ""] = /data-load="\/alerts\/([0-9a-f]{16})"/.exec(html) ?? [];
  expect(html).toContain(`href="/alerts/${hash}"`);
  const log = await console.get(`/alerts/${hash}`);
  expect(log.html).toContain("&quot;Image&quot;: &quot;C:\\\\Windows");
});

test("a log of a megabyte is shown whole, and as text", async () => {
  const long = `${nasty}${"x".repeat(1_000_000)}end`;
  const { console, at } = await started([dump({ raw: { EventID: 1, CommandLine: long } })]);
  const { html } = await console.get(at);
  expect(html.length).toBeLessThan(80_000);
  const [, address = ""] = /data-load="([^"]+)"/.exec(html) ?? [];
  const page = await console.get(address);
  expect(page.html).not.toMatch(/<img|<script>/);
  expect(page.text).toContain(`${"x".repeat(1_000)}end`);
  expect(page.html.length).toBeGreaterThan(1_000_000);
});

test("hostile fields are text on every page of it", async () => {
  const { console, at, id, admin } = await started([
    dump({
      rule_title: `LSASS ${nasty}`,
      rule_id: nasty,
      rule_author: nasty,
      user: nasty,
      host: nasty,
      entity: nasty,
      tags: [`attack.t1003`, "attack.credential-access", nasty],
      raw: { EventID: 1, CommandLine: nasty, Image: `C:\\${nasty}.exe`, ParentImage: nasty },
    }),
  ]);
  await admin.patch(`/api/incidents/${id}`, { assigned_analyst: nasty, investigation_notes: nasty });
  await admin.patch(`/api/incidents/${id}/status`, { status: "FALSE_POSITIVE", notes: nasty });
  const { html } = await console.get(at);
  const [, log = ""] = /data-load="([^"]+)"/.exec(html) ?? [];
  for (const path of [
    at,
    log,
    `${at}/exception?proposal=0`,
    `${at}?rules=host&all=1`,
    `${at}/exception?reason=${encodeURIComponent(nasty)}&rule=${encodeURIComponent(nasty)}`,
  ]) {
    const page = await console.get(path);
    expect([path, page.status]).toEqual([path, 200]);
    expect([path, /<img|<script>|onerror=alert\(1\)>(?!&)/.test(page.html.replaceAll("&quot;", ""))]).toEqual([
      path,
      false,
    ]);
    // No attribute holds what a log says, but for fields of forms and titles of names; links of the alert's page have it encoded.
    if (path !== log)
      expect([path, /(?:href|src|class|id|action)="[^"]*onerror/.test(page.html)]).toEqual([path, false]);
  }
});

test("status: set with a reason, told in the history with its source", async () => {
  const { console, at, id, admin } = await started();
  const page = await console.get(at);
  const after = await console.submit(page, `/console/incidents/${id}/status`, {
    status: "IN_PROGRESS",
    notes: "Host is being looked at",
  });
  expect(after.at).toBe(at);
  expect(after.text).toContain("Status: In progress.");
  expect(after.text).toContain("Host is being looked at");
  const { history } = (await admin.get(`/api/incidents/${id}`)).body;
  expect(history.at(-1)).toMatchObject({ who: "analyst", source: "console" });
});

test("a status that somebody else has set meanwhile is not overwritten unseen", async () => {
  const { console, at, id, admin } = await started();
  const stale = await console.get(at);
  await admin.patch(`/api/incidents/${id}/status`, { status: "CLOSED", notes: "Done" });
  const action = `/console/incidents/${id}/status`;
  const refused = await console.submit(stale, action, { status: "IN_PROGRESS" });
  expect(refused.status).toBe(409);
  expect(refused.text).toContain("meanwhile somebody has set the status to Closed");
  expect(await send(console, at, action, { seen: "OPEN", status: "IN_PROGRESS" })).toMatchObject({ status: 409 });
  // What they want is what it is.
  expect((await console.submit(stale, action, { status: "CLOSED" })).status).toBe(200);
  expect((await admin.get(`/api/incidents/${id}`)).body).toMatchObject({ status: "CLOSED", resolution_notes: "Done" });
});

test("reopening while a newer one is open is refused in words", async () => {
  const { console, at, id, admin } = await started();
  await admin.patch(`/api/incidents/${id}/status`, { status: "CLOSED" });
  await appliance.ingest([dump({ id: "again", rule_id: "other", rule_title: "LSASS Memory Access" })]);
  const newer = (await admin.get("/api/incidents?status=OPEN")).body.incidents[0].incident_id;
  const refused = await console.submit(await console.get(at), `/console/incidents/${id}/status`, { status: "OPEN" });
  expect(refused.status).toBe(409);
  expect(refused.text).toContain(newer);
});

test("owner: to me, to a person who may, released; strangers and stale pages are refused", async () => {
  const { console, at, id, admin } = await started();
  await ApiClient.asUser(appliance, "bea", "analyst");
  await ApiClient.asUser(appliance, "south", "analyst", ["South"]);
  await ApiClient.asUser(appliance, "vera", "viewer");
  const action = `/console/incidents/${id}/owner`;
  const first = await console.get(at);
  expect(first.html).toContain('<option value="bea"');
  expect(first.html).not.toMatch(/<option value="(?:south|vera)"/);
  const mine = await console.submit(first, action, { owner: "analyst" });
  expect(mine.text).toContain("It is yours.");
  expect((await console.submit(first, action, { owner: "bea" })).status).toBe(409);
  expect((await send(console, at, action, { seen: "analyst", owner: "bea" })).status).toBe(204);
  for (const owner of ["south", "vera", "nobody.such", nasty])
    expect(await send(console, at, action, { seen: "bea", owner })).toMatchObject({ status: 400 });
  expect((await send(console, at, action, { seen: "bea", owner: "" })).said).toBe("Nobody owns it now.");
  expect((await admin.get(`/api/incidents/${id}`)).body.assigned_analyst).toBe(null);
});

test("several who decide at the same moment by the same page: one does, of an incident, of several and of a case", async () => {
  const { console, at, id, admin } = await started();
  const names = ["ann", "bob", "cyd", "dan"];
  for (const name of names) await ApiClient.asUser(appliance, name, "analyst");
  const answers = async (sent: Promise<{ status: number }>[]) =>
    (await Promise.all(sent)).map(({ status }) => status).sort();
  const owner = async () => (await admin.get(`/api/incidents/${id}`)).body.assigned_analyst;
  // Of one incident: nobody's before.
  const one = names.map((name) => send(console, at, `/console/incidents/${id}/owner`, { seen: "", owner: name }));
  expect(await answers(one)).toEqual([204, 409, 409, 409]);
  const first = await owner();
  expect(names).toContain(first);
  // Of those that are ticked in a list.
  const others = names.filter((name) => name !== first);
  const ticked = { do: "assign", id, seen: `${id} OPEN ${first}`, to: "/incidents" };
  const many = others.map((name) => send(console, at, "/console/incidents/change", { ...ticked, owner: name }));
  expect(await answers(many)).toEqual([204, 400, 400]);
  const second = await owner();
  expect(others).toContain(second);
  const statuses = ["IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"].map((status) =>
    send(console, at, `/console/incidents/${id}/status`, { seen: "OPEN", status }),
  );
  expect(await answers(statuses)).toEqual([204, 409, 409]);
  const { history } = (await admin.get(`/api/incidents/${id}`)).body;
  const changed = (action: string) => history.filter((entry: { action: string }) => entry.action === action).length;
  expect([changed("ASSIGNED"), changed("STATUS_CHANGED")]).toEqual([2, 1]);
});

test("of a case, too", async () => {
  const theft = {
    user: "alice",
    host: "ws-1",
    entity: "North",
    tags: ["attack.credential-access", "attack.t1003.001"],
  };
  const {
    console,
    admin,
    id: incident,
  } = await started([
    dump({ ...theft, rule_id: "m", rule_title: "Mimikatz Command Line" }),
    dump({ ...theft, rule_id: "l", rule_title: "LSASS Access By Rare Program" }),
  ]);
  const [{ case_id: id }] = (await admin.get(`/api/incidents/${incident}`)).body.cases;
  const at = `/cases/${id}`;
  const sent = ["IN_PROGRESS", "CLOSED"].map((status) =>
    send(console, at, `/console/cases/${id}/status`, { seen: "OPEN", status }),
  );
  const answered = await Promise.all(sent);
  expect(answered.map(({ status }) => status).sort()).toEqual([204, 409]);
  expect(answered.find(({ status }) => status === 409)?.said).toMatch(
    /meanwhile somebody has set the status to (In progress|Closed)/,
  );
  const { status } = (await admin.get(`/api/cases/${id}`)).body;
  const wanted = ["IN_PROGRESS", "CLOSED"][answered.findIndex((one) => one.status === 204)];
  expect(status).toBe(wanted);
});

test("notes are added below each other, of a closed one too, and lose nothing", async () => {
  const { console, at, id, admin } = await started();
  const action = `/console/incidents/${id}/notes`;
  await console.submit(await console.get(at), action, { text: "First" });
  await console.submit(await console.get(at), action, { text: "Second" });
  await admin.patch(`/api/incidents/${id}/status`, { status: "CLOSED", notes: "Solved" });
  const after = await console.submit(await console.get(at), action, { text: "Third" });
  expect(after.text).toMatch(/First.*Second.*Third/);
  const { investigation_notes, resolution_notes } = (await admin.get(`/api/incidents/${id}`)).body;
  expect([investigation_notes, resolution_notes]).toEqual(["First\nSecond\nThird", "Solved"]);
  const page = await console.get(at);
  const texts = Array.from({ length: 6 }, (_, n) => `At once ${n}`);
  await Promise.all(texts.map((text) => console.submit(page, action, { text })));
  const { body } = await admin.get(`/api/incidents/${id}`);
  for (const text of texts) expect(body.investigation_notes).toContain(text);
  expect([body.status, body.resolution_notes]).toEqual(["CLOSED", "Solved"]);
  expect(await send(console, at, action, { text: "  " })).toMatchObject({ status: 400 });
  expect(await send(console, at, action, { text: "é".repeat(40_000) })).toMatchObject({ status: 422 });
});

test("a false positive offers what would keep it from coming back, tried before it is saved", async () => {
  const { console, at, id, admin } = await started();
  await console.submit(await console.get(at), `/console/incidents/${id}/status`, { status: "FALSE_POSITIVE" });
  const page = await console.get(at);
  expect(page.text).toContain("See what it would suppress");
  const trial = await console.get(`${at}/exception?proposal=0`);
  expect(trial.text).toMatch(/It would have suppressed about 1 detection of 1 actor in 30 days/);
  const saved = await console.submit(trial, `/console/incidents/${id}/exception`, { reason: "Backup job" });
  expect(saved.text).toContain("The exception holds from now on");
  expect(saved.text).toContain("There is an exception for it");
  expect((await admin.get("/api/exceptions")).body.exceptions[0]).toMatchObject({
    actor: "jsmith",
    reason: "Backup job",
    who: "analyst",
  });
  const empty = await console.get(`${at}/exception?reason=x`);
  expect(empty.text).toContain("Name a rule, an actor or a host");
  expect(empty.html).not.toContain("Save exception");
  expect((await console.get(`${at}/exception?reason=x&actor=jsmith&until=soon`)).text).toContain("a date such as");
});

test("viewers read, and nothing that they may not do is offered", async () => {
  const { console, at } = await started([dump()], "viewer");
  const { status, html } = await console.get(at);
  expect(status).toBe(200);
  expect(html).not.toContain("/console/incidents/");
  expect(html).not.toMatch(/\/incidents\/[^"]+\/exception/);
  expect(html).not.toContain("Preview Ticket");
  for (const path of [`${at}/preview/jira`, `${at}/exception`]) expect((await console.get(path)).status).toBe(403);
});

test("unknown incidents and those of a foreign entity are answered alike, on every page and action", async () => {
  const { admin, id } = await started([dump({ entity: "North" })]);
  await ApiClient.asUser(appliance, "sue", "analyst", ["South"]);
  const sue = await ConsoleClient.signedIn(appliance, "sue");
  const all = await ConsoleClient.signedIn(appliance, "admin");
  const [, hash = ""] = /alerts\/([0-9a-f]{16})/.exec((await all.get(`/incidents/${id}`)).html) ?? [];
  for (const one of [id, "INC-00000000", "nonsense%22%3E"]) {
    for (const path of ["", "/preview/jira", "/exception"]) {
      const page = await sue.get(`/incidents/${one}${path}`);
      expect([one, path, [404, 409].includes(page.status)]).toEqual([one, path, true]);
      expect(page.text).not.toContain("jsmith");
    }
    for (const [action, fields] of Object.entries({
      status: { seen: "OPEN", status: "CLOSED" },
      owner: { seen: "", owner: "sue" },
      notes: { text: "x" },
      exception: { actor: "jsmith", reason: "x" },
    }))
      expect([
        one,
        action,
        (await send(sue, "/account", `/console/incidents/${one}/${action}`, fields)).status,
      ]).toEqual([one, action, 404]);
  }
  expect((await sue.get(`/alerts/${hash}`)).status).toBe(404);
  expect((await admin.get(`/api/incidents/${id}`)).body).toMatchObject({ status: "OPEN", assigned_analyst: null });
});

test("the way back leads to the list as it was left", async () => {
  const { console, at, id } = await started();
  const list = `${appliance.appliance.apiUrl}/incidents?view=all&q=jsmith`;
  expect((await console.get(at, { Referer: list })).html).toContain(`href="/incidents?view=all&amp;q=jsmith#${id}"`);
  expect((await console.get(`${at}?from=${encodeURIComponent("view=finished")}`)).html).toContain(
    `href="/incidents?view=finished#${id}"`,
  );
  for (const elsewhere of ["https://evil.example/incidents?view=all", `${appliance.appliance.apiUrl}/alerts?q=1`])
    expect((await console.get(at, { Referer: elsewhere })).html).toContain(`href="/incidents#${id}"`);
});
