import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Faults } from "../../core/faults.ts";
import { readPair } from "../certificate/read-pair.ts";
import { ApiListener, type CertificateSource } from "./listeners.ts";

const plain: CertificateSource = { files: null, read: async () => null };
const certificates = join(import.meta.dirname, "../../test/data/tls");
const up = () => new Response("up");
const started = (port = 0, source = plain) => {
  const faults = new Faults(Date.now);
  return ApiListener.start({ host: "127.0.0.1", port }, source, up, faults).then((api) => ({ api, faults }));
};
const answerOf = async (url: string) => (await fetch(url)).text();

test("changes of the server come one after the other, and none after the stop", async () => {
  const { api } = await started();
  const { url } = api;
  await Promise.all([api.closeConnections(), api.closeConnections()]);
  expect(await answerOf(url)).toBe("up");
  const late = api.closeConnections();
  await Promise.all([api.stop(), late]);
  expect(answerOf(url)).rejects.toThrow();
});

test("a port that is taken is named and tried again", async () => {
  const { api: other } = await started();
  const { api, faults } = await started(Number(new URL(other.url).port));
  expect(faults.list()).toMatchObject([
    { name: "api", message: expect.stringContaining("cannot listen on 127.0.0.1:") },
  ]);
  expect(api.url).toBe(other.url);
  await api.tick();
  expect(faults.list()).toHaveLength(1);
  await other.stop();
  await api.tick();
  expect(faults.list()).toEqual([]);
  expect(await answerOf(api.url)).toBe("up");
  await api.stop();
});

test("a certificate that is missing, or a pipe, is named and tried again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-tls-"));
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem"), own: false };
  copyFileSync(join(certificates, "server.key"), files.keyFile);
  const { api, faults } = await started(0, { files, read: () => readPair(files) });
  const said = () => faults.list().map(({ message }) => message);
  expect(said()).toEqual([
    expect.stringMatching(/RHYTHMX_TLS_CERT_FILE: .*cert\.pem cannot be read \(there is no such file\)/),
  ]);
  spawnSync("mkfifo", [files.certFile]);
  await api.tick();
  expect(said()).toEqual([expect.stringContaining("neither file nor folder")]);
  rmSync(files.certFile);
  copyFileSync(join(certificates, "server.pem"), files.certFile);
  await api.tick();
  expect(said()).toEqual([]);
  const answer = await fetch(api.url, { tls: { rejectUnauthorized: false } });
  expect(await answer.text()).toBe("up");
  await api.stop();
  rmSync(folder, { recursive: true });
});
