/** Types what docs/install.md and docs/operations.md say, on machines that have nothing else and no internet. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import manifest from "../../package.json" with { type: "json" };
import { Document } from "./document.ts";
import { Machine } from "./machine.ts";
import { madeRelease } from "./made-release.ts";

setDefaultTimeout(600_000);

const root = join(import.meta.dirname, "../..");
const release = madeRelease();
afterAll(() => release.dispose());

const { version } = manifest;
const onArm = process.arch === "arm64";
const deb = `rhythmx-edge_${version}_${onArm ? "arm64" : "amd64"}.deb`;
const here = { VERSION: version, ...(onArm ? { amd64: "arm64", x64: "arm64" } : {}) };
const guide = new Document("docs/install.md");
const operations = new Document("docs/operations.md");
const receivers = new Document("docs/receivers.md");
const [byPackage = "", byArchive = ""] = guide.under("Install", here);
const [readPassword = ""] = guide.under("First login");
const [setDestination = "", sendDetection = ""] = guide.under("First message", {
  "siem.example.org": "edge.corp.example",
});
const [uploadCertificate = ""] = guide.under("Certificates");
const [newMasterKey = ""] = guide.under("Where things are");
const [takeAway = "", purge = ""] = (guide.under("Uninstall")[0] ?? "").split("\n");

const [beforeUpgrade = "", goBack = ""] = operations.under("Upgrade and back", { "schema-15": "schema-1" });
const [backUp = "", restore = ""] = operations.under("Backup and restore");
const [onOldMachine = "", onNewMachine = ""] = operations.under("Moving to another machine");

const api = "https://edge.corp.example:8443";
const serving = "systemctl is-active -q rhythmx && curl -sfk https://127.0.0.1:8443/readyz";

/** Signs in with the generated password and replaces it, as the console asks. Returns the new one. */
function firstLogin(machine: Machine): string {
  const generated = machine.must(readPassword).trim();
  const login = (password: string) =>
    JSON.parse(
      machine.must(`curl -sk ${api}/api/login -H 'Content-Type: application/json' -d @-`, {
        input: JSON.stringify({ username: "admin", password }),
      }),
    );
  const { token, password_change_required: required } = login(generated);
  expect(required).toBe(true);
  const password = "a password of our own 17";
  machine.must(
    `curl -sfk ${api}/api/password -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d @-`,
    {
      input: JSON.stringify({ current_password: generated, new_password: password }),
    },
  );
  expect(login(password)).toMatchObject({ password_change_required: false });
  expect(machine.run(readPassword).status).not.toBe(0);
  return password;
}

/** rsyslog as docs/receivers.md says. */
function receive(machine: Machine): void {
  const [configuration = ""] = receivers.under("rsyslog");
  machine.write("/etc/rsyslog.d/30-rhythmx.conf", configuration);
  machine.must("rsyslogd -N1 && systemctl restart rsyslog");
}

async function firstMessage(machine: Machine): Promise<void> {
  const checked = machine.must(setDestination);
  expect(checked).toMatch(/siem.*edge\.corp\.example:514/);
  expect(machine.must(sendDetection)).toContain('"accepted":1');
  const log = await machine.until(
    "grep -q 'Suspicious Curl.EXE Download' /var/log/rhythmx.log && cat /var/log/rhythmx.log",
  );
  expect(log).toContain(" TEST ");
}

test("the package: first login, destination, first message, own certificate, backup and restore, upgrade of the oldest database and back, move", async () => {
  const machine = await Machine.start();
  try {
    machine.bring(join(release.folder, deb), `/root/${deb}`);
    machine.must(byPackage);
    await machine.until(serving);
    const password = firstLogin(machine);
    receive(machine);
    await firstMessage(machine);

    machine.must(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=edge.example.org \\
      -addext subjectAltName=DNS:edge.example.org -keyout key.pem -out chain.pem`);
    const uploaded = machine.must(uploadCertificate.replace('"…"', JSON.stringify(password)));
    expect(uploaded).toContain("edge.example.org");
    machine.must(
      "curl -sf --cacert chain.pem --resolve edge.example.org:8443:127.0.0.1 https://edge.example.org:8443/healthz",
    );

    await anotherMasterKey(machine);
    await restored(machine);
    await upgradeAndBack(machine);
    await moved(machine);
  } finally {
    await machine.dispose();
  }
});

/** While the service runs, which sees neither the file of the new key nor its place. */
async function anotherMasterKey(machine: Machine): Promise<void> {
  const key = () => machine.must("base64 -w0 /etc/rhythmx/credentials/master.key");
  const before = key();
  machine.must(newMasterKey);
  expect(key()).not.toBe(before);
  machine.must("systemctl restart rhythmx");
  await machine.until(serving);
  expect(machine.must("rhythmx doctor")).toContain("Nothing is wrong.");
}

const alertsOf = (machine: Machine) => Number(/^contents +([\d,]+) alerts/m.exec(machine.must("rhythmx doctor"))?.[1]);

/** A backup, and back to it after more came in. */
async function restored(machine: Machine): Promise<void> {
  machine.must(beforeUpgrade);
  machine.must(backUp);
  const before = alertsOf(machine);
  machine.must(sendDetection.replaceAll("Suspicious", "Another suspicious"));
  expect(alertsOf(machine)).toBe(before + 1);
  machine.must(restore);
  await machine.until(serving);
  expect(alertsOf(machine)).toBe(before);
}

/** To a machine without anything, with what the document says to take along. */
async function moved(old: Machine): Promise<void> {
  old.must(onOldMachine);
  const next = await Machine.start();
  try {
    next.bring(join(release.folder, deb), `/root/${deb}`);
    next.must(byPackage);
    await next.until(serving);
    next.bring(old.path("/root/rhythmx.tar.gz"), "/root/rhythmx.tar.gz");
    next.bring(old.path("/etc/rhythmx/credentials/master.key"), "/root/master.key");
    next.must(onNewMachine);
    await next.until(serving);
    old.must("systemctl start rhythmx");
    await old.until(serving);
    expect(alertsOf(next)).toBe(alertsOf(old));
    expect(next.must("rhythmx user list")).toBe(old.must("rhythmx user list"));
  } finally {
    await next.dispose();
  }
}

/** The database of the oldest schema, upgraded by the package while a sender repeats what is not taken; then the copy that the upgrade made. */
async function upgradeAndBack(machine: Machine): Promise<void> {
  machine.must("systemctl stop rhythmx; rm /var/lib/rhythmx/rhythmx.db*");
  machine.write(
    "/var/lib/rhythmx/rhythmx.db",
    gunzipSync(readFileSync(join(root, "test/data/databases/schema-1.db.gz"))),
  );
  machine.must("chown rhythmx:rhythmx /var/lib/rhythmx/rhythmx.db; chmod 600 /var/lib/rhythmx/rhythmx.db");
  const sender = machine.begin(`until key=$(rhythmx key create load --scope ingest 2>/dev/null); do sleep 0.1; done
    for n in 1 2 3 4 5; do
      until [ "$(curl -sk -o /dev/null -w '%{http_code}' ${api}/api/v1/ingest/detections -H "X-API-Key: $key" -H "Idempotency-Key: $n" -H 'Content-Type: application/x-ndjson' \\
        -d '{"rule_title":"Rule '$n'","timestamp":"2026-11-29T08:00:00Z","level":"low","raw":{}}')" = 200 ]; do sleep 0.1; done
    done`);
  const sent = new Promise((resolve) => sender.once("exit", resolve));
  machine.must(byPackage);
  await machine.until(serving);
  expect(await sent).toBe(0);
  const upgraded = alertsOf(machine);
  expect(machine.must("rhythmx doctor")).toContain("rhythmx.db.schema-1");
  machine.must(goBack);
  machine.must(byPackage);
  await machine.until(serving);
  // This program upgrades the copy again: it is whole, and without what came after it.
  expect(alertsOf(machine)).toBe(upgraded - 5);
  expect(upgraded).toBeGreaterThan(5);
}

test("the tar.gz: installed, again, taken away with what stays, purged", async () => {
  const machine = await Machine.start();
  try {
    const archive = `rhythmx-edge-${version}-linux-${process.arch}.tar.gz`;
    machine.bring(join(release.folder, archive), `/root/${archive}`);
    // A run that fails on its way is completed by the next one, which starts the service.
    const makers = "useradd systemd-sysusers";
    machine.must(`for one in ${makers}; do p=$(command -v $one) && mv $p $p.away; done`);
    expect(machine.run(byArchive).status).toBe(1);
    machine.must(`for one in ${makers}; do p=$(command -v $one.away) && mv $p \${p%.away}; done`);
    const said = machine.must(byArchive);
    await machine.until(serving);
    // Without a terminal the password is named by its file.
    expect(said).not.toContain(machine.must(readPassword).trim());
    firstLogin(machine);
    const kept = () =>
      machine.must("find /etc/rhythmx /var/lib/rhythmx -name '*.key' -o -name '*.db' | sort; id rhythmx");
    const before = kept();
    const running = machine.must("systemctl show -p MainPID --value rhythmx");
    machine.must(byArchive);
    expect(machine.must("systemctl show -p MainPID --value rhythmx")).toBe(running);
    // As a run leaves it that was cut off after it had replaced the program.
    machine.must("cp /usr/local/bin/rhythmx x; mv x /usr/local/bin/rhythmx");
    machine.must(byArchive);
    await machine.until(serving);
    expect(machine.must("systemctl show -p MainPID --value rhythmx")).not.toBe(running);
    machine.must(takeAway);
    expect(machine.run("which rhythmx; systemctl cat rhythmx").status).not.toBe(0);
    expect(kept()).toBe(before);
    machine.must(byArchive);
    await machine.until(serving);
    expect(kept()).toBe(before);
    expect(machine.run(purge).status).toBe(2);
    machine.must(purge.replace("--purge", "--purge --yes"));
    const left =
      "find / -xdev -name '*rhythmx*' ! -path '/root/*' ! -path '/proc/*' ! -path '/sys/*' ! -path '/var/log/*' ! -path '/tmp/*'; getent passwd rhythmx";
    expect(machine.run(left).stdout).toBe("");
  } finally {
    await machine.dispose();
  }
});

test("the tar.gz where there is no systemd, and where nothing makes users", async () => {
  const machine = await Machine.start({ systemd: false, without: ["useradd", "adduser", "groupadd"] });
  try {
    const archive = `rhythmx-edge-${version}-linux-${process.arch}.tar.gz`;
    machine.bring(join(release.folder, archive), `/root/${archive}`);
    const refused = machine.run(byArchive);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/make it as a system user with a group of its name, then run this again/);
    machine.must(
      "echo rhythmx:x:990:990::/var/lib/rhythmx:/usr/sbin/nologin >>/etc/passwd; echo rhythmx:x:990: >>/etc/group",
    );
    const said = machine.must(byArchive);
    const [, command = ""] = /^ +(RHYTHMX_DEFAULT_LISTEN=\S+ \S+ serve)$/m.exec(said) ?? [];
    const service = machine.begin(`exec setpriv --reuid rhythmx --regid rhythmx --clear-groups env ${command}`);
    const ended = new Promise((resolve) => service.once("exit", resolve));
    await machine.until("curl -sfk https://127.0.0.1:8443/readyz");
    firstLogin(machine);
    expect(machine.run(takeAway).stderr).toContain("end it first; nothing is removed");
    machine.must("kill $(grep -lx rhythmx /proc/[0-9]*/comm | cut -d/ -f3)");
    expect(await ended).toBe(0);
    machine.must(takeAway);
    expect(machine.run("ls /usr/local/bin /etc/rhythmx/credentials").stdout).toContain("/etc/rhythmx/credentials");
  } finally {
    await machine.dispose();
  }
});

test("every command of the guide was typed", () => {
  expect(guide.untyped).toEqual([]);
});
