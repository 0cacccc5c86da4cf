/** Another program holds the database file locked. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { DatabaseLock } from "../harness/database-lock.ts";
import { batchOf, names, Site, told } from "../harness/site.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

async function siteWithReceiver(defer: Defer) {
  const receiver = await SyslogReceiver.started();
  defer(() => receiver.stop());
  const site = await Site.prepare({ protocol: "tcp", host: "127.0.0.1", port: receiver.port });
  defer(() => site.process.dispose());
  const lock = async (kind: "writer" | "exclusive") => {
    const held = await DatabaseLock.held(join(site.process.folder, "data", "rhythmx.db"), kind);
    defer(() => held.release());
    return held;
  };
  return { receiver, site, lock };
}

test.concurrent(
  "locked while it takes in and sends: 503 and named, alerts go on, no descriptors leak, no write is lost",
  cleaningUp(async (defer) => {
    const { receiver, site, lock } = await siteWithReceiver(defer);
    await site.start();
    await receiver.stop();
    expect((await site.ingest(batchOf(names("before", 300)))).status).toBe(200);
    const descriptors = site.descriptors();

    const held = await lock("writer");
    expect(await site.ingest(batchOf(names("locked", 20)), "locked")).toMatchObject({ status: 503, retryAfter: 5 });
    const file = join(site.process.folder, "data", "rhythmx.db");
    expect(await site.fault("store_write")).toBe(`${file} is locked by another program: close it`);
    expect(await site.ready()).toMatchObject({ status: 503, body: { reason: await site.fault("store_write") } });
    expect(await site.metrics()).toContain('rhythmx_fault{fault="store_write"} 1');
    await receiver.start();
    await until(() => told(receiver.messages) === 300);
    expect(await site.faultNamed("positions:alerts/alerts")).toContain("is locked by another program");
    // Some failed writes later: each has replaced the connection several times.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(site.descriptors()).toBeLessThan(descriptors + 20);

    await held.release();
    await site.repeatUntilTaken(names("locked", 20), "locked");
    // The same batch again: answered, not counted again.
    const repeated = await site.ingest(batchOf(names("locked", 20)), "locked");
    expect(repeated.status).toBe(200);
    site.accepted -= repeated.body.accepted;
    // Writes on the connection that had been refused are not lost.
    for (let batch = 0; batch < 10; batch++) await site.ingest(batchOf(names(`after-${batch}`, 20)));
    expect(site.accepted).toBe(520);
    await site.endsWithAllTold(receiver.messages);
  }),
);

for (const kind of ["writer", "exclusive"] as const) {
  test.concurrent(
    `locked at the start (${kind}): says so, waits, and goes on; also with a destination that is new`,
    cleaningUp(async (defer) => {
      const { receiver, site, lock } = await siteWithReceiver(defer);
      site.makeKey();
      // A name that has no place in the log yet: it has to be written down at the start.
      site.configure({ name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port });
      const held = await lock(kind);
      const started = site.process.start();
      const message = await site.faultNamed(kind === "writer" ? "destinations" : "store_open");
      expect(message).toMatch(/cannot be (opened|set up) yet: .* is locked by another program: close it$/);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await site.health()).toMatchObject({ status: 200, body: { status: "starting" } });
      await held.release();
      await started;
      expect((await site.ingest(batchOf(names("late", 5)))).status).toBe(200);
      await site.endsWithAllTold(receiver.messages);
    }),
    180_000,
  );
}
