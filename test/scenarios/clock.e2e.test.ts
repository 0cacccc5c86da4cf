/** The clock jumps, both ways: alerts keep coming, nothing is thrown away on its word, and no count is lost or told twice. */

import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { dayMs, minuteMs } from "../../core/time.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { told } from "../harness/site.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const year = 365 * dayMs;

/** An HOURLY interval of two minutes, so that little time has to pass. */
async function applianceOf(defer: Defer) {
  const receiver = await SyslogReceiver.started();
  defer(() => receiver.stop());
  const config = {
    syslog: { protocol: "tcp", host: "127.0.0.1", port: receiver.port },
    daemon: { hourly_interval_minutes: 2 },
  };
  const appliance = await TestAppliance.start({ config, env: { RHYTHMX_RETENTION_DAYS: "1" }, watchful: true });
  defer(() => rm(appliance.dataDir, { recursive: true, force: true }));
  defer(() => appliance.stop());
  /** Starts again on the same folder, with the clock as it stands. */
  const restarted = async () => {
    const { dataDir, clock } = appliance;
    const env = { RHYTHMX_RETENTION_DAYS: "1" };
    const again = await TestAppliance.start({ config, env, dataDir, clock, watchful: true });
    defer(() => again.stop());
    return again;
  };
  return { receiver, appliance, restarted };
}

const faultOf = async (appliance: TestAppliance) =>
  (await appliance.health()).body.faults.find(({ name }: { name: string }) => name === "clock")?.message;

/** How many alerts and events there are. */
const contents = async (appliance: TestAppliance) => (await appliance.appliance.operations.doctor()).store;

describe.each([
  ["a day forward", dayMs, "forward by 86400 s"],
  ["a day back", -dayMs, "back by 86400 s"],
  ["a year forward", year, "forward by 31536000 s"],
  ["a year back", -year, "back by 31536000 s"],
])("the clock jumps %s", (_name, jump, described) => {
  test.concurrent(
    "HOURLY goes on, nothing is pruned, health names it and then does not, counts conserve",
    cleaningUp(async (defer) => {
      const { receiver, appliance } = await applianceOf(defer);
      const { clock } = appliance;
      await appliance.ingest([detection(), detection()], { headers: { "Idempotency-Key": "one" } });
      await clock.advance(10_000);
      clock.jump(jump);
      await clock.advance(10_000);
      expect(await faultOf(appliance)).toBe(
        `the system clock jumped ${described}: check time synchronisation; nothing is pruned until it has been steady for 24 h`,
      );
      expect((await appliance.health()).body.status).toBe("degraded");

      // The client repeats what it thinks unanswered, and more comes.
      const repeated = await appliance.ingest([detection(), detection()], { headers: { "Idempotency-Key": "one" } });
      expect(repeated.headers.get("Idempotency-Replayed")).toBe("true");
      await appliance.ingest([detection({ raw: { n: 2 } })]);
      // Silent for one interval at most, whatever the clock says.
      await clock.advance(3 * minuteMs);
      await until(() => told(receiver.messages) === 3);
      await clock.advance(11 * minuteMs);
      expect(await faultOf(appliance)).toBeUndefined();
      expect((await appliance.health()).body.status).toBe("running");
      // The retention loop turns every hour: it must not believe that a year has passed.
      await clock.advance(50 * minuteMs);
      expect(await contents(appliance)).toMatchObject({ alerts: 1, events: 2 });

      clock.jump(-jump);
      await appliance.ingest([detection({ raw: { n: 3 } })]);
      await clock.advance(3 * minuteMs);
      expect(await faultOf(appliance)).toContain("the system clock jumped");
      await until(() => told(receiver.messages) === 4);
      expect(receiver.messages.length).toBe(3);
    }),
    180_000,
  );
});

describe.each([
  ["forward while it is off", year, /^by the system clock the appliance was off for 315\d+ s: /],
  ["back while it is off", -year, /^the system clock jumped back by 315\d+ s: /],
])("the clock jumps a year %s", (_name, jump, message) => {
  test.concurrent(
    "named, not believed, and what waits is sent",
    cleaningUp(async (defer) => {
      const { receiver, appliance, restarted } = await applianceOf(defer);
      await receiver.stop();
      await appliance.ingest([detection()]);
      await appliance.clock.advance(10_000);
      await appliance.stop();
      appliance.clock.jump(jump);
      const again = await restarted();
      await until(async () => (await faultOf(again)) !== undefined);
      expect(await faultOf(again)).toMatch(message);
      await again.clock.advance(5_000);
      await receiver.start();
      await until(() => told(receiver.messages) === 1);
      await again.ingest([detection()]);
      await again.clock.advance(3 * minuteMs);
      await until(() => told(receiver.messages) === 2);
    }),
    180_000,
  );
});

test.concurrent(
  "a restart does not make a clock steady that has jumped: what waits is not pruned",
  cleaningUp(async (defer) => {
    const { receiver, appliance, restarted } = await applianceOf(defer);
    await receiver.stop();
    await appliance.ingest([detection()]);
    await appliance.clock.advance(10_000);
    appliance.clock.jump(year);
    await appliance.clock.advance(10_000);
    await appliance.stop();
    const again = await restarted();
    await until(async () => (await faultOf(again)) !== undefined);
    expect(await faultOf(again)).toStartWith("the system clock jumped shortly before the last restart: ");
    // Over a turn of the retention loop, by which a year has passed.
    await again.clock.advance(61 * minuteMs);
    expect(await contents(again)).toMatchObject({ alerts: 1, events: 1 });
    await receiver.start();
    await until(() => told(receiver.messages) === 1);
  }),
);
