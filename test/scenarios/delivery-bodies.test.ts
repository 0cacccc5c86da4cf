/** What was sent to a ticket system and what it said, for who looks into a delivery. */
import { afterEach, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { cleanUpScenes, critical, deliveries, scene, ticketed } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

test("a delivery shows request and answer of each attempt; lists do not, and another tenant's is unknown", async () => {
  const it = await ticketed({ AUTO_PUSH_SYSTEMS: "jira" });
  const create = (await deliveries(it)).find(({ kind }: { kind: string }) => kind === "create");
  expect(Object.keys(create.attempt_history[0])).not.toContain("request_body");
  const { status, body } = await it.admin.get(`/api/deliveries/${create.id}`);
  expect(status).toBe(200);
  const { attempt_history, correlation, ...row } = body;
  const { attempt_history: _, ...listed } = create;
  expect(row).toEqual(listed);
  // A word to search for is only named of a ticket that was made without saying which.
  expect(correlation).toBeNull();
  expect(attempt_history).toHaveLength(1);
  const [attempt] = attempt_history;
  expect(attempt).toMatchObject({ ...create.attempt_history[0], status: 201 });
  expect(attempt.request).toStartWith("POST /rest/api/3/issue");
  expect(JSON.parse(attempt.request_body).fields.summary).toBe("HIGH: Suspicious Logon on ws-101 by jsmith");
  expect(JSON.parse(attempt.answer_body).key).toBe(it.key);
  const text = JSON.stringify(body);
  for (const secret of ["jira-token-1", Buffer.from("soc@acme.example:jira-token-1").toString("base64"), "Basic "])
    expect(text).not.toContain(secret);
  const other = await ApiClient.asUser(it.appliance, "other", "viewer", ["Elsewhere"]);
  for (const [client, id] of [
    [other, create.id],
    [it.admin, "dlv-0000000000000000"],
    [it.admin, "%00"],
  ] as const)
    expect((await client.get(`/api/deliveries/${id}`)).status).toBe(404);
  const viewer = await ApiClient.asUser(it.appliance, "viewer", "viewer", ["Primary Site"]);
  expect((await viewer.get(`/api/deliveries/${create.id}`)).status).toBe(200);
});

test("a refusal is shown in the target's whole words; of many attempts the newest ten keep theirs", async () => {
  const it = await scene({ AUTO_PUSH_SYSTEMS: "jira" });
  const body = { errorMessages: ["closed for ".padEnd(100_000, "x")] };
  it.jira.faults = ({ method }) => (method === "POST" ? { when: "before", what: { body, as: 400 } } : null);
  await it.appliance.ingest([critical("jsmith")]);
  const parked = async () => (await deliveries(it, "state=parked"))[0];
  for (let attempts = 1; attempts <= 13; attempts++) {
    await until(async () => (await parked())?.attempt_history.length === attempts);
    if (attempts < 13) await it.admin.post(`/api/deliveries/${(await parked()).id}/retry`, {});
  }
  const { attempt_history } = (await it.admin.get(`/api/deliveries/${(await parked()).id}`)).body;
  const { request, request_body, answer_body } = attempt_history.at(-1);
  expect([request, JSON.parse(request_body).fields.labels[0]]).toEqual(["POST /rest/api/3/issue", "rhythmx"]);
  expect(answer_body.slice(0, 31)).toBe('{"errorMessages":["closed for x');
  expect(answer_body.slice(-30)).toMatch(/^x+\n… and 344\d\d more characters$/);
  const kept = attempt_history.map((one: { answer_body: string | null }) => one.answer_body?.length ?? 0);
  expect(kept).toEqual([0, 0, 0, ...Array(10).fill(answer_body.length)]);
});
