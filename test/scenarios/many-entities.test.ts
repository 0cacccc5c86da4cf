/** An appliance with more entities than anybody chooses from: names are typed, and what is said of all of them is their sum. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";

let appliance: TestAppliance;
let api: ApiClient;
let admin: ConsoleClient;

const pages = [
  "/",
  "/incidents",
  "/alerts",
  "/cases",
  "/exceptions",
  "/assets",
  "/incidents/new",
  "/new-user",
  "/keys/new",
];
const detectionIn = (entity: string) => ({
  entity,
  rule_title: "Rule",
  level: "high",
  timestamp: appliance.clock.now(),
  user: "jane",
  host: "h1",
  raw: {},
});
const filled = (html: string, name: string) => new RegExp(`<input[^>]*name="entity"[^>]*value="${name}"`).test(html);

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  api = await ApiClient.loggedIn(appliance, "admin");
  admin = await ConsoleClient.signedIn(appliance, "admin");
  await appliance.ingest(Array.from({ length: 199 }, (_, n) => detectionIn(`Site ${n}`)));
  await appliance.ingest([detectionIn("Zürich")]);
});
afterAll(() => appliance.dispose());

test("two hundred are chosen from, with one more their names are typed", async () => {
  for (const page of pages)
    expect([page, (await admin.get(page)).html.includes('value="Site 7"')]).toEqual([page, true]);
  await appliance.ingest([detectionIn("one more")]);
  for (const page of pages) {
    const { status, html } = await admin.get(page);
    expect([page, status, html.includes('value="Site 7"')]).toEqual([page, 200, false]);
    expect([page, /<(?:input|textarea)[^>]*name="(?:entity|more_entities)"/.test(html)]).toEqual([page, true]);
  }
});

describe("a name that is typed", () => {
  test("narrows the overview and the lists, in any spelling", async () => {
    for (const [typed, stored] of [
      [" site 7", "Site 7"],
      ["ZÜRICH", "Zürich"],
    ] as const) {
      const { html } = await admin.get(`/?entity=${encodeURIComponent(typed)}`);
      const link = `/incidents?${new URLSearchParams({ entity: stored })}`;
      expect([filled(html, stored), html.includes(link)]).toEqual([true, true]);
      expect((await admin.get(`/alerts?entity=${encodeURIComponent(typed)}`)).text).toContain("1 of 1");
    }
  });

  test("which nothing has, shows all", async () => {
    expect(filled((await admin.get("/?entity=nowhere")).html, "")).toBe(true);
  });

  test("is that of an incident by hand, and of what a new user is limited to", async () => {
    const byHand = await admin.get("/incidents/new?entity=Site+8");
    expect(filled(byHand.html, "Site 8")).toBe(true);
    const fields = { actor: "jane", reason: "worth a look" };
    const made = await admin.submit(byHand, "/console/incidents/new", fields);
    expect([made.status, made.text.includes("Site 8")]).toEqual([200, true]);
    const user = { name: "vera", password: "borrowed until tomorrow evening", role: "viewer", own_password: password };
    await admin.submit(await admin.get("/new-user"), "/console/users", { ...user, more_entities: "Site 8\nZÜRICH" });
    const { users } = (await api.get("/api/users")).body;
    expect(users.find(({ name }: { name: string }) => name === "vera").entities).toEqual(["Site 8", "ZÜRICH"]);
  });
});

test("who is limited to a few of them chooses from those", async () => {
  await ApiClient.asUser(appliance, "nora", "analyst", ["Site 8", "ZÜRICH", "nowhere"]);
  const nora = await ConsoleClient.signedIn(appliance, "nora");
  const { html, text } = await nora.get("/");
  expect(text).toContain("All entities Site 8 Zürich");
  expect(html).not.toContain("Site 7");
  expect((await nora.get("/alerts")).text).toContain("2 of 2");
});

test("alerts of one are told in order, those that the search knows and those that it does not know yet", async () => {
  const some = (from: number) =>
    Array.from({ length: 30 }, (_, n) => ({ ...detectionIn("Site 9"), rule_title: `Rule ${from + n}`, level: "low" }));
  const quinn = await ApiClient.asUser(appliance, "quinn", "viewer", ["Site 9"]);
  const told = async (query: string) => {
    const { alerts, next_cursor } = (await quinn.get(`/api/alerts?${query}`)).body;
    return { cursor: next_cursor, rules: alerts.map((one: { rule_title: string }) => one.rule_title) as string[] };
  };
  await appliance.ingest(some(0));
  await appliance.clock.advance(60_000);
  await appliance.ingest(some(30));
  const expected = [...Array.from({ length: 60 }, (_, n) => `Rule ${59 - n}`), "Rule"];
  const byOffset: string[] = [];
  for (let offset = 0; offset < 70; offset += 7) byOffset.push(...(await told(`limit=7&offset=${offset}`)).rules);
  expect(byOffset).toEqual(expected);
  const byCursor: string[] = [];
  for (let next = "limit=7"; byCursor.length < expected.length; ) {
    const { rules, cursor } = await told(next);
    byCursor.push(...rules);
    next = `limit=7&cursor=${cursor}`;
  }
  expect(byCursor).toEqual(expected);
  // A poller's total counts both, too.
  const polled = (await quinn.get("/api/alerts?limit=5&level=low&sort_dir=asc")).body;
  expect([polled.total, polled.alerts.length]).toEqual([60, 5]);
});

test("figures of all are the sums of figures of each", async () => {
  const figures = async (client: ApiClient) => {
    const { detections, incidents, cases } = (await client.get("/api/overview")).body;
    const { hours } = (await client.get("/api/activity?hours=2")).body;
    const activity = hours.map((one: { detections: object; alerts_new: number }) => [one.detections, one.alerts_new]);
    const totals = [];
    for (const list of ["/api/alerts", "/api/incidents"]) totals.push((await client.get(`${list}?limit=1`)).body.total);
    return { detections, open: incidents.open, unassigned: incidents.unassigned, cases, activity, totals };
  };
  const all = await figures(api);
  expect([all.detections.total, all.open, all.totals]).toEqual([261, 1, [261, 1]]);
  const names = ["one more", "Zürich", ...Array.from({ length: 199 }, (_, n) => `Site ${n}`)];
  expect(await figures(await ApiClient.asUser(appliance, "olga", "viewer", names))).toEqual(all);
  const one = await figures(await ApiClient.asUser(appliance, "petra", "viewer", ["zürich"]));
  expect([one.detections.total, one.open, one.totals]).toEqual([1, 0, [1, 0]]);
});
