import { describe, expect, test } from "bun:test";
import { feedForms, readFeed } from "./feed.ts";
import { formatProblem, type Report } from "./problem.ts";

/** Reads a `config.json` text, or a value written as one. */
function read(config: unknown) {
  const report: Report = { problems: [], warnings: [] };
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const document = { source: "config.json", folder: "/conf", content: { text }, pinned: true };
  const { feed: some, hourlyIntervalMinutes, healthPort } = readFeed(feedForms.alerts, [document], report, {});
  const feed = { ...some, hourlyIntervalMinutes };
  const told = report.problems.map(formatProblem);
  return { feed, healthPort, destinations: feed.destinations, told, remarks: report.warnings.map(formatProblem) };
}

const seedFile = {
  syslog: { protocol: "tcp", host: "192.168.1.50", port: 514, app_name: "SigmaAlert" },
  daemon: { poll_interval_seconds: 30, hourly_interval_minutes: 60, batch_size: 100, health_port: 8888 },
};

test("the file of the historic installation, as it is, with every default", () => {
  const { feed, healthPort, told, remarks } = read(seedFile);
  expect({ told, remarks, healthPort }).toEqual({ told: [], remarks: [], healthPort: 8888 });
  expect(feed).toEqual({
    enabled: true,
    pollIntervalSeconds: 30,
    hourlyIntervalMinutes: 60,
    batchSize: 100,
    destinations: [
      {
        preset: null,
        name: "alerts",
        protocol: "tcp",
        host: "192.168.1.50",
        port: 514,
        framing: "lf",
        message: {
          facility: 16,
          appName: "SigmaAlert",
          hostname: "RhythmX",
          enterpriseId: 32473,
          maxBytes: 8192,
          timestampPrecision: 0,
          msgid: "event",
          sequenceId: false,
          ruleInfo: true,
          severity: "info",
        },
        heartbeatMinutes: 0,
        riskLevelEvents: true,
        minRisk: 0,
        entities: [],
        tls: null,
      },
    ],
  });
});

test("pace: fractions of a minute, and each wrong value has its default", () => {
  const { feed } = read({ daemon: { poll_interval_seconds: 0.5, hourly_interval_minutes: 0.25, batch_size: 1000 } });
  expect(feed).toEqual({
    enabled: true,
    destinations: [],
    pollIntervalSeconds: 0.5,
    hourlyIntervalMinutes: 0.25,
    batchSize: 1000,
  });
  const wrong = read({
    daemon: { poll_interval_seconds: 0, hourly_interval_minutes: "60", batch_size: 1.5, health_port: 0 },
  });
  expect(wrong.feed).toEqual({
    enabled: true,
    destinations: [],
    pollIntervalSeconds: 30,
    hourlyIntervalMinutes: 60,
    batchSize: 100,
  });
  expect(wrong.healthPort).toBe(8888);
  expect(wrong.told).toEqual([
    "config.json line 1: daemon.poll_interval_seconds: found 0; accepted: a number above 0 and up to 3600, fractions allowed; the default is used",
    'config.json line 1: daemon.hourly_interval_minutes: found "60"; accepted: a number above 0 and up to 10080, fractions allowed; the default is used',
    "config.json line 1: daemon.batch_size: found 1.5; accepted: a whole number from 1 to 1000; the default is used",
    "config.json line 1: daemon.health_port: found 0; accepted: a whole number from 1 to 65535; the default is used",
  ]);
});

test("of several destinations without a name the first is called alerts, the others are told how to get one", () => {
  const { destinations, told } = read(
    '{"syslog": [\n{"host": "a"},\n{"host": "b"},\n{"host": "c", "name": "third"}\n]}',
  );
  expect(destinations.map(({ name, host }) => `${name} ${host}`)).toEqual(["alerts a", "third c"]);
  expect(told).toEqual([
    'config.json line 3: syslog[1].name: found nothing, and syslog[0] is called "alerts"; accepted: a name of its own for each destination of a list, such as "siem-2"; this destination is left out',
  ]);
});

describe("a file of another shape", () => {
  const example = '{"syslog": {"protocol": "tcp", "host": "192.0.2.10", "port": 514}}';
  const silent = "no alert goes to any syslog destination";
  const cases: [text: string, told: string][] = [
    ["", `config.json: found an empty file; accepted: a JSON object such as ${example}, or no file; ${silent}`],
    ["[]", `config.json: found a list; accepted: a JSON object such as ${example}; ${silent}`],
    ['"tcp"', `config.json: found "tcp"; accepted: a JSON object such as ${example}; ${silent}`],
    [
      '{"syslog": 1}',
      "config.json line 1: syslog: found 1; accepted: one destination as an object, or a list of such objects; this destination is left out",
    ],
    [
      '{"syslog": ["siem"]}',
      'config.json line 1: syslog[0]: found "siem"; accepted: one destination as an object, or a list of such objects; this destination is left out',
    ],
    [
      '{"daemon": []}',
      "config.json line 1: daemon: found a list; accepted: an object with any of enabled, poll_interval_seconds, hourly_interval_minutes, batch_size, health_port; the default is used",
    ],
    [
      '{"syslog": {"host": "h",}}',
      `config.json line 1 column 25: found a comma before "}", near "slog\\": {\\"host\\": \\"h\\",}}"; accepted: no comma after the last entry; ${silent}`,
    ],
  ];
  for (const [text, told] of cases) test(text === "" ? "empty" : text, () => expect(read(text).told).toEqual([told]));
});

test("unknown and repeated keys are remarks that name the nearest known key; the destination holds", () => {
  const { destinations, told, remarks } = read(`{"Syslog": {},
    "syslog": {"host": "h", "prot": "udp", "appName": "x", "password": "s3cret", "b\u202ed key": 1, "host": "i",
      "protocol": "tls", "tls": {"ca": "x", "verfy": false}},
    "daemon": {"batchsize": 5}}`);
  expect(told).toEqual([]);
  expect(destinations.map(({ host }) => host)).toEqual(["i"]);
  expect(JSON.stringify(remarks)).not.toContain("s3cret");
  const all =
    "name, preset, protocol, host, port, framing, tls, facility, app_name, hostname, enterprise_id, max_bytes, timestamp_precision, msgid, sequence_id, rule_info, severity, min_risk, entities, heartbeat_minutes";
  expect(remarks).toEqual([
    "config.json line 1: Syslog: found an unknown key; accepted: syslog (the nearest known key); it is ignored",
    "config.json line 4: daemon.batchsize: found an unknown key; accepted: batch_size (the nearest known key); it is ignored",
    "config.json line 2: syslog.prot: found an unknown key; accepted: protocol (the nearest known key); it is ignored",
    "config.json line 2: syslog.appName: found an unknown key; accepted: app_name (the nearest known key); it is ignored",
    `config.json line 2: syslog.password: found an unknown key; accepted: ${all}; it is ignored`,
    `config.json line 2: syslog."b\\u202ed key": found an unknown key; accepted: ${all}; it is ignored`,
    "config.json line 2: syslog.host: found the key once more; accepted: each key once; the last one counts",
    "config.json line 3: syslog.tls.ca: found an unknown key; accepted: ca_file, cert_file, key_file, server_name, verify; it is ignored",
    "config.json line 3: syslog.tls.verfy: found an unknown key; accepted: verify (the nearest known key); it is ignored",
  ]);
});

describe("the incident feed", () => {
  const incidents = (config: unknown) => {
    const report: Report = { problems: [], warnings: [] };
    const content = { text: JSON.stringify(config) };
    const document = { source: "incident_syslog_config.json", folder: "/conf", content, pinned: true };
    const { feed, healthPort } = readFeed(feedForms.incidents, [document], report, {});
    const [told, remarks] = [report.problems.map(formatProblem), report.warnings.map(formatProblem)];
    return { feed, healthPort, told, remarks };
  };

  test("the file of the historic installation, as it is", () => {
    const { feed, healthPort, told, remarks } = incidents({
      syslog: {
        protocol: "tcp",
        host: "192.168.1.50",
        port: 514,
        facility: 17,
        app_name: "SigmaIncident",
        hostname: "RhythmX",
      },
      daemon: { poll_interval_seconds: 60, batch_size: 50, health_port: 8889 },
    });
    expect({ told, remarks, healthPort }).toEqual({ told: [], remarks: [], healthPort: 8889 });
    expect(feed).toMatchObject({
      enabled: true,
      pollIntervalSeconds: 60,
      batchSize: 50,
      destinations: [{ name: "incidents", message: { facility: 17, appName: "SigmaIncident" }, riskLevelEvents: true }],
    });
  });

  test("its own option, and those that mean nothing here", () => {
    const { feed, told, remarks } = incidents({
      syslog: { host: "siem", risk_level_events: false, rule_info: false, severity: "by_risk" },
      daemon: { hourly_interval_minutes: 5 },
    });
    expect(feed.destinations[0]?.riskLevelEvents).toBe(false);
    expect(told).toEqual([]);
    expect(remarks.map((remark) => /: (\S+): found an unknown key/.exec(remark)?.[1])).toEqual([
      "daemon.hourly_interval_minutes",
      "syslog.rule_info",
      "syslog.severity",
    ]);
    expect(read({ syslog: { host: "siem", risk_level_events: false } }).remarks).toHaveLength(1);
  });
});
