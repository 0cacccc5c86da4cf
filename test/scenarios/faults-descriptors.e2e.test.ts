/** 64 file descriptors for everything, and clients that take all they can get. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { batchOf, names, Site, told } from "../harness/site.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

function prlimitInstalled(): boolean {
  if (spawnSync("prlimit", ["--version"]).status === 0) return true;
  if (process.env.CI) throw new Error("prlimit (util-linux) is not installed");
  console.log("skipped: the test with 64 file descriptors needs prlimit (util-linux)");
  return false;
}

const limited = prlimitInstalled() ? test.concurrent : test.skip;

/** A running program with 64 descriptors, and its receiver. */
async function narrowSite(defer: Defer): Promise<{ receiver: SyslogReceiver; site: Site }> {
  const receiver = await SyslogReceiver.started();
  defer(() => receiver.stop());
  const syslog = { protocol: "tcp", host: "127.0.0.1", port: receiver.port };
  const site = await Site.prepare(syslog, { wrapper: ["prlimit", "--nofile=64:64"] });
  defer(() => site.process.dispose());
  await site.start();
  return { receiver, site };
}

/** A batch of three, sent until it is answered: with its connection closed under it, a client repeats. */
async function send(site: Site, name: string): Promise<void> {
  for (;;) {
    const answer = await site.ingest(batchOf(names(name, 3)), name).catch(() => null);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

limited(
  "64 descriptors and 200 idle clients: named, clients are shed, destinations and database go on, nothing is lost",
  cleaningUp(async (defer) => {
    const { receiver, site } = await narrowSite(defer);
    expect((await site.ingest(batchOf(names("before", 20)))).status).toBe(200);

    let shed = 0;
    for (let client = 0; client < 200; client++) {
      const socket = connect(site.process.apiPort, "127.0.0.1");
      socket.on("error", () => {}).on("close", () => shed++);
      defer(() => socket.destroy());
    }
    // The worst case for the destination: it has to connect again while nothing is left to connect with.
    await until(() => site.descriptors() >= 63);
    receiver.reset();
    expect(await site.faultNamed("descriptors")).toBe(
      "nearly all of the 64 files and connections that the process may have open were in use, so those of clients were closed: have clients close theirs, or raise the limit (LimitNOFILE)",
    );
    // On a machine that leaves it no time the loop has not turned for a while, and then it is "stopped".
    await until(async () => (await site.health()).body.status === "degraded");
    await send(site, "during");
    await until(() => shed === 200);
    await until(() => told(receiver.messages) === 23);
    await site.endsWithAllTold(receiver.messages);
  }),
);

limited(
  "64 descriptors and 200 clients that all send at once: some are answered at once, all in the end, each counted once",
  cleaningUp(async (defer) => {
    const { receiver, site } = await narrowSite(defer);
    await Promise.all(Array.from({ length: 200 }, (_, client) => send(site, `client-${client}`)));
    // What was in but not answered is answered to the repeat: `accepted` holds each batch once.
    expect(site.accepted).toBe(600);
    await site.endsWithAllTold(receiver.messages);
  }),
);
