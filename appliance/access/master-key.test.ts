import { afterAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApplianceProcess } from "../../test/harness/process.ts";
import { openSecrets } from "./key-rotation.ts";
import { credentialsFolder, givenKey, loadMasterKey } from "./master-key.ts";

const folder = mkdtempSync(join(tmpdir(), "rhythmx-key-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const key = Buffer.alloc(32, 7);

function fresh(name: string): { dataDir: string; credentialsDir: string; credential: string } {
  const [dataDir, credentialsDir] = [join(folder, name, "data"), join(folder, name, "credentials")];
  for (const one of [dataDir, credentialsDir]) mkdirSync(one, { recursive: true });
  return { dataDir, credentialsDir, credential: join(credentialsDir, "master.key") };
}

test("the credential is the key; where systemd gives none, the one in the data folder counts", () => {
  const { dataDir, credentialsDir, credential } = fresh("credential");
  const places = { dataDir, file: null, credentialsDir };
  writeFileSync(credential, "none");
  expect(givenKey(null, credentialsDir)).toBeNull();
  const own = loadMasterKey(places);
  expect(readdirSync(dataDir)).toEqual(["master.key"]);
  expect(loadMasterKey(places)).toEqual(own);
  writeFileSync(credential, `${key.toString("base64")}\n`);
  expect(loadMasterKey(places)).toEqual(key);
});

test("commands find the credential where the unit takes it from", () => {
  const { credentialsDir } = fresh("commands");
  const configDir = join(credentialsDir, "..");
  expect(credentialsFolder({}, configDir)).toBe(credentialsDir);
  expect(credentialsFolder({ CREDENTIALS_DIRECTORY: "/run/credentials/x" }, configDir)).toBe("/run/credentials/x");
  expect(credentialsFolder({}, join(folder, "nowhere"))).toBeNull();
});

test("a missing key is not replaced by another one once something is encrypted under it", async () => {
  const { dataDir, credentialsDir } = fresh("missing");
  let check: string | null = null;
  const tickets = {
    readKeyCheck: async () => check,
    reseal: async (_: unknown, sealed: string) => {
      check = sealed;
    },
  } as unknown as Parameters<typeof openSecrets>[1];
  const places = { dataDir, file: null, credentialsDir };
  await openSecrets(places, tickets);
  rmSync(join(dataDir, "master.key"));
  expect(openSecrets(places, tickets)).rejects.toThrow("the master key is missing");
  expect(existsSync(join(dataDir, "master.key"))).toBe(false);
});

test("a command before the first start encrypts under the credential, as the service will", async () => {
  const site = await ApplianceProcess.prepare({ config: {} });
  try {
    const credentials = join(site.folder, "etc/credentials");
    mkdirSync(credentials, { mode: 0o700 });
    writeFileSync(join(credentials, "master.key"), `${key.toString("base64")}\n`, { mode: 0o600 });
    expect(site.run(["key", "create", "sensor", "--scope", "ingest"]).code).toBe(0);
    expect(existsSync(join(site.folder, "data/master.key"))).toBe(false);
    await site.start();
    expect(site.log).not.toContain("master_key");
    expect(existsSync(join(site.folder, "data/master.key"))).toBe(false);
  } finally {
    await site.dispose();
  }
});

test.skipIf(process.getuid?.() !== 0)("a credential that only root may read is no reason to make another key", () => {
  const { credentialsDir } = fresh("closed");
  writeFileSync(join(credentialsDir, "master.key"), key);
  chmodSync(credentialsDir, 0o700);
  const ids = { uid: process.geteuid?.() ?? 0 };
  process.seteuid?.(65_534);
  try {
    expect(() => givenKey(null, credentialsDir)).toThrow("may not be read by this user");
  } finally {
    process.seteuid?.(ids.uid);
  }
});
