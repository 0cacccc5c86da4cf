/** The Debian package and its unit on a machine with systemd: installed, confined, killed, reloaded, upgraded under load, removed, purged. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { Machine } from "./machine.ts";
import { madeRelease } from "./made-release.ts";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const deb = `/root/rhythmx-edge_${manifest.version}_${architecture}.deb`;
const release = madeRelease();
let machine: Machine;
let bare: string[];

beforeAll(async () => {
  machine = await Machine.start();
  machine.bring(join(release.folder, deb.replace("/root/", "")), deb);
  bare = tree();
});
afterAll(async () => {
  await machine.dispose();
  release.dispose();
});

/** All files that are kept, with mode and owner, but for what other programs write of their own accord. */
function tree(): string[] {
  const changing =
    "/root|/proc|/sys|/dev|/run|/tmp|/var/log|/var/tmp|/var/lib/dpkg|/var/lib/systemd|/var/cache/ldconfig|/var/cache/debconf";
  return machine
    .must(`find / -xdev -printf '%p %M %u:%g\\n' | grep -vE '^(${changing})([ /]|$)|^/etc/(passwd|group|g?shadow)-? '`)
    .split("\n")
    .sort();
}

const added = () => tree().filter((line) => !bare.includes(line));
const show = (property: string) => machine.must(`systemctl show -p ${property} --value rhythmx`).trim();
const active = "systemctl is-active -q rhythmx && curl -sfk https://127.0.0.1:8443/readyz";

test("dpkg -i: the service runs, and the first password is named by its file alone", async () => {
  const { status, stdout, stderr } = machine.run(`dpkg -i ${deb}`);
  expect({ status, stderr: stderr.replace(/^Created symlink .*\n/, "") }).toEqual({ status: 0, stderr: "" });
  await machine.until(active);
  const password = machine.must("cat /var/lib/rhythmx/initial-admin-password").trim();
  expect(password.length).toBeGreaterThan(12);
  expect(stdout).not.toContain(password);
  expect(stdout).toContain("/var/lib/rhythmx/initial-admin-password");
  expect(stdout).toContain("https://edge.corp.example:8443/");
  expect(machine.must("journalctl -u rhythmx")).not.toContain(password);
  const login = JSON.stringify({ username: "admin", password });
  const request = `curl -sk https://edge.corp.example:8443/api/login -H 'Content-Type: application/json' -d @-`;
  expect(JSON.parse(machine.must(request, { input: login }))).toHaveProperty("token");
});

test("what is where, and whose", () => {
  const found = added();
  for (const line of [
    "/etc/rhythmx drwxr-x--- root:rhythmx",
    "/etc/rhythmx/.env.production -rw-r----- root:rhythmx",
    "/etc/rhythmx/credentials drwx--x--- root:rhythmx",
    "/etc/rhythmx/credentials/master.key -rw------- root:root",
    "/etc/ufw/applications.d/rhythmx -rw-r--r-- root:root",
    "/var/lib/rhythmx drwx------ rhythmx:rhythmx",
    "/var/lib/rhythmx/rhythmx.db -rw------- rhythmx:rhythmx",
    "/var/lib/rhythmx/initial-admin-password -rw------- rhythmx:rhythmx",
    "/var/lib/rhythmx/tls/server.key -rw------- rhythmx:rhythmx",
    "/usr/bin/rhythmx -rwxr-xr-x root:root",
    "/usr/share/bash-completion/completions/rhythmx -rw-r--r-- root:root",
  ])
    expect(found).toContain(line);
  // Nothing pins settings, and the key is the credential's alone.
  expect(found.filter((line) => /config\.json|\/var\/lib\/rhythmx\/master\.key/.test(line))).toEqual([]);
  expect(machine.must("getent passwd rhythmx").trim()).toMatch(
    /^rhythmx:x:\d+:\d+:RhythmX Edge:\/var\/lib\/rhythmx:\/usr\/sbin\/nologin$/,
  );
  expect(machine.must("ufw app info 'RhythmX Edge'")).toContain("8443/tcp");
  // Debian's own check of what the package brought; systemd-sysusers and -tmpfiles agree with what is there.
  expect(machine.must("dpkg --verify rhythmx-edge; systemd-sysusers; systemd-tmpfiles --create")).toBe("");
  expect(added()).toEqual(found);
});

test("the service is confined as its unit says", () => {
  const pid = show("MainPID");
  const status = machine.must(`cat /proc/${pid}/status`);
  expect(status).toMatch(/^Seccomp:\t2$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  for (const set of ["CapEff", "CapPrm", "CapBnd", "CapAmb"])
    expect(status).toMatch(new RegExp(`^${set}:\\t0{16}$`, "m"));
  const inside = (script: string) =>
    machine.run(`nsenter -t ${pid} -m -- setpriv --reuid rhythmx --regid rhythmx --clear-groups sh -c '${script}'`);
  for (const path of ["/usr/bin/x", "/etc/x", "/etc/rhythmx/x", "/opt/x", "/root/x"])
    expect(inside(`: >${path}`).status).not.toBe(0);
  expect(inside(": >/var/lib/rhythmx/x && rm /var/lib/rhythmx/x").status).toBe(0);
  expect(inside("cat /etc/rhythmx/credentials/master.key").status).not.toBe(0);
  expect(inside("cat /run/credentials/rhythmx.service/master.key").stdout).toBe(
    machine.must("cat /etc/rhythmx/credentials/master.key"),
  );
  machine.write("/tmp/here", "");
  expect(inside("ls /tmp").stdout).toBe("");
  expect(show("MemoryMax")).toBe(String(2 * 2 ** 30));
  const limit =
    "cat /sys/fs/cgroup/memory/system.slice/rhythmx.service/memory.limit_in_bytes || cat /sys/fs/cgroup/system.slice/rhythmx.service/memory.max";
  expect(machine.run(limit).stdout.trim()).toBe(String(2 * 2 ** 30));
  expect(
    Number(/: ([\d.]+) /.exec(machine.must("systemd-analyze security rhythmx | tail -n 1"))?.[1]),
  ).toBeLessThanOrEqual(1.6);
});

test("killed or stuck, it is back; what a setting does wrong ends it for good", async () => {
  machine.must("systemctl kill -s KILL rhythmx");
  await machine.until(`[ "$(systemctl show -p NRestarts --value rhythmx)" = 1 ] && ${active}`);
  machine.must(`mkdir -p /run/systemd/system/rhythmx.service.d
    printf '[Service]\\nWatchdogSec=5\\nRestartSec=0\\n' >/run/systemd/system/rhythmx.service.d/test.conf
    systemctl daemon-reload; systemctl restart rhythmx`);
  await machine.until(active);
  const stuck = show("MainPID");
  machine.must(`kill -STOP ${stuck}`);
  await machine.until(`[ "$(systemctl show -p MainPID --value rhythmx)" != ${stuck} ] && ${active}`, 120);
  expect(machine.must("journalctl -u rhythmx")).toContain("Watchdog timeout");
  machine.must("rm -r /run/systemd/system/rhythmx.service.d; systemctl daemon-reload; systemctl restart rhythmx");
  await machine.until(active);

  machine.must(
    "cp -p /etc/rhythmx/.env.production /root/env; echo RHYTHMX_LISTEN=nowhere >>/etc/rhythmx/.env.production",
  );
  const reload = machine.run("systemctl reload rhythmx");
  expect(reload.status).not.toBe(0);
  expect(machine.must("systemctl is-active rhythmx")).toBe("active\n");
  machine.run("systemctl restart rhythmx");
  await machine.until("[ $(systemctl is-failed rhythmx) = failed ]");
  expect(show("ExecMainStatus")).toBe("2");
  expect(show("NRestarts")).toBe("0");
  machine.must("cp -p /root/env /etc/rhythmx/.env.production; systemctl restart rhythmx; systemctl reload rhythmx");
  await machine.until(active);
});

/** Sends batches until it is told to stop, each until it is taken, under its own Idempotency-Key; says how many. */
const sender = `
key=$(rhythmx key create load --scope ingest) n=0
while [ ! -e /tmp/enough ]; do
  n=$((n + 1))
  until [ "$(curl -sk -o /dev/null -w '%{http_code}' --max-time 20 https://127.0.0.1:8443/api/v1/ingest/detections \\
    -H "X-API-Key: $key" -H "Idempotency-Key: batch-$n" -H 'Content-Type: application/x-ndjson' \\
    -d '{"rule_title":"Rule '$n'","timestamp":"2026-11-29T08:00:00Z","level":"high","user":"jsmith","host":"ws-101","raw":{}}')" = 200 ]; do
    sleep 0.1
  done
  echo "$n" >/tmp/sent
done`;

test("an upgrade under load loses nothing; a disabled service and policy-rc.d are left as they are", async () => {
  const load = machine.begin(sender);
  const ended = new Promise((resolve) => load.once("exit", resolve));
  await machine.until("[ $(cat /tmp/sent) -ge 10 ]");
  const before = show("MainPID");
  machine.must(`dpkg -i ${deb}`);
  await machine.until(active);
  expect(show("MainPID")).not.toBe(before);
  const sent = Number(machine.must("cat /tmp/sent"));
  await machine.until(`[ $(cat /tmp/sent) -ge ${sent + 10} ]`);
  machine.write("/tmp/enough", "");
  await ended;
  const total = machine.must("cat /tmp/sent").trim();
  expect(machine.must("rhythmx doctor")).toMatch(new RegExp(`^contents +${total} alerts`, "m"));

  const running = show("MainPID");
  machine.must("printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d");
  machine.must(`dpkg -i ${deb}; rm /usr/sbin/policy-rc.d`);
  expect(show("MainPID")).toBe(running);
  machine.must(`systemctl disable -q --now rhythmx; dpkg -i ${deb}`);
  expect(machine.run("systemctl is-enabled rhythmx; systemctl is-active rhythmx").stdout).toBe("disabled\ninactive\n");
  machine.must("systemctl enable -q --now rhythmx");
});

test("dpkg -r leaves settings and data, which the next installation goes on with; dpkg -P leaves nothing", async () => {
  const said = machine.must("dpkg -r rhythmx-edge");
  expect(said).toContain("settings stay in /etc/rhythmx, data in /var/lib/rhythmx");
  const left = added().map((line) => line.split(" ")[0] ?? "");
  const expected =
    /^\/(etc\/(rhythmx|ufw\/applications\.d\/rhythmx|systemd)|var\/lib\/rhythmx|var\/cache\/rhythmx)(\/|$)/;
  expect(left.filter((path) => !expected.test(path))).toEqual([]);
  for (const path of ["/etc/rhythmx/credentials/master.key", "/var/lib/rhythmx/rhythmx.db"])
    expect(left).toContain(path);
  expect(machine.must("cat /proc/[0-9]*/comm")).not.toContain("rhythmx");
  const alerts = /^contents +\d+ alerts/m;
  machine.must(`dpkg -i ${deb}`);
  await machine.until(active);
  expect(Number(alerts.exec(machine.must("rhythmx doctor"))?.[0].replace(/\D/g, ""))).toBeGreaterThan(20);

  expect(machine.must("dpkg -P rhythmx-edge")).toContain("removed settings (/etc/rhythmx) and data (/var/lib/rhythmx)");
  expect(added()).toEqual([]);
  expect(tree().length).toBe(bare.length);
  expect(machine.must("getent passwd rhythmx")).toContain("nologin");
  expect(machine.run("systemctl status rhythmx").status).toBe(4);
});

test("beside an installation by `rhythmx install` the package refuses, and breaks nothing", () => {
  machine.must("printf '[Service]\\nExecStart=/usr/local/bin/rhythmx serve\\n' >/etc/systemd/system/rhythmx.service");
  const { status, stderr } = machine.run(`dpkg -i ${deb}`);
  expect(status).not.toBe(0);
  expect(stderr).toContain('Take that away first, which keeps\nsettings and data: "rhythmx uninstall"');
  machine.must("rm /etc/systemd/system/rhythmx.service; dpkg -P rhythmx-edge");
  expect(added()).toEqual([]);
});
