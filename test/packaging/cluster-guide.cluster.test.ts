/** Types what docs/cluster.md says for three machines, on three that have a bare Debian, with its packages of etcd. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { etcdInstalled } from "../harness/etcd.ts";
import { disksMountable } from "../harness/small-disk.ts";
import { Document } from "./document.ts";
import { Machine } from "./machine.ts";
import { madeRelease } from "./made-release.ts";
import { Wire } from "./wire.ts";

setDefaultTimeout(900_000);

const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const deb = `rhythmx-edge_${manifest.version}_${architecture}.deb`;
const possible = etcdInstalled() && disksMountable();
const release = possible ? madeRelease() : null;
const cleanUp: (() => unknown)[] = [() => release?.dispose()];

/** Debian's packages of etcd, fetched once and kept beside the bare Debian. */
function etcdPackages(): string[] {
  const folder = join(homedir(), ".cache/rhythmx-ci/etcd");
  const names = ["etcd-server", "etcd-client"];
  const there = () => readdirSync(folder).filter((name) => name.endsWith(`_${architecture}.deb`));
  if (!existsSync(folder) || there().length < names.length) {
    mkdirSync(folder, { recursive: true });
    execFileSync("apt-get", ["download", "-q", "-o", "APT::Sandbox::User=root", ...names], { cwd: folder });
  }
  return there().map((name) => join(folder, name));
}

afterAll(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

test.skipIf(!possible)(
  "three machines in fifteen minutes, one lost, a write at a follower, etcd emptied of what is old",
  async () => {
    const install = new Document("docs/install.md");
    const guide = new Document("docs/cluster.md");
    const [byPackage = ""] = install.under("Install", {
      VERSION: manifest.version,
      ...(architecture === "arm64" ? { amd64: "arm64" } : {}),
    });
    const [certificates = "", etcd = "", etcdSettings = "", settings = "", begin = ""] = guide.under(
      "Three machines in fifteen minutes",
    );
    const [makeRoom = ""] = guide.under("When etcd's database is full");
    const wire = Wire.build();
    cleanUp.push(() => wire.remove());
    const machines = await Promise.all([1, 2, 3].map((n) => Machine.start({ hostname: `edge${n}` })));
    for (const machine of machines) cleanUp.push(() => machine.dispose());
    const all = machines.map((machine, index) => ({ machine, n: index + 1 }));
    const [first, second, third] = machines as [Machine, Machine, Machine];
    /** What the document has for edge1, for another one. */
    const of = (n: number, text: string) => text.replaceAll("edge1", `edge${n}`).replaceAll("10.0.0.1", `10.0.0.${n}`);
    for (const { machine, n } of all) {
      wire.plug(machine, n, `10.0.0.${n}/24`);
      machine.must(`for n in 1 2 3; do echo "10.0.0.$n edge$n edge$n.example.org" >>/etc/hosts; done`);
      machine.bring(join(release?.folder ?? "", deb), `/root/${deb}`);
      machine.must(byPackage);
      await machine.until("curl -sfk https://127.0.0.1:8443/readyz");
      machine.must("sudo systemctl stop rhythmx");
    }

    first.must(certificates);
    for (const { machine, n } of all) {
      for (const name of ["ca.pem", `edge${n}.pem`, `edge${n}.key`])
        if (n !== 1) machine.bring(first.path(`/root/${name}`), `/root/${name}`);
      // apt-get on a machine without the internet.
      for (const file of etcdPackages()) machine.bring(file, `/root/${file.split("/").at(-1)}`);
      machine.must("mkdir -p /usr/local/sbin");
      machine.write(
        "/usr/local/sbin/apt-get",
        '#!/bin/sh\n[ "$*" = "install etcd-server" ] && exec dpkg -i /root/etcd-*.deb\n',
      );
      machine.must("chmod +x /usr/local/sbin/apt-get");
      machine.must(`set -e\n${of(n, etcd)}`);
      const lines = etcdSettings.split("\n");
      const isOfAll = (line: string) => line.startsWith("ETCD_INITIAL_CLUSTER=");
      machine.write("/etc/default/etcd", lines.map((line) => (isOfAll(line) ? line : of(n, line))).join("\n"));
    }
    const restarts = all.map(({ machine }) => machine.begin("sudo systemctl restart etcd"));
    expect(await Promise.all(restarts.map(async (one) => (await once(one, "exit"))[0]))).toEqual([0, 0, 0]);

    for (const { machine, n } of all) {
      const [endpoints = "", ...others] = settings.split("\n");
      const addresses = endpoints.split("=").at(1)?.split(",") ?? [];
      const own = [...addresses.slice(n - 1), ...addresses.slice(0, n - 1)];
      const text = [`RHYTHMX_CLUSTER=${own.join(",")}`, ...others.map((line) => of(n, line))].join("\n");
      machine.must("cat >>/etc/rhythmx/.env.production", { input: `\n${text}` });
      if (n === 1) continue;
      const key = first.must("cat /etc/rhythmx/credentials/master.key");
      machine.must("cat >/etc/rhythmx/credentials/master.key", { input: key });
    }
    for (const line of begin.trim().split("\n")) {
      const [command = "", where = "on edge1"] = line.split(/ +# /);
      for (const { machine, n } of all)
        if (where.includes(`edge${n}`)) machine === first ? await first.until(command) : machine.must(command);
    }
    const shown = await first.until(
      'rhythmx cluster --json | tee /dev/stderr | jq -e \'[.nodes[] | select(.fault == null) | .role] | sort == ["follower","follower","leader"]\'',
      180,
    );
    expect(shown).toContain("true");
    for (const { machine } of all) expect(machine.run("rhythmx check").stdout).toMatch(/cluster: edge1 leads/);

    // Taken in at the leader, refused at a follower, read everywhere; the machine that led is lost.
    const key = first.must("rhythmx key create t --scope ingest,feed:read").trim();
    const send = (n: number, title: string) =>
      `curl -sk https://edge${n}.example.org:8443/api/v1/ingest/detections -H 'X-API-Key: ${key}' -H 'Content-Type: application/x-ndjson' -d '{"rule_title":"${title}","timestamp":"2026-11-29T08:00:00Z","level":"low","raw":{}}'`;
    expect(third.must(send(2, "refused"))).toContain("https://edge1.example.org:8443");
    expect(second.run("rhythmx key create u --scope ingest").stderr).toContain("https://edge1.example.org:8443");
    expect(third.must(send(1, "before"))).toContain('"accepted":1');
    await first.dispose();
    await second.until(`${send(2, "after")} | grep accepted || ${send(3, "after")} | grep accepted`, 120);
    const alerts = `curl -sfk https://127.0.0.1:8443/api/alerts -H 'X-API-Key: ${key}' | jq -e '[.. | objects | .rule_title // empty] | unique == ["after","before"]'`;
    for (const machine of [second, third]) await machine.until(alerts, 60);

    // etcd's space is given back as the document says.
    const options =
      "export ETCDCTL_API=3 ETCDCTL_CACERT=/etc/etcd/ca.pem ETCDCTL_CERT=/etc/etcd/edge2.pem ETCDCTL_KEY=/etc/etcd/edge2.key ETCDCTL_ENDPOINTS=https://10.0.0.2:2379";
    second.run(`${options}\n${makeRoom}`);
    expect(second.must(`${options}\netcdctl alarm list`).trim()).toBe("");
    expect(guide.untyped).toEqual([]);
  },
);
