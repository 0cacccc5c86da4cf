/** An installation under a prefix, step by step: made once, right ever after, never over what is somebody else's. */
import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnvFile } from "../../../core/settings/env-file.ts";
import { program } from "../../../test/harness/program.ts";
import { namesFrom } from "../../certificate/machine-names.ts";
import { commands } from "../commands.ts";
import { paint } from "../terminal/paint.ts";
import { carryOut } from "./carry-out.ts";
import { environmentExample } from "./environment-example.ts";
import { type Installation, installSteps } from "./install-steps.ts";
import { nextSteps } from "./next-steps.ts";
import { Target } from "./target.ts";

const isRoot = process.getuid?.() === 0;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A root folder in which the account is already made. */
function rootFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-install-"));
  folders.push(folder);
  mkdirSync(join(folder, "etc"));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nrhythmx:x:54321:54322::/var/lib/rhythmx:/x\n");
  writeFileSync(join(folder, "etc/group"), "root:x:0:\nrhythmx:x:54322:\n");
  writeFileSync(join(folder, "program"), "\x7fELF RhythmX Edge, version 1");
  return folder;
}

const plain = { adminPassword: null, tlsCertFile: null, masterKeyFile: null };

async function stepsIn(folder: string, settings: Installation["settings"] = plain, fromPackage = false) {
  return installSteps({
    target: await Target.at(folder),
    source: join(folder, "program"),
    fromPackage,
    settings,
    commands,
    names: () => namesFrom({ hostname: "edge", hosts: "", interfaces: {} }),
    now: Date.UTC(2027, 0, 1),
  });
}

const quiet = { dryRun: false, say: () => {}, paint: paint(false) };

/** Path to mode and owner, of everything below the folder. */
function listing(folder: string): Record<string, string> {
  return Object.fromEntries(
    below(folder).map((path) => {
      const { mode, uid, gid } = lstatSync(join(folder, path));
      return [path, `${(mode & 0o7777).toString(8)} ${uid}:${gid}`];
    }),
  );
}

/** Links are not followed. */
function below(folder: string, path = ""): string[] {
  return readdirSync(join(folder, path))
    .sort()
    .flatMap((name) => {
      const one = join(path, name);
      return lstatSync(join(folder, one)).isDirectory() ? [one, ...below(folder, one)] : [one];
    });
}

const contents = (folder: string) =>
  Object.fromEntries(
    Object.keys(listing(folder))
      .filter((path) => lstatSync(join(folder, path)).isFile())
      .map((path) => [path, readFileSync(join(folder, path)).toString("base64")]),
  );

describe.skipIf(!isRoot)("under a prefix", () => {
  test("everything has its place, mode and owner; a second run finds nothing to do and changes no byte", async () => {
    const folder = rootFolder();
    const said: string[] = [];
    await carryOut(await stepsIn(folder), { ...quiet, say: (text) => said.push(text) });
    const found = listing(folder);
    expect(found).toMatchObject({
      "usr/local/bin/rhythmx": "755 0:0",
      "etc/systemd/system/rhythmx.service": "644 0:0",
      "etc/rhythmx": "750 0:54322",
      "etc/rhythmx/.env.production": "640 0:54322",
      "etc/rhythmx/credentials": "710 0:54322",
      "etc/rhythmx/credentials/master.key": "600 0:0",
      "var/lib": "755 0:0",
      "var/lib/rhythmx": "700 54321:54322",
      "var/lib/rhythmx/initial-admin-password": "600 54321:54322",
      "var/lib/rhythmx/tls": "700 54321:54322",
      "var/lib/rhythmx/tls/server.key": "600 54321:54322",
      "usr/local/share/man/man1/rhythmx.1.gz": "644 0:0",
      "usr/local/share/bash-completion/completions/rhythmx": "644 0:0",
    });
    expect(Object.keys(found).filter((path) => /\.new$|\.next$|config\.json/.test(path))).toEqual([]);
    // Secrets are said to be there, never what they are.
    const password = readFileSync(join(folder, "var/lib/rhythmx/initial-admin-password"), "utf8").trim();
    expect(password.length).toBeGreaterThan(19);
    expect(said.join("")).not.toContain(password);
    const before = contents(folder);
    const again = await carryOut(await stepsIn(folder), quiet);
    expect(again.filter(({ state }) => state !== "right")).toEqual([]);
    expect([contents(folder), listing(folder)]).toEqual([before, found]);
  });

  test("the unit comes last: the run that makes it starts the service, so one that was cut off before has to leave that to the next", async () => {
    const folder = rootFolder();
    const steps = await stepsIn(folder);
    const cutOff = steps.at(-2) ?? { subject: "", look: () => null };
    const failing = {
      ...cutOff,
      look: () => ({ kind: "made" as const, detail: "", run: () => Promise.reject(new Error("cut off")) }),
    };
    await expect(carryOut(steps.with(-2, failing), quiet)).rejects.toThrow("cut off");
    const { unit } = (await Target.at(folder)).paths;
    expect(existsSync(unit)).toBe(false);
    const done = await carryOut(await stepsIn(folder), quiet);
    expect(done.at(-1)).toMatchObject({ subject: unit, state: "made" });
  });

  test("interrupted after any step, the next run completes it, with the secrets that were made", async () => {
    const steps = (folder: string) => stepsIn(folder, plain, true);
    const whole = rootFolder();
    await carryOut(await steps(whole), quiet);
    for (let count = 1; count < (await steps(whole)).length; count++) {
      const folder = rootFolder();
      await carryOut((await steps(folder)).slice(0, count), quiet);
      const made = contents(folder);
      await carryOut(await steps(folder), quiet);
      expect(listing(folder)).toEqual(listing(whole));
      expect(contents(folder)).toMatchObject(made);
    }
  });

  test("what an interrupted write left is no hindrance", async () => {
    const folder = rootFolder();
    for (const path of ["usr/local/bin/.rhythmx.new", "etc/rhythmx/credentials/.master.key.new"]) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), "half");
    }
    await carryOut(await stepsIn(folder), quiet);
    expect(Object.keys(listing(folder)).filter((path) => path.endsWith(".new"))).toEqual([]);
  });

  test("another version replaces program and unit, keeps the old unit, and touches neither settings nor secrets", async () => {
    const folder = rootFolder();
    await carryOut(await stepsIn(folder), quiet);
    const { binary, unit, environmentFile, masterKey } = (await Target.at(folder)).paths;
    writeFileSync(join(folder, "program"), "\x7fELF RhythmX Edge, version 2");
    writeFileSync(unit, `${readFileSync(unit, "utf8")}# edited by hand\n`);
    writeFileSync(environmentFile, "JIRA_URL=https://jira.example.org\n");
    const key = readFileSync(masterKey, "utf8");
    const done = await carryOut(await stepsIn(folder), quiet);
    expect(done.filter(({ state }) => state !== "right").map(({ subject }) => subject)).toEqual([binary, unit]);
    expect(readFileSync(binary, "utf8")).toContain("version 2");
    expect(readFileSync(`${unit}.old`, "utf8")).toContain("# edited by hand");
    expect(readFileSync(unit, "utf8")).not.toContain("# edited by hand");
    expect(readFileSync(environmentFile, "utf8")).toBe("JIRA_URL=https://jira.example.org\n");
    expect(readFileSync(masterKey, "utf8")).toBe(key);
  });

  test("a dry run says all of it and changes nothing", async () => {
    const folder = rootFolder();
    const before = listing(folder);
    const done = await carryOut(await stepsIn(folder), { ...quiet, dryRun: true });
    expect(done.every(({ state }) => state === "made" || state === "right")).toBe(true);
    expect(done.filter(({ state }) => state === "made").length).toBeGreaterThan(8);
    expect(listing(folder)).toEqual(before);
  });

  test("wrong modes and owners are mended", async () => {
    const folder = rootFolder();
    await carryOut(await stepsIn(folder), quiet);
    const good = listing(folder);
    for (const path of ["etc/rhythmx", "etc/rhythmx/credentials", "var/lib/rhythmx", "etc/rhythmx/.env.production"])
      chmodSync(join(folder, path), 0o777);
    chmodSync(join(folder, "usr/local/bin/rhythmx"), 0o700);
    await carryOut(await stepsIn(folder), quiet);
    expect(listing(folder)).toEqual(good);
  });

  const strangers: [string, (folder: string) => void, string][] = [
    ["a program of this name", (folder) => put(folder, "usr/local/bin/rhythmx", "#!/bin/sh\n"), "is not of RhythmX"],
    [
      "a folder in its place",
      (folder) => mkdirSync(join(folder, "usr/local/bin/rhythmx"), { recursive: true }),
      "no file",
    ],
    ["another unit", (folder) => put(folder, "etc/systemd/system/rhythmx.service", "[Unit]\n"), "is not of RhythmX"],
    ["another manual page", (folder) => put(folder, "usr/local/share/man/man1/rhythmx.1.gz", "x"), "is not of RhythmX"],
    ["a file for the data folder", (folder) => put(folder, "var/lib/rhythmx", "x"), "has to be a folder"],
    ["a link out of the prefix", (folder) => symlinkSync("/usr", join(folder, "usr")), "leads out of"],
  ];
  test.each(strangers)("%s is refused before anything is changed", async (_, place, words) => {
    const folder = rootFolder();
    place(folder);
    const before = listing(folder);
    await expect((async () => carryOut(await stepsIn(folder), quiet))()).rejects.toThrow(words);
    expect(listing(folder)).toEqual(before);
  });

  test("an older installation keeps its key, its data and what its settings say", async () => {
    const folder = rootFolder();
    put(folder, "var/lib/rhythmx/master.key", "old");
    put(folder, "var/lib/rhythmx/rhythmx.db", "old");
    await carryOut(await stepsIn(folder), quiet);
    const found = listing(folder);
    expect(found["etc/rhythmx/credentials/master.key"]).toBeUndefined();
    expect(found["var/lib/rhythmx/initial-admin-password"]).toBeUndefined();
    // It ran as root.
    expect([found["var/lib/rhythmx"], found["var/lib/rhythmx/rhythmx.db"]?.split(" ")[1]]).toEqual([
      "700 54321:54322",
      "54321:54322",
    ]);
    const pinned = rootFolder();
    const settings = { adminPassword: "chosen by somebody", tlsCertFile: "/c", masterKeyFile: "/k" };
    await carryOut(await stepsIn(pinned, settings), quiet);
    expect(readdirSync(join(pinned, "var/lib/rhythmx"))).toEqual([]);
    expect(readdirSync(join(pinned, "etc/rhythmx/credentials"))).toEqual([]);
  });

  test("in a folder that is already the service's, nothing is written as root", async () => {
    const folder = rootFolder();
    await carryOut(await stepsIn(folder), quiet);
    const data = join(folder, "var/lib/rhythmx");
    rmSync(join(data, "tls"), { recursive: true });
    rmSync(join(data, "initial-admin-password"));
    symlinkSync("/etc", join(data, "tls"));
    await carryOut(await stepsIn(folder), quiet);
    expect(readdirSync(data)).toEqual(["tls"]);
    expect(existsSync("/etc/server.crt")).toBe(false);
  });

  test("data that a drop-in has moved is made and kept there", async () => {
    const folder = rootFolder();
    put(
      folder,
      "etc/systemd/system/rhythmx.service.d/data.conf",
      "[Service]\nEnvironment=RHYTHMX_DATA_DIR=/srv/edge\n",
    );
    await carryOut(await stepsIn(folder), quiet);
    const found = listing(folder);
    expect([found["srv/edge"], found["var/lib/rhythmx"]]).toEqual(["700 54321:54322", undefined]);
  });

  test("for a package program and unit are left alone", async () => {
    const folder = rootFolder();
    await carryOut(await stepsIn(folder, plain, true), quiet);
    const found = Object.keys(listing(folder));
    expect(found.filter((path) => path.startsWith("usr") || path.includes("systemd"))).toEqual([]);
    expect(statSync(join(folder, "etc/rhythmx/credentials/master.key")).size).toBeGreaterThan(32);
  });
});

test("what is said at the end: address, firewall, log; the password only if it may be seen", async () => {
  const folder = rootFolder();
  const settings = {
    dataDir: "/var/lib/rhythmx",
    listen: { host: "0.0.0.0", port: 8443 },
    tlsCertFile: null,
    tlsKeyFile: null,
    alertHealth: { host: "0.0.0.0", port: 8888 },
    incidentHealth: { host: "127.0.0.1", port: 8889 },
  };
  const base = { target: await Target.at(folder), settings, service: null, fromPackage: false, hasPassword: true };
  const hidden = nextSteps({ ...base, password: null });
  expect(hidden).toContain("https://ADDRESS-OF-THIS-MACHINE:8443/");
  expect(hidden).toContain("open TCP 8443, 8888");
  expect(hidden).toContain("journalctl -u rhythmx");
  expect(hidden).toContain("initial-admin-password");
  expect(nextSteps({ ...base, password: "abc" })).toContain("password: abc");
  const inner = { ...settings, listen: { host: "127.0.0.1", port: 80 }, alertHealth: settings.incidentHealth };
  expect(nextSteps({ ...base, settings: inner, password: null })).toContain("nothing: it listens on loopback");
});

test("the example of .env.production sets nothing", () => {
  const { entries, faults } = parseEnvFile(environmentExample);
  expect([[...entries.keys()], faults]).toEqual([[], []]);
});

test("from a checkout it is refused with what to do", () => {
  const { status, stderr } = spawnSync(process.execPath, [program, "install", "--dry-run"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("`npm run build` makes the program");
});

function put(folder: string, path: string, content: string): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), content);
}
