import { describe, expect, test } from "bun:test";
import { feedForms, readFeed } from "./feed.ts";
import { formatProblem, type Report } from "./problem.ts";

/** Reads a `config.json`, whose one subject here is its destinations. */
function read(config: { syslog: object }) {
  const report: Report = { problems: [], warnings: [] };
  const text = JSON.stringify(config);
  const document = { source: "config.json", folder: "/conf", content: { text }, pinned: true };
  const { destinations } = readFeed(feedForms.alerts, [document], report, {}).feed;
  return { destinations, told: report.problems.map(formatProblem), remarks: report.warnings.map(formatProblem) };
}

test("every option of a destination is read", () => {
  const { destinations, told, remarks } = read({
    syslog: {
      name: "soc-1",
      protocol: "TLS",
      host: "[2001:db8::5]",
      port: 6515,
      framing: "lf",
      facility: 0,
      app_name: "Edge_1",
      hostname: "edge-1.example.org",
      enterprise_id: 9,
      max_bytes: 262144,
      timestamp_precision: 6,
      msgid: "nil",
      sequence_id: true,
      rule_info: false,
      severity: "by_risk",
      min_risk: 70,
      entities: [" Primary Site ", "Zürich"],
      heartbeat_minutes: 0.5,
      tls: {
        ca_file: "ca.pem",
        cert_file: "/tls/c.pem",
        key_file: "/tls/k.pem",
        server_name: "siem.example.org",
        verify: false,
      },
    },
  });
  expect({ told, remarks }).toEqual({ told: [], remarks: [] });
  expect(destinations).toEqual([
    {
      preset: null,
      name: "soc-1",
      protocol: "tls",
      host: "2001:db8::5",
      port: 6515,
      framing: "lf",
      message: {
        facility: 0,
        appName: "Edge_1",
        hostname: "edge-1.example.org",
        enterpriseId: 9,
        maxBytes: 262144,
        timestampPrecision: 6,
        msgid: "nil",
        sequenceId: true,
        ruleInfo: false,
        severity: "by_risk",
      },
      heartbeatMinutes: 0.5,
      riskLevelEvents: true,
      minRisk: 70,
      entities: ["Primary Site", "Zürich"],
      tls: {
        caFile: "/conf/ca.pem",
        certFile: "/tls/c.pem",
        keyFile: "/tls/k.pem",
        serverName: "siem.example.org",
        verify: false,
      },
    },
  ]);
});

test("what a protocol brings with it", () => {
  const of = (options: object) => {
    const [destination] = read({ syslog: { host: "h", ...options } }).destinations;
    return [
      destination?.protocol,
      destination?.port,
      destination?.framing,
      destination?.message.maxBytes,
      destination?.tls?.verify,
    ];
  };
  expect(of({})).toEqual(["tcp", 514, "lf", 8192, undefined]);
  expect(of({ protocol: "udp" })).toEqual(["udp", 514, "lf", 2048, undefined]);
  expect(of({ protocol: "tls" })).toEqual(["tls", 6514, "octet", 8192, true]);
  expect(of({ protocol: "relp" })).toEqual(["relp", 2514, "lf", 8192, undefined]);
  expect(of({ protocol: "relp", tls: {} })).toEqual(["relp", 2514, "lf", 8192, true]);
  expect(of({ tls: {} })).toEqual(["tls", 6514, "octet", 8192, true]);
});

test("what a preset brings with it, and that an explicit option wins", () => {
  const of = (preset: string, options: object = {}) => {
    const [destination] = read({ syslog: { host: "h", preset, ...options } }).destinations;
    const message = destination?.message;
    return [destination?.port, destination?.framing, message?.maxBytes, message?.timestampPrecision];
  };
  expect(of("splunk")).toEqual([514, "lf", 10000, 0]);
  expect(of("sc4s")).toEqual([514, "lf", 8192, 0]);
  expect(of("qradar")).toEqual([514, "lf", 4096, 3]);
  expect(of("elastic")).toEqual([514, "lf", 8192, 0]);
  expect(of("rsyslog")).toEqual([514, "octet", 8192, 0]);
  expect(of("syslog-ng")).toEqual([601, "octet", 8192, 0]);
  expect(of("graylog")).toEqual([514, "octet", 8192, 0]);
  expect(of("sentinel")).toEqual([514, "lf", 8192, 0]);
  expect(of("qradar", { protocol: "tls" })).toEqual([6514, "lf", 4096, 3]);
  expect(of("qradar", { protocol: "udp" })).toEqual([514, "lf", 2048, 3]);
  expect(of("syslog-ng", { protocol: "udp" })).toEqual([514, "lf", 2048, 0]);
  expect(of("qradar", { port: 1514, framing: "octet", max_bytes: 8192, timestamp_precision: 0 })).toEqual([
    1514,
    "octet",
    8192,
    0,
  ]);
});

describe("a wrong option leaves its destination out and the good ones in", () => {
  const host = "a host name or IP address, without scheme and port";
  const cases: [options: object, told: string][] = [
    [{ host: undefined }, `syslog[0].host: found nothing; accepted: ${host}`],
    [{ host: null }, `syslog[0].host: found nothing; accepted: ${host}`],
    [{ host: "" }, `syslog[0].host: found ""; accepted: ${host}`],
    [{ host: "tcp://siem" }, `syslog[0].host: found "tcp://siem"; accepted: ${host}`],
    [{ host: "siem:514" }, `syslog[0].host: found "siem:514"; accepted: ${host}`],
    [{ host: "10.0.0.256" }, `syslog[0].host: found "10.0.0.256"; accepted: ${host}`],
    [{ host: "10.0.0" }, `syslog[0].host: found "10.0.0"; accepted: ${host}`],
    [{ host: "2001:db8:::1" }, `syslog[0].host: found "2001:db8:::1"; accepted: ${host}`],
    [{ host: 5 }, `syslog[0].host: found 5; accepted: ${host}`],
    [{ port: "514" }, 'syslog[0].port: found "514"; accepted: a whole number from 1 to 65535'],
    [{ port: 0 }, "syslog[0].port: found 0; accepted: a whole number from 1 to 65535"],
    [{ port: 65536 }, "syslog[0].port: found 65536; accepted: a whole number from 1 to 65535"],
    [{ protocol: "http" }, 'syslog[0].protocol: found "http"; accepted: udp, tcp, tls or relp'],
    [{ protocol: "ssl", tls: {} }, 'syslog[0].protocol: found "ssl"; accepted: udp, tcp, tls or relp'],
    [{ protocol: ["tcp"] }, "syslog[0].protocol: found a list; accepted: udp, tcp, tls or relp"],
    [{ framing: "crlf" }, 'syslog[0].framing: found "crlf"; accepted: lf or octet'],
    [
      { preset: "arcsight" },
      'syslog[0].preset: found "arcsight"; accepted: splunk, sc4s, qradar, elastic, rsyslog, syslog-ng, graylog or sentinel',
    ],
    [
      { name: "a b" },
      'syslog[0].name: found "a b"; accepted: 1 to 64 letters, digits, dots, hyphens or underscores, not . or ..',
    ],
    [
      { name: ".." },
      'syslog[0].name: found ".."; accepted: 1 to 64 letters, digits, dots, hyphens or underscores, not . or ..',
    ],
    [
      { name: "ok" },
      'syslog[1].name: found "ok", the name of syslog[0]; accepted: a name of its own for each destination of a list, such as "siem-2"',
    ],
    [{ facility: 24 }, "syslog[0].facility: found 24; accepted: a whole number from 0 to 23"],
    [
      { app_name: "Sigma-Alert" },
      'syslog[0].app_name: found "Sigma-Alert"; accepted: 1 to 48 letters, digits or underscores',
    ],
    [
      { hostname: "-edge" },
      'syslog[0].hostname: found "-edge"; accepted: 1 to 255 letters, digits, dots or hyphens, a letter or digit first',
    ],
    [
      { hostname: "edge_1" },
      'syslog[0].hostname: found "edge_1"; accepted: 1 to 255 letters, digits, dots or hyphens, a letter or digit first',
    ],
    [
      { enterprise_id: "32473" },
      'syslog[0].enterprise_id: found "32473"; accepted: a whole number from 1 to 4294967295',
    ],
    [{ max_bytes: 479 }, "syslog[0].max_bytes: found 479; accepted: a whole number from 480 to 262144"],
    [{ max_bytes: 262145 }, "syslog[0].max_bytes: found 262145; accepted: a whole number from 480 to 262144"],
    [
      { protocol: "udp", max_bytes: 65508 },
      "syslog[0].max_bytes: found 65508; accepted: a whole number from 480 to 65507",
    ],
    [{ timestamp_precision: 2 }, "syslog[0].timestamp_precision: found 2; accepted: 0, 3 or 6"],
    [{ msgid: "none" }, 'syslog[0].msgid: found "none"; accepted: event or nil'],
    [{ sequence_id: 1 }, "syslog[0].sequence_id: found 1; accepted: true or false, without quotes"],
    [{ rule_info: "false" }, 'syslog[0].rule_info: found "false"; accepted: true or false, without quotes'],
    [{ severity: "high" }, 'syslog[0].severity: found "high"; accepted: info or by_risk'],
    [{ min_risk: 101 }, "syslog[0].min_risk: found 101; accepted: a whole number from 0 to 100"],
    [
      { entities: "Primary Site" },
      'syslog[0].entities: found "Primary Site"; accepted: a list of entity names such as ["Primary Site"]',
    ],
    [
      { entities: ["a", " "] },
      'syslog[0].entities: found a list; accepted: a list of entity names such as ["Primary Site"]',
    ],
    [
      { heartbeat_minutes: -1 },
      "syslog[0].heartbeat_minutes: found -1; accepted: a number from 0 to 1440, fractions allowed",
    ],
    [
      { protocol: "tcp", tls: { verify: true } },
      "syslog[0].tls: found a tls block with protocol tcp; accepted: a tls block with protocol tls or relp only",
    ],
    [
      { protocol: "tls", tls: true },
      "syslog[0].tls: found true; accepted: an object with any of ca_file, cert_file, key_file, server_name, verify",
    ],
    [
      { protocol: "tls", tls: { verify: "no" } },
      'syslog[0].tls.verify: found "no"; accepted: true or false, without quotes',
    ],
    [
      { protocol: "tls", tls: { ca_file: "" } },
      'syslog[0].tls.ca_file: found ""; accepted: a path without control characters',
    ],
    [
      { protocol: "tls", tls: { cert_file: "/c" } },
      "syslog[0].tls.key_file: found nothing; accepted: a path: cert_file and key_file are given together or not at all",
    ],
  ];
  for (const [options, told] of cases) {
    test(JSON.stringify(options), () => {
      const result = read({
        syslog: [
          { name: "broken", host: "siem", ...options },
          { name: "ok", host: "siem" },
        ],
      });
      expect(result.told).toEqual([`config.json line 1: ${told}; this destination is left out`]);
      expect(result.destinations.length).toBe(1);
    });
  }
});

test("a framing where there is none is a remark", () => {
  const { destinations, remarks } = read({ syslog: { host: "h", protocol: "udp", framing: "octet" } });
  expect(destinations.length).toBe(1);
  expect(remarks).toEqual([
    "config.json line 1: syslog.framing: found a framing with protocol udp; accepted: framing with protocol tcp or tls only; it is ignored",
  ]);
});
