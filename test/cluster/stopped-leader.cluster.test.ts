/** A leader whose process hangs for longer than its lease, and one whose clock jumps. */
import { afterEach, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { differing } from "../chaos/cluster-files.ts";
import { detection, until } from "../harness/appliance.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const cleanUp: (() => unknown)[] = [];
const fakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/** Whether clocks of processes can be set. CI has to be able to. */
function clocksCanBeSet(): boolean {
  const found = existsSync(fakeTime);
  if (!found) console.warn("skipped: clocks of nodes that jump need libfaketime (apt-get install libfaketime)");
  return found;
}

interface Pair {
  one: ApplianceProcess;
  two: ApplianceProcess;
  receiver: SyslogReceiver;
  /** Sends a detection of this host; the status, 0 = no answer. */
  send(node: ApplianceProcess, host: string): Promise<number>;
}

/** The first leads, the second follows. `env`: by name. */
async function started(env: (name: string) => Record<string, string> = () => ({})): Promise<Pair> {
  const etcd = await Etcd.start();
  cleanUp.push(() => etcd.stop());
  const receiver = await SyslogReceiver.started();
  cleanUp.push(() => receiver.stop());
  const prepared = async (name: string) => {
    const node = await ApplianceProcess.prepare({
      config: { syslog: { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port } },
      env: {
        RHYTHMX_CLUSTER: etcd.endpoints.join(","),
        RHYTHMX_CLUSTER_NODE: name,
        RHYTHMX_CLUSTER_LEASE_SECONDS: "5",
        ...env(name),
      },
    });
    cleanUp.push(() => node.dispose());
    expect(node.run(["cluster", "add", name])).toMatchObject({ code: 0 });
    return node;
  };
  const [one, two] = [await prepared("edge1"), await prepared("edge2")];
  await one.start();
  await until(async () => (await ready(one)) === 200);
  const key = (await one.runAside(["key", "create", "t", "--scope", "ingest"])).stdout.trim();
  mkdirSync(join(two.folder, "data"), { mode: 0o700 });
  copyFileSync(join(one.folder, "data/master.key"), join(two.folder, "data/master.key"));
  await two.start();
  await until(async () => (await ready(two)) === 503);
  const headers = { "X-API-Key": key, "Content-Type": "application/x-ndjson" };
  const send = async (node: ApplianceProcess, host: string) => {
    const body = JSON.stringify(detection({ id: host, host }));
    return statusOf(`${node.apiUrl}/api/v1/ingest/detections`, { method: "POST", body, headers });
  };
  return { one, two, receiver, send };
}

async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init }).catch(() => null);
  await answer?.arrayBuffer().catch(() => {});
  return answer?.status ?? 0;
}

/** By how many seconds the clock of a process is ahead of ours. */
async function offsetOf(node: ApplianceProcess): Promise<number> {
  const { headers } = await fetch(`${node.apiUrl}/healthz`);
  return (Date.parse(headers.get("date") ?? "") - Date.now()) / 1_000;
}

const ready = (node: ApplianceProcess) => statusOf(`${node.apiUrl}/readyz`);
const led = (node: ApplianceProcess) => node.log.split('"leads the cluster"').length - 1;

describe.skipIf(!etcdInstalled())("a leader", () => {
  afterEach(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("that hangs for longer than its lease takes nothing in when it wakes up, and follows", async () => {
    const { one, two, receiver, send } = await started();
    expect(await send(one, "before")).toBe(200);
    cleanUp.push(() => one.signal("SIGCONT"));
    one.signal("SIGSTOP");
    await until(async () => (await ready(two)) === 200);
    expect(await send(two, "meanwhile")).toBe(200);
    one.signal("SIGCONT");
    // What it is asked at once is refused by the log, or not taken any more; never answered 200.
    const answers = new Set<number>();
    for (let n = 0; !answers.has(421); n++) answers.add(await send(one, `late-${n}`));
    expect([...answers].filter((status) => ![0, 421, 503].includes(status))).toEqual([]);
    await until(async () => (await ready(one)) === 503);
    expect(await send(two, "after")).toBe(200);
    expect([led(one), led(two)]).toEqual([1, 1]);
    const files = [one, two].map(({ folder }) => join(folder, "data/rhythmx.db"));
    await until(() => differing(files).length === 0);
    const arrived = (host: string) => receiver.messages.filter((message) => message.includes(host)).length;
    await until(() => ["before", "meanwhile", "after"].every((host) => arrived(host) > 0));
    expect(receiver.messages.filter((message) => message.includes("late-"))).toEqual([]);
  });

  test.skipIf(!clocksCanBeSet())(
    "whose clock jumps by a day goes on to lead and to send, and a follower does not mind its own",
    async () => {
      const clocks = { edge1: "", edge2: "" } as Record<string, string>;
      const { one, two, receiver, send } = await started((name) => {
        const file = join(process.env.TMPDIR ?? "/tmp", `rhythmx-clock-${process.pid}-${name}`);
        clocks[name] = file;
        cleanUp.push(() => rmSync(file, { force: true }));
        writeFileSync(file, "+0");
        return {
          LD_PRELOAD: fakeTime,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_CACHE_DURATION: "1",
          FAKETIME_DONT_FAKE_MONOTONIC: "1",
          NO_FAKE_STAT: "1",
        };
      });
      const arrived = (host: string) => receiver.messages.some((message) => message.includes(host));
      for (const [n, jump] of ["+86400", "+0", "-86400", "+0"].entries())
        for (const name of ["edge1", "edge2"]) {
          writeFileSync(clocks[name] ?? "", jump);
          await until(async () => Math.abs((await offsetOf(name === "edge1" ? one : two)) - Number(jump)) < 60);
          const host = `jump-${n}-${name}`;
          // The lease is renewed once the clock has another time, and what was sent arrives.
          expect(await send(one, host)).toBe(200);
          await until(() => arrived(host));
          expect(await ready(two)).toBe(503);
        }
      expect([led(one), led(two)]).toEqual([1, 0]);
      const files = [one, two].map(({ folder }) => join(folder, "data/rhythmx.db"));
      await until(() => differing(files).length === 0);
    },
  );
});
