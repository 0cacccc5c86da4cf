/** Alerts and cases in the console: lists with filters in the address, one alert with its log, one case with its work. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";

let appliance: TestAppliance;
let admin: ConsoleClient;
let viewer: ConsoleClient;
const nasty = `"><img src=x onerror=alert(1)>`;
const bigNumber = "18446744073709551615";

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  const line = (fields: Record<string, unknown>, raw = `{"Keywords": ${bigNumber}, "Note": "${"x".repeat(20)}"}`) =>
    JSON.stringify(detection({ rule_id: fields.rule_title, ...fields })).replace(
      /"raw":(?:\{[^}]*\}|"[^"]*")/,
      `"raw":${raw}`,
    );
  const lines = [
    line({
      rule_title: "Mimikatz Command Line",
      level: "critical",
      user: "jsmith",
      host: "ws-101",
      entity: "North",
      tags: ["attack.credential-access", "attack.t1003.001"],
    }),
    line({
      rule_title: "LSASS Access By Rare Program",
      level: "high",
      user: "jsmith",
      host: "ws-101",
      entity: "North",
      tags: ["attack.credential-access", "attack.t1003.001"],
    }),
    line({ rule_title: "Whoami Execution", level: "low", user: "bob", host: "srv-1", entity: "South" }),
    line(
      { rule_title: `Hostile ${nasty}`, level: "medium", user: nasty, host: nasty, entity: "South" },
      JSON.stringify({ text: nasty }),
    ),
  ];
  await appliance.ingest(lines.join("\n"));
  admin = await ConsoleClient.signedIn(appliance, "admin");
  await ApiClient.asUser(appliance, "vera", "viewer");
  viewer = await ConsoleClient.signedIn(appliance, "vera");
  await until(async () => (await admin.get("/alerts?q=mimikatz")).text.includes("Mimikatz Command Line"));
});
afterAll(() => appliance.dispose());

test.each([
  ["/alerts?level=critical", "Mimikatz Command Line", "Whoami Execution"],
  ["/alerts?q=whoami", "Whoami Execution", "Mimikatz Command Line"],
  ["/alerts?user=CORP%5Cjsmith", "LSASS Access By Rare Program", "Whoami Execution"],
  ["/alerts?host=srv-1", "Whoami Execution", "Mimikatz Command Line"],
  ["/alerts?rule=mimikatz+command+line", "Mimikatz Command Line", "LSASS Access By Rare Program"],
  ["/alerts?entity=South", "Whoami Execution", "Mimikatz Command Line"],
])("%s shows what it asks for", async (path, shown, hidden) => {
  const { text } = await viewer.get(path);
  expect(text).toContain(shown);
  expect(text).not.toContain(hidden);
});

test("nothing found has words and a way back", async () => {
  const { text, html } = await viewer.get("/alerts?q=nosuchword&page=7");
  expect(text).toContain("No alert matches.");
  expect(html).toContain('href="/alerts"');
});

test("one alert has its log with every digit, its incident, and links to its like", async () => {
  const list = await viewer.get("/alerts?q=mimikatz");
  const hash = /href="\/alerts\/([0-9a-f]{16})"/.exec(list.html)?.[1];
  const page = await viewer.get(`/alerts/${hash}`);
  expect(page.status).toBe(200);
  expect(page.text).toContain(`"Keywords": ${bigNumber}`);
  expect(page.html).toMatch(/href="\/incidents\/INC-[0-9a-f]{8}"/);
  expect(page.html).toContain('href="/alerts?user=jsmith"');
  expect((await viewer.get("/alerts/0123456789abcdef")).status).toBe(404);
});

test("a hostile alert is text in its list and on its page", async () => {
  const list = await viewer.get("/alerts?level=medium");
  const hash = /href="\/alerts\/([0-9a-f]{16})"/.exec(list.html)?.[1];
  for (const { html } of [list, await viewer.get(`/alerts/${hash}`)]) {
    expect(html).not.toContain("<img src=x");
    expect(html).toContain("&lt;img src=x");
  }
});

test("cases: filters, one case, and the work on it by those who may", async () => {
  const list = await viewer.get("/cases?kind=credential_theft");
  expect(list.text).toContain("Credential theft: jsmith");
  expect((await viewer.get("/cases?kind=exfiltration")).text).toContain("No case matches.");
  const id = /href="\/cases\/(CASE-[0-9a-f]{8})"/.exec(list.html)?.[1] ?? "";
  const seen = await viewer.get(`/cases/${id}`);
  expect(seen.text).toContain("Mimikatz Command Line");
  expect(seen.html).not.toContain(`action="/console/cases/${id}`);

  const page = await admin.get(`/cases/${id}`);
  const taken = await admin.submit(page, `/console/cases/${id}/owner`, { owner: "admin" });
  expect(taken.text).toContain("The case is yours.");
  // From the page as it was before: what was decided since is not overwritten unseen.
  await ApiClient.asUser(appliance, "bea", "analyst");
  const bea = await ConsoleClient.signedIn(appliance, "bea");
  const taking = await bea.post(`/console/cases/${id}/owner`, {
    ...Object.fromEntries(bea.fieldsOf(await bea.get(`/cases/${id}`), `/console/cases/${id}/owner`)),
    seen: "",
    owner: "bea",
  });
  expect([taking.status, taking.text]).toEqual([409, expect.stringContaining("has set the owner to admin")]);
  const noted = await admin.submit(taken, `/console/cases/${id}/note`, { note: `looked at ${nasty}` });
  expect(noted.text).toContain("The note is added.");
  expect(noted.html).not.toContain("<img src=x");
  const again = await admin.submit(noted, `/console/cases/${id}/note`, { note: "and again" });
  expect(again.text).toMatch(/looked at .*and again/s);
  const closed = await admin.submit(again, `/console/cases/${id}/status`, { status: "CLOSED", notes: "tested" });
  expect(closed.text).toContain("The case is closed.");
  const stale = await admin.fill(again, `/console/cases/${id}/status`, { notes: "only a word more" });
  expect([stale.status, stale.text]).toEqual([409, expect.stringContaining("has set the status to Closed")]);
  const words = Array.from({ length: 6 }, (_, n) => `word ${n}`);
  await Promise.all(words.map((note) => admin.submit(closed, `/console/cases/${id}/note`, { note })));
  expect((await viewer.get("/cases?view=closed")).html).toContain(id);
  expect((await viewer.get("/cases/CASE-00000000")).status).toBe(404);
  const api = await ApiClient.loggedIn(appliance, "admin");
  const { body } = await api.get(`/api/cases/${id}`);
  expect(body.history.at(-1)).toMatchObject({ who: "admin", source: "console" });
  expect([body.status, body.assigned_analyst]).toEqual(["CLOSED", "admin"]);
  for (const word of words) expect(body.investigation_notes).toContain(word);
});

test("who sees one entity finds nothing of another", async () => {
  await ApiClient.asUser(appliance, "nora", "analyst", ["North"]);
  const nora = await ConsoleClient.signedIn(appliance, "nora");
  expect((await nora.get("/alerts")).text).not.toContain("Whoami Execution");
  const hash = /href="\/alerts\/([0-9a-f]{16})"/.exec((await admin.get("/alerts?q=whoami")).html)?.[1];
  expect((await nora.get(`/alerts/${hash}`)).status).toBe(404);
});
