/**
 * The binary writes the packs into an empty folder, and each README is followed there word by word: its commands, one after the other, with
 * the reader's names in the place of the examples. Programs that cannot be had (az, filebeat, logstash …) are taken to succeed; the others run.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { dirname, join } from "node:path";
import { packFiles } from "../../appliance/packs/pack-files.ts";
import { detection } from "../harness/appliance.ts";
import { binary } from "../harness/binary.ts";
import { freePort } from "../harness/free-port.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { installed } from "../harness/rsyslog.ts";
import { syslogNgUnpacked } from "../harness/syslog-ng.ts";
import { makeCorpus } from "./corpus.ts";
import { ReadmeReader } from "./readme-reader.ts";
import { SearchStandIn } from "./search-standin.ts";
import { Daemon } from "./syslog-daemons.ts";

const certificates = join(import.meta.dirname, "../data/tls");
const names = [...new Set([...packFiles().keys()].map((path) => path.split("/")[0] ?? ""))];
/** The module is a package of its own. */
const elasticsearchModule = (): boolean => {
  const there = [...new Bun.Glob("*/rsyslog/omelasticsearch.so").scanSync({ cwd: "/usr/lib" })].length > 0;
  return there || installed("omelasticsearch", "rsyslog-elasticsearch");
};
const here =
  installed("rsyslogd", "rsyslog") &&
  elasticsearchModule() &&
  installed("promtool", "prometheus") &&
  installed("curl", "curl") &&
  installed("python3", "python3") &&
  syslogNgUnpacked();
const soar = createServer((_, response) => response.end("{}"));

if (here) {
  const reader = new ReadmeReader();
  const { exported, machine } = reader;
  let appliance: ApplianceProcess;

  /** What the commands print. */
  async function follow(pack: string, values: Record<string, string>, env: Record<string, string> = {}) {
    const { code, out, errors } = await reader.follow(pack, values, { ...appliance.env, ...env });
    expect({ pack, code, ...(code === 0 ? {} : { out, errors }) }).toEqual({ pack, code: 0 });
    return out;
  }

  beforeAll(async () => {
    const empty = join(reader.root, "empty");
    mkdirSync(empty);
    const { status, stderr } = spawnSync(binary(), ["packs", "export", exported], {
      cwd: empty,
      env: {},
      encoding: "utf8",
    });
    expect({ status, stderr, left: readdirSync(empty) }).toEqual({ status: 0, stderr: "", left: [] });
    const tls = {
      RHYTHMX_TLS_CERT_FILE: join(certificates, "server.pem"),
      RHYTHMX_TLS_KEY_FILE: join(certificates, "server.key"),
    };
    appliance = await ApplianceProcess.prepare({ env: tls, program: [binary()] });
    await appliance.start();
    await new Promise<void>((resolve) => soar.listen(0, "127.0.0.1", resolve));
    reader.pasted = appliance
      .run(["key", "create", "reader", "--scope", "ingest,feed:read,incident:write,metrics:read"])
      .stdout.trim();
  });
  afterAll(async () => {
    await appliance.dispose();
    soar.close();
    reader.dispose();
  });

  /** The pack's configuration of rsyslog: what is sent to its ports comes to the data streams as it was. */
  async function shipped(standIn: SearchStandIn): Promise<void> {
    const folder = mkdtempSync(join(reader.root, "rsyslog-"));
    const [alerts = 0, incidents = 0] = [await freePort(), await freePort()];
    const text = readFileSync(join(exported, "opensearch/rsyslog.conf"), "utf8")
      .replaceAll("/etc/rsyslog.d/", `${machine}/etc/rsyslog.d/`)
      .replaceAll("opensearch.example", "localhost")
      .replaceAll('"9200"', `"${standIn.port}"`)
      .replaceAll('uid="rhythmx" pwd="PASSWORD"', 'uid="admin" pwd="secret"')
      .replace('"5514"', `"${alerts}"`)
      .replace('"5515"', `"${incidents}"`);
    writeFileSync(join(folder, "conf"), `global(workDirectory="${folder}")\n${text}`);
    const ports = { tcp: alerts, octet: incidents, tls: alerts, relp: 0, udp: 0 };
    const daemon = new Daemon(folder, ports, ["rsyslogd", "-n", "-iNONE", "-f", join(folder, "conf")], process.env);
    await daemon.start();
    const messages = (await makeCorpus()).messages();
    for (const [feed, port] of [
      ["alert", alerts],
      ["incident", incidents],
    ] as const) {
      const sent = messages.filter(({ kind }) => (kind === "alert") === (feed === "alert")).map(({ line }) => line);
      const socket = connect(port, "127.0.0.1");
      socket.end(`${sent.join("\n")}\n`);
      const key = `logs-rhythmx.${feed}-default rhythmx-${feed}`;
      while ((standIn.received.get(key)?.length ?? 0) < sent.length)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(standIn.received.get(key)).toEqual(sent);
    }
    await daemon.remove();
  }

  test("the binary writes every pack as it is in the sources", () => {
    const files = packFiles();
    for (const [path, content] of files)
      expect([path, readFileSync(join(exported, path)).equals(content)]).toEqual([path, true]);
    const written = readdirSync(exported, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(written.length).toBe(files.size);
  });

  test.each(names)("every file that the README of %s speaks of is there", (pack) => {
    const readme = readFileSync(join(exported, pack, "README.md"), "utf8");
    const [, table = ""] = /^\| file \|.*\n\|[-| ]+\n((?:\|.*\n)+)/m.exec(readme) ?? [];
    for (const row of table.trimEnd().split("\n")) {
      const files = [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? "");
      const beside = dirname(files[0] ?? "");
      for (const file of files) {
        const found = [file, join(beside, file)].some((path) =>
          path.includes("*")
            ? [...new Bun.Glob(path).scanSync({ cwd: join(exported, pack) })].length > 0
            : existsSync(join(exported, pack, path)),
        );
        expect([pack, file, found]).toEqual([pack, file, true]);
      }
    }
    for (const [, link = ""] of readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      expect([pack, link, existsSync(join(exported, pack, link))]).toEqual([pack, link, true]);
  });

  test.each(names)("the README of %s says what it was tried with, and what was not to be had", (pack) => {
    const [, tried = ""] = readFileSync(join(exported, pack, "README.md"), "utf8").split(/^## Tried with\n/m);
    expect(tried).not.toMatch(/^#/m);
    expect(tried.replaceAll(/\s+/g, " ")).toMatch(/not to be had|could not be had|were not tried/);
    // A version of something.
    expect(tried).toMatch(/ \d+(?:\.\d+)*|running appliance/);
  });

  test("what a page says in a sentence to type on the appliance is a command of the program, with its options", () => {
    const pages = [...packFiles()].filter(([path]) => /\.(?:md|html)$/.test(path));
    const typed = new Set(
      pages.flatMap(([, content]) =>
        [...new TextDecoder().decode(content).matchAll(/(?:`|<code>)rhythmx (?!v1\b)([a-z]+[^`<]*)/g)].map(
          ([, words = ""]) => words,
        ),
      ),
    );
    expect(typed.size).toBeGreaterThan(2);
    for (const words of typed) {
      const command = (/^[a-z]+(?: (?:create|export|list)\b)?/.exec(words)?.[0] ?? "").split(" ");
      const { status, stdout } = spawnSync(binary(), [...command, "--help"], { encoding: "utf8" });
      expect([words, status]).toEqual([words, 0]);
      for (const [option] of words.matchAll(/--[a-z-]+/g))
        expect([words, stdout]).toEqual([words, expect.stringContaining(option)]);
    }
  });

  test.each(["elastic", "opensearch"] as const)("%s: its commands are answered as the README says", async (product) => {
    const standIn = await SearchStandIn.started(product);
    const folder = join(exported, product);
    cpSync(join(certificates, "ca.pem"), join(folder, `${product}-ca.pem`));
    cpSync(join(certificates, "ca.pem"), join(machine, `etc/rsyslog.d/${product}-ca.pem`));
    const address = `https://localhost:${standIn.port}`;
    const console = product === "elastic" ? "https://kibana.example:5601" : "https://dashboards.example:5601";
    const out = await follow(product, { [`https://${product}.example:9200`]: address, [console]: address });
    expect(standIn.calls.length).toBe(14);
    for (const call of standIn.calls) expect(call).toMatch(/ 20[01]$/);
    const readme = readFileSync(join(folder, "README.md"), "utf8");
    const promised = [...readme.matchAll(/answer(?:s| begins)[^`]*`(\{[^`…]+)`/g)].map(([, answer]) => answer ?? "");
    expect(promised.length).toBeGreaterThan(1);
    for (const answer of promised) expect(out).toContain(answer);
    if (product === "opensearch") await shipped(standIn);
    await standIn.stop();
  });

  test("syslog: both daemons take the files", async () => {
    reader.otherMachine();
    await follow("syslog", {});
  });

  test("monitoring: Prometheus takes the files, with the appliance's own certificate and a key", async () => {
    const prometheus = join(machine, "etc/prometheus");
    const scrape = readFileSync(join(exported, "monitoring/prometheus/scrape.yml"), "utf8");
    writeFileSync(join(prometheus, "prometheus.yml"), scrape.replaceAll("/etc/", `${machine}/etc/`));
    cpSync(join(exported, "monitoring/prometheus/rhythmx.rules.yml"), join(prometheus, "rhythmx.rules.yml"));
    const out = await follow("monitoring", { "edge.example:8443": `127.0.0.1:${appliance.apiPort}` });
    expect(out).toMatch(/SUCCESS: .*prometheus\.yml is valid/);
    expect(readFileSync(join(prometheus, "rhythmx.rules.yml"), "utf8")).toContain(
      "https://wiki.example.com/rhythmx/runbook.md#",
    );
    // What was asked of the appliance is its certificate, and what was pasted is the key: both open the metrics.
    const ca = join(prometheus, "rhythmx-ca.pem");
    const pasted = readFileSync(join(prometheus, "rhythmx.key"), "utf8");
    const metrics = spawnSync("curl", [
      "-sS",
      "--cacert",
      ca,
      "-H",
      `Authorization: Bearer ${pasted}`,
      `${appliance.apiUrl}/metrics`,
    ]);
    expect(String(metrics.stdout)).toContain("rhythmx_");
    expect(readdirSync(join(machine, "var/lib/grafana/dashboards/rhythmx"))).toHaveLength(2);
  });

  test("pollers, automation: each gets the incident", async () => {
    const body = JSON.stringify(detection({ level: "critical", user: "jsmith", tags: ["attack.t1003.001"] }));
    const options = {
      method: "POST",
      headers: { "X-API-Key": reader.pasted },
      body,
      tls: { rejectUnauthorized: false },
    };
    expect((await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, options)).status).toBe(200);
    const ca = join(certificates, "ca.pem");
    const values = {
      "https://edge.example:8443": appliance.apiUrl,
      "smk_...": reader.pasted,
      "node poll.ts": "RHYTHMX_STATE=ts.json node poll.ts",
    };
    const out = await follow("pollers", values, { RHYTHMX_CA: ca, NODE_EXTRA_CA_CERTS: ca });
    const incidents = out.split("\n").filter((line) => line.startsWith("{"));
    expect(incidents.map((line) => JSON.parse(line).group_key)).toEqual(["jsmith", "jsmith"]);

    // The three calls of the pack for platforms that have none of their own.
    const ID = String(JSON.parse(incidents[0] ?? "").incident_id);
    const call = { BASE: appliance.apiUrl, KEY: reader.pasted, CURSOR: "", ID, CURL_CA_BUNDLE: ca };
    const answers = await follow("automation", {}, call);
    expect(answers.match(new RegExp(`"incident_id":"${ID}"`, "g"))?.length).toBeGreaterThan(2);
    expect(answers).toContain('"status":"CLOSED"');
  });

  test("graylog, sentinel, xsoar, splunk-soar: what their READMEs have one type", async () => {
    cpSync(
      join(exported, "sentinel/DataConnectors/rsyslog-rhythmx.conf"),
      join(exported, "sentinel/rsyslog-rhythmx.conf"),
    );
    reader.otherMachine();
    await follow("graylog", {});
    await follow("sentinel", {});
    const XSOAR_URL = `http://127.0.0.1:${(soar.address() as AddressInfo).port}`;
    await follow("xsoar", {}, { XSOAR_URL, XSOAR_KEY: "k" });
    expect(existsSync(join(exported, "xsoar/uploadable_packs.zip"))).toBe(true);
    await follow("splunk-soar", {});
    expect(existsSync(join(exported, "splunk-soar/rhythmxedge.tgz"))).toBe(true);
  });

  test("no command of a README is left out", () => {
    const followed = {
      automation: 4,
      graylog: 1,
      elastic: 8,
      opensearch: 8,
      syslog: 3,
      monitoring: 6,
      pollers: 1,
      sentinel: 3,
      xsoar: 3,
      "splunk-soar": 2,
    };
    const all = Object.fromEntries(names.map((name) => [name, reader.commandsOf(name).length]));
    expect(Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0))).toEqual(followed);
  });
} else {
  test("a program is not here: see the lines above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
