/** Ticket systems, auto-push and retries set up in the console. */
import { afterEach, describe, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { detection, type TestAppliance, until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { hostileWords } from "../harness/hostile-words.ts";
import { filled, jiraFor, pages, started } from "../harness/ticket-console.ts";
import { cleanUp, cleanUpScenes, critical, medium, scene } from "../harness/ticket-scene.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";

afterEach(cleanUpScenes);

async function audited(edge: TestAppliance): Promise<{ action: string; subject: string; detail: string }[]> {
  const api = await ApiClient.asUser(edge, `reader${Math.random()}`.replace(".", ""), "admin");
  const { body } = await api.get("/api/audit?limit=50");
  return body.entries.map((entry: { detail: unknown }) => ({ ...entry, detail: JSON.stringify(entry.detail) }));
}

test("every field of every section is on its page", async () => {
  const { edge, admin } = await started();
  const api = await ApiClient.asUser(edge, "boss", "admin");
  for (const [section, path] of Object.entries(pages)) {
    const { fields } = (await api.get(`/api/settings/${section}`)).body;
    const page = await admin.get(path);
    expect(page.status).toBe(200);
    for (const name of Object.keys(fields))
      expect([section, page.html]).toEqual([section, expect.stringContaining(` name="${name}"`)]);
  }
});

describe("Jira", () => {
  test("is set up by its page alone: tested with what is not saved, enabled, and a ticket comes, also after a restart", async () => {
    const { edge, admin } = await started();
    const jira = await jiraFor(edge);
    const page = await admin.get(pages.jira);
    const tested = await admin.fill(page, `/console${pages.jira}/save`, filled(jira.url), `/console${pages.jira}/test`);
    expect(tested.status).toBe(200);
    expect(tested.text).toContain("Project");
    expect(tested.html).toContain(`value="${jira.url}"`);
    expect((await admin.get(pages.jira)).html).not.toContain(jira.url);

    const saved = await admin.fill(page, `/console${pages.jira}/save`, filled(jira.url));
    expect([saved.at, saved.text]).toEqual([pages.jira, expect.stringContaining("Jira: saved and in force")]);
    expect(saved.html).not.toContain("jira-token-1");
    const push = await admin.get(pages.auto_push);
    await admin.fill(push, `/console${pages.auto_push}/save`, {
      enabled: "true",
      min_severity: "HIGH",
      campaigns: "each",
    });
    await edge.ingest([critical("jsmith")]);
    await until(() => jira.issues.length === 1);

    const next = await edge.restarted();
    cleanUp.push(() => next.stop());
    await next.ingest([critical("other")]);
    await until(() => jira.issues.length === 2);
    cleanUp.splice(0, 1);
  });

  test("a required field that nothing fills holds it back until a person says so, and the audit log says who", async () => {
    const { edge, admin } = await started();
    const jira = await jiraFor(edge, { required: [{ fieldId: "customfield_10010", name: "Cost centre" }] });
    const page = await admin.get(pages.jira);
    const held = await admin.fill(page, `/console${pages.jira}/save`, filled(jira.url));
    expect([held.status, held.text]).toEqual([422, expect.stringContaining("It was not enabled")]);
    expect(held.text).toContain("Cost centre");
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const enabled = async () => (await api.get("/api/settings/jira")).body.fields.enabled.value;
    expect(await enabled()).toBe("false");
    const despite = await admin.fill(held, `/console${pages.jira}/save`, { ...filled(jira.url), all_the_same: "on" });
    expect(despite.at).toBe(pages.jira);
    expect(await enabled()).toBe("true");
    const [entry] = (await audited(edge)).filter(({ action }) => action === "settings.save");
    expect(entry?.detail).toContain("despite");
    expect(entry?.detail).not.toContain("jira-token-1");
  });

  test("filled by an extra field it is enabled at once", async () => {
    const { edge, admin } = await started();
    const jira = await jiraFor(edge, { required: [{ fieldId: "customfield_10010", name: "Cost centre" }] });
    const page = await admin.get(pages.jira);
    const extra_fields = '{"customfield_10010": "4711"}';
    const saved = await admin.fill(page, `/console${pages.jira}/save`, { ...filled(jira.url), extra_fields });
    expect(saved.at).toBe(pages.jira);
  });

  test("what is wrong stands at its field, and nothing is saved", async () => {
    const { edge, admin } = await started();
    const page = await admin.get(pages.jira);
    const wrong = await admin.fill(page, `/console${pages.jira}/save`, {
      url: "http://jira.example",
      extra_fields: '{"__proto__": {"value": "SOC"}}',
      sync_schedule: "often",
      field_policy: "status=never",
      status_map: "[1]",
    });
    expect(wrong.status).toBe(422);
    for (const name of ["url", "extra_fields", "sync_schedule", "field_policy", "status_map"])
      expect([name, wrong.html]).toEqual([
        name,
        expect.stringMatching(new RegExp(`class="hint bad" id="${name}-hint"`)),
      ]);
    expect(wrong.text).toContain('"__proto__" is no name that can be used here');
    expect((await audited(edge)).filter(({ action }) => action === "settings.save")).toEqual([]);
  });

  test("two people at once: nothing is lost silently", async () => {
    const { edge, admin } = await started();
    const other = await ConsoleClient.signedIn(edge, "admin");
    const [mine, theirs] = [await admin.get(pages.jira), await other.get(pages.jira)];
    await other.fill(theirs, `/console${pages.jira}/save`, { project_key: "OPS" });
    const answer = await admin.fill(mine, `/console${pages.jira}/save`, { project_key: "SEC" });
    expect([answer.status, answer.text]).toEqual([412, expect.stringContaining("Saved now: OPS")]);
    expect(answer.html).toContain('value="SEC"');

    const now = await other.get(pages.jira);
    await other.fill(now, `/console${pages.jira}/save`, { issue_type: "Bug" });
    const both = await admin.fill(answer, `/console${pages.jira}/save`, { email: "soc@acme.example" });
    expect([both.at, both.text]).toEqual([pages.jira, expect.stringContaining("saved and in force")]);
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const { fields } = (await api.get("/api/settings/jira")).body;
    const values = ["project_key", "issue_type", "email"].map((name) => fields[name].value);
    expect(values).toEqual(["SEC", "Bug", "soc@acme.example"]);
  });

  test("two people at once: an answer in between neither takes back nor passes over what the other has saved", async () => {
    const { edge, admin } = await started();
    const other = await ConsoleClient.signedIn(edge, "admin");
    const save = `/console${pages.jira}/save`;
    const [mine, theirs] = [await admin.get(pages.jira), await other.get(pages.jira)];
    await other.fill(theirs, save, { project_key: "OPS", issue_type: "Bug" });
    for (const answer of [
      await admin.fill(mine, save, { project_key: "SEC" }, `/console${pages.jira}/check`),
      await admin.fill(mine, save, { project_key: "SEC", url: "http://jira.example" }),
    ]) {
      const fields = admin.fieldsOf(answer, save);
      expect([fields.get("project_key"), fields.get("issue_type")]).toEqual(["SEC", "Bug"]);
      const late = await admin.fill(answer, save, { url: "" });
      expect([late.status, late.text]).toEqual([412, expect.stringContaining("Saved now: OPS")]);
    }
    const api = await ApiClient.asUser(edge, "boss", "admin");
    const { fields } = (await api.get("/api/settings/jira")).body;
    expect([fields.project_key.value, fields.issue_type.value]).toEqual(["OPS", "Bug"]);
  });

  test("pinned by the environment it is read-only, with its place; hostile values are text", async () => {
    const { admin } = await started({
      JIRA_PROJECT_KEY: "PIN",
      JIRA_EXTRA_FIELDS: '{"a":"</textarea><script>alert(1)</script>"}',
    });
    const page = await admin.get(pages.jira);
    expect(page.text).toContain("2 settings are read-only here.");
    expect(page.html).not.toContain("<script>alert(1)");
    const answer = await admin.fill(page, `/console${pages.jira}/save`, { email: hostileWords.markup });
    expect(answer.html).not.toContain("<script>alert(2)");
  });
});

test("ServiceNow is set up by its page alone", async () => {
  const { edge, admin } = await started();
  const snow = await new ServiceNowStandIn({ now: () => edge.clock.now() }).start();
  cleanUp.push(() => snow.stop());
  const page = await admin.get(pages.servicenow);
  const fields = {
    instance: snow.url,
    username: "rhythmx",
    password: "snow-password-1",
    assignment_group: "SOC Team",
    enabled: "true",
  };
  const saved = await admin.fill(page, `/console${pages.servicenow}/save`, { ...fields, all_the_same: "on" });
  expect(saved.at).toBe(pages.servicenow);
  expect(saved.html).not.toContain("snow-password-1");
  expect(saved.text).toContain("rhythmx.webhook.secret");
  expect(saved.text).toContain("/api/webhooks/servicenow");
  await edge.ingest([critical("jsmith")]);
  const push = await admin.get(pages.auto_push);
  await admin.fill(push, `/console${pages.auto_push}/save`, {
    enabled: "true",
    min_severity: "HIGH",
    "systems.jira": null,
    "systems.servicenow": "true",
    campaigns: "each",
  });
  await edge.ingest([critical("other")]);
  await until(() => snow.rows.length === 1);
});

test("the systems of auto-push are ticked; none of them is refused with the way to switch it off", async () => {
  const { edge, admin } = await started();
  const api = await ApiClient.asUser(edge, "boss", "admin");
  const save = `/console${pages.auto_push}/save`;
  const page = await admin.get(pages.auto_push);
  const ticked = (html: string) =>
    [...html.matchAll(/name="systems\.(\w+)" value="true" checked/g)].map(([, id]) => id);
  expect(ticked(page.html)).toEqual(["jira"]);
  const none = await admin.fill(page, save, { "systems.jira": null });
  expect([none.status, none.text]).toEqual([422, expect.stringContaining("to make no ticket by itself, switch")]);
  expect(ticked(none.html)).toEqual([]);
  const both = await admin.fill(none, save, { "systems.jira": "true", "systems.servicenow": "true" });
  expect([both.at, ticked(both.html)]).toEqual([pages.auto_push, ["jira", "servicenow"]]);
  expect((await api.get("/api/settings/auto_push")).body.fields.systems.value).toBe("jira,servicenow");
  // As people write it elsewhere; what nobody has changed is no change.
  await api.send("PUT", "/api/settings/auto_push", { systems: "Proactive, jira" });
  const shown = await admin.get(pages.auto_push);
  expect(ticked(shown.html)).toEqual(["jira", "proactive"]);
  expect((await admin.fill(shown, save)).text).toContain("nothing was changed");
});

test("auto-push says what each choice would have meant; retries say when they come", async () => {
  const { edge, admin } = await started();
  await edge.ingest(["a", "b", "c"].map((user) => critical(user)));
  await edge.ingest(
    [1, 2, 3].map((n) => detection({ user: "d", level: "high", rule_id: `m${n}`, rule_title: `Medium ${n}` })),
  );
  const { body } = await (await ApiClient.asUser(edge, "boss", "admin")).get("/api/settings/auto_push/estimate");
  const total = body.incidents as number;
  expect(total).toBe(4);
  expect(body.by_min_severity.LOW).toBe(total);
  expect(body.by_min_severity.HIGH).toBeGreaterThanOrEqual(3);
  const page = await admin.get(pages.auto_push);
  expect(page.text).toContain(
    `${body.by_min_severity.CRITICAL} of ${total} incidents of the last 7 days would have been pushed.`,
  );
  const typed = await admin.fill(
    page,
    `/console${pages.auto_push}/save`,
    { min_severity: "LOW" },
    `/console${pages.auto_push}/check`,
  );
  expect(typed.text).toContain(`${total} of ${total} incidents of the last 7 days would have been pushed.`);

  const retries = await admin.get(pages.retry);
  expect(retries.text).toContain(
    "Tried again 60 s, then 2 min, then 4 min, then 8 min, then 16 min later; after 31 min in all",
  );
  const save = `/console${pages.retry}/save`;
  const wrong = await admin.fill(retries, save, { max_retries: "many" }, `/console${pages.retry}/check`);
  expect(wrong.text).toContain("Tried again 60 s, then 2 min");
  const none = await admin.fill(retries, save, { max_retries: "0" });
  expect(none.text).toContain("Nothing is tried again by itself");
});

test("rows that nobody has changed hold no other change back", async () => {
  const { edge, admin } = await started();
  const api = await ApiClient.asUser(edge, "boss", "admin");
  const ticket_users = { Jane: { jira: "1" }, jane: { jira: "2" } };
  expect((await api.send("PUT", "/api/settings/routing", { ticket_users })).status).toBe(200);
  const [at, save] = ["/settings/routing", "/console/settings/routing/save"];
  const saved = await admin.fill(await admin.get(at), save, { default_entity: "North" });
  expect(saved.at).toBe(at);
  const twice = await admin.fill(saved, save, { "ticket_users.0.jira": "3" });
  expect([twice.status, twice.text]).toEqual([400, expect.stringContaining("is there twice")]);
  expect((await api.get("/api/settings/routing")).body.fields).toMatchObject({
    default_entity: { value: "North" },
    ticket_users: { value: JSON.stringify(ticket_users) },
  });
});

test("retries and cadence are tried on the last week, also with what is only typed", async () => {
  const it = await scene({ AUTO_PUSH_SYSTEMS: "jira", RETRY_SCHEDULE: "" });
  let refused = 0;
  it.jira.faults = ({ method, path }) =>
    method === "POST" && path.endsWith("/issue") && refused++ < 2 ? { when: "before", what: { status: 429 } } : null;
  await it.appliance.ingest(medium("jsmith"));
  await until(async () => {
    await it.appliance.clock.advance(20_000);
    return it.jira.issues.length === 1;
  }, 120_000);
  await it.appliance.ingest([critical("jsmith")]);
  const { body } = await it.admin.get("/api/settings/retry/estimate?max_retries=0");
  expect(body).toMatchObject({ deliveries: 1, is_whole: true, attempts_until_dead: 1 });
  expect([body.present.delivered, body.meant.dead]).toEqual([1, 1]);
  expect(body.outages.map(({ hours, alone }: { hours: number; alone: { end: string } }) => [hours, alone.end])).toEqual(
    [
      [1, "dead"],
      [8, "dead"],
      [72, "dead"],
    ],
  );
  expect((await it.admin.get("/api/settings/retry/estimate?schedule=often")).status).toBe(400);
  const admin = await ConsoleClient.signedIn(it.appliance, "admin");
  const page = await admin.get(pages.retry);
  expect(page.text).toContain("1 delivery was not taken at the first attempt.");
  const typed = await admin.fill(
    page,
    `/console${pages.retry}/save`,
    { max_retries: "0" },
    `/console${pages.retry}/check`,
  );
  expect(typed.text).toContain("1 attempt, dead after 0 s");
  const { body: cadence } = await it.admin.get("/api/settings/servicenow/estimate?snow_update_cadence_hours=0");
  expect(cadence).toMatchObject({ tickets: 1, changes: 1, meant: { updates: 1 }, present: { updates: 1 } });
  expect((await admin.get(pages.servicenow)).text).toContain("1 ticket, whose levels changed once");
});

test("others than administrators see how things stand, and no way to the settings", async () => {
  const { edge } = await started();
  await ApiClient.asUser(edge, "ana", "analyst");
  const analyst = await ConsoleClient.signedIn(edge, "ana");
  expect((await analyst.get("/settings/integrations")).html).not.toContain(`href="${pages.jira}"`);
  expect((await analyst.get(pages.jira)).status).toBe(403);
});
