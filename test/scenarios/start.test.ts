/** What ends a start, what waits, and what only stops what it configures. */
import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";

const patience = 300_000;
const root = process.getuid?.() === 0;
const certificates = join(import.meta.dirname, "../data/tls");

async function faultsOf({ healthPort }: ApplianceProcess): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${healthPort}/health`).catch(() => null);
  const body = (await answer?.json()) as { faults: { name: string; message: string }[] } | undefined;
  return (body?.faults ?? []).map(({ name, message }) => `${name}: ${message}`);
}

const fatal: [name: string, env: Record<string, string>][] = [
  ["RHYTHMX_LISTEN", { RHYTHMX_LISTEN: "everywhere" }],
  ["RHYTHMX_TLS_KEY_FILE", { RHYTHMX_TLS_CERT_FILE: "/etc/hostname" }],
  ["RHYTHMX_TLS_CERT_FILE", { RHYTHMX_TLS_KEY_FILE: "/etc/hostname" }],
  ["RHYTHMX_DATA_DIR", { RHYTHMX_DATA_DIR: "/tmp/a\u0001b" }],
];
test.each(fatal)("%s: %j ends the start with 2 before any connection is made", async (name, env) => {
  const receiver = createServer();
  let connections = 0;
  receiver.on("connection", () => connections++);
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as { port: number };
  const site = await ApplianceProcess.prepare({ config: { syslog: { host: "127.0.0.1", port } }, env });
  try {
    const { code, stdout, stderr } = await site.runAside(["serve"]);
    expect([code, stdout, connections]).toEqual([2, "", 0]);
    expect(stderr).toMatch(new RegExp(`^error: .*${name}.*the appliance does not start$`, "m"));
    expect(existsSync(join(site.folder, "data"))).toBe(false);
  } finally {
    await site.dispose();
    receiver.close();
  }
});

test.each(["/etc/hostname", "/etc/hostname/data"])(
  "a data folder %s, which is no folder, ends the start with 2",
  async (path) => {
    const site = await ApplianceProcess.prepare({ env: { RHYTHMX_DATA_DIR: path } });
    try {
      const { code, stderr } = await site.runAside(["serve"]);
      expect(code).toBe(2);
      expect(stderr).toContain(`the data folder ${path} is a file, or lies in one: set RHYTHMX_DATA_DIR to a folder`);
    } finally {
      await site.dispose();
    }
  },
);

const passwords: [what: string, env: Record<string, string>, file: string][] = [
  ["too short", { RHYTHMX_ADMIN_PASSWORD: "short" }, ""],
  ["of too few letters", { RHYTHMX_ADMIN_PASSWORD: "aaaaaaaaaaaaaaaa" }, ""],
  ["on a line that cannot be read", {}, 'RHYTHMX_ADMIN_PASSWORD="correct horse battery\n'],
];
test.each(passwords)(
  "a first password %s ends the first start with the reason, never with another password",
  async (_, env, file) => {
    const site = await ApplianceProcess.prepare({ config: {}, env });
    try {
      if (file !== "") writeFileSync(join(site.folder, "etc", ".env.production"), file, { mode: 0o600 });
      const { code, stderr } = site.run(["serve"]);
      expect(code).toBe(2);
      expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^rhythmx serve: .*RHYTHMX_ADMIN_PASSWORD.*accepted: /);
      for (const secret of ["short", "aaaaaaaa", "correct horse"].filter((text) => text in Object.values(env)))
        expect(stderr).not.toContain(secret);
      expect(existsSync(join(site.folder, "data", "initial-admin-password"))).toBe(false);
      const checked = site.run(["check"]);
      expect(checked.code).toBe(1);
      // Mended, it starts; a wrong one later is none of its business.
      rmSync(join(site.folder, "etc", ".env.production"), { force: true });
      site.env.RHYTHMX_ADMIN_PASSWORD = "correct horse battery";
      await site.start();
      await site.terminate();
      site.env.RHYTHMX_ADMIN_PASSWORD = "short";
      await site.start();
      expect(site.run(["user", "list"]).stdout).toContain("admin");
    } finally {
      await site.dispose();
    }
  },
  patience,
);

test(
  "a port that is taken and a certificate that is missing are named, the rest runs, and they are tried again",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    const [cert, key] = [join(site.folder, "cert.pem"), join(site.folder, "key.pem")];
    site.env.RHYTHMX_TLS_CERT_FILE = cert;
    site.env.RHYTHMX_TLS_KEY_FILE = key;
    const other = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(site.apiPort, "127.0.0.1", resolve));
    defer(() => other.close());
    site.start().catch(() => {});
    await until(async () => (await faultsOf(site)).some((fault) => fault.startsWith("api: ")));
    expect(await faultsOf(site)).toEqual([
      expect.stringMatching(/^api: .*RHYTHMX_TLS_CERT_FILE: .*there is no such file/),
    ]);
    expect((await site.runAside(["key", "list"])).code).toBe(0);
    copyFileSync(join(certificates, "server.pem"), cert);
    copyFileSync(join(certificates, "server.key"), key);
    await until(async () => (await faultsOf(site)).some((fault) => fault.includes("cannot listen on")), 180_000);
    await new Promise((resolve) => other.close(resolve));
    await until(async () => (await faultsOf(site)).length === 0, 180_000);
    const answer = await fetch(`https://127.0.0.1:${site.apiPort}/healthz`, { tls: { rejectUnauthorized: false } });
    expect(answer.status).toBe(200);
  }),
  patience,
);

test.skipIf(!root)(
  "a data folder of another owner, and what root has left in one's own, are waited for with the words to mend them",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    const data = join(site.folder, "data");
    mkdirSync(data, { mode: 0o700 });
    chownSync(site.folder, 65_534, 65_534);
    const child = spawn(
      "setpriv",
      ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, program, "serve"],
      {
        env: site.env,
        cwd: site.folder,
        stdio: "ignore",
      },
    );
    const ended = once(child, "exit");
    defer(async () => {
      child.kill("SIGKILL");
      await ended;
    });
    await until(async () => (await faultsOf(site)).length > 0, 180_000);
    expect(await faultsOf(site)).toEqual([
      expect.stringMatching(
        /^store_open: .*data belongs to root, and this runs as user 65534: chown -R 65534 \S+data$/,
      ),
    ]);
    writeFileSync(join(data, "rhythmx.db"), "", { mode: 0o600 });
    chownSync(data, 65_534, 65_534);
    await until(
      async () => (await faultsOf(site)).some((fault) => fault.includes("rhythmx.db belongs to root")),
      180_000,
    );
    chownSync(join(data, "rhythmx.db"), 65_534, 65_534);
    await until(() => site.ready(), 180_000);
    expect(child.exitCode).toBeNull();
  }),
  patience,
);
