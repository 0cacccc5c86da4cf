/** `check` sees what the service will see: its user, its environment, its ports, its certificate. */
import { afterEach, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCertificate } from "../../appliance/checks/check-listener.ts";
import { runProgram } from "../../appliance/cli/program.ts";
import { ApplianceProcess, type ProcessOptions } from "../harness/process.ts";

const root = process.getuid?.() === 0;
const nobody = 65_534;
const certificates = join(import.meta.dirname, "../data/tls");

const cleanUp: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function site(options: ProcessOptions = {}): Promise<ApplianceProcess> {
  const prepared = await ApplianceProcess.prepare(options);
  cleanUp.push(() => prepared.dispose());
  return prepared;
}

describe.skipIf(!root)("root checks as the service's user", () => {
  /** A data folder that belongs to nobody, as if the service were that user's. */
  async function siteOfNobody(): Promise<{ check: () => ReturnType<ApplianceProcess["run"]>; folder: string }> {
    const prepared = await site({ config: {} });
    const data = join(prepared.folder, "data");
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, nobody, nobody);
    chmodSync(prepared.folder, 0o755);
    return { check: () => prepared.run(["check"]), folder: prepared.folder };
  }

  test("a configuration that only root can read is named", async () => {
    const { check, folder } = await siteOfNobody();
    const config = join(folder, "etc", "config.json");
    expect(check()).toMatchObject({ code: 0, stdout: expect.stringContaining("checked as user nobody") });
    chmodSync(config, 0o600);
    const refused = check();
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(
      /^problem: \S+config\.json: found no permission to read it; accepted: .*chown root:GROUP/m,
    );
    chownSync(config, 0, nobody);
    chmodSync(config, 0o640);
    expect(check().code).toBe(0);
  });

  test("what root has left in the data folder is named", async () => {
    const { check, folder } = await siteOfNobody();
    writeFileSync(join(folder, "data", "rhythmx.db"), "", { mode: 0o600 });
    const { code, stdout } = check();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem: data folder \S+rhythmx\.db cannot be written: it belongs to root: chown/m);
  });

  test("a key and a certificate of root's are named", async () => {
    const { check, folder } = await siteOfNobody();
    const [key, cert] = [join(folder, "master.key"), join(folder, "cert.pem")];
    writeFileSync(key, Buffer.alloc(32, 7), { mode: 0o600 });
    copyFileSync(join(certificates, "server.pem"), cert);
    chmodSync(cert, 0o600);
    writeFileSync(
      join(folder, "etc", ".env.production"),
      `RHYTHMX_MASTER_KEY_FILE=${key}\nRHYTHMX_TLS_CERT_FILE=${cert}\nRHYTHMX_TLS_KEY_FILE=${cert}\n`,
    );
    chmodSync(join(folder, "etc", ".env.production"), 0o644);
    const { code, stdout } = check();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem: RHYTHMX_MASTER_KEY_FILE: \S+master\.key may not be read by this user/m);
    expect(stdout).toMatch(/^problem: certificate \S+cert\.pem: found no permission to read it/m);
  });
});

describe("the unit", () => {
  test("its environment counts, and a data folder that only commands know is noticed", async () => {
    const prepared = await site({ config: {} });
    const units = mkdtempSync(join(tmpdir(), "rhythmx-units-"));
    cleanUp.push(() => rmSync(units, { recursive: true }));
    const moved = join(prepared.folder, "moved");
    writeFileSync(
      join(units, "rhythmx.service"),
      `[Service]\nEnvironment=RHYTHMX_DATA_DIR=${join(prepared.folder, "data")} RHYTHMX_LISTEN=0.0.0.0:8443\n`,
    );
    writeFileSync(join(prepared.folder, "etc", ".env.production"), `RHYTHMX_DATA_DIR=${moved}\n`, { mode: 0o600 });
    const { RHYTHMX_DATA_DIR, RHYTHMX_LISTEN, ...env } = prepared.env;
    const run = async (args: string[]) => {
      const said = { out: [] as string[], err: [] as string[] };
      const terminal = {
        out: (text: string) => void said.out.push(text),
        err: (text: string) => void said.err.push(text),
        stdin: process.stdin,
        interactive: false,
        columns: null,
      };
      const code = await runProgram({ args, env, fromCheckout: false, terminal, unitFolders: [units] });
      return { code, out: said.out.join(""), err: said.err.join("") };
    };
    const checked = await run(["check"]);
    expect(checked.code).toBe(1);
    expect(checked.out).toMatch(
      new RegExp(`^problem: commands use the data folder ${moved}, the service uses \\S+/data, `, "m"),
    );
    // Off loopback it has a certificate: only the unit says so.
    expect(checked.out).toMatch(/^ok: certificate \S+\/data\/tls\/server\.crt: a self-signed one is made/m);
    const listed = await run(["key", "create", "a", "--scope", "ingest"]);
    expect(listed.err).toMatch(new RegExp(`^warning: commands use the data folder ${moved}`, "m"));
  });
});

describe("the listener", () => {
  test("a port that is taken, an address that is not there, one port for two; a running appliance has its own", async () => {
    const prepared = await site({ config: {} });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(prepared.apiPort, "127.0.0.1", resolve));
    cleanUp.push(() => new Promise((resolve) => other.close(resolve)));
    prepared.env.RHYTHMX_ALERT_HEALTH = "192.0.2.1:8888";
    prepared.env.RHYTHMX_INCIDENT_HEALTH = "192.0.2.1:8888";
    const { code, stdout } = await prepared.runAside(["check"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem: API \(RHYTHMX_LISTEN\): 127\.0\.0\.1:\d+: another program has this port/m);
    expect(stdout).toMatch(/^problem: health of alerts \S+: 192\.0\.2\.1:8888: this machine has no such address/m);
    expect(stdout).toMatch(/^problem: health of incidents \S+: 192\.0\.2\.1:8888 is that of health of alerts/m);

    const running = await site({ config: {} });
    await running.start();
    expect(running.run(["check"])).toMatchObject({ code: 0, stdout: expect.stringContaining("in use by the running") });
  });

  const now = Date.UTC(2027, 0, 1);
  const pair = (cert: string, key: string) => ({
    certFile: join(certificates, cert),
    keyFile: join(certificates, key),
    own: false,
  });
  const cases: [string, ReturnType<typeof pair>, string | null, string | null][] = [
    ["in order", pair("server.pem", "server.key"), null, null],
    ["missing", pair("nothing.pem", "server.key"), null, "nothing.pem: there is no such file"],
    ["a key that is missing", pair("server.pem", "nothing.key"), null, "nothing.key: there is no such file"],
    ["a folder", pair(".", "server.key"), null, "found a folder"],
    ["of another key", pair("server.pem", "client.key"), null, "client.key is the key of another certificate"],
    ["run out", pair("expired.pem", "expired.key"), null, "it ran out on "],
    [
      "a key in its place",
      pair("server.key", "server.key"),
      null,
      "is a private key: RHYTHMX_TLS_CERT_FILE takes the certificate",
    ],
    ["no certificate at all", pair("make.sh", "server.key"), null, "is no certificate in PEM form"],
    ["no key at all", pair("server.pem", "make.sh"), null, "is no private key in PEM form"],
    ["for another name", pair("server.pem", "server.key"), "https://soc.example.org", "it is not for soc.example.org"],
    ["for another address", pair("server.pem", "server.key"), "https://192.0.2.9", "it is not for 192.0.2.9"],
    ["for this address", pair("server.pem", "server.key"), "https://127.0.0.1:8443", null],
    ["for this name", pair("server.pem", "server.key"), "https://localhost:8443/", null],
  ];
  test.each(cases)("a certificate %s", async (_, files, baseUrl, complaint) => {
    const findings = await checkCertificate(files, { baseUrl, port: 8443 }, now);
    const problems = findings.filter(({ level }) => level === "problem").map(({ line }) => line);
    expect(problems).toEqual(complaint === null ? [] : [expect.stringContaining(complaint)]);
    expect(findings.length).toBeGreaterThan(0);
  });

  test("a certificate that is not in force yet, and one that soon runs out", async () => {
    const files = pair("server.pem", "server.key");
    const [early] = await checkCertificate(files, { baseUrl: null, port: 8443 }, 0);
    expect(early).toMatchObject({ level: "problem", line: expect.stringContaining("check the clock") });
    const { validTo } = new X509Certificate(readFileSync(files.certFile));
    const [soon] = await checkCertificate(files, { baseUrl: null, port: 8443 }, Date.parse(validTo) - 86_400_000);
    expect(soon).toMatchObject({ level: "warning", line: expect.stringContaining("it runs out on ") });
  });
});

test("certificates that are not checked are named, and a disk that is too full", async () => {
  const config = { syslog: { name: "siem", protocol: "tls", host: "127.0.0.1", port: 9, tls: { verify: false } } };
  const env = {
    PROACTIVE_SNOW_VERIFY_SSL: "false",
    PROACTIVE_SNOW_BASE_URL: "https://127.0.0.1:9",
    PROACTIVE_SNOW_APP_ID: "a",
    PROACTIVE_SNOW_SECRET: "b",
    PROACTIVE_SNOW_SERVICE_IDENTIFIER: "c",
    TICKET_INTEGRATION: "proactive",
    RHYTHMX_MIN_FREE_BYTES: String(2 ** 52),
  };
  const { stdout } = (await site({ config, env })).run(["check"]);
  expect(stdout).toMatch(/^warning: PROACTIVE_SNOW_VERIFY_SSL=false: certificates are not checked/m);
  expect(stdout).toMatch(/^warning: alerts\/siem: "verify": false: the receiver's certificate is not checked/m);
  expect(stdout).toMatch(
    /^problem: disk of \S+: the data folder's disk has \d+ MiB \([\d.]+ %\) left; intake opens again/m,
  );
});
