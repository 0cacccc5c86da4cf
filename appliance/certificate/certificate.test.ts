import { afterAll, describe, expect, test } from "bun:test";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Faults } from "../../core/faults.ts";
import { ownCertificateFiles } from "../../core/settings/certificate-files.ts";
import { dayMs } from "../../core/time.ts";
import { pem } from "../../test/harness/test-certificates.ts";
import { readTlsFile } from "../feeds/tls-files.ts";
import { createLog } from "../runtime/log.ts";
import { checkPair } from "./check-pair.ts";
import { factsOf, hostOf } from "./facts.ts";
import { namesFrom } from "./machine-names.ts";
import { settleFolder, storePair } from "./own-folder.ts";
import { makeSelfSigned } from "./self-signed.ts";
import { ServerCertificate } from "./server-certificate.ts";

const now = Date.UTC(2027, 0, 1);
const names = { names: ["edge.example.org", "edge", "localhost"], addresses: ["10.0.0.5", "127.0.0.1", "::1"] };
const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "rhythmx-certificate-"));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

test("the self-signed certificate: P-256, for servers only, 825 days, all names and addresses", async () => {
  const { cert, key } = await makeSelfSigned(names, now);
  const x509 = new X509Certificate(cert);
  expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect([x509.ca, x509.keyUsage]).toEqual([false, ["1.3.6.1.5.5.7.3.1"]]);
  for (const name of names.names) expect(x509.checkHost(name)).toBe(name);
  for (const address of names.addresses) expect(x509.checkIP(address)).toBe(address);
  const facts = factsOf(cert);
  expect(facts).toMatchObject({ selfSigned: true, madeHere: true, key: "ECDSA prime256v1", chain: [] });
  const length = (facts?.notAfter ?? 0) - (facts?.notBefore ?? 0);
  expect([length < 825 * dayMs, length > 824 * dayMs]).toEqual([true, true]);
  const long = await makeSelfSigned({ names: [`${"a".repeat(60)}.example.org`, "localhost"], addresses: [] }, now);
  expect(factsOf(long.cert)?.subject).toStartWith("CN=localhost");
});

test("names and addresses are those that others reach the machine by", () => {
  const of = (address: string, internal = false) =>
    ({ address, internal, family: address.includes(":") ? "IPv6" : "IPv4" }) as never;
  const found = namesFrom({
    hostname: "Edge",
    hosts: "127.0.0.1 localhost\n127.0.1.1 edge.example.org edge # this machine\n10.0.0.9 other.example.org\n",
    interfaces: {
      lo: [of("127.0.0.1", true), of("::1", true)],
      eth0: [of("2001:db8::5"), of("10.0.0.5"), of("fe80::1")],
      docker0: [of("172.17.0.1")],
    },
  });
  expect(found).toEqual({
    names: ["edge.example.org", "edge", "localhost"],
    addresses: ["10.0.0.5", "2001:db8::5", "127.0.0.1", "::1"],
  });
  expect(namesFrom({ hostname: "a_b\u0001", hosts: "", interfaces: {} })).toEqual({
    names: ["localhost"],
    addresses: ["127.0.0.1", "::1"],
  });
});

test("links take the first name that is not this machine's alone, else an address", () => {
  expect(hostOf({ names: ["DNS:localhost", "DNS:*.example.org", "DNS:edge.example.org"] })).toBe("edge.example.org");
  expect(hostOf({ names: ["DNS:localhost", "IP Address:127.0.0.1", "IP Address:10.0.0.5"] })).toBe("10.0.0.5");
  expect(hostOf({ names: ["IP Address:2001:DB8:0:0:0:0:0:5"] })).toBe("[2001:db8::5]");
  expect(hostOf({ names: ["DNS:localhost", "IP Address:0:0:0:0:0:0:0:1"] })).toBeNull();
});

describe("an uploaded certificate", async () => {
  const text = (name: string) => pem(name).toString();
  const own = await makeSelfSigned(names, now);
  const ed25519 = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const locked = createPrivateKey(own.key)
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
    .toString();
  const [server, key, ca] = [text("server.pem"), text("server.key"), text("ca.pem")];

  test("texts of beginnings without an end are read once: a quadratic search would not end within the test's time", () => {
    const certificates = "-----BEGIN CERTIFICATE-----\n".repeat(200_000);
    const keys = "-----BEGIN A PRIVATE KEY-----\n".repeat(200_000);
    expect(() => checkPair({ cert: certificates, key }, now)).toThrow("is not in PEM form");
    expect(() => checkPair({ cert: server, key: keys }, now)).toThrow("the key is not in PEM form");
    expect(readTlsFile("ca_file", certificates)).toMatchObject({ problem: expect.stringContaining("is no PEM file") });
  });

  test.each([
    ["no certificate", { cert: "hello", key }, "is not in PEM form"],
    ["a key in its place", { cert: key, key }, "holds a private key"],
    ["a damaged one", { cert: server.replace(/\n.{20}/, "\n"), key }, "damaged"],
    ["no key", { cert: server, key: "hello" }, "the key is not in PEM form"],
    ["an encrypted key", { cert: own.cert, key: locked }, "encrypted with a passphrase"],
    ["a damaged key", { cert: server, key: key.replace(/\n.{20}/, "\n") }, "the private key is damaged"],
    ["a kind of key that browsers refuse", { cert: server, key: ed25519 }, "(ed25519)"],
    ["another one's key", { cert: server, key: own.key }, "the key does not belong to the certificate"],
    ["its issuer first", { cert: `${ca}${server}`, key }, "the key belongs to certificate 2"],
    ["a stranger behind it", { cert: `${server}${own.cert}`, key }, "has not issued certificate 1"],
    ["an ended one", { cert: text("expired.pem"), key: text("expired.key") }, "ended on"],
  ])("%s is refused with the way to mend it", (_, pair, words) => {
    const refused = (() => {
      try {
        return checkPair(pair, now);
      } catch (error) {
        return error as Error;
      }
    })();
    expect(refused).toMatchObject({ code: "certificate_refused" });
    expect(String((refused as Error).message)).toContain(words);
    for (const line of pair.key.split("\n").filter((one) => one.length > 30 && !one.startsWith("-----")))
      expect(String((refused as Error).message)).not.toContain(line);
  });

  test("in order, with what stands around it left out", () => {
    const checked = checkPair({ cert: `Bag Attributes\n<script>\n${server}\n${ca}`, key: `# ${key}` }, now);
    expect(checked.cert).not.toContain("script");
    expect(factsOf(checked.cert)?.chain).toHaveLength(1);
    // The test's certificate is for this machine only.
    expect(checked.warnings).toEqual([expect.stringContaining("names no host")]);
    expect(checkPair({ cert: own.cert, key: own.key }, now).warnings).toEqual([expect.stringContaining("self-signed")]);
    expect(checkPair({ cert: server, key }, now).warnings).toContainEqual(expect.stringContaining("its issuer"));
    expect(() => checkPair({ cert: server, key }, 0)).toThrow(/holds from/);
  });
});

function certificateIn(dataDir: string) {
  const clock = { time: now, now: () => clock.time, monotonic: () => 0 };
  const lines: string[] = [];
  const faults = new Faults(() => clock.time);
  const certificate: ServerCertificate = new ServerCertificate({
    settings: () => ({ dataDir, listen: { host: "0.0.0.0", port: 8443 }, tlsCertFile: null, tlsKeyFile: null }),
    clock,
    log: createLog({ level: "info", format: "json", clock, write: (line) => void lines.push(line) }),
    faults,
    listener: () => ({
      renew: async () => (await certificate.read()) !== null,
      port: 8443,
      url: "https://0.0.0.0:8443",
    }),
    names: () => names,
  });
  return { certificate, clock, faults, lines, files: ownCertificateFiles(dataDir) };
}

test("made when there is none, kept at the next start, renewed 30 days before its end", async () => {
  const { certificate, clock, files, lines } = certificateIn(folder());
  const first = await certificate.read();
  expect([statSync(files.keyFile).mode & 0o777, statSync(join(files.keyFile, "..")).mode & 0o777]).toEqual([
    0o600, 0o700,
  ]);
  expect(lines.join("")).toContain(certificate.inUse?.fingerprint ?? "?");
  expect(lines.join("")).not.toContain("PRIVATE");
  expect(certificate.linkUrl).toBe("https://edge.example.org:8443");
  expect(await certificate.read()).toEqual(first);
  clock.time += 794 * dayMs;
  await certificate.tick();
  expect(readFileSync(files.certFile, "utf8")).toBe(first?.cert ?? "");
  clock.time += 2 * dayMs;
  await certificate.tick();
  const second = await certificate.read();
  expect(second?.cert).not.toBe(first?.cert);
  // The clock was ahead.
  clock.time -= 10 * dayMs;
  expect((await certificate.read())?.cert).not.toBe(second?.cert);
});

test("another one's certificate is never replaced, and named when it has ended", async () => {
  const { certificate, clock, faults, files } = certificateIn(folder());
  await certificate.read();
  await certificate.store({ cert: pem("server.pem").toString(), key: pem("server.key").toString() });
  expect(await certificate.renew()).toEqual([]);
  const { notAfter = 0, madeHere } = certificate.inUse ?? {};
  expect(madeHere).toBe(false);
  clock.time = notAfter + dayMs;
  await certificate.tick();
  expect(faults.list()).toMatchObject([{ name: "certificate", message: expect.stringContaining("ended on") }]);
  await certificate.makeNew();
  await certificate.renew();
  expect(faults.list()).toEqual([]);
  rmSync(files.keyFile);
  expect((await certificate.read())?.key).toContain("PRIVATE KEY");
  writeFileSync(files.certFile, pem("server.pem"));
  const problems = await certificate.renew();
  expect(problems).toEqual([expect.stringContaining("the certificate in use stays")]);
  expect(readFileSync(files.certFile, "utf8")).toBe(pem("server.pem").toString());
});

test("a crash between the two files is completed or undone", async () => {
  const files = ownCertificateFiles(folder());
  const [first, second] = [await makeSelfSigned(names, now), await makeSelfSigned(names, now)];
  const pair = () => ({ cert: readFileSync(files.certFile, "utf8"), key: readFileSync(files.keyFile, "utf8") });
  const place = () => {
    storePair(files, first);
    writeFileSync(`${files.keyFile}.next`, second.key);
    writeFileSync(`${files.certFile}.next`, second.cert);
  };
  // The certificate is not written completely.
  place();
  writeFileSync(`${files.certFile}.next`, second.cert.slice(0, 200));
  settleFolder(files);
  expect(pair()).toEqual(first);
  // Both are written, none is renamed.
  place();
  settleFolder(files);
  expect(pair()).toEqual(second);
  // The key is renamed.
  place();
  renameSync(`${files.keyFile}.next`, files.keyFile);
  settleFolder(files);
  expect(pair()).toEqual(second);
  expect([existsSync(`${files.certFile}.next`), existsSync(`${files.keyFile}.next`)]).toEqual([false, false]);
});
