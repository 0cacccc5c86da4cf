/** The stand-ins refuse what the real systems refuse. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { JiraStandIn } from "./jira.ts";
import { ServiceNowStandIn } from "./servicenow.ts";

const basic = (credentials: string) => ({
  Authorization: `Basic ${btoa(credentials)}`,
  Accept: "application/json",
  "Content-Type": "application/json",
});

describe("Jira", () => {
  let jira: JiraStandIn;
  beforeAll(async () => {
    jira = await new JiraStandIn({ indexLagMs: 300 }).start();
  });
  afterAll(() => jira.stop());
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = basic("soc@acme.example:jira-token-1"),
  ) => {
    const response = await fetch(`${jira.url}/rest/api/3${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json().catch(() => null)) as Record<string, never> };
  };
  const doc = { version: 1, type: "doc", content: [{ type: "paragraph", content: [{ type: "text", text: "x" }] }] };
  const good = { project: { key: "SEC" }, issuetype: { id: "10001" }, summary: "s", description: doc };

  const refused: [string, object, string][] = [
    ["no summary", { ...good, summary: "" }, "summary"],
    ["a summary of two lines", { ...good, summary: "a\nb" }, "summary"],
    ["256 characters", { ...good, summary: "x".repeat(256) }, "summary"],
    ["a description that is a text", { ...good, description: "plain" }, "description"],
    [
      "an empty text node",
      {
        ...good,
        description: {
          version: 1,
          type: "doc",
          content: [{ type: "paragraph", content: [{ type: "text", text: "" }] }],
        },
      },
      "description",
    ],
    [
      "an unknown node",
      { ...good, description: { version: 1, type: "doc", content: [{ type: "script" }] } },
      "description",
    ],
    [
      "32,768 characters",
      {
        ...good,
        description: {
          version: 1,
          type: "doc",
          content: [{ type: "paragraph", content: [{ type: "text", text: "x".repeat(32_768) }] }],
        },
      },
      "description",
    ],
    ["another project", { ...good, project: { key: "NO" } }, "project"],
    ["another type", { ...good, issuetype: { id: "1" } }, "issuetype"],
    ["a label with a space", { ...good, labels: ["a b"] }, "labels"],
    ["a field that is not on the screen", { ...good, customfield_9: 1 }, "customfield_9"],
    ["a priority that there is not", { ...good, priority: { id: "9" } }, "priority"],
  ];
  for (const [name, fields, field] of refused)
    test(name, async () => {
      const { status, body } = await ask("POST", "/issue", { fields });
      expect([status, Object.keys(body.errors ?? {})]).toEqual([400, [field]]);
    });

  test("no login, wrong login, other version, other JQL, startAt", async () => {
    expect((await ask("GET", "/myself", undefined, { Accept: "application/json" })).status).toBe(401);
    expect((await ask("GET", "/myself", undefined, basic("soc@acme.example:wrong"))).status).toBe(401);
    expect(
      (await fetch(`${jira.url}/rest/api/2/myself`, { headers: basic("soc@acme.example:jira-token-1") })).status,
    ).toBe(404);
    expect((await ask("POST", "/search/jql", { jql: "project = SEC" })).status).toBe(400);
    expect(
      (await ask("POST", "/search/jql", { jql: 'project = "SEC" ORDER BY created DESC', startAt: 0 })).status,
    ).toBe(400);
    expect((await ask("POST", "/issue", { fields: good, nonsense: 1 })).status).toBe(400);
  });

  test("search sees an issue later, reading by key at once", async () => {
    const { body } = await ask("POST", "/issue", { fields: { ...good, labels: ["l-1"] } });
    const search = async () =>
      (await ask("POST", "/search/jql", { jql: 'project = "SEC" AND labels = "l-1"', maxResults: 5 })).body
        .issues as unknown as unknown[];
    expect(await search()).toEqual([]);
    expect((await ask("GET", `/issue/${body.key}`)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await search()).toHaveLength(1);
  });
});

describe("ServiceNow", () => {
  let snow: ServiceNowStandIn;
  beforeAll(async () => {
    snow = await new ServiceNowStandIn().start();
  });
  afterAll(() => snow.stop());
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = basic("rhythmx:snow-password-1"),
  ) => {
    const response = await fetch(`${snow.url}/api/now/table/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      body: (await response.json()) as { result: Record<string, string>[] & Record<string, string> },
    };
  };

  test("priority comes of impact and urgency, whatever is asked; unknown columns are dropped in silence", async () => {
    const { body } = await ask("POST", "incident", {
      impact: "2",
      urgency: "1",
      priority: "1",
      nonsense: "x",
      correlation_id: "A",
    });
    expect([body.result.priority, body.result.nonsense]).toEqual(["2", undefined as never]);
  });

  test("invalid parts of a query are ignored, and the rest finds everybody's", async () => {
    await ask("POST", "incident", { correlation_id: "B" });
    expect((await ask("GET", "incident?sysparm_query=correlation_idd=B")).body.result.length).toBe(2);
    expect((await ask("GET", "incident?sysparm_query=correlation_id=B")).body.result.length).toBe(1);
    expect((await ask("GET", "incident?sysparm_query=correlation_id=C")).status).toBe(404);
  });

  test("no login, no Accept, another table", async () => {
    expect((await ask("GET", "incident", undefined, basic("rhythmx:wrong"))).status).toBe(401);
    expect(
      (
        await ask("GET", "incident", undefined, {
          Authorization: basic("rhythmx:snow-password-1").Authorization,
          Accept: "*/*",
        })
      ).status,
    ).toBe(400);
    expect((await ask("POST", "nothing", {})).status).toBe(400);
  });
});
