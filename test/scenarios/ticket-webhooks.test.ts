/** Webhooks: signed, told from repeats, and never more than a hint. */
import { afterEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { until } from "../harness/appliance.ts";
import { cleanUpScenes, detail, settled, ticketed, turn } from "../harness/ticket-scene.ts";
import { jiraWebhook, send, snowWebhook, webhookSecrets } from "../harness/webhooks.ts";

afterEach(cleanUpScenes);

const env = { JIRA_WEBHOOK_SECRET: webhookSecrets.jira, SERVICENOW_WEBHOOK_SECRET: webhookSecrets.servicenow };

test("Jira's own example of a signature", () => {
  const digest = createHmac("sha256", webhookSecrets.jira).update("Hello World!").digest("hex");
  expect(digest).toBe("a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9");
});

describe("a webhook", () => {
  test("makes the ticket be read at once: the incident follows it, history says from where", async () => {
    const it = await ticketed(env);
    it.jira.move(it.key, "In Progress");
    const issue = it.jira.issue(it.key);
    const answer = await send(it.appliance, jiraWebhook(issue.id, it.appliance.clock.now(), { identifier: "w-1" }));
    expect([answer.status, answer.body]).toEqual([202, { status: "accepted" }]);
    await until(async () => (await detail(it)).status === "IN_PROGRESS");
    // The other ticket follows; what somebody changes in the moment between its reading and its writing would be overwritten.
    await settled(it);
    expect(it.snow.row(it.number).state).toBe("2");
    it.snow.change(it.number, { state: "6", close_code: "Solution provided", close_notes: "done" });
    const sysId = it.snow.row(it.number).sys_id ?? "";
    const other = await send(it.appliance, snowWebhook(sysId, it.appliance.clock.now()));
    expect([other.status, other.body]).toEqual([202, { status: "accepted" }]);
    await until(async () => (await detail(it)).status === "CLOSED");
    const { history } = await detail(it);
    const changes = history.filter(({ action }: { action: string }) => action === "EXTERNAL_SYNC");
    expect(changes.map(({ at: _, ...one }: { at: string }) => one)).toEqual([
      {
        who: "Bob Miller",
        action: "EXTERNAL_SYNC",
        field: "status",
        old: "OPEN",
        new: "IN_PROGRESS",
        source: "jira-sync",
      },
      {
        who: "carol",
        action: "EXTERNAL_SYNC",
        field: "status",
        old: "IN_PROGRESS",
        new: "CLOSED",
        source: "servicenow-sync",
      },
    ]);
    // The other ticket follows.
    await until(() => it.jira.issue(it.key).status === "Done" && it.snow.row(it.number).state === "6");
  });

  test("says nothing by itself: what it claims of a ticket is not believed", async () => {
    const it = await ticketed(env);
    const issue = it.jira.issue(it.key);
    const hook = jiraWebhook(issue.id, it.appliance.clock.now());
    const lie = hook.body.replace('"key"', '"fields":{"status":{"name":"Done","statusCategory":{"key":"done"}}},"key"');
    const signature = `sha256=${createHmac("sha256", webhookSecrets.jira).update(lie).digest("hex")}`;
    const asked = it.jira.log.length;
    const answer = await send(it.appliance, { ...hook, body: lie, headers: { "X-Hub-Signature": signature } });
    expect(answer.status).toBe(202);
    await until(() => it.jira.log.slice(asked).some(({ path }) => path.endsWith(`/issue/${issue.id}`)));
    await turn(it, 2_000);
    expect((await detail(it)).status).toBe("OPEN");
  });

  test("forged, outdated, replayed, of nobody's ticket, unreadable: refused or without effect", async () => {
    const it = await ticketed(env);
    const now = it.appliance.clock.now();
    const issue = it.jira.issue(it.key).id;
    const sysId = it.snow.row(it.number).sys_id ?? "";
    const ask = async (hook: Parameters<typeof send>[1]) => {
      const { status, body } = await send(it.appliance, hook);
      return [status, body.status ?? body.title];
    };
    expect(await ask(jiraWebhook(issue, now, { secret: "wrong" }))).toEqual([401, 401]);
    expect(await ask(jiraWebhook(issue, now, { signature: null }))).toEqual([401, 401]);
    expect(await ask(jiraWebhook(issue, now, { signature: "sha1=abc" }))).toEqual([401, 401]);
    expect(await ask(jiraWebhook(issue, now, { identifier: "w-1" }))).toEqual([202, "accepted"]);
    // The same again; the same under another name, which is not signed; another one under the same name.
    expect(await ask(jiraWebhook(issue, now, { identifier: "w-1" }))).toEqual([202, "repeated"]);
    expect(await ask(jiraWebhook(issue, now, { identifier: "w-2" }))).toEqual([202, "repeated"]);
    expect(await ask(jiraWebhook(issue, now + 1, { identifier: "w-1" }))).toEqual([202, "repeated"]);
    expect(await ask(jiraWebhook("99999", now + 2))).toEqual([202, "ignored"]);
    expect(await ask(jiraWebhook("../../x' or 1=1 --", now + 3))).toEqual([202, "ignored"]);

    expect(await ask(snowWebhook(sysId, now, { secret: "wrong" }))).toEqual([401, 401]);
    expect(await ask(snowWebhook(sysId, now - 6 * 60_000))).toEqual([401, 401]);
    expect(await ask(snowWebhook(sysId, now + 6 * 60_000))).toEqual([401, 401]);
    expect(await ask(snowWebhook(sysId, now, { timestamp: "soon" }))).toEqual([401, 401]);
    expect(await ask(snowWebhook(sysId, now - 4 * 60_000))).toEqual([202, "accepted"]);
    expect(await ask(snowWebhook(sysId, now - 4 * 60_000))).toEqual([202, "repeated"]);
    // A signature of another time does not fit.
    const moved = snowWebhook(sysId, now - 20 * 60_000);
    moved.headers["X-RhythmX-Timestamp"] = String(Math.floor(now / 1000));
    expect(await ask(moved)).toEqual([401, 401]);

    const garbage = "{not json";
    const signature = `sha256=${createHmac("sha256", webhookSecrets.jira).update(garbage).digest("hex")}`;
    const unreadable = { path: "/api/webhooks/jira", headers: { "X-Hub-Signature": signature }, body: garbage };
    expect((await send(it.appliance, unreadable)).status).toBe(400);
    const large = { ...unreadable, body: "x".repeat(5 * 1024 * 1024) };
    expect((await send(it.appliance, large)).status).toBe(413);
    expect((await detail(it)).status).toBe("OPEN");
    const metrics = await (await fetch(`${it.appliance.appliance.apiUrl}/metrics`)).text();
    expect(metrics).toContain('rhythmx_ticket_webhooks_total{system="jira",outcome="signature"} 3');
    expect(metrics).toContain('rhythmx_ticket_webhooks_total{system="servicenow",outcome="outdated"} 3');
  });

  test("without a secret webhooks are off", async () => {
    const it = await ticketed();
    const { status, body } = await send(it.appliance, jiraWebhook("1", it.appliance.clock.now()));
    expect([status, body.detail]).toEqual([403, expect.stringContaining("JIRA_WEBHOOK_SECRET")]);
  });
});
