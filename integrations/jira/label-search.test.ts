import { afterAll, expect, test } from "bun:test";
import { JiraStandIn } from "../../test/standins/jira.ts";
import { Jira } from "./jira.ts";

const standIn = await new JiraStandIn().start();
afterAll(() => standIn.stop());

const jiraOf = (projectKey: string) =>
  new Jira(
    {
      url: standIn.url,
      email: "soc@acme.example",
      apiToken: "jira-token-1",
      projectKey,
      issueType: "task",
      deployment: "auto",
      extraFields: {},
      transitionFields: {},
      statuses: new Map(),
      falsePositiveResolutions: [],
    },
    { fetch, now: () => Date.now(), throttle: { name: "test", until: 0 }, timeoutMs: 180_000 },
  );

test("what was sent while the settings named another project is looked for there, and not taken for missing", async () => {
  const correlation = "rhythmx-inc-00000001";
  const sent = jiraOf("SEC");
  const payload = await sent.render({
    correlation,
    draft: {
      incidentId: "INC-00000001",
      entity: "Primary Site",
      level: "high",
      headline: { what: "A credential dump", where: "on ws-101", who: "by jsmith", rules: [] },
      url: "https://edge.example/incidents/INC-00000001",
      sections: [{ title: "Notes", blocks: [{ kind: "text", text: "plain" }] }],
      yielding: [],
    },
  });
  const hint = await sent.hint([], payload);
  const { id, key, url } = await sent.create(payload);
  const later = jiraOf("OPS");
  expect(await later.find(correlation, hint)).toEqual({ id, key, url });
  const missing = later.find("rhythmx-inc-00000002", hint);
  expect(await missing.catch((error) => [error.code, error.message])).toEqual([
    "elsewhere",
    "it was sent to project SEC, the settings now name project OPS, and there it is not seen: with the former settings it is looked up",
  ]);
});
