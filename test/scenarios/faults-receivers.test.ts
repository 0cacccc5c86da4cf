/** Receivers that are away: over restarts of the appliance, and one of two. */
import { expect, test } from "bun:test";
import { until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { batchOf, names, Site, told } from "../harness/site.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

/** The user of each message's alert, in order of arrival. */
function usersOf(messages: readonly string[]): (string | undefined)[] {
  return messages.map((message) => Object.fromEntries(parseRfc5424(message).sd[1]?.params ?? []).user);
}

for (const [how, end] of [
  ["kill -9", (site: Site) => site.process.kill()],
  ["SIGTERM", (site: Site) => site.process.terminate()],
] as const) {
  test.concurrent(
    `receiver down over a restart (${how}): what waits arrives once and in order`,
    cleaningUp(async (defer) => {
      const receiver = await SyslogReceiver.started();
      await receiver.stop();
      defer(() => receiver.stop());
      const site = await Site.prepare({ protocol: "tcp", host: "127.0.0.1", port: receiver.port });
      defer(() => site.process.dispose());
      await site.start();
      expect((await site.ingest(batchOf(names("first", 150)))).status).toBe(200);
      const why = `nothing listens on 127.0.0.1:${receiver.port}, or there is no way to it; check host, port, network and that the receiver runs`;
      await until(async () => (await site.health()).body.status === "degraded");
      expect((await site.health()).body).toMatchObject({
        queued: 150,
        alerts_sent: 0,
        destinations: [{ name: "alerts", connected: false, queued: 150, last_error: why, last_sent: null }],
      });
      // Being ready is about intake, which no receiver stops.
      expect((await site.ready()).status).toBe(200);

      await end(site);
      await site.process.start();
      expect((await site.ingest(batchOf(names("second", 150)))).status).toBe(200);
      await until(async () => (await site.health()).body.queued === 300);
      await receiver.start();
      await site.endsWithAllTold(receiver.messages);
      expect(usersOf(receiver.messages)).toEqual([...names("first", 150), ...names("second", 150)]);
    }),
  );
}

test.concurrent(
  "two destinations, one dead: the other has everything at once, health names the dead one, which later gets everything in order",
  cleaningUp(async (defer) => {
    const good = await SyslogReceiver.started();
    defer(() => good.stop());
    const dead = await SyslogReceiver.started();
    await dead.stop();
    defer(() => dead.stop());
    const destination = (name: string, { port }: SyslogReceiver) => ({
      name,
      protocol: "tcp",
      host: "127.0.0.1",
      port,
    });
    const site = await Site.prepare([destination("dead", dead), destination("good", good)]);
    defer(() => site.process.dispose());
    await site.start();
    for (let batch = 0; batch < 5; batch++) {
      expect((await site.ingest(batchOf(names(`batch-${batch}`, 40)))).status).toBe(200);
      await until(() => told(good.messages) === 40 * (batch + 1));
    }
    // 503 while a loop is late, which one that is due every 0.2 s is on a busy machine.
    await until(async () => (await site.health()).status === 200);
    const { body } = await site.health();
    expect(body).toMatchObject({
      status: "degraded",
      queued: 200,
      alerts_sent: 200,
      destinations: [
        { name: "dead", connected: false, queued: 200, last_sent: null },
        { name: "good", connected: true, queued: 0, last_error: null },
      ],
      faults: [],
    });
    expect(body.destinations[0].last_error).toContain(`nothing listens on 127.0.0.1:${dead.port}`);
    const metrics = await site.metrics();
    expect(metrics).toContain('rhythmx_syslog_connected{feed="alerts",destination="dead"} 0');
    expect(metrics).toContain('rhythmx_syslog_queued{feed="alerts",destination="dead"} 200');
    expect(metrics).toContain('rhythmx_syslog_queued{feed="alerts",destination="good"} 0');

    await dead.start();
    await until(() => told(dead.messages) === 200);
    expect(dead.messages.map(withoutProcid)).toEqual(good.messages.map(withoutProcid));
    await site.endsWithAllTold(good.messages);
  }),
);

function withoutProcid(message: string): string {
  return message.replace(/^(\S+ \S+ \S+ \S+) \d+ /, "$1 - ");
}
