import { expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { readPair } from "../../appliance/certificate/read-pair.ts";
import { ApiListener } from "../../appliance/runtime/listeners.ts";
import { Faults } from "../../core/faults.ts";

const certificates = join(import.meta.dirname, "../data/tls");

/** Common name and fingerprint of what a port presents. */
function presented(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("the API speaks TLS, takes a renewed certificate on the same port, and keeps the old one when the new is no use", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-tls-"));
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem"), own: false };
  const place = (name: string) => {
    copyFileSync(join(certificates, `${name}.pem`), files.certFile);
    copyFileSync(join(certificates, `${name}.key`), files.keyFile);
  };
  place("server");
  const api = await ApiListener.start(
    { host: "127.0.0.1", port: 0 },
    { files, read: () => readPair(files) },
    () => new Response("ok"),
    new Faults(Date.now),
  );
  try {
    expect(api.url).toStartWith("https://");
    const port = Number(new URL(api.url).port);
    const first = await presented(port);
    expect(await api.renew()).toBe(false);

    place("wrong-name");
    expect(await api.renew()).toBe(true);
    const second = await presented(port);
    expect(second).not.toBe(first);

    writeFileSync(files.keyFile, "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n");
    const refused = await api.renew().catch((error: Error) => error);
    expect(refused).toMatchObject({ code: "tls_file" });
    expect(String(refused)).toContain("RHYTHMX_TLS_KEY_FILE");
    expect(String(refused)).not.toContain("secret");
    rmSync(files.certFile);
    await expect(api.renew()).rejects.toThrow(/RHYTHMX_TLS_CERT_FILE: .*cert\.pem cannot be read/);
    expect(await presented(port)).toBe(second);
  } finally {
    await api.stop();
    rmSync(folder, { recursive: true });
  }
});
