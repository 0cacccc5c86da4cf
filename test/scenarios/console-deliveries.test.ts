/** Deliveries in the console: what stands still by cause, request beside answer, and what people do about it. */
import { afterEach, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import {
  cleanUpScenes,
  critical,
  deliveries,
  login,
  oneParked,
  type Scene,
  scene,
  settled,
  ticketed,
  turn,
} from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

const nasty = `SOC "><img src=x onerror=alert(1)>`;
const field = { fieldId: "customfield_1", name: nasty };
const jiraOnly = { AUTO_PUSH_SYSTEMS: "jira" };

async function refused(...actors: [string, string][]): Promise<Scene> {
  const it = await scene(jiraOnly, { jira: { required: [field] } });
  await it.appliance.ingest(actors.map(([user, entity]) => critical(user, { entity })));
  await until(async () => (await deliveries(it, "state=parked")).length === actors.length);
  return it;
}

const asAdmin = ({ appliance }: Scene) => ConsoleClient.signedIn(appliance, "admin");

async function personOf({ appliance }: Scene, name: string, role: "viewer" | "analyst", entities: string[] = []) {
  await ApiClient.asUser(appliance, name, role, entities);
  return ConsoleClient.signedIn(appliance, name);
}

test("what stands still is grouped by cause with the target's words as text; a viewer is offered nothing", async () => {
  const it = await refused(["anna", "North"], ["bob", "South"]);
  const viewer = await personOf(it, "vera", "viewer");
  const page = await viewer.get("/deliveries?system=jira&cause=rejected");
  expect(page.text).toContain("Jira: The request is refused, 2 parked");
  expect(page.text).toMatch(/Jira says: .*SOC "><img src=x/);
  expect(page.html).not.toContain("<img src=x");
  expect(page.html).not.toContain('action="/console/deliveries');
  const id = /href="\/deliveries\/(dlv-[0-9a-f]+)"/.exec(page.html)?.[1] ?? "";
  const one = await viewer.get(`/deliveries/${id}`);
  expect(one.text).toContain("Create ticket in Jira");
  expect(one.text).toMatch(/400 rejected .*POST \/rest\/api\/3\/issue/);
  // The request beside the answer.
  expect(one.text).toMatch(/Request .*"summary": .* Answer .*errors/);
  expect(one.html).not.toContain("<img src=x");
  expect(one.html).not.toContain('action="/console/deliveries');
  expect((await viewer.get("/deliveries/dlv-0000000000000000")).status).toBe(404);
});

test("filters in the address: system, cause, state, incident", async () => {
  const it = await refused(["anna", "North"], ["bob", "South"]);
  const admin = await asAdmin(it);
  const [first, second] = await deliveries(it, "state=parked");
  const idsAt = async (query: string) =>
    [...(await admin.get(`/deliveries?${query}`)).html.matchAll(/<tr id="(dlv-[0-9a-f]+)"/g)].map(([, id]) => id);
  expect(await idsAt("")).toEqual([first.id, second.id]);
  expect(await idsAt("system=jira&cause=rejected")).toEqual([first.id, second.id]);
  for (const none of ["system=servicenow", "cause=unauthorized", "state=dead", "state=unidentified", "state=queue"])
    expect([none, await idsAt(none)]).toEqual([none, []]);
  expect(await idsAt(`incident=${second.incident_id.toLowerCase()}`)).toEqual([second.id]);
  const empty = await admin.get("/deliveries?cause=nosuchcause");
  expect(empty.text).toContain("No delivery matches.");
  expect((await admin.get("/deliveries?state=dead")).text).toContain("Nothing is dead.");
});

test("who sees one entity sees, retries and gives up nothing of another", async () => {
  const it = await refused(["anna", "North"], ["bob", "South"]);
  const nora = await personOf(it, "nora", "analyst", ["North"]);
  const foreign = (await deliveries(it, "state=parked")).find(
    (one: { entity_name: string }) => one.entity_name === "South",
  );
  const page = await nora.get("/deliveries");
  expect(page.text).toContain("1 parked");
  expect(page.html).not.toContain(foreign.id);
  expect((await nora.get(`/deliveries/${foreign.id}`)).status).toBe(404);
  const token = /name="form_token" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
  for (const [deed, fields] of [
    ["retry", {}],
    ["discard", { reason: "not mine" }],
    ["identify", { number: "SEC-1" }],
  ] as const)
    expect(
      (await nora.post(`/console/deliveries/${foreign.id}/${deed}`, { form_token: token, ...fields })).status,
    ).toBe(404);
  const given = await nora.submit(page, "/console/deliveries/discard", { reason: "Handled by phone" });
  expect(given.text).toContain("1 delivery is given up.");
  it.admin = await login(it);
  expect((await deliveries(it, "state=parked")).map((one: { id: string }) => one.id)).toEqual([foreign.id]);
});

test("an analyst mends one by hand, then sends all of the cause again; a reason is needed to give up", async () => {
  const it = await refused(["anna", "North"], ["bob", "North"], ["carl", "North"]);
  const analyst = await personOf(it, "ana", "analyst");
  const list = await analyst.get("/deliveries");
  const id = /<tr id="(dlv-[0-9a-f]+)"/.exec(list.html)?.[1] ?? "";
  const one = await analyst.get(`/deliveries/${id}`);
  const wrong = await analyst.submit(one, `/console/deliveries/${id}/retry`, { fields: "[1" });
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining("a JSON object")]);
  const noReason = await analyst.submit(one, `/console/deliveries/${id}/discard`, { reason: " " });
  expect(noReason.status).toBe(400);
  const sent = await analyst.submit(one, `/console/deliveries/${id}/retry`, { fields: '{"customfield_1": "Blue"}' });
  expect(sent.text).toContain("It is sent again.");
  await until(() => it.jira.issues.length === 1);
  const again = await analyst
    .submit(sent, `/console/deliveries/${id}/discard`, { reason: "x" })
    .catch((error) => String(error));
  expect(JSON.stringify(again)).toMatch(/has no form|409/);
  it.jira.options.required.length = 0;
  const all = await analyst.submit(await analyst.get("/deliveries"), "/console/deliveries/retry");
  expect(all.text).toContain("2 deliveries are sent again.");
  await until(() => it.jira.issues.length === 3);
  await until(async () => (await analyst.get("/deliveries")).text.includes("Nothing stands still."));
  // Without a system, a state and a cause nothing goes.
  const token = /name="form_token" value="([^"]+)"/.exec(all.html)?.[1] ?? "";
  expect((await analyst.post("/console/deliveries/retry", { form_token: token })).status).toBe(400);
});

test("a ticket that was made and not identified is named, not sent again", async () => {
  const it = await scene(
    { AUTO_PUSH_SYSTEMS: "servicenow", UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20", RETRY_BASE_DELAY_SECONDS: "5" },
    { snow: { createAnswer: "nothing", readable: false } },
  );
  await it.appliance.ingest([critical("kim")]);
  await oneParked(it);
  const admin = await asAdmin(it);
  const list = await admin.get("/deliveries?state=unidentified");
  expect(list.text).toContain("Made, and the answer did not say which");
  expect(list.text).toContain("there is no second ticket");
  const id = /<tr id="(dlv-[0-9a-f]+)"/.exec(list.html)?.[1] ?? "";
  expect(list.html).not.toContain(`action="/console/deliveries/${id}/retry"`);
  const { number = "", correlation_id: correlation } = it.snow.rows[0] ?? {};
  const one = await admin.get(`/deliveries/${id}`);
  // The account may not read it, so a person has to look.
  expect(one.text).toMatch(/Look in ServiceNow for what was made .* with the correlation ID/);
  expect(one.html).toContain(`<code>${correlation}</code>`);
  const named = await admin.submit(one, `/console/deliveries/${id}/identify`, { number });
  expect(named.text).toContain(`ServiceNow ${number} is the incident's ticket now.`);
  expect(named.text).toContain("Done");
});

/** One create of ServiceNow that was made and not identified, and the page of its delivery. */
async function unnamed(users: readonly string[] = ["kim"]) {
  const it = await scene(
    { AUTO_PUSH_SYSTEMS: "servicenow", UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20", RETRY_BASE_DELAY_SECONDS: "5" },
    { snow: { createAnswer: "nothing", readable: false } },
  );
  await it.appliance.ingest(users.map((user) => critical(user)));
  await until(async () => {
    await turn(it, 10_000);
    it.admin = await login(it);
    return (await deliveries(it, "state=parked")).length === users.length;
  }, 180_000);
  const [{ id }] = await deliveries(it, "state=parked");
  return { it, id: id as string, admin: await asAdmin(it) };
}

test("candidates of what was made and not identified: none, one to pick, many, and the ticket of another incident", async () => {
  const { it, id, admin } = await unnamed();
  const action = `/console/deliveries/${id}/candidates`;
  const page = await admin.get(`/deliveries/${id}`);
  expect(page.text).toContain("Look for it in ServiceNow");
  const hidden = await admin.submit(page, action);
  expect(hidden.text).toContain("ServiceNow shows no ticket with it.");
  expect(hidden.text).toContain("an access control rule (ACL) hides them from the account");
  // By now the account may read.
  it.snow.options.readable = true;
  const [row] = it.snow.rows;
  if (row === undefined) throw new Error("no record was made");
  row.short_description = nasty;
  const one = await admin.submit(hidden, action);
  expect(one.text).toContain("ServiceNow has one ticket with it.");
  expect(one.text).toMatch(new RegExp(`${row.number} .*New .*made .*SOC "><img src=x`));
  expect(one.html).not.toContain("<img src=x");
  it.snow.rows.push({ ...row, sys_id: "f".repeat(32), number: "INC0020000" });
  const many = await admin.submit(one, action);
  expect(many.text).toContain("ServiceNow has 2 tickets with it: pick the one that is to be kept in step.");
  it.snow.rows.pop();
  const found = [...one.html.matchAll(/<form[^>]*identify"[\s\S]*?<\/form>/g)].find(([form]) =>
    form.includes("It is "),
  );
  const token = /name="form_token" value="([^"]+)"/.exec(one.html)?.[1] ?? "";
  const number = /name="number" value="([^"]+)"/.exec(found?.[0] ?? "")?.[1] ?? "";
  expect(number).toBe(row.number ?? "?");
  const named = await admin.post(`/console/deliveries/${id}/identify`, { form_token: token, number });
  expect(named.text).toContain(`ServiceNow ${number} is the incident's ticket now.`);
  // Decided by now: there is nothing to look for.
  expect((await admin.post(action, { form_token: token })).status).toBe(409);
});

test("candidates in Jira are those with the label; a search that shows none says how much that means", async () => {
  const it = await scene(
    { ...jiraOnly, UNKNOWN_LOOKUP_DELAYS_SECONDS: "10", UNKNOWN_OUTCOME: "ask" },
    { jira: { indexLagMs: 10 * 60 * 60_000 } },
  );
  it.jira.faults = ({ method, path }) =>
    method === "POST" && path.endsWith("/issue") ? { when: "before", what: "reset" } : null;
  await it.appliance.ingest([critical("kim")]);
  await oneParked(it);
  it.jira.faults = () => null;
  const [{ id }] = await deliveries(it, "state=parked");
  const admin = await asAdmin(it);
  const page = await admin.get(`/deliveries/${id}`);
  const action = `/console/deliveries/${id}/candidates`;
  const none = await admin.submit(page, action);
  expect(none.text).toContain("Jira shows no ticket with it. The account has read no other ticket of its own");
  // Somebody has made it there by hand, with the label.
  const label = /with the label (rhythmx-inc-[0-9a-f]+)/.exec(page.text)?.[1] ?? "";
  const made = await fetch(`${it.jira.url}/rest/api/3/issue`, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      Authorization: `Basic ${btoa("soc@acme.example:jira-token-1")}`,
    },
    body: JSON.stringify({
      fields: {
        project: { key: "SEC" },
        issuetype: { id: "10001" },
        summary: "Found again",
        description: { type: "doc", version: 1, content: [] },
        labels: [label],
      },
    }),
  });
  expect(made.status).toBe(201);
  it.jira.options.indexLagMs = 0;
  const one = await admin.submit(none, action);
  expect(one.text).toContain("Jira has one ticket with it.");
  expect(one.text).toMatch(/SEC-1 .*To Do .*Found again It is SEC-1/);
});

test("all that match: how many, the newest ten, and only what was there to be seen; a reason in the histories", async () => {
  const actors = Array.from({ length: 12 }, (_, n): [string, string] => [`user${n}`, n < 11 ? "North" : "South"]);
  const it = await refused(...actors);
  const ana = await personOf(it, "ana", "analyst");
  const list = await ana.get("/deliveries?entity=North&from=2026-03-01");
  expect(list.html).toContain('href="/deliveries/all?entity=North&amp;from=2026-03-01"');
  expect(list.text).not.toContain("Mend the extra fields");
  expect((await (await asAdmin(it)).get("/deliveries")).html).toContain(
    'href="/settings/integrations/jira#f-extra_fields"',
  );
  const page = await ana.get("/deliveries/all?entity=North&from=2026-03-01");
  expect(page.text).toContain("11 deliveries match");
  expect(page.text).toContain("and 1 more");
  expect([...page.html.matchAll(/<tr id="dlv-/g)]).toHaveLength(10);
  expect((await ana.get("/deliveries/all?entity=Elsewhere")).text).toContain("Nothing that stands still matches.");
  // What is refused later was not seen.
  await turn(it, 1_000);
  await it.appliance.ingest([critical("late", { entity: "North" })]);
  it.admin = await login(it);
  await until(async () => (await deliveries(it, "state=parked")).length === 13);
  const discarded = await ana.submit(page, "/console/deliveries/all/discard", { reason: "A drill" });
  expect(discarded.text).toContain("11 deliveries are given up.");
  const [one] = await deliveries(it, "state=discarded");
  expect((await ana.get(`/incidents/${one.incident_id}`)).text).toContain("Not sent, jira create: A drill");
  it.jira.options.required.length = 0;
  const rest = await ana.get("/deliveries/all");
  // Without the time at which it was shown, nobody has seen what goes.
  const token = /name="form_token" value="([^"]+)"/.exec(rest.html)?.[1] ?? "";
  expect((await ana.post("/console/deliveries/all/retry", { form_token: token })).status).toBe(400);
  const retried = await ana.submit(rest, "/console/deliveries/all/retry");
  expect(retried.text).toContain("2 deliveries are sent again");
  await until(() => it.jira.issues.length === 2);
});

test("given up by cause is what the page showed, and not what came to stand still since", async () => {
  const it = await refused(["anna", "North"]);
  const ana = await personOf(it, "ana", "analyst");
  const page = await ana.get("/deliveries");
  expect(page.text).toContain("Give it up");
  await turn(it, 1_000);
  await it.appliance.ingest([critical("late", { entity: "North" })]);
  it.admin = await login(it);
  await until(async () => (await deliveries(it, "state=parked")).length === 2);
  const given = await ana.submit(page, "/console/deliveries/discard", { reason: "A drill" });
  expect(given.text).toContain("1 delivery is given up.");
  expect(await deliveries(it, "state=parked")).toHaveLength(1);
});

test("two people decide the same: the second one is told, and overrules nothing", async () => {
  const it = await refused(["anna", "North"]);
  const [ana, ben] = [await personOf(it, "ana", "analyst"), await personOf(it, "ben", "analyst")];
  const id = /<tr id="(dlv-[0-9a-f]+)"/.exec((await ana.get("/deliveries")).html)?.[1] ?? "";
  const [hers, his] = [await ana.get(`/deliveries/${id}`), await ben.get(`/deliveries/${id}`)];
  await turn(it, 1_000);
  it.jira.options.required.length = 0;
  expect((await ana.submit(hers, `/console/deliveries/${id}/retry`)).text).toContain("It is sent again.");
  const late = await ben.submit(his, `/console/deliveries/${id}/discard`, { reason: "not needed" });
  expect([late.status, late.text]).toEqual([409, expect.stringContaining("it has been changed since it was shown")]);
  await until(() => it.jira.issues.length === 1);
});

test("a ticket that was deleted there: another one is a decision of its own, after one more look", async () => {
  const it = await ticketed(jiraOnly);
  const admin = await asAdmin(it);
  const renew = `/incidents/${it.id}/renew/jira`;
  expect((await admin.get(renew)).text).toContain(`${it.key} is not known to be deleted`);
  const issue = it.jira.remove(it.key);
  await (await login(it)).patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS" });
  await turn(it, 2_000);
  await settled(it);
  const standing = await admin.get("/deliveries");
  expect(standing.html).toContain(`href="${renew}"`);
  expect(standing.html).not.toContain('action="/console/deliveries/retry"');
  expect((await admin.get(`/incidents/${it.id}`)).html).toContain(`href="${renew}"`);
  const page = await admin.get(renew);
  expect(page.text).toContain("It is looked for once more.");
  // Somebody has brought it back meanwhile.
  it.jira.issues.push(issue);
  const back = await admin.submit(page, `/console/incidents/${it.id}/renew`);
  expect([back.status, back.text]).toEqual([409, expect.stringContaining(`${it.key} is there again in jira`)]);
  it.jira.remove(it.key);
  const made = await admin.submit(page, `/console/incidents/${it.id}/renew`, { reason: "<b>Tidied</b> up" });
  expect(made.text).toContain("Another ticket is on its way to Jira.");
  expect(made.text).toContain(`Another ticket in the place of ${it.key}: <b>Tidied</b> up`);
  await until(() => it.jira.issues.length === 1);
  await settled(it);
  const { tickets } = (await (await login(it)).get("/api/tickets")).body;
  expect(tickets.map((one: { generation: number; ticket_id: string }) => [one.generation, one.ticket_id])).toEqual([
    [2, it.jira.issues[0]?.key],
    [1, it.key],
  ]);
});
