/** The list of exceptions in the console: what each suppressed, tried before it is saved, changed by one person at a time. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { dayMs } from "../../core/time.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";

let appliance: TestAppliance;
let api: ApiClient;
let analyst: ConsoleClient;
let viewer: ConsoleClient;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  api = await ApiClient.loggedIn(appliance, "admin");
  await ApiClient.asUser(appliance, "ana", "analyst");
  await ApiClient.asUser(appliance, "vera", "viewer", ["Primary Site"]);
  analyst = await ConsoleClient.signedIn(appliance, "ana");
  viewer = await ConsoleClient.signedIn(appliance, "vera");
  await appliance.ingest([critical("anna"), critical("bert"), critical("carl")]);
});
afterAll(() => appliance.dispose());

const critical = (user: string) => detection({ user, level: "critical", rule_title: `Backup of ${user}` });
const listed = async () => (await api.get("/api/exceptions")).body.exceptions as Record<string, unknown>[];

test("a new one says what it would have suppressed before it can be saved; the list says what it did", async () => {
  expect((await analyst.get("/exceptions/new")).text).toContain("Say what it covers");
  const wrong = await analyst.get("/exceptions/new?reason=x&actor=*");
  expect(wrong.text).toContain("Actor: names nothing but wildcards");
  expect(wrong.html).not.toContain('action="/console/exceptions"');
  const tried = await analyst.get("/exceptions/new?actor=anna&rule=backup*&reason=Nightly+backup");
  expect(tried.text).toContain("It would have suppressed 1 detection of 1 actor in 30 days.");
  expect(await listed()).toEqual([]);
  const saved = await analyst.submit(tried, "/console/exceptions");
  const [row] = await listed();
  expect([saved.at, row?.reason, row?.who]).toEqual([`/exceptions/${row?.id}`, "Nightly backup", "ana"]);
  expect(saved.text).toMatch(/Newest alerts that it covers.*Backup of anna/);
  await appliance.ingest([critical("anna")]);
  const list = await viewer.get("/exceptions?q=NIGHTLY+anna");
  expect(list.text).toMatch(
    /rule backup\* · actor anna every entity Nightly backup ana , \d\d:\d\d 1 \d\d:\d\d Until removed/,
  );
  expect(list.html).not.toContain("/exceptions/new");
  expect((await viewer.get("/exceptions?q=nobody")).text).toContain("No exception matches.");
  // The viewer sees Primary Site alone, and this one reaches beyond.
  expect((await viewer.get(`/exceptions/${row?.id}`)).html).not.toContain("/console/exceptions/");
});

test("changed and tried again, by one at a time; ended, extended, removed", async () => {
  const { body: made } = await api.post("/api/exceptions", {
    actor: "bert",
    reason: "drill",
    until: "2040-05-06T07:08:09Z",
  });
  const path = `/exceptions/${made.id}`;
  const edit = await analyst.get(`${path}/edit`);
  const q = new URLSearchParams({ revision: made.revision, actor: "carl", reason: "drill", until: "2040-05-06" });
  const tried = await analyst.get(`${path}/edit?${q}`);
  expect(tried.text).toContain("It would have suppressed 1 detection of 1 actor in 30 days.");
  const saved = await analyst.submit(tried, `/console${path}/change`);
  expect(saved.text).toContain("The exception is changed.");
  const after = (await listed()).find(({ id }) => id === made.id);
  expect(after).toMatchObject({ actor: "carl", until: "2040-05-06T07:08:09.000Z" });
  const late = await analyst.submit(edit, `/console${path}/change`);
  expect([late.status, late.text]).toEqual([412, expect.stringContaining("was changed by somebody else meanwhile")]);
  const ended = await analyst.submit(saved, `/console${path}/end`);
  expect(ended.text).toContain("The exception has ended.");
  expect((await analyst.get("/exceptions?view=expired")).text).toMatch(/actor carl .*Ended \d\d:\d\d/);
  const extended = await analyst.submit(ended, `/console${path}/extend`);
  const { until } = (await listed()).find(({ id }) => id === made.id) ?? {};
  expect(Date.parse(String(until))).toBe(appliance.clock.now() + 30 * dayMs);
  const stale = await analyst.submit(ended, `/console${path}/remove`);
  expect([stale.status, (await listed()).some(({ id }) => id === made.id)]).toEqual([412, true]);
  const removed = await analyst.submit(extended, `/console${path}/remove`);
  expect([removed.at, (await listed()).some(({ id }) => id === made.id)]).toEqual(["/exceptions", false]);
  expect((await analyst.get(path)).status).toBe(404);
  const { entries } = (await api.get(`/api/audit?target=${made.id}`)).body;
  expect(entries.map(({ action, source }: Record<string, string>) => `${action} ${source}`)).toEqual([
    ...["exception.delete console", "exception.change console", "exception.change console", "exception.change console"],
    "exception.create api",
  ]);
});

test("a form that is sent twice makes one exception, and both answers lead to it; refused, or with something else in it, it is sent again", async () => {
  const before = (await listed()).length;
  const tried = await analyst.get("/exceptions/new?actor=doris&reason=pressed+twice");
  const send = (fields: Record<string, string> = {}) => analyst.submit(tried, "/console/exceptions", fields);
  const answers = [...(await Promise.all([send(), send()])), await send()];
  expect(new Set(answers.map(({ at }) => at)).size).toBe(1);
  expect((await listed()).length).toBe(before + 1);
  expect([(await send({ actor: "*" })).status, (await send({ actor: "*" })).status]).toEqual([422, 422]);
  expect((await send({ actor: "edgar" })).at).not.toBe(answers[0]?.at);
  expect((await listed()).length).toBe(before + 2);
  // Somebody else's form, and another one of one's own, make their own.
  await analyst.submit(await analyst.get("/exceptions/new?actor=doris&reason=pressed+twice"), "/console/exceptions");
  expect((await listed()).length).toBe(before + 3);
});

test("false positives propose, each leads to its trial", async () => {
  const [incident] = (await api.get("/api/incidents?actor=carl")).body.incidents;
  await api.patch(`/api/incidents/${incident.incident_id}/status`, { status: "FALSE_POSITIVE" });
  const page = await analyst.get("/exceptions?view=proposed");
  expect(page.text).toContain("Backup of carl");
  const address = /href="(\/exceptions\/new\?[^"]+)"/.exec(page.html)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const tried = await analyst.get(address);
  expect([tried.status, tried.text]).toEqual([200, expect.stringContaining("It would have suppressed 1 detection")]);
  expect((await viewer.get("/exceptions?view=proposed")).html).not.toContain("/exceptions/new");
});
