import { describe, expect, test } from "bun:test";
import { environmentNames } from "../environment.ts";
import { type ResolvedSettings, resolveSettings } from "../resolve.ts";
import { ticketDefinitions, ticketSettingNames } from "../ticket-definitions.ts";
import { settingChanges, withStartOnly } from "./changes.ts";

interface Given {
  env?: Record<string, string>;
  alerts?: unknown;
  incidents?: unknown;
  patterns?: unknown;
  floors?: unknown;
  assets?: unknown;
}

function resolved({ env = {}, alerts, incidents, patterns, floors, assets }: Given): ResolvedSettings {
  const file = (source: string, content: unknown) =>
    content === undefined ? null : { source, folder: "/", content: { text: JSON.stringify(content) } };
  return resolveSettings({
    environment: { RHYTHMX_TLS_CERT_FILE: "/cert", RHYTHMX_TLS_KEY_FILE: "/key", ...env },
    envFile: null,
    alertFeedFile: file("config.json", alerts),
    incidentFeedFile: file("incidents.json", incidents),
    casePatternsFile: file("case_patterns.json", patterns),
    riskFloorsFile: file("floors.json", floors),
    assetsFile: file("assets.json", assets),
    configDir: "/etc/rhythmx",
    defaultDataDir: "/data",
  });
}

const changes = (before: Given, after: Given) => settingChanges(resolved(before), resolved(after));

/** A good value of each setting that is not its default. */
const values: Readonly<Record<(typeof environmentNames)[number], string>> = {
  RHYTHMX_LISTEN: "10.0.0.1:8443",
  RHYTHMX_DEFAULT_LISTEN: "10.0.0.1:8443",
  RHYTHMX_TLS_CERT_FILE: "/etc/other.crt",
  RHYTHMX_TLS_KEY_FILE: "/etc/other.key",
  RHYTHMX_DATA_DIR: "/srv/data",
  RHYTHMX_ALERT_HEALTH: "[::1]:9000",
  RHYTHMX_INCIDENT_HEALTH: "127.0.0.1:9001",
  RHYTHMX_TRUSTED_PROXIES: "10.0.0.0/8,192.0.2.1",
  RHYTHMX_MASTER_KEY_FILE: "/etc/master.key",
  RHYTHMX_ADMIN_PASSWORD: "planted secret of an administrator",
  RHYTHMX_DEFAULT_ENTITY: "Site B",
  RHYTHMX_LOG_LEVEL: "debug",
  RHYTHMX_LOG_FORMAT: "text",
  RHYTHMX_RETENTION_DAYS: "30",
  RHYTHMX_AUDIT_RETENTION_DAYS: "30",
  RHYTHMX_RETENTION_SCHEDULE: "0 3 * * *",
  RHYTHMX_BACKUP_SCHEDULE: "30 2 * * *",
  RHYTHMX_BACKUP_DIR: "/mnt/backup",
  RHYTHMX_BACKUP_KEEP: "3",
  RHYTHMX_CLUSTER: "https://10.0.0.1:2379,https://10.0.0.2:2379",
  RHYTHMX_CLUSTER_NODE: "edge1",
  RHYTHMX_CLUSTER_ADDRESS: "https://edge1.example.org:8443",
  RHYTHMX_CLUSTER_CA_FILE: "/etc/etcd/ca.pem",
  RHYTHMX_CLUSTER_CERT_FILE: "/etc/etcd/edge1.pem",
  RHYTHMX_CLUSTER_KEY_FILE: "/etc/etcd/edge1.key",
  RHYTHMX_CLUSTER_PREFIX: "other/",
  RHYTHMX_CLUSTER_LEASE_SECONDS: "7.5",
  RHYTHMX_CLUSTER_LOG_MIB: "512",
  RHYTHMX_MIN_FREE_BYTES: "5",
  RHYTHMX_MIN_FREE_PERCENT: "7.5",
  QUALIFY_MIN_SCORE: "55",
  SHARED_ACCOUNTS: "kiosk,till",
  HOST_SHORT_NAMES: "true",
};

test.each(environmentNames)("%s", (name) => {
  const found = changes({}, { env: { [name]: values[name] } });
  const seenAs = name === "RHYTHMX_DEFAULT_LISTEN" ? "RHYTHMX_LISTEN" : name;
  expect(found.map(({ setting }) => setting)).toEqual([seenAs]);
  const [change] = found;
  const expected = name === "RHYTHMX_ADMIN_PASSWORD" ? "(secret)" : values[name].replace(/,(?=\S)/g, ", ");
  expect(change?.to).toBe(expected);
  expect(JSON.stringify(found)).not.toContain("planted");
  // The same again is no change, and back is the same the other way round.
  expect(changes({ env: { [name]: values[name] } }, { env: { [name]: values[name] } })).toEqual([]);
  expect(changes({ env: { [name]: values[name] } }, {})).toMatchObject([{ from: change?.to, to: change?.from }]);
});

test("what needs a restart says why, and stays as it is until then", () => {
  const after = resolved({ env: values });
  const before = resolved({});
  const waits = settingChanges(before, after).filter(({ restart }) => restart !== null);
  expect(waits.map(({ setting }) => setting)).toEqual([
    "RHYTHMX_LISTEN",
    "RHYTHMX_DATA_DIR",
    "RHYTHMX_MASTER_KEY_FILE",
    "RHYTHMX_ADMIN_PASSWORD",
    ...environmentNames.filter((name) => name.startsWith("RHYTHMX_CLUSTER")),
  ]);
  const kept = { ...after, settings: withStartOnly(after.settings, before.settings) };
  expect(settingChanges(before, kept).filter(({ restart }) => restart !== null)).toEqual([]);
  // So the next reload says it again.
  expect(settingChanges(kept, after)).toEqual(waits);
});

test.each(ticketSettingNames)("%s", (name) => {
  const found = changes({}, { env: { [name]: "planted" } });
  const to = ticketDefinitions[name].secret ? "(secret)" : "planted";
  expect(found).toEqual([{ setting: name, from: null, to, restart: null }]);
  const other = changes({ env: { [name]: "planted" } }, { env: { [name]: "planted anew" } });
  expect(other).toEqual([{ setting: name, from: to, to: to === "planted" ? "planted anew" : to, restart: null }]);
});

describe("feeds", () => {
  const siem = { name: "siem", host: "10.0.0.1", port: 514 };

  test("destinations that came, went and changed, and the intervals beside them", () => {
    const before = { alerts: { syslog: [siem, { name: "old", protocol: "relp", host: "2001:db8::1", port: 20514 }] } };
    const after = {
      alerts: {
        syslog: [
          { ...siem, host: "10.0.0.2", max_bytes: 4096, entities: ["A", "B"] },
          { name: "new", host: "siem.example", port: 6514, protocol: "tls", tls: { ca_file: "/ca.pem" } },
        ],
        daemon: { poll_interval_seconds: 7, hourly_interval_minutes: 30 },
      },
    };
    const found = changes(before, after).map(({ setting, from, to }) => [setting, from, to]);
    expect(found).toEqual([
      ["alerts poll_interval_seconds", "30", "7"],
      ["destination alerts/siem host", "10.0.0.1", "10.0.0.2"],
      ["destination alerts/siem max_bytes", "8192", "4096"],
      ["destination alerts/siem entities", "none", "A, B"],
      ["destination alerts/new", null, "tls to siem.example:6514"],
      ["destination alerts/old", "relp to [2001:db8::1]:20514", null],
      ["alerts hourly_interval_minutes", "60", "30"],
    ]);
    const incidents = changes({}, { incidents: { syslog: [siem] } });
    expect(incidents).toEqual([
      { setting: "destination incidents/siem", from: null, to: "tcp to 10.0.0.1:514", restart: null },
    ]);
  });

  test("a hostile name or value stays on one line of ASCII", () => {
    const name = "s\u001b[2Jiem";
    const [change] = changes({ alerts: { syslog: [siem] } }, { alerts: { syslog: [{ ...siem, host: "h\u202eost" }] } });
    expect(change?.to ?? "left out").not.toMatch(/[^\x20-\x7e]/);
    expect(JSON.stringify(changes({}, { alerts: { syslog: [{ ...siem, name }] } }))).not.toContain("\u001b");
  });
});

describe("tables", () => {
  test("case patterns, floors and assets by their names", () => {
    const found = changes(
      {
        assets: {
          assets: [
            { host: "dc01", role: "domain_controller" },
            { host: "old", role: "server" },
          ],
        },
      },
      {
        patterns: { patterns: [{ type: "impact", min_alerts: 7 }] },
        floors: { floors: [{ name: "ransomware", points: 99 }] },
        assets: {
          assets: [
            { host: "dc01", role: "server" },
            { account: "svc", role: "service", entity: "B" },
          ],
        },
      },
    ).map(({ setting, from, to }) => [setting, from, to]);
    expect(found).toContainEqual(["asset dc01 role", "domain_controller", "server"]);
    expect(found).toContainEqual(["asset svc of B", null, "listed"]);
    expect(found).toContainEqual(["asset old", "listed", null]);
    expect(found.some(([setting, , to]) => setting === "case pattern impact min_alerts" && to === "7")).toBe(true);
    expect(found.some(([setting, , to]) => setting === "floor ransomware points" && to === "99")).toBe(true);
  });
});
