import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { formatProblem } from "../../core/settings/problem.ts";
import { type LoadOptions, loadSettings } from "./load.ts";

let folder = "";
let config = "";
let historic = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-config-"));
  config = join(folder, "etc");
  historic = join(folder, "historic");
  mkdirSync(config);
  mkdirSync(historic);
});
afterEach(() => rmSync(folder, { recursive: true }));

async function load(options: Partial<LoadOptions> = {}) {
  const env = { RHYTHMX_CONFIG_DIR: config, ...options.env };
  const loaded = await loadSettings({ fromCheckout: true, historicDir: historic, ...options, env });
  const tell = (problem: (typeof loaded.problems)[number]) => formatProblem(problem).replaceAll(folder, "");
  return { ...loaded, told: loaded.problems.map(tell), remarks: loaded.warnings.map(tell) };
}

const write = (name: string, content: string | Uint8Array, mode = 0o600) =>
  writeFileSync(join(config, name), content, { mode });
const syslogTo = (host: string) => JSON.stringify({ syslog: { host } });

test("an empty configuration folder is in order", async () => {
  const { settings, told, remarks, origins } = await load();
  expect({ told, remarks }).toEqual({ told: [], remarks: [] });
  expect(settings.configDir).toBe(config);
  expect(settings.alertFeed.destinations).toEqual([]);
  expect(origins.RHYTHMX_CONFIG_DIR).toEqual({ source: "environment", pinned: true });
});

test("data go to ./data from a checkout, to /var/lib/rhythmx from the binary, to RHYTHMX_DATA_DIR before both; always absolute", async () => {
  expect((await load()).settings.dataDir).toBe(resolve("data"));
  expect((await load({ fromCheckout: false })).settings.dataDir).toBe("/var/lib/rhythmx");
  expect((await load({ fromCheckout: false, env: { RHYTHMX_DATA_DIR: "somewhere" } })).settings.dataDir).toBe(
    resolve("somewhere"),
  );
});

test("files are read, with byte order mark and CRLF, and read anew each time", async () => {
  write("config.json", `\uFEFF{\r\n"syslog": {"host": "siem", "tls": {"ca_file": "ca.pem"}}\r\n}`);
  write(
    ".env.production",
    '\uFEFFexport RHYTHMX_RETENTION_DAYS="30"\r\nRHYTHMX_DEFAULT_ENTITY=Site #2\r\nRHYTHMX_LOG_LEVEL=warn # quiet\r\n',
  );
  const first = await load();
  expect({ told: first.told, remarks: first.remarks }).toEqual({ told: [], remarks: [] });
  expect(first.settings).toMatchObject({ retentionDays: 30, defaultEntity: "Site", logLevel: "warn" });
  expect(first.settings.alertFeed.destinations[0]?.tls?.caFile).toBe(join(config, "ca.pem"));
  expect(first.origins.syslog).toEqual({ source: join(config, "config.json"), pinned: true });
  expect(first.origins.RHYTHMX_LOG_LEVEL?.source).toBe(`${join(config, ".env.production")} line 3`);
  write("config.json", syslogTo("other"));
  expect((await load()).settings.alertFeed.destinations[0]?.host).toBe("other");
});

describe("the historic folder", () => {
  test("is read when the configuration folder has no config.json", async () => {
    writeFileSync(join(historic, "config.json"), syslogTo("old-siem"));
    expect((await load()).settings.alertFeed.destinations[0]?.host).toBe("old-siem");
    write("config.json", syslogTo("new-siem"));
    expect((await load()).settings.alertFeed.destinations[0]?.host).toBe("new-siem");
  });

  test("is read file by file", async () => {
    writeFileSync(join(historic, ".env.production"), "RHYTHMX_RETENTION_DAYS=30", { mode: 0o600 });
    write("config.json", syslogTo("new-siem"));
    expect((await load()).settings).toMatchObject({
      retentionDays: 30,
      alertFeed: { destinations: [{ host: "new-siem" }] },
    });
    write(".env.production", "");
    expect((await load()).settings.retentionDays).toBe(90);
  });

  test("is not read when the configuration folder's file is broken", async () => {
    writeFileSync(join(historic, "config.json"), syslogTo("old-siem"));
    write("config.json", "{");
    expect((await load()).settings.alertFeed.destinations).toEqual([]);
  });
});

describe("a config.json that cannot be read stops the feed and nothing else", () => {
  const path = () => join(config, "config.json");
  const cases: [name: string, make: () => void, told: string][] = [
    ["a folder", () => mkdirSync(path()), "found a folder; accepted: a file"],
    [
      "a device",
      () => symlinkSync("/dev/null", path()),
      "found something that is neither file nor folder; accepted: a file",
    ],
    [
      "a dangling link",
      () => symlinkSync("nowhere", path()),
      "found a link that leads nowhere; accepted: a file, or a link to one",
    ],
    [
      "a link to itself",
      () => symlinkSync("config.json", path()),
      "found a read error (ELOOP); accepted: a readable file",
    ],
    [
      "UTF-16",
      () => write("config.json", Buffer.from(`\uFEFF${syslogTo("siem")}`, "utf16le")),
      "found UTF-16 text; accepted: UTF-8 text",
    ],
    [
      "Latin-1",
      () => write("config.json", Buffer.from('{"x": "é"}', "latin1")),
      "found bytes that are not UTF-8 text; accepted: UTF-8 text",
    ],
    [
      "a huge file",
      () => {
        write("config.json", "{}");
        truncateSync(path(), 1048577);
      },
      "found a file of 1048577 bytes; accepted: a file of at most 1048576 bytes",
    ],
    [
      "an empty file",
      () => write("config.json", ""),
      'found an empty file; accepted: a JSON object such as {"syslog": {"protocol": "tcp", "host": "192.0.2.10", "port": 514}}, or no file',
    ],
  ];
  for (const [name, make, message] of cases) {
    test(name, async () => {
      make();
      const { told, settings, problems } = await load({ saved: { alerts: syslogTo("saved") } });
      expect(told).toEqual([`/etc/config.json: ${message}; no alert goes to any syslog destination`]);
      expect(problems[0]?.fatal).toBe(false);
      expect(settings.alertFeed.destinations).toEqual([]);
    });
  }

  test("a syntax error has line, column and an excerpt", async () => {
    write("config.json", '{\n  "syslog": {\n    "host": "siem"\n    "port": 514\n  }\n}\n');
    expect((await load()).told).toEqual([
      '/etc/config.json line 4 column 5: found "\\"" after the value of "host", near "\\"port\\": 514"; accepted: "," or "}"; no alert goes to any syslog destination',
    ]);
  });
});

test("a file without permission", async () => {
  write("config.json", syslogTo("siem"), 0o000);
  // root may read everything, so another user reads
  const script = `
    import { loadSettings } from ${JSON.stringify(join(import.meta.dir, "load.ts"))};
    if (process.getuid() === 0) process.setuid(65534);
    const { problems } = await loadSettings({ env: { RHYTHMX_CONFIG_DIR: ${JSON.stringify(config)} }, fromCheckout: true });
    console.log(JSON.stringify(problems.map(({ found, accepted }) => found + "; " + accepted)));`;
  chmodSync(folder, 0o755);
  const printed = execFileSync(process.execPath, ["--eval", script], { encoding: "utf8" });
  expect(JSON.parse(printed)).toEqual([
    "no permission to read it; a file that the appliance's user may read (root's: chown root:GROUP, with the group of that user, and chmod 640)",
  ]);
});

test("what the console saved is read where there is no file", async () => {
  const { settings, origins } = await load({ saved: { alerts: syslogTo("saved") } });
  expect(settings.alertFeed.destinations[0]?.host).toBe("saved");
  expect(origins.syslog).toEqual({ source: "saved in the console", pinned: false });
});

test(".env.production that others can read is a remark, one that cannot be read a problem", async () => {
  write(".env.production", "RHYTHMX_RETENTION_DAYS=30\n", 0o644);
  const open = await load();
  expect(open.settings.retentionDays).toBe(30);
  expect(open.remarks).toEqual([
    expect.stringMatching(
      /^\/etc\/\.env\.production: found mode 0644, which lets other users at its secrets; accepted: mode 06[04]0 .*; it is read all the same$/,
    ),
  ]);
  rmSync(join(config, ".env.production"));
  mkdirSync(join(config, ".env.production"));
  const folderInstead = await load();
  expect(folderInstead.told).toEqual([
    "/etc/.env.production: found a folder; accepted: a file; none of its settings hold",
  ]);
  expect(folderInstead.settings.retentionDays).toBe(90);
});

test("a configuration folder that is not there, or is a file", async () => {
  writeFileSync(join(historic, "config.json"), syslogTo("old-siem"));
  const missing = await load({ env: { RHYTHMX_CONFIG_DIR: join(folder, "nowhere") } });
  expect(missing.told).toEqual([
    'environment: RHYTHMX_CONFIG_DIR: found "/nowhere", which does not exist; accepted: a folder; no configuration file is read from it',
  ]);
  expect(missing.settings.alertFeed.destinations[0]?.host).toBe("old-siem");
  const file = await load({ env: { RHYTHMX_CONFIG_DIR: join(historic, "config.json") } });
  expect(file.told).toEqual([
    'environment: RHYTHMX_CONFIG_DIR: found "/historic/config.json", which is no folder or may not be read; accepted: a folder; no configuration file is read from it',
  ]);
});

/** Only root can give a file away. */
const root = process.getuid?.() === 0;
const modes: [owner: number, mode: number, advice: string | null][] = [
  [0, 0o600, null],
  // root:rhythmx 0640: the service can read its secrets but not change them.
  [0, 0o640, null],
  [0, 0o660, "chmod 640"],
  [0, 0o644, "chmod 640"],
  [0, 0o604, "chmod 640"],
  [65_534, 0o600, null],
  [65_534, 0o640, "chmod 600"],
  [65_534, 0o620, "chmod 600"],
  [65_534, 0o610, "chmod 600"],
  [65_534, 0o604, "chmod 600"],
];
for (const [owner, mode, advice] of modes)
  test.skipIf(!root)(`.env.production of user ${owner} with mode ${mode.toString(8)}`, async () => {
    write(".env.production", "RHYTHMX_LOG_LEVEL=debug");
    chmodSync(join(config, ".env.production"), mode);
    chownSync(join(config, ".env.production"), owner, 65_534);
    const { remarks } = await load();
    expect(remarks).toEqual(advice === null ? [] : [expect.stringContaining(advice)]);
    if (advice === "chmod 600") expect(remarks[0]).toContain(`found mode 0${mode.toString(8)}`);
  });
