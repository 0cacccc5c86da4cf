import { describe, expect, test } from "bun:test";
import { problemOf } from "./setting-definitions.ts";
import { type GivenValue, readTicketSettings } from "./tickets.ts";

const given = (values: Record<string, string>) =>
  new Map(
    Object.entries(values).map(([name, text]): [string, GivenValue] => [
      name,
      { text, source: "environment", pinned: true },
    ]),
  );

test("nothing given: nothing configured, the documented defaults", () => {
  const { settings, problems } = readTicketSettings(new Map());
  expect(problems).toEqual([]);
  expect(settings).toMatchObject({
    jira: null,
    servicenow: null,
    enabled: { jira: false, servicenow: false },
    autoPush: null,
    baseUrl: null,
    retry: {
      maxRetries: 5,
      baseDelaySeconds: 60,
      maxDelaySeconds: 3600,
      schedule: "*/2 * * * *",
      lookupDelaysSeconds: [60, 300, 900, 3600],
      unknownOutcome: "resend",
    },
    sla: { critical: 240, high: 480, medium: 1440, low: 4320 },
  });
});

test("auto-push names only systems that are enabled and configured", () => {
  const values = { JIRA_URL: "https://a.example", JIRA_API_TOKEN: "t", JIRA_PROJECT_KEY: "SEC", JIRA_ENABLED: "true" };
  const push = { AUTO_PUSH_ENABLED: "true", AUTO_PUSH_SYSTEMS: "Jira, servicenow", AUTO_PUSH_MIN_SEVERITY: "high" };
  expect(readTicketSettings(given({ ...values, ...push })).settings.autoPush).toEqual({
    minLevel: "high",
    systems: ["jira"],
  });
});

describe("wrong values are named and count as not set; a secret is never repeated", () => {
  const wrong: [string, string][] = [
    ["JIRA_URL", "http://jira.example"],
    ["JIRA_URL", "https://user:pw@jira.example"],
    ["JIRA_URL", "file:///etc/passwd"],
    ["JIRA_PROJECT_KEY", 'SEC" OR 1=1'],
    ["SERVICENOW_INSTANCE", "acme/../x"],
    ["SERVICENOW_TABLE", "incident?x"],
    ["JIRA_EXTRA_FIELDS", "[1]"],
    ["JIRA_EXTRA_FIELDS", '{"summary": "x"}'],
    ["SERVICENOW_EXTRA_FIELDS", '{"correlation_id": "x"}'],
    ["SERVICENOW_EXTRA_FIELDS", '{"U_SOC": "x"}'],
    ["SERVICENOW_CLOSE_FIELDS", '{"close_code": "x"}'],
    ["JIRA_STATUS_MAP", '{"": "OPEN"}'],
    ["JIRA_STATUS_MAP", '{"Done": "OPEN", "done ": "CLOSED"}'],
    ["SERVICENOW_STATE_VALUES", '{"OPEN":"1","IN_PROGRESS":"2","CLOSED":"6","FALSE_POSITIVE":"8","__proto__":"1"}'],
    ["JIRA_FIELD_POLICY", "status=ours,status=once"],
    ["AUTO_PUSH_SYSTEMS", "jira,remedy"],
    ["AUTO_PUSH_MIN_SEVERITY", "URGENT"],
    ["UNKNOWN_LOOKUP_DELAYS_SECONDS", "300,60"],
    ["RETRY_MAX_RETRIES", "-1"],
    ["RETRY_SCHEDULE", "often"],
    ["RETRY_SCHEDULE", "61 25 * * *"],
    ["JIRA_SYNC_SCHEDULE", "99 99 * * *"],
    ["SNOW_SYNC_SCHEDULE", "0 0 30 2 *"],
    ["TICKET_ROUTES", '{"North": "SEC"}'],
    ["TICKET_ROUTES", '{"North": {"jira_project": "SEC\\" OR 1=1"}}'],
    ["TICKET_ROUTES", '{"North": {"project": "SEC"}}'],
    ["MASK_PATTERNS", '["("]'],
    ["MASK_PATTERNS", '["x*"]'],
    ["MASK_PATTERNS", "[1]"],
  ];
  for (const [name, text] of wrong)
    test(`${name}=${text}`, () => {
      const { problems } = readTicketSettings(given({ [name]: text }));
      expect(problems.map(({ key }) => key)).toEqual([name]);
      expect(problemOf(name as never, text)).toBeString();
    });

  for (const key of ["__proto__", "constructor", "prototype", " __PROTO__ "])
    for (const name of [
      ...([
        "JIRA_EXTRA_FIELDS",
        "JIRA_TRANSITION_FIELDS",
        "SERVICENOW_EXTRA_FIELDS",
        "SERVICENOW_CLOSE_FIELDS",
      ] as const),
      ...(["JIRA_STATUS_MAP", "SERVICENOW_STATE_MAP", "TICKET_ROUTES", "TICKET_USERS"] as const),
    ])
      test(`the name ${key} in ${name}`, () => {
        const value = name.endsWith("_MAP") ? '"OPEN"' : '{"jira": "x"}';
        expect(problemOf(name, `{${JSON.stringify(key)}: ${value}}`)).toStartWith(JSON.stringify(key));
      });

  test("a name that is given twice is told, and not one of them taken", () => {
    expect(problemOf("JIRA_EXTRA_FIELDS", '{"customfield_1": 1, "customfield_1": 2}')).toBe(
      '"customfield_1" is given twice: once is enough',
    );
    expect(problemOf("TICKET_ROUTES", '{"North": {}, "north ": {}}')).toContain("is given twice");
  });

  test("a secret of another form", () => {
    const { problems } = readTicketSettings(given({ JIRA_API_TOKEN: "two\nlines-of-secret" }));
    expect(JSON.stringify(problems)).not.toContain('secret"');
    expect(JSON.stringify(problems)).not.toContain("lines-of");
  });
});

test("a mistake in one pattern does not unmask what the others mask, and is told", () => {
  const text = JSON.stringify(["(?<=badge )\\d{6}", "x(?=y)", "K-\\d+"]);
  const { settings, problems } = readTicketSettings(given({ MASK_PATTERNS: text }));
  const masked = settings.maskPatterns.reduce((left, one) => one.replaced(left, "*"), "badge 123456 xy K-77");
  expect([masked, problems.map(({ key, effect }) => [key, effect])]).toEqual([
    "badge * xy *",
    [["MASK_PATTERNS", "the rest of it counts"]],
  ]);
});

test.each([
  ["(a|a)*b", null],
  ["(?<=badge )\\d{6}", null],
  ["x+(?=y+)", "pattern 1: cannot look ahead"],
  ["(", "pattern 1: missing closing )"],
  ["(a|a)*", "pattern 1 also matches nothing at all"],
])("the pattern %s: %p", (pattern, begins) => {
  const problem = problemOf("MASK_PATTERNS", JSON.stringify([pattern]));
  expect(problem?.slice(0, begins?.length ?? 0) ?? null).toBe(begins);
  const { settings } = readTicketSettings(
    new Map([["MASK_PATTERNS", { text: JSON.stringify([pattern]), source: "environment", pinned: true }]]),
  );
  expect(settings.maskPatterns).toHaveLength(begins === null ? 1 : 0);
});
