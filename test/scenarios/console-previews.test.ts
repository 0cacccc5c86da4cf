/** What Preview Ticket shows beside a ticket that is there, or that the target has refused. */
import { afterEach, expect, test } from "bun:test";
import { until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { cleanUpScenes, critical, deliveries, scene } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

test("a preview says what has become of the ticket already", async () => {
  const it = await scene();
  it.snow.faults = ({ method }) => (method === "POST" ? { when: "before", what: { status: 403 } } : null);
  await it.appliance.ingest([critical("jsmith")]);
  await until(async () => (await deliveries(it, "state=parked")).length === 1);
  await until(async () => (await deliveries(it, "state=confirmed")).length === 2);
  const { incidents } = (await it.admin.get("/api/incidents")).body;
  const at = `/incidents/${incidents[0].incident_id}/preview`;
  const console = await ConsoleClient.signedIn(it.appliance, "admin");
  const refused = await console.get(`${at}/servicenow`);
  expect(refused.status).toBe(200);
  expect(refused.text).toContain("ServiceNow: parked. Nothing else would be sent.");
  const made = await console.get(`${at}/jira?as=sent`);
  expect(made.text).toContain(`The incident has ${it.jira.issues[0]?.key}: nothing would be sent.`);
  expect(refused.html + made.html).not.toContain(">Create Ticket</button>");
});
