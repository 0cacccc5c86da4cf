/** A full disk, and a disk that can no longer be written. */
import { expect, test } from "bun:test";
import { until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { DatabaseLock } from "../harness/database-lock.ts";
import { batchOf, names, Site, told } from "../harness/site.ts";
import { disksMountable, SmallDisk } from "../harness/small-disk.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

/** They mostly wait, so they do it together. */
const onDisks = disksMountable() ? test.concurrent : test.skip;
/** The guard off, so that the disk itself says no. */
const unguarded = { RHYTHMX_MIN_FREE_BYTES: "0", RHYTHMX_MIN_FREE_PERCENT: "0" };

async function siteOnDisk(env: Record<string, string>, defer: Defer) {
  const receiver = await SyslogReceiver.started();
  defer(() => receiver.stop());
  const disk = SmallDisk.mounted(24);
  defer(() => disk.remove());
  const syslog = { protocol: "tcp", host: "127.0.0.1", port: receiver.port };
  const site = await Site.prepare(syslog, { folder: disk.folder, env });
  defer(() => site.process.kill());
  return { receiver, disk, site };
}

onDisks(
  "disk full: intake says 503, what was accepted goes out all the same, and all is well when there is room again",
  cleaningUp(async (defer) => {
    const { receiver, disk, site } = await siteOnDisk(unguarded, defer);
    await site.start();
    await receiver.stop();
    expect((await site.ingest(batchOf(names("before", 50)))).status).toBe(200);

    disk.fill();
    const refused = await site.ingest(batchOf(names("full", 20)), "full");
    expect(refused).toMatchObject({ status: 503, retryAfter: 5 });
    expect(refused.body.detail).toContain("send the batch again");
    expect(await site.fault("store_write")).toBe(`the disk of ${disk.data}/rhythmx.db is full: free some space`);
    await until(async () => (await site.health()).body.status === "degraded");
    expect(await site.ready()).toMatchObject({ status: 503, retryAfter: 5, body: { status: "not ready" } });
    expect(await site.metrics()).toContain('rhythmx_fault{fault="store_write"} 1');
    // From now on refused at the door, with the reason.
    expect((await site.ingest(batchOf(names("full", 20)), "full")).body.detail).toContain("is full: free some space");

    await receiver.start();
    await until(() => told(receiver.messages) === 50);
    expect(await site.faultNamed("positions:alerts/alerts")).toContain("is full: free some space");

    disk.empty();
    await site.repeatUntilTaken(names("full", 20), "full");
    await site.wellAgain();
    expect((await site.ready()).status).toBe(200);
    await site.endsWithAllTold(receiver.messages);
    expect(site.accepted).toBe(70);
  }),
);

onDisks(
  "nearly full: intake closes before the disk is full and opens again by itself",
  cleaningUp(async (defer) => {
    const { receiver, disk, site } = await siteOnDisk(
      {
        RHYTHMX_MIN_FREE_BYTES: String(8 * 1_048_576),
        RHYTHMX_MIN_FREE_PERCENT: "0",
      },
      defer,
    );
    await site.start();
    expect((await site.ingest(batchOf(["early"]))).status).toBe(200);
    disk.fill(4 * 1_048_576);
    expect(await site.faultNamed("disk_space")).toMatch(
      /^the data folder's disk has \d MiB \([\d.]+ %\) left; intake opens again at 8 MiB: free some space$/,
    );
    const refused = await site.ingest(batchOf(["refused"]));
    expect(refused).toMatchObject({ status: 503, retryAfter: 30, body: { title: "Intake is closed" } });
    expect((await site.ready()).status).toBe(503);
    disk.empty();
    await site.repeatUntilTaken(["refused"], "refused");
    await site.endsWithAllTold(receiver.messages);
  }),
);

onDisks(
  "folder read-only while it runs: goes on with the files it has open; when it has to open them again it waits for the folder",
  cleaningUp(async (defer) => {
    const { receiver, disk, site } = await siteOnDisk(unguarded, defer);
    await site.start();
    expect((await site.ingest(batchOf(names("before", 30)))).status).toBe(200);
    const lock = await DatabaseLock.held(`${disk.data}/rhythmx.db`);
    defer(() => lock.release());
    disk.readOnly();
    expect((await site.ingest(batchOf(names("refused", 20)), "refused")).status).toBe(503);
    await lock.release();
    await until(async () => (await site.fault("store_write"))?.includes("cannot be written") === true);
    expect(await site.fault("store_write")).toBe(
      `${disk.data}/rhythmx.db cannot be written: check the folder's owner and mode`,
    );
    expect((await site.ready()).status).toBe(503);
    disk.writable();
    await site.repeatUntilTaken(names("refused", 20), "refused");
    await site.endsWithAllTold(receiver.messages);
  }),
);

for (const [state, spoil, mend] of [
  ["read-only", (disk: SmallDisk) => disk.readOnly(), (disk: SmallDisk) => disk.writable()],
  ["full", (disk: SmallDisk) => disk.fill(), (disk: SmallDisk) => disk.empty()],
] as const) {
  onDisks(
    `${state} disk at the start: waits, says so on the health port, and goes on when it can write`,
    cleaningUp(async (defer) => {
      const { receiver, disk, site } = await siteOnDisk(unguarded, defer);
      site.makeKey();
      spoil(disk);
      const started = site.process.start();
      const message = await site.faultNamed("store_open");
      expect(message).toStartWith(`the database in ${disk.data} cannot be opened yet: `);
      expect(message).toContain(`${disk.data}/rhythmx.db`);
      expect(message).toEndWith(state === "full" ? "is full: free some space" : "check the folder's owner and mode");
      expect(await site.health()).toMatchObject({ status: 200, body: { status: "starting" } });
      mend(disk);
      await started;
      expect((await site.ingest(batchOf(["late"]))).status).toBe(200);
      await site.endsWithAllTold(receiver.messages);
    }),
    180_000,
  );
}
