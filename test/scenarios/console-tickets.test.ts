/** Tickets on the page of an incident: previews, making one, and what each state asks of people. */
import { afterEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { ConsoleClient, type ConsolePage } from "../harness/console-client.ts";
import {
  cleanUp,
  cleanUpScenes,
  critical,
  deliveries,
  login,
  type Scene,
  scene,
  settled,
  turn,
} from "../harness/ticket-scene.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";

afterEach(cleanUpScenes);

const nasty = `"><img src=x onerror=alert(1)><script>alert(1)</script>`;
const byHand = { AUTO_PUSH_ENABLED: "false" };

async function opened(it: Scene, fields: object = {}): Promise<{ console: ConsoleClient; id: string; at: string }> {
  await it.appliance.ingest([critical("jsmith", fields)]);
  await ApiClient.asUser(it.appliance, "ana", "analyst");
  const console = await ConsoleClient.signedIn(it.appliance, "ana");
  const id = (await it.admin.get("/api/incidents")).body.incidents[0].incident_id as string;
  return { console, id, at: `/incidents/${id}` };
}

/** Turns the clock until one delivery is in this state. */
const standsAt = (it: Scene, state: string, step = 2_000) =>
  until(async () => {
    await turn(it, step);
    return (await deliveries({ ...it, admin: await login(it) }, `state=${state}`)).length === 1;
  });

const isMarkup = (page: ConsolePage) => /<img|<script>|&lt;img src=x onerror=alert\(1\)>/.test(page.html);

test("each system has its preview, as it shows tickets and byte for byte; hostile texts are text in all of them", async () => {
  const it = await scene(byHand);
  const hostile = { rule_title: `Odd ${nasty}`, host: nasty, user: nasty, raw: { CommandLine: nasty } };
  const { console, at, id } = await opened(it, hostile);
  const page = await console.get(at);
  expect(page.html).toContain(`href="${at}/preview/jira" data-dialog`);
  expect(page.html).toContain(`href="${at}/preview/servicenow" data-dialog`);
  expect(page.html).not.toContain("/preview/proactive");
  const jira = await console.get(`${at}/preview/jira`);
  expect(jira.text).toContain("What Happened");
  expect(jira.text).toContain("risk-");
  expect(jira.html).toMatch(/<th><p[^>]*>Hosts<\/p><\/th>/);
  const snow = await console.get(`${at}/preview/servicenow`);
  expect(snow.text).toMatch(/Assignment group \S+/);
  expect(snow.text).toContain(`Correlation ID ${id}`);
  const exact = await console.get(`${at}/preview/servicenow?as=sent`);
  for (const one of [page, jira, snow, exact]) expect(isMarkup(one)).toBe(false);
  const { payload_text: text, payload_sha256: hash } = (
    await it.admin.post(`/api/incidents/${id}/tickets/preview`, { system: "servicenow" })
  ).body;
  expect(exact.text).toContain(`SHA-256 ${hash}`);
  expect(createHash("sha256").update(text).digest("hex")).toBe(hash);
  expect(exact.text).toContain(text.slice(0, 40));
});

test("Create Ticket after a preview makes what was shown; where the incident has changed since, it says so", async () => {
  const it = await scene(byHand);
  const { console, id, at } = await opened(it);
  const action = `/console/incidents/${id}/ticket`;
  const seen = await console.get(`${at}/preview/jira`);
  await it.admin.patch(`/api/incidents/${id}`, { investigation_notes: "Something new" });
  const refused = await console.submit(seen, action);
  expect(refused.at).toBe(`${at}/preview/jira`);
  expect(refused.text).toContain("Nothing was sent: the incident has changed since");
  expect(refused.text).toContain("Something new");
  const token = /name="form_token" value="([^"]+)"/.exec(seen.html)?.[1] ?? "";
  const [, hash = ""] = /name="payload_sha256" value="([^"]+)"/.exec(seen.html) ?? [];
  const scripted = await console.raw(
    "POST",
    action,
    {
      "Content-Type": "application/x-www-form-urlencoded",
      "X-Fragment": "1",
      "X-Form-Token": token,
      "Sec-Fetch-Site": "same-origin",
    },
    `system=jira&payload_sha256=${hash}`,
  );
  expect(scripted.status).toBe(409);
  expect(decodeURIComponent(scripted.headers.get("x-said") ?? "")).toContain("has changed since the preview");
  expect(it.jira.issues).toHaveLength(0);
  const made = await console.submit(refused, action);
  expect(made.text).toContain("The ticket is on its way to Jira");
  await settled(it);
  const after = await console.get(at);
  expect(after.text).toContain(it.jira.issues[0]?.key ?? "no issue");
  expect(after.text).toMatch(/201 created POST \/rest\/api\/3\/issue/);
  expect(after.text).toContain("Told: ");
  // One ticket, whatever is asked for.
  const again = await console.get(`${at}/preview/jira`);
  expect(again.text).toContain(`The incident has ${it.jira.issues[0]?.key}: nothing would be sent.`);
  expect(again.html).not.toContain("Create Ticket");
  expect(it.jira.issues).toHaveLength(1);
});

const onlySnow = { ...byHand, JIRA_ENABLED: "false", RETRY_BASE_DELAY_SECONDS: "5" };
const longMs = 30 * 60_000;

test("a parked ticket says why in the target's words, and is sent again from here", async () => {
  const it = await scene(onlySnow);
  const { console, id, at } = await opened(it);
  const words = { error: { message: "No <b>group</b> of that name" } };
  it.snow.faults = ({ method }) => (method === "POST" ? { when: "before", what: { body: words, as: 403 } } : null);
  await console.submit(await console.get(at), `/console/incidents/${id}/ticket`);
  await standsAt(it, "parked");
  const parked = await console.get(at);
  expect(parked.text).toContain("Parked");
  expect(parked.text).toContain("It stands still until somebody mends the cause");
  expect(parked.text).toContain("No <b>group</b> of that name");
  expect(parked.text).toMatch(/403 .*POST \/api\/now\/table\/incident/);
  it.snow.faults = () => null;
  const sent = await console.submit(parked, `/console/incidents/${id}/delivery`, { what: "retry" });
  expect(sent.text).toContain("It is sent again.");
  await settled(it);
  expect((await console.get(at)).text).toContain(it.snow.rows[0]?.number ?? "no record");
});

test("an outcome that is not known says that it is looked up before anything is sent again", async () => {
  const it = await scene(onlySnow);
  const { console, id, at } = await opened(it);
  let isMade = false;
  it.snow.faults = ({ method }) => {
    if (method === "POST") isMade = true;
    if (method === "POST") return { when: "after", what: "reset" };
    return isMade ? { when: "before", what: { status: 503 } } : null;
  };
  await console.submit(await console.get(at), `/console/incidents/${id}/ticket`);
  await standsAt(it, "unknown");
  const page = await console.get(at);
  expect(page.text).toContain("Outcome not known yet");
  expect(page.text).toContain("It is looked up there before anything is sent again: there will be one ticket.");
  expect(page.html).not.toContain("Create in ServiceNow");
  expect(page.html).not.toContain("Create Ticket");
});

test("a ticket that was made and not identified is named by a person", async () => {
  const it = await scene(onlySnow, { snow: { createAnswer: "nothing", readable: false } });
  const { console, id, at } = await opened(it);
  await console.submit(await console.get(at), `/console/incidents/${id}/ticket`);
  await standsAt(it, "parked", longMs);
  const page = await console.get(at);
  expect(page.text).toContain("Made, not identified");
  expect(page.text).toContain("has made the ticket and its answer does not say which. Nothing is sent again.");
  const action = `/console/incidents/${id}/delivery`;
  const none = await console.submit(page, action, { what: "identify", number: "" });
  expect(none.status).toBe(400);
  const number = it.snow.rows[0]?.number ?? "";
  it.snow.options.readable = true;
  const named = await console.submit(page, action, { what: "identify", number });
  expect([named.status, named.text]).toEqual([200, expect.stringContaining(`The ticket is ${number}.`)]);
  expect(it.snow.rows).toHaveLength(1);
});

test("deliveries of a foreign entity are not touched", async () => {
  const it = await scene(onlySnow);
  const { console, id, at } = await opened(it, { entity: "North" });
  it.snow.faults = ({ method }) => (method === "POST" ? { when: "before", what: { status: 403 } } : null);
  await console.submit(await console.get(at), `/console/incidents/${id}/ticket`);
  await standsAt(it, "parked");
  const parked = await console.get(at);
  const [, delivery = ""] = /name="delivery" value="([^"]+)"/.exec(parked.html) ?? [];
  await ApiClient.asUser(it.appliance, "sue", "analyst", ["South"]);
  const sue = await ConsoleClient.signedIn(it.appliance, "sue");
  const token = /name="form_token" value="([^"]+)"/.exec((await sue.get("/account")).html)?.[1] ?? "";
  for (const what of ["retry", "identify"]) {
    const fields = { form_token: token, delivery, what, number: "INC1" };
    expect((await sue.post(`/console/incidents/${id}/delivery`, fields)).status).toBe(404);
  }
  expect((await sue.post(`/console/incidents/${id}/ticket`, { form_token: token, system: "servicenow" })).status).toBe(
    404,
  );
});

test("a Proactive Case is shown as its HTML in a frame without rights, without style attributes", async () => {
  const target = await new ProactiveStandIn().start();
  cleanUp.push(() => target.stop());
  const it = await scene({
    ...byHand,
    JIRA_ENABLED: "false",
    TICKET_INTEGRATION: "proactive",
    PROACTIVE_SNOW_BASE_URL: `${target.url}/api`,
    PROACTIVE_SNOW_APP_ID: "app-1",
    PROACTIVE_SNOW_SECRET: "proactive-secret-1",
    PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
  });
  const { console, at } = await opened(it, { host: nasty, rule_title: nasty });
  expect((await console.get(at)).html).toContain(`href="${at}/preview/proactive" data-dialog`);
  const page = await console.get(`${at}/preview/proactive`);
  expect(page.status).toBe(200);
  const [frame = ""] = /<iframe[^>]*>/.exec(page.html) ?? [];
  expect(frame).toContain('sandbox=""');
  expect(frame).toContain("&lt;h3&gt;Threat Summary&lt;/h3&gt;");
  expect(frame).toContain("&lt;table border=&quot;1&quot;");
  expect(frame).not.toContain("style=");
  // Twice escaped: as text of the case, and as an attribute.
  expect(frame).not.toMatch(/<img|&lt;img|&lt;script/);
  expect(page.text).toContain("New case");
  expect(page.text).toContain("serviceIdentifier ACME-EDGE");
});

test("a viewer sees tickets with every attempt, and no button", async () => {
  const it = await scene();
  await it.appliance.ingest([critical("jsmith")]);
  await until(async () => (await deliveries(it, "state=confirmed")).length >= 3);
  await ApiClient.asUser(it.appliance, "vera", "viewer");
  const console = await ConsoleClient.signedIn(it.appliance, "vera");
  const [{ incident_id: id }] = (await it.admin.get("/api/incidents")).body.incidents;
  const { text, html } = await console.get(`/incidents/${id}`);
  expect(text).toContain(it.jira.issues[0]?.key ?? "no issue");
  expect(text).toContain(it.snow.rows[0]?.number ?? "no record");
  expect(html).not.toContain("/console/incidents/");
  expect(html).toContain('rel="noopener noreferrer"');
});
