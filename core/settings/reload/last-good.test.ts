import { describe, expect, test } from "bun:test";
import { environmentNames } from "../environment.ts";
import { type ResolvedSettings, resolveSettings } from "../resolve.ts";
import { readTicketSettings } from "../tickets.ts";
import { keepLastGood } from "./last-good.ts";

interface Given {
  env?: Record<string, string>;
  envFile?: string | { found: string; accepted: string };
  alerts?: string;
  incidents?: string;
  patterns?: string;
  floors?: string;
}

function resolved({ env = {}, envFile, alerts, incidents, patterns, floors }: Given): ResolvedSettings {
  const file = (source: string, text: string | undefined) =>
    text === undefined ? null : { source, folder: "/", content: { text } };
  return resolveSettings({
    environment: env,
    envFile:
      typeof envFile === "object"
        ? { source: ".env", folder: "/", content: { fault: envFile } }
        : file(".env", envFile),
    alertFeedFile: file("config.json", alerts),
    incidentFeedFile: file("incidents.json", incidents),
    casePatternsFile: file("patterns.json", patterns),
    riskFloorsFile: file("floors.json", floors),
    configDir: "/etc/rhythmx",
    defaultDataDir: "/data",
  });
}

const one = (host: string, more = "") => `{"syslog": [{"name": "${host}", "host": "${host}"}${more}]}`;
const hosts = ({ settings }: ResolvedSettings) => settings.alertFeed.destinations.map(({ host }) => host);
const effects = ({ problems }: ResolvedSettings) => problems.map(({ effect }) => effect);
const kept = "the last good settings stay in force";

describe("a feed", () => {
  test("a file that is no JSON keeps the destinations, again and again", () => {
    const first = resolved({ alerts: one("a") });
    const second = keepLastGood(first, resolved({ alerts: one("a", ",") }));
    const third = keepLastGood(second, resolved({ alerts: "{" }));
    expect([hosts(second), hosts(third), effects(third)]).toEqual([["a"], ["a"], [kept]]);
    expect(hosts(keepLastGood(third, resolved({ alerts: one("b") })))).toEqual(["b"]);
  });

  test("a wrong destination keeps all of them as they were, also the interval beside them", () => {
    const first = resolved({ alerts: one("a") });
    const next = resolved({
      alerts: '{"syslog": [{"name": "b", "host": "b"}, {"name": "c", "host": ""}], "daemon": {"batch_size": 7}}',
    });
    const merged = keepLastGood(first, next);
    expect([hosts(merged), merged.settings.alertFeed.batchSize]).toEqual([["a"], 100]);
  });

  test("with nothing good before it, what is right is taken as at a start", () => {
    const next = resolved({ alerts: one("a", ', {"host": ""}') });
    expect(hosts(keepLastGood(resolved({}), next))).toEqual(["a"]);
    // One that was half right at the start and is quite wrong now.
    expect(hosts(keepLastGood(next, resolved({ alerts: "[" })))).toEqual(["a"]);
    expect(hosts(keepLastGood(next, resolved({ alerts: one("b", ', {"host": ""}') })))).toEqual(["b"]);
  });

  test("a file that is gone is no mistake; each feed stands for itself", () => {
    const first = resolved({ alerts: one("a"), incidents: one("i") });
    const merged = keepLastGood(first, resolved({ incidents: "{" }));
    expect(hosts(merged)).toEqual([]);
    expect(merged.settings.incidentFeed.destinations).toHaveLength(1);
  });
});

test("risk floors, each table for itself", () => {
  const first = resolved({ floors: '{"floors": [{"name": "ransomware", "points": 99}]}' });
  const merged = keepLastGood(
    first,
    resolved({ floors: '{"floors": [{"name": "ransomware", "points": 0}]}', patterns: '{"patterns": []}' }),
  );
  expect(merged.settings.correlation.floors).toEqual(first.settings.correlation.floors);
  expect(effects(merged)).toEqual([kept]);
});

test("case patterns", () => {
  const first = resolved({ patterns: '{"patterns": [{"type": "impact", "min_alerts": 9}]}' });
  const merged = keepLastGood(first, resolved({ patterns: '{"patterns": [{"type": "impact", "min_alerts": 0}]}' }));
  expect(merged.settings.correlation.patterns).toEqual(first.settings.correlation.patterns);
  expect(effects(merged)).toEqual([kept]);
});

describe("values of the environment", () => {
  const good: Record<string, [string, string]> = {
    RHYTHMX_LISTEN: ["127.0.0.1:9", "nowhere"],
    RHYTHMX_ALERT_HEALTH: ["127.0.0.1:1", "x"],
    RHYTHMX_INCIDENT_HEALTH: ["127.0.0.1:2", "x"],
    RHYTHMX_TRUSTED_PROXIES: ["10.0.0.0/8", "proxy"],
    RHYTHMX_DEFAULT_ENTITY: ["North", "x".repeat(300)],
    RHYTHMX_LOG_LEVEL: ["debug", "loud"],
    RHYTHMX_LOG_FORMAT: ["text", "xml"],
    RHYTHMX_RETENTION_DAYS: ["7", "-1"],
    RHYTHMX_MIN_FREE_BYTES: ["5", "few"],
    RHYTHMX_MIN_FREE_PERCENT: ["7", "200"],
    QUALIFY_MIN_SCORE: ["55", "0"],
    HOST_SHORT_NAMES: ["true", "maybe"],
  };
  for (const [name, [value, wrong]] of Object.entries(good))
    test(`${name} keeps its value, the others change`, () => {
      const other = name === "RHYTHMX_LOG_LEVEL" ? "HOST_SHORT_NAMES" : "RHYTHMX_LOG_LEVEL";
      const changed = other === "HOST_SHORT_NAMES" ? "true" : "error";
      const first = resolved({ env: { [name]: value } });
      const next = keepLastGood(first, resolved({ env: { [name]: wrong, [other]: changed } }));
      const expected = resolved({ env: { [name]: value, [other]: changed } });
      expect(next.settings).toEqual(expected.settings);
      expect(next.problems).toMatchObject([{ key: name, effect: kept, fatal: false }]);
    });

  test("a file of them that cannot be read changes none of them", () => {
    const envFile = environmentNames
      .flatMap((name) => (good[name] === undefined ? [] : [`${name}=${good[name][0]}`]))
      .concat("JIRA_URL=https://jira.example", "SHARED_ACCOUNTS=kiosk")
      .join("\n");
    const first = resolved({ envFile });
    expect(first.problems).toEqual([]);
    for (const broken of [
      { found: "no permission to read it", accepted: "a file" },
      `${envFile}\nJIRA_URL https://x`,
    ]) {
      const merged = keepLastGood(first, resolved({ envFile: broken }));
      expect(merged.settings).toEqual(first.settings);
      expect(merged.ticketValues.get("JIRA_URL")?.text).toBe("https://jira.example");
      expect(effects(merged)).toEqual([kept]);
    }
  });
});

test("a ticket system keeps all of its connection: no new token for an old address", () => {
  const jira = (url: string, token: string) => ({
    JIRA_URL: url,
    JIRA_API_TOKEN: token,
    JIRA_PROJECT_KEY: "SEC",
    RETRY_MAX_RETRIES: "3",
  });
  const first = resolved({ env: jira("https://old.example", "old-token") });
  const next = resolved({ env: { ...jira("nonsense", "new-token"), RETRY_MAX_RETRIES: "9" } });
  const { settings } = readTicketSettings(keepLastGood(first, next).ticketValues);
  expect(settings.jira).toMatchObject({ url: "https://old.example", apiToken: "old-token" });
  expect(settings.retry.maxRetries).toBe(9);
  // A wrong one from the start on has nothing to go back to.
  const wrongFromStart = keepLastGood(next, resolved({ env: jira("worse", "third") }));
  expect(readTicketSettings(wrongFromStart.ticketValues).settings.jira).toBeNull();
});
