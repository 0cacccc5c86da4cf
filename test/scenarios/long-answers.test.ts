/** Tickets of which the target has more than an answer may hold: notes with whole logs in them, and years of changes. */
import { afterEach, expect, test } from "bun:test";
import { cleanUpScenes, detail, login, settled, ticketed, turn } from "../harness/ticket-scene.ts";
import { bob } from "../standins/jira-model.ts";

afterEach(cleanUpScenes);

const log = "a line of a log that somebody has pasted\n".repeat(1_500);

test("Jira: an issue is read with more changes and comments than fit, and a comment whose answer was lost is not made twice", async () => {
  const it = await ticketed({ AUTO_PUSH_SYSTEMS: "jira" }, { jira: { deployment: "Server", credentials: "pat" } });
  const issue = it.jira.issue(it.key);
  for (let n = 0; n < 90; n++) {
    it.jira.say(it.key, `${n}: ${log}`);
    it.jira.changed(issue, bob, "description", log, log);
  }
  it.jira.move(it.key, "In Progress");
  await turn(it, 11 * 60_000);
  const { status, investigation_notes: notes } = await detail(it);
  expect([status, notes]).toEqual(["IN_PROGRESS", expect.stringContaining("0: a line of a log")]);

  let lost = 0;
  it.jira.faults = ({ method, path }) =>
    method === "POST" && path.endsWith("/comment") && lost++ === 0 ? { when: "after", what: "reset" } : null;
  await (await login(it)).patch(`/api/incidents/${it.id}`, { investigation_notes: `${notes}\nours, once` });
  await turn(it, 11 * 60_000);
  await settled(it);
  expect(lost).toBe(1);
  expect(issue.comments.filter(({ body }) => JSON.stringify(body).includes("ours, once"))).toHaveLength(1);
});

test("ServiceNow: notes come in and are found again where all of them together are too long", async () => {
  const it = await ticketed({ AUTO_PUSH_SYSTEMS: "servicenow" });
  for (let n = 0; n < 90; n++) it.snow.say(it.number, `${n}: ${log}`);
  it.snow.change(it.number, { state: "2" });
  await turn(it, 11 * 60_000);
  const { status, investigation_notes: notes } = await detail(it);
  expect([status, notes]).toEqual(["IN_PROGRESS", expect.stringContaining("0: a line of a log")]);

  let lost = 0;
  it.snow.faults = ({ method }) => (method === "PATCH" && lost++ === 0 ? { when: "before", what: "reset" } : null);
  await (await login(it)).patch(`/api/incidents/${it.id}`, { investigation_notes: `${notes}\nours, once` });
  await turn(it, 11 * 60_000);
  await settled(it);
  expect(lost).toBe(2);
  expect(it.snow.journal.filter(({ value }) => value.includes("ours, once"))).toHaveLength(1);
});
