import { describe, expect, test } from "bun:test";
import { formatProblem } from "./problem.ts";
import { resolveSettings } from "./resolve.ts";

function resolved(given: { env?: Record<string, string | undefined>; envFile?: string }) {
  const envFile =
    given.envFile === undefined
      ? null
      : { source: ".env.production", folder: "/conf", content: { text: given.envFile } };
  const folders = { configDir: "/conf", defaultDataDir: "./data" };
  const result = resolveSettings({ environment: given.env ?? {}, envFile, alertFeedFile: null, ...folders });
  return { ...result, told: result.problems.map(formatProblem), remarks: result.warnings.map(formatProblem) };
}

test("every environment value is read", () => {
  const { settings, told } = resolved({
    env: {
      RHYTHMX_LISTEN: "0.0.0.0:8443",
      RHYTHMX_TLS_CERT_FILE: "/tls/cert.pem",
      RHYTHMX_TLS_KEY_FILE: "/tls/key.pem",
      RHYTHMX_ALERT_HEALTH: "[::1]:0",
      RHYTHMX_DEFAULT_ENTITY: "  Zürich ",
      RHYTHMX_LOG_LEVEL: "DEBUG",
      RHYTHMX_LOG_FORMAT: "text",
      RHYTHMX_RETENTION_DAYS: "365",
      RHYTHMX_DATA_DIR: "/srv/rhythmx",
      RHYTHMX_MIN_FREE_BYTES: "0",
      RHYTHMX_MIN_FREE_PERCENT: "2.5",
    },
  });
  expect(told).toEqual([]);
  expect(settings).toMatchObject({
    listen: { host: "0.0.0.0", port: 8443 },
    tlsCertFile: "/tls/cert.pem",
    tlsKeyFile: "/tls/key.pem",
    alertHealth: { host: "::1", port: 0 },
    defaultEntity: "Zürich",
    logLevel: "debug",
    logFormat: "text",
    retentionDays: 365,
    dataDir: "/srv/rhythmx",
    minFreeBytes: 0,
    minFreePercent: 2.5,
  });
});

describe("a wrong value of the environment", () => {
  const listen = "accepted: host:port such as 127.0.0.1:8080, 0.0.0.0:8443 or [::1]:8080; the appliance does not start";
  const cases: [name: string, value: string, told: string][] = [
    ["RHYTHMX_LISTEN", "8080", `found "8080"; ${listen}`],
    ["RHYTHMX_LISTEN", ":8080", `found ":8080"; ${listen}`],
    ["RHYTHMX_LISTEN", "127.0.0.1:65536", `found "127.0.0.1:65536"; ${listen}`],
    ["RHYTHMX_LISTEN", "300.0.0.1:80", `found "300.0.0.1:80"; ${listen}`],
    ["RHYTHMX_LISTEN", "::1:80", `found "::1:80"; ${listen}`],
    ["RHYTHMX_LISTEN", "http://localhost:80", `found "http://localhost:80"; ${listen}`],
    [
      "RHYTHMX_DATA_DIR",
      "/srv/\u0007bell\u202e",
      'found "/srv/\\u0007bell\\u202e"; accepted: a path without control characters; the appliance does not start',
    ],
    [
      "RHYTHMX_ALERT_HEALTH",
      "localhost",
      'found "localhost"; accepted: host:port such as 127.0.0.1:8080, 0.0.0.0:8443 or [::1]:8080; 127.0.0.1:8888 is used',
    ],
    [
      "RHYTHMX_RETENTION_DAYS",
      "365d",
      'found "365d"; accepted: a whole number from 1 to 36500; nothing is deleted for its age',
    ],
    [
      "RHYTHMX_RETENTION_DAYS",
      "0",
      'found "0"; accepted: a whole number from 1 to 36500; nothing is deleted for its age',
    ],
    ["RHYTHMX_LOG_LEVEL", "loud", 'found "loud"; accepted: debug, info, warn or error; the default is used'],
    ["RHYTHMX_LOG_FORMAT", "xml", 'found "xml"; accepted: json or text; the default is used'],
    [
      "RHYTHMX_MIN_FREE_BYTES",
      "1GiB",
      'found "1GiB"; accepted: a whole number from 0 to 9007199254740991; the default is used',
    ],
    [
      "RHYTHMX_MIN_FREE_PERCENT",
      "100",
      'found "100"; accepted: a number from 0 to 99, fractions allowed; the default is used',
    ],
    [
      "RHYTHMX_DEFAULT_ENTITY",
      "a\nb",
      'found "a\\nb"; accepted: a name of 1 to 200 characters without control characters; the default is used',
    ],
  ];
  for (const [name, value, message] of cases) {
    test(`${name}=${JSON.stringify(value)}`, () => {
      const { told, problems } = resolved({ env: { [name]: value } });
      expect(told).toEqual([`environment: ${name}: ${message}`]);
      expect(problems[0]?.fatal).toBe(message.endsWith("the appliance does not start"));
    });
  }

  test("retention goes to its longest, everything else to its default", () => {
    const env = {
      RHYTHMX_RETENTION_DAYS: "x",
      RHYTHMX_LOG_LEVEL: "x",
      RHYTHMX_MIN_FREE_BYTES: "x",
      RHYTHMX_MIN_FREE_PERCENT: "x",
    };
    const { settings } = resolved({ env });
    expect(settings).toMatchObject({
      retentionDays: 36500,
      logLevel: "info",
      minFreeBytes: 1073741824,
      minFreePercent: 5,
    });
  });

  test("long values are shortened", () => {
    expect(resolved({ env: { RHYTHMX_LOG_LEVEL: "x".repeat(500) } }).told[0]).toContain(
      `found "${"x".repeat(80)}..."; accepted`,
    );
  });
});

describe("remarks", () => {
  test("unknown names name the nearest known one; foreign and later names are left in peace", () => {
    const { remarks, told } = resolved({
      env: {
        RHYTHMX_RETENTION_DAY: "1",
        RHYTHMX_ZZZZ: "1",
        "RHYTHMX_\n": "1",
        PATH: "/bin",
        JIRA_URI: "x",
        RHYTHMX_BASE_URL: "https://edge",
      },
      envFile: [
        "JIRA_API_TOKEN=t",
        "SERVICENOW_INSTANCE=i",
        "PROACTIVE_SNOW_SECRET=s",
        "RETRY_SCHEDULE=*/2 * * * *",
        "SLA_LOW_MINUTES=1",
        "AUTO_PUSH_ENABLED=true",
        "TICKET_INTEGRATION=proactive",
        "SNOW_UPDATE_CADENCE_HOURS=24",
        "RHYTHMX_ADMIN_PASSWORD=p",
        "RHYTHMX_MASTER_KEY_FILE=/k",
        "RHYTHMX_BASE_URL=x",
        "UNKNOWN_OUTCOME=ask",
        "HTTPS_PROXY=http://x",
        "DATABASE_URL=foreign",
        "JIRA_API_TOKE=s3cret",
        "JIRA_SOMETHING_QUITE_ELSE=s3cret",
      ].join("\n"),
    });
    expect(told).toEqual([]);
    expect(remarks).toEqual([
      "environment: RHYTHMX_RETENTION_DAY: found an unknown key; accepted: RHYTHMX_RETENTION_DAYS (the nearest known key); it is ignored",
      "environment: RHYTHMX_ZZZZ: found an unknown key; accepted: the names of docs/settings.md; it is ignored",
      'environment: "RHYTHMX_\\n": found an unknown key; accepted: the names of docs/settings.md; it is ignored',
      ".env.production line 15: JIRA_API_TOKE: found an unknown key; accepted: JIRA_API_TOKEN (the nearest known key); it is ignored",
      ".env.production line 16: JIRA_SOMETHING_QUITE_ELSE: found an unknown key; accepted: the names of docs/settings.md; it is ignored",
    ]);
  });

  test("a name given twice, and a configuration folder named inside itself", () => {
    const { remarks } = resolved({ envFile: "RHYTHMX_LOG_LEVEL=info\nRHYTHMX_LOG_LEVEL=warn\nRHYTHMX_CONFIG_DIR=/x" });
    expect(remarks).toEqual([
      ".env.production line 3: RHYTHMX_CONFIG_DIR: found a folder; accepted: RHYTHMX_CONFIG_DIR in the environment of the process: this file is found through it; it is ignored",
      ".env.production line 2: RHYTHMX_LOG_LEVEL: found the key once more (first on line 1); accepted: each key once; the last one counts",
    ]);
  });
});

test("a broken line stops the start only when it holds what the appliance cannot run without", () => {
  const envFile = 'RHYTHMX_DATA_DIR="/srv\nJIRA_API_TOKEN="s3cret';
  const line1 =
    '.env.production line 1: RHYTHMX_DATA_DIR: found a quote that is not closed; accepted: a closing " on the same line';
  const line2 =
    '.env.production line 2: JIRA_API_TOKEN: found a quote that is not closed; accepted: a closing " on the same line; the line is ignored';
  expect(resolved({ envFile }).told).toEqual([`${line1}; the appliance does not start`, line2]);
  expect(resolved({ envFile, env: { RHYTHMX_DATA_DIR: "/srv" } }).told).toEqual([
    `${line1}; the line is ignored`,
    line2,
  ]);
});

test("who counts as whom, and from which score on", () => {
  const env = {
    QUALIFY_MIN_SCORE: "55",
    SHARED_ACCOUNTS: " root, NT-AUTORITÄT\\SYSTEM ,,svc ",
    HOST_SHORT_NAMES: "TRUE",
  };
  const { settings } = resolved({ env });
  expect(settings.correlation).toMatchObject({
    actors: { sharedAccounts: ["root", "NT-AUTORITÄT\\SYSTEM", "svc"], hostShortNames: true },
    minScore: 55,
  });
  const wrong = { QUALIFY_MIN_SCORE: "0", HOST_SHORT_NAMES: "yes" };
  const { problems } = resolved({ env: wrong });
  expect(problems.map(({ key }) => key).sort()).toEqual(["HOST_SHORT_NAMES", "QUALIFY_MIN_SCORE"]);
});
