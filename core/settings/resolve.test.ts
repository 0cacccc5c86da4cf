import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { builtInFloors } from "../correlation/floors.ts";
import { builtInPatterns } from "../correlation/patterns.ts";
import { certificateFiles } from "./certificate-files.ts";
import { formatProblem, formatProblems } from "./problem.ts";
import { resolveSettings } from "./resolve.ts";
import type { SettingsSources } from "./sources.ts";

interface Given {
  env?: Record<string, string | undefined>;
  envFile?: string;
  config?: string;
  saved?: string;
}

function resolved(given: Given = {}) {
  const file = (name: string, text: string | undefined) =>
    text === undefined ? null : { source: name, folder: "/conf", content: { text } };
  const sources: SettingsSources = {
    environment: given.env ?? {},
    envFile: file(".env.production", given.envFile),
    alertFeedFile: file("config.json", given.config),
    ...(given.saved === undefined ? {} : { saved: { alerts: given.saved } }),
    configDir: "/conf",
    defaultDataDir: "./data",
  };
  const result = resolveSettings(sources);
  return { ...result, told: result.problems.map(formatProblem), remarks: result.warnings.map(formatProblem) };
}

test("with nothing given, everything has its default and there is nothing to tell", () => {
  const { settings, problems, warnings, origins } = resolved();
  expect(settings).toEqual({
    configDir: "/conf",
    dataDir: "./data",
    listen: { host: "127.0.0.1", port: 8080 },
    tlsCertFile: null,
    tlsKeyFile: null,
    trustedProxies: [],
    masterKeyFile: null,
    adminPassword: null,
    alertHealth: { host: "127.0.0.1", port: 8888 },
    defaultEntity: "Primary Site",
    logLevel: "info",
    logFormat: "json",
    retentionDays: 90,
    auditRetentionDays: 365,
    retentionSchedule: null,
    minFreeBytes: 1073741824,
    minFreePercent: 5,
    backup: { schedule: null, dir: null, keep: 7 },
    cluster: {
      endpoints: [],
      node: null,
      address: null,
      caFile: null,
      certFile: null,
      keyFile: null,
      prefix: "rhythmx/",
      leaseSeconds: 5,
      logMib: 256,
    },
    alertFeed: { enabled: true, destinations: [], pollIntervalSeconds: 30, hourlyIntervalMinutes: 60, batchSize: 100 },
    incidentHealth: { host: "127.0.0.1", port: 8889 },
    incidentFeed: { enabled: true, destinations: [], pollIntervalSeconds: 60, batchSize: 50 },
    correlation: {
      actors: {
        sharedAccounts: ["administrator", "admin", "root", "guest", "defaultaccount"],
        hostShortNames: false,
      },
      patterns: [...builtInPatterns],
      floors: [...builtInFloors],
      minScore: 40,
      assets: [],
    },
  });
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  expect(new Set(Object.values(origins).map(({ source, pinned }) => `${source} ${pinned}`))).toEqual(
    new Set(["default false"]),
  );
  expect(formatProblems({ problems, warnings })).toBe("");
});

describe("precedence and pinning", () => {
  test("the process environment wins over .env.production, an empty value does not", () => {
    const envFile = "RHYTHMX_RETENTION_DAYS=7\n\nRHYTHMX_LOG_LEVEL=warn\nRHYTHMX_LOG_FORMAT=";
    const { settings, origins } = resolved({ env: { RHYTHMX_RETENTION_DAYS: "30", RHYTHMX_LOG_LEVEL: " " }, envFile });
    expect(settings).toMatchObject({ retentionDays: 30, logLevel: "warn", logFormat: "json" });
    expect(origins).toMatchObject({
      RHYTHMX_RETENTION_DAYS: { source: "environment", pinned: true },
      RHYTHMX_LOG_LEVEL: { source: ".env.production line 3", pinned: true },
      RHYTHMX_LOG_FORMAT: { source: "default", pinned: false },
    });
  });

  test("config.json wins over what the console saved, key by key; syslog counts as one", () => {
    const saved = '{"syslog": {"host": "saved"}, "daemon": {"batch_size": 5, "poll_interval_seconds": 1}}';
    const file = resolved({
      config: '{"syslog": [], "daemon": {"batch_size": 9, "poll_interval_seconds": null}}',
      saved,
    });
    expect(file.settings.alertFeed).toMatchObject({ destinations: [], batchSize: 9, pollIntervalSeconds: 1 });
    expect(file.origins).toMatchObject({
      syslog: { source: "config.json", pinned: true },
      "daemon.batch_size": { source: "config.json", pinned: true },
      "daemon.poll_interval_seconds": { source: "saved in the console", pinned: false },
      "daemon.hourly_interval_minutes": { source: "default", pinned: false },
    });
    const console = resolved({ config: '{"daemon": {}}', saved });
    expect(console.settings.alertFeed.destinations.map(({ host }) => host)).toEqual(["saved"]);
    expect(console.origins.syslog).toEqual({ source: "saved in the console", pinned: false });
  });

  test("a broken config.json is not replaced by what the console saved", () => {
    const { settings, told, origins } = resolved({ config: "{", saved: '{"syslog": {"host": "saved"}}' });
    expect(settings.alertFeed.destinations).toEqual([]);
    expect(origins.syslog).toEqual({ source: "config.json", pinned: true });
    expect(told).toEqual([
      'config.json line 1 column 2: found the end of the file where a key should stand, near "{"; accepted: a key in double quotes; no alert goes to any syslog destination',
    ]);
  });

  test("daemon.health_port changes the port, RHYTHMX_ALERT_HEALTH wins over it", () => {
    const config = '{"daemon": {"health_port": 9999}}';
    const file = resolved({ config });
    expect(file.settings.alertHealth).toEqual({ host: "127.0.0.1", port: 9999 });
    expect(file.origins.RHYTHMX_ALERT_HEALTH).toEqual({ source: "config.json", pinned: true });
    const both = resolved({ config, env: { RHYTHMX_ALERT_HEALTH: "10.0.0.1:7000" } });
    expect(both.settings.alertHealth).toEqual({ host: "10.0.0.1", port: 7000 });
    expect(both.origins.RHYTHMX_ALERT_HEALTH).toEqual({ source: "environment", pinned: true });
  });
});

describe("certificate", () => {
  test("half a pair is fatal and named where the other half stands", () => {
    const { told, problems } = resolved({ envFile: "\nRHYTHMX_TLS_CERT_FILE=/tls/cert.pem" });
    expect(told).toEqual([
      ".env.production line 2: RHYTHMX_TLS_KEY_FILE: found nothing; accepted: a path: RHYTHMX_TLS_CERT_FILE and RHYTHMX_TLS_KEY_FILE are given together or not at all; the appliance does not start",
    ]);
    expect(problems[0]?.fatal).toBe(true);
    expect(resolved({ env: { RHYTHMX_TLS_KEY_FILE: "/k" } }).problems[0]?.key).toBe("RHYTHMX_TLS_CERT_FILE");
  });

  test("without one, plain HTTP is for loopback alone; elsewhere the appliance has its own", () => {
    const filesOf = (env: Record<string, string>) => certificateFiles(resolved({ env }).settings);
    for (const address of ["localhost:1", "127.9.9.9:1", "[::1]:1"])
      expect(filesOf({ RHYTHMX_LISTEN: address })).toBeNull();
    for (const address of ["0.0.0.0:8443", "127.0.0.1.example.org:1", "[::]:1", "[::ffff:10.0.0.1]:1"])
      expect(filesOf({ RHYTHMX_LISTEN: address, RHYTHMX_DATA_DIR: "/d" })).toEqual({
        certFile: "/d/tls/server.crt",
        keyFile: "/d/tls/server.key",
        own: true,
      });
    const given = { RHYTHMX_TLS_CERT_FILE: "/c", RHYTHMX_TLS_KEY_FILE: "/k" };
    for (const listen of ["127.0.0.1:1", "0.0.0.0:1"])
      expect(filesOf({ ...given, RHYTHMX_LISTEN: listen })).toEqual({ certFile: "/c", keyFile: "/k", own: false });
  });

  test("the unit's default address gives way to any other", () => {
    const listen = (options: Parameters<typeof resolved>[0]) => resolved(options).settings.listen.port;
    const env = { RHYTHMX_DEFAULT_LISTEN: "0.0.0.0:8443" };
    expect([listen({}), listen({ env }), listen({ env, envFile: "RHYTHMX_LISTEN=127.0.0.1:9000" })]).toEqual([
      8080, 8443, 9000,
    ]);
  });
});

test("all problems come at once, what stops the start first", () => {
  const result = resolved({
    env: { RHYTHMX_LOG_LEVEL: "x", RHYTHMX_LISTEN: "x", RHYTHMX_LISTEM: "x" },
    config: '{\n"syslog": [\n{"host": "a b"},\n{"host": "ok", "name": "ok"}\n],\n"daemon": {"batch_size": 0}}',
  });
  expect(formatProblems(result).split("\n")).toEqual([
    'error: environment: RHYTHMX_LISTEN: found "x"; accepted: host:port such as 127.0.0.1:8080, 0.0.0.0:8443 or [::1]:8080; the appliance does not start',
    'problem: environment: RHYTHMX_LOG_LEVEL: found "x"; accepted: debug, info, warn or error; the default is used',
    'problem: config.json line 3: syslog[0].host: found "a b"; accepted: a host name or IP address, without scheme and port; this destination is left out',
    "problem: config.json line 6: daemon.batch_size: found 0; accepted: a whole number from 1 to 1000; the default is used",
    "warning: environment: RHYTHMX_LISTEM: found an unknown key; accepted: RHYTHMX_LISTEN (the nearest known key); it is ignored",
  ]);
  expect(result.settings.alertFeed.destinations.map(({ name }) => name)).toEqual(["ok"]);
});

test("nothing that files or environment hold makes it throw, and every problem is one printable line", () => {
  const keys = fc.constantFrom(
    "syslog",
    "daemon",
    "host",
    "port",
    "tls",
    "name",
    "preset",
    "entities",
    "__proto__",
    "x\u202e",
  );
  const junk = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("value"), { maxLength: 3 }),
    object: fc.array(fc.tuple(fc.oneof(keys, fc.string()), tie("value")), { maxLength: 4 }).map(Object.fromEntries),
  }));
  const text = fc.oneof(
    junk.value.map((value) => JSON.stringify(value)),
    junk.object.map((value) => JSON.stringify(value)),
    fc.string(),
  );
  const names = fc.constantFrom(
    "RHYTHMX_LISTEN",
    "RHYTHMX_DATA_DIR",
    "RHYTHMX_RETENTION_DAYS",
    "RHYTHMX_X",
    "__proto__",
  );
  fc.assert(
    fc.property(text, fc.string(), fc.dictionary(names, fc.string()), (config, envFile, env) => {
      const { settings, told, remarks } = resolved({ config, envFile, env });
      for (const line of [...told, ...remarks]) expect(line).toMatch(/^[\x20-\x7e]+$/);
      for (const { port } of settings.alertFeed.destinations) expect(port).toBeGreaterThan(0);
    }),
    { numRuns: 1500 },
  );
});
