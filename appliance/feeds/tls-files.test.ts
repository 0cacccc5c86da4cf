import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { pem } from "../../test/harness/test-certificates.ts";
import { normalPem, placeOfKey, readTlsFile, type TlsFileKind, tlsFileLine } from "./tls-files.ts";

const [ca, client, key] = ["ca.pem", "client.pem", "client.key"].map((name) => pem(name).toString()) as [
  string,
  string,
  string,
];
const encrypted = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

test("what a file holds", () => {
  expect(readTlsFile("ca_file", client + ca)).toMatchObject({
    certificates: [{ subject: "rhythmx-test-client", issuer: "RhythmX test CA" }, { subject: "RhythmX test CA" }],
    key: null,
  });
  const facts = readTlsFile("key_file", key);
  expect(facts).toEqual({ certificates: [], key: expect.stringMatching(/^(EC|RSA) /) });
  expect("problem" in facts ? "" : tlsFileLine(facts)).toMatch(/^private key, /);
  expect(readTlsFile("cert_file", normalPem(client.replaceAll("\n", "\r\n")))).not.toHaveProperty("problem");
  expect([placeOfKey(client, key), placeOfKey(ca, key), placeOfKey("x", key)]).toEqual([0, -1, null]);
  expect([placeOfKey(`${client}\n${ca}`, key), placeOfKey(`${ca}\n${client}`, key)]).toEqual([0, 1]);
});

test.each<[string, TlsFileKind, string, string]>([
  ["a DER file", "cert_file", "0\u0082\u0001\u0000\u0000", "openssl x509 -inform der"],
  ["nothing", "key_file", "", "is no PEM file"],
  ["a key for a certificate", "ca_file", key, "is a private key, and a certificate is wanted here"],
  ["a certificate for a key", "key_file", client, "is a certificate, and its private key is wanted here"],
  ["both in one", "cert_file", client + key, "give the certificates alone here"],
  ["two keys", "key_file", key + key, "holds several private keys"],
  ["a passphrase", "key_file", encrypted.privateKey, "openssl pkey"],
  ["a public key", "cert_file", encrypted.publicKey, "holds public key, and no certificate"],
  ["a part of one", "cert_file", client.replace(/\n[A-Za-z0-9+/]{64}\n/, "\n"), "cannot be read"],
  ["a changed key", "key_file", key.replace(/\n[A-Za-z0-9+/]{20}/, "\nAAAAAAAAAAAAAAAAAAAA"), "cannot be read"],
])("%s is refused with what to mend", (_, kind, text, words) => {
  const found = readTlsFile(kind, text);
  expect(found).toEqual({ problem: expect.stringContaining(words) });
  expect(JSON.stringify(found)).not.toContain(key.split("\n")[1] ?? "");
});
