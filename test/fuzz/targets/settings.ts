/** Settings: files, environment files, tables, and what API and console save. */
import * as v from "valibot";
import { readFeedRequest } from "../../../appliance/feeds/feed-request.ts";
import { TlsUploads } from "../../../appliance/feeds/tls-uploads.ts";
import { fieldProblems } from "../../../appliance/tickets/settings-request.ts";
import { parseEnvFile } from "../../../core/settings/env-file.ts";
import { parseJsonText } from "../../../core/settings/json-text.ts";
import { formatProblem } from "../../../core/settings/problem.ts";
import { resolveSettings } from "../../../core/settings/resolve.ts";
import { settingsSectionNames } from "../../../core/settings/sections/sections.ts";
import type { SettingsSources } from "../../../core/settings/sources.ts";
import { BadRequest, readBody } from "../../../transports/http/api/read-request.ts";
import { samples as settingSamples } from "../../harness/setting-samples.ts";
import { assertKnown, assertPlain, assertWords, errorOf, holds, type Target, textOf } from "../target.ts";

type FileName = "envFile" | "alertFeedFile" | "incidentFeedFile" | "casePatternsFile" | "assetsFile" | "riskFloorsFile";

function resolved(files: Partial<Record<FileName, string>>) {
  const file = (text: string | undefined) =>
    text === undefined ? null : { source: "FILE", folder: "/conf", content: { text } };
  const sources: SettingsSources = {
    environment: {},
    envFile: file(files.envFile),
    alertFeedFile: file(files.alertFeedFile),
    incidentFeedFile: file(files.incidentFeedFile),
    casePatternsFile: file(files.casePatternsFile),
    assetsFile: file(files.assetsFile),
    riskFloorsFile: file(files.riskFloorsFile),
    configDir: "/conf",
    defaultDataDir: "./data",
  };
  return resolveSettings(sources);
}

const usual = Object.keys(resolved({}).settings).sort().join();

/** A file is never fatal by its form: every setting is there, and every problem is told in words. */
function attemptFile(name: FileName, text: string): void {
  const { settings, problems, warnings } = resolved({ [name]: text });
  assertPlain(settings);
  holds(Object.keys(settings).sort().join() === usual, "a setting is missing");
  const { alertFeed, listen, retentionDays } = settings;
  holds(Number.isInteger(listen.port) && listen.port >= 0 && listen.port <= 65_535, "a port that is none");
  holds(Number.isInteger(retentionDays) && retentionDays >= 1, "days that are none");
  for (const { host, port } of alertFeed.destinations as readonly { host?: unknown; port?: unknown }[]) {
    holds(typeof host === "string" && host !== "" && !/[\p{Cc}\s]/u.test(host), "a destination without a host");
    holds(Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535, "a destination without a port");
  }
  for (const problem of [...problems, ...warnings]) assertWords(formatProblem(problem));
}

/** RFC 8259 and nothing else: JSON.parse has the last word, up to the depth that is read. */
function attemptJson(text: string): void {
  const read = parseJsonText(text);
  let parsed: { value: unknown } | null = null;
  try {
    parsed = { value: JSON.parse(text.replace(/^\ufeff/, "")) };
  } catch {}
  if ("fault" in read) {
    const { line, column, found, accepted } = read.fault;
    holds(line >= 1 && column >= 1 && line <= text.length + 1, "a place outside the file");
    assertWords(`${found} ${accepted}`);
    holds(parsed === null || /deep|level/.test(`${found} ${accepted}`), "JSON is refused");
  } else holds(parsed !== null, "something that is no JSON is read");
}

const leading = /^\s*/;

function attemptEnv(text: string): void {
  const { entries, faults, repeated } = parseEnvFile(text);
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  holds(entries.size + faults.length + repeated.length <= lines.length, "more entries than lines");
  for (const { found, accepted } of faults) assertWords(`${found} ${accepted}`);
  for (const [key, { value, line }] of entries) {
    holds(/^[A-Za-z_][A-Za-z0-9_]*$/.test(key), "a key that is none");
    const stood = lines[line - 1] ?? "";
    holds(
      stood
        .replace(leading, "")
        .replace(/^export\s+(?=[A-Za-z_])/, "")
        .startsWith(key),
      "a value of another line",
    );
    // Written again, quoted, it is read as the same.
    const quoted = value
      .replace(/[\\"]/g, "\\$&")
      .replaceAll("\n", "\\n")
      .replaceAll("\r", "\\r")
      .replaceAll("\t", "\\t");
    const again = parseEnvFile(`${key}="${quoted}" # as before`);
    holds(again.entries.get(key)?.value === value, "a value is not read as it was written");
  }
  attemptFile("envFile", text);
}

const nothing = { listSavedSettings: async () => [] };
const uploads = new TlsUploads(
  nothing as never,
  { seal: (text: string) => text, open: (text: string) => text } as never,
);
/** What the API hands on; null where it refuses the body. */
async function bodyOf(text: string): Promise<Record<string, unknown> | null> {
  let body: Record<string, unknown> | null = null;
  const error = await errorOf(() => {
    body = readBody(v.looseObject({}), text);
  });
  if (error !== null) assertKnown(error, BadRequest);
  return body;
}

async function attemptRequest(text: string): Promise<void> {
  const body = await bodyOf(text);
  if (body === null) return;
  for (const section of ["alert_syslog", "incident_syslog"] as const) {
    const { text: saved, problems } = readFeedRequest(section, body, { origins: {}, saved: undefined, uploads });
    for (const { name, reason, line } of problems) assertWords(`${name} ${reason} ${line}`);
    // What is saved without a complaint has none when it is read at the next start.
    if (problems.length > 0 || saved === null) continue;
    const file = section === "alert_syslog" ? "alertFeedFile" : "incidentFeedFile";
    holds(resolved({ [file]: saved }).problems.length === 0, "saved settings that are refused at the next start");
  }
  for (const section of settingsSectionNames)
    for (const { name, reason } of fieldProblems(section, body, { pinned: new Map(), present: new Map() }))
      assertWords(`${name} ${reason}`);
}

const feed = JSON.stringify({
  syslog: [
    {
      name: "siem",
      host: "10.0.0.9",
      port: 6514,
      protocol: "tls",
      preset: "splunk",
      tls: { ca_file: "ca.pem", verify: true },
    },
    {
      host: "logs.example",
      port: 514,
      protocol: "udp",
      framing: "octet-counting",
      message: { format: "json", max_size: 2048 },
    },
  ],
  daemon: { enabled: true, poll_interval_seconds: 30, batch_size: 100 },
});
const envLines = Object.entries(settingSamples)
  .map(([name, { right }]) => `${name}='${right.replaceAll("'", "")}'`)
  .join("\n");
const patterns =
  '{"patterns": [{"type": "payment_theft", "tactics": ["collection"], "techniques": ["T1005"], "window_hours": 24, "min_alerts": 2, "min_level": "medium"}, {"type": "lateral_movement", "enabled": false}]}';
const floors =
  '{"floors": [{"name": "payments", "rules": ["our-rule-17"], "points": 90, "crown_jewel": true, "title_words": ["ransom note*"], "why": "Ours."}, {"name": "dcsync", "enabled": false}]}';
const assets =
  '{"assets": [{"kind": "host", "name": "dc-01", "role": "domain_controller", "criticality": "critical", "aliases": ["10.0.0.5"], "entity_name": "North"}], "accounts": [{"name": "svc-backup"}]}';

const file = (name: string, as: FileName, samples: string[], words: string[] = []): Target => ({
  name,
  samples,
  words,
  attempt: (input) => attemptFile(as, textOf(input)),
});

export const settingsTargets: readonly Target[] = [
  { name: "json-text", samples: [feed, patterns, "[1,2.5e3]"], attempt: (input) => attemptJson(textOf(input)) },
  {
    name: "settings-env",
    samples: [envLines, "export RHYTHMX_PORT=8080 # ours\nA=\"x\\ny\"\nB='c'", "LISTEN=[::1]:8080"],
    words: ["export ", "=", "#", '"', "'", "\\n", "\\", "RHYTHMX_RETENTION_DAYS=", "JIRA_STATUS_MAP=", "\n"],
    attempt: (input) => attemptEnv(textOf(input)),
  },
  file(
    "settings-alert-feed",
    "alertFeedFile",
    [feed],
    ['"syslog"', '"daemon"', '"tls"', '"host"', '"port"', "65536", "514"],
  ),
  file("settings-incident-feed", "incidentFeedFile", [feed], ['"syslog"', '"daemon"', '"host"', "65536"]),
  file("case-patterns", "casePatternsFile", [patterns], ['"type"', '"tactics"', '"min_stages"', '"*"', '"T1"']),
  file("risk-floors", "riskFloorsFile", [floors], ['"name"', '"points"', '"title_words"', '"rules"', '"*"']),
  file("assets-file", "assetsFile", [assets], ['"hosts"', '"accounts"', '"name"', '"aliases"', '"kind"']),
  {
    name: "settings-request",
    samples: [
      feed,
      '{"url":"https://jira.example","email":"a@b.example","api_token":"t","project_key":"SEC","extra_fields":{"a":1},"status_map":{"waiting":"OPEN"}}',
      '{"instance":"acme","state_values":{"OPEN":"1","IN_PROGRESS":"2","CLOSED":"6","FALSE_POSITIVE":"8"},"update_cadence_hours":4}',
      '{"retention_days":90,"log_level":"debug","schedule":"0 3 * * *","keep":7}',
      '{"syslog":{"host":"a","port":514},"poll_interval_seconds":30}',
    ],
    words: ['"syslog"', '"field_policy"', '"sync_schedule"', '"retry_limit"', '"proxy"'],
    attempt: (input) => attemptRequest(textOf(input)),
  },
];
