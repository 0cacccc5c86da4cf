/** The compiled program installs itself into a root folder: whole, interrupted, without room, without the right to write. */
import { afterAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { binary } from "../harness/binary.ts";
import { freePort } from "../harness/free-port.ts";
import { installed } from "../harness/rsyslog.ts";
import { disksMountable, SmallDisk } from "../harness/small-disk.ts";

const isRoot = process.getuid?.() === 0;
const isAble = isRoot && disksMountable() && installed("systemd-sysusers", "systemd") && installed("strace", "strace");
/** In memory: every step of an installation waits until the disk has it. */
const disk = isAble ? SmallDisk.mounted(1_200) : null;
afterAll(() => disk?.remove());

function scratch(): string {
  const folder = mkdtempSync(join(disk?.data ?? "", "root-"));
  chmodSync(folder, 0o755);
  return folder;
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(binary(), args, { encoding: "utf8", env: { PATH: process.env.PATH } });
  return { code: status, stdout, stderr };
}

/** Path to mode and owner; links are not followed. */
function listing(folder: string, path = ""): Record<string, string> {
  const rows = readdirSync(join(folder, path)).flatMap((name) => {
    const one = join(path, name);
    const { mode, uid, gid } = lstatSync(join(folder, one));
    const row: [string, string] = [one, `${(mode & 0o7777).toString(8)} ${uid}:${gid}`];
    return (mode & 0o170000) === 0o040000 ? [row, ...Object.entries(listing(folder, one))] : [row];
  });
  return Object.fromEntries(rows);
}

describe.skipIf(!isAble)("rhythmx install --prefix", () => {
  test("makes user and everything else, says what was right already, and uninstall leaves exactly what it should", async () => {
    const root = scratch();
    const first = run("install", "--prefix", root);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    const [, uid] = /^rhythmx:[^:]*:(\d+):/m.exec(readFileSync(join(root, "etc/passwd"), "utf8")) ?? [];
    const data = lstatSync(join(root, "var/lib/rhythmx"));
    expect([String(data.uid), data.mode & 0o777]).toEqual([uid ?? "none", 0o700]);
    const password = readFileSync(join(root, "var/lib/rhythmx/initial-admin-password"), "utf8").trim();
    // Not on a terminal: it says where the password lies.
    expect(first.stdout).not.toContain(password);
    expect(first.stdout).toContain("initial-admin-password");
    expect(spawnSync(join(root, "usr/local/bin/rhythmx"), ["version"], { encoding: "utf8" }).status).toBe(0);
    const whole = listing(root);

    const again = run("install", "--prefix", root, "--json");
    const report = JSON.parse(again.stdout) as { steps: { state: string }[] };
    expect([again.code, ...new Set(report.steps.map(({ state }) => state))]).toEqual([0, "right"]);
    expect(again.stdout).not.toContain(password);
    expect(listing(root)).toEqual(whole);

    // While an appliance runs on the data, nothing is removed.
    const ports = [await freePort(), await freePort(), await freePort()];
    const serve = spawn(join(root, "usr/local/bin/rhythmx"), ["serve"], {
      env: {
        RHYTHMX_CONFIG_DIR: join(root, "etc/rhythmx"),
        RHYTHMX_DATA_DIR: join(root, "var/lib/rhythmx"),
        RHYTHMX_LISTEN: `127.0.0.1:${ports[0]}`,
        RHYTHMX_ALERT_HEALTH: `127.0.0.1:${ports[1]}`,
        RHYTHMX_INCIDENT_HEALTH: `127.0.0.1:${ports[2]}`,
      },
      stdio: "ignore",
    });
    const ended = once(serve, "exit");
    try {
      const url = `http://127.0.0.1:${ports[0]}`;
      await until(async () => (await fetch(`${url}/healthz`).catch(() => null))?.ok === true);
      // The password that install has made is the administrator's.
      const login = await fetch(`${url}/api/login`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ username: "admin", password }),
      });
      expect(login.status).toBe(200);
      // The key is the credential, and none is made in the data folder.
      expect(existsSync(join(root, "var/lib/rhythmx/master.key"))).toBe(false);
      const refused = run("uninstall", "--prefix", root);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`process ${serve.pid}`)]);
      expect(existsSync(join(root, "usr/local/bin/rhythmx"))).toBe(true);
    } finally {
      serve.kill("SIGTERM");
      await ended;
    }

    const removed = run("uninstall", "--prefix", root);
    expect([removed.code, removed.stderr]).toEqual([0, ""]);
    const files = Object.keys(listing(root)).filter((path) => lstatSync(join(root, path)).isFile());
    expect(files.filter((path) => path.startsWith("usr") || path.includes("systemd"))).toEqual([]);
    for (const path of [
      "var/lib/rhythmx/rhythmx.db",
      "etc/rhythmx/.env.production",
      "etc/rhythmx/credentials/master.key",
    ])
      expect(files).toContain(path);
    expect(readFileSync(join(root, "etc/passwd"), "utf8")).toContain("rhythmx:");

    const unasked = run("uninstall", "--prefix", root, "--purge");
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    expect(run("uninstall", "--prefix", root, "--purge", "--yes").code).toBe(0);
    expect(Object.keys(listing(root)).filter((path) => path.includes("rhythmx"))).toEqual([]);
    expect(readFileSync(join(root, "etc/passwd"), "utf8")).not.toContain("rhythmx:");
  });

  test("killed at any time, the next run makes it whole", async () => {
    const whole = scratch();
    expect(run("install", "--prefix", whole).code).toBe(0);
    // In the copy of the program, then before a folder, a file's owner or mode, and the name of a file: each early and late.
    const places = ["copy", "mkdir:11", "chmod:14", "chmod:52", "chown:2", "rename:12"];
    for (const place of places) {
      const root = scratch();
      const [call, when] = place.split(":");
      const killing = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        `trace=${call}`,
        "-e",
        `inject=${call}:signal=KILL:when=${when}`,
      ];
      const child =
        place === "copy"
          ? spawn(binary(), ["install", "--prefix", root], { stdio: "ignore" })
          : spawn("strace", [...killing, binary(), "install", "--prefix", root], { stdio: "ignore" });
      const ended = once(child, "exit");
      if (place === "copy") {
        const copy = join(root, "usr/local/bin/.rhythmx.new");
        await until(() => existsSync(copy) || child.exitCode !== null);
        child.kill("SIGKILL");
      }
      await ended;
      expect(child.exitCode).not.toBe(0);
      expect(run("install", "--prefix", root).code).toBe(0);
      expect(listing(root)).toEqual(listing(whole));
      rmSync(root, { recursive: true });
    }
  });

  test("without room, and where nothing can be written, it says so and leaves no half of a file", () => {
    const { size } = lstatSync(binary());
    const tooSmall = SmallDisk.mounted(60);
    const nearly = SmallDisk.mounted(Math.ceil(size / 1_048_576) + 1);
    try {
      const refused = run("install", "--prefix", tooSmall.data);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/has no room for the program: it takes \d+ MiB/),
      ]);
      expect(Object.keys(listing(tooSmall.data)).filter((path) => path.includes(".new"))).toEqual([]);
      tooSmall.readOnly();
      const locked = run("install", "--prefix", tooSmall.data);
      expect([locked.code, locked.stderr]).toEqual([1, expect.stringMatching(/cannot be written: .*read-only/i)]);
      tooSmall.writable();

      // The program fits, then the disk is full; with room again it is completed.
      nearly.fill(size + 40_000);
      const full = run("install", "--prefix", nearly.data);
      expect(full.code).toBe(1);
      expect(Object.keys(listing(nearly.data)).filter((path) => path.endsWith(".new"))).toEqual([]);
      nearly.empty();
      expect(run("install", "--prefix", nearly.data)).toMatchObject({ code: 0, stderr: "" });
    } finally {
      tooSmall.remove();
      nearly.remove();
    }
  });

  test("who is not root is told so; the package's installation is left alone", () => {
    const root = scratch();
    mkdirSync(join(root, "usr/bin"), { recursive: true });
    mkdirSync(join(root, "usr/local/bin"), { recursive: true });
    spawnSync("cp", [binary(), join(root, "usr/local/bin/other")]);
    chmodSync(join(root, "usr/local/bin/other"), 0o755);
    const other = spawnSync(
      "setpriv",
      [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        join(root, "usr/local/bin/other"),
        "install",
        "--prefix",
        root,
      ],
      { encoding: "utf8" },
    );
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining("only root may install")]);
    spawnSync("touch", [join(root, "usr/bin/rhythmx")]);
    for (const words of [["install"], ["uninstall"]]) {
      const packaged = run(...words, "--prefix", root);
      expect([packaged.code, packaged.stderr]).toEqual([1, expect.stringContaining("rhythmx-edge")]);
    }
    expect(run("install", "--prefix", root, "--from-package").code).toBe(0);
    expect(existsSync(join(root, "usr/local/bin/rhythmx"))).toBe(false);
  });
});
