/** What is forgotten when, seen from outside. Days pass in one step; the loop of retention then has its turn. */

import { expect, test } from "bun:test";
import { hourMs, minuteMs } from "../../core/time.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const day = 24 * hourMs;

async function applianceOf(defer: Defer, retentionDays: number, names: string[], more: Record<string, string> = {}) {
  const receivers = await Promise.all(names.map(() => SyslogReceiver.started()));
  for (const receiver of receivers) defer(() => receiver.stop());
  const syslog = receivers.map(({ port }, index) => ({ name: names[index], protocol: "tcp", host: "127.0.0.1", port }));
  const env = { RHYTHMX_RETENTION_DAYS: String(retentionDays), ...more };
  const appliance = await TestAppliance.start({ config: { syslog, daemon: { batch_size: 1 } }, env });
  defer(() => appliance.dispose());
  await appliance.clock.advance(10_000);
  const after = async (milliseconds: number) => {
    appliance.clock.skip(milliseconds);
    // The loops that are due turn once, retention among them.
    await appliance.clock.advance(10_000);
  };
  const metric = async (name: string) => {
    const text = await (await fetch(`${appliance.appliance.apiUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
  };
  return { appliance, receivers, after, metric };
}

function countsOf(receiver: SyslogReceiver): string[] {
  return receiver.messages.map((message) => {
    const { msgid, sd } = parseRfc5424(message);
    return `${msgid} ${Object.fromEntries(sd[0]?.params ?? []).count}`;
  });
}

test.concurrent(
  "past the limit events go, those a destination never had are counted for it, and the alert is a FIRST again",
  cleaningUp(async (defer) => {
    const { appliance, receivers, after, metric } = await applianceOf(defer, 1, ["good", "dead"]);
    const [good, dead] = receivers as [SyslogReceiver, SyslogReceiver];
    await dead.stop();
    const others = ["a", "b", "c"].map((user) => detection({ user }));
    await appliance.ingest([detection(), detection(), ...others]);
    await until(() => good.messages.length === 4);
    const { operations } = appliance.appliance;

    await after(23 * hourMs);
    expect((await operations.doctor()).store).toMatchObject({ alerts: 4, events: 4 });
    expect(await metric("rhythmx_events_pruned_total")).toBe(0);

    await after(2 * hourMs);
    const { store, destinations } = await operations.doctor();
    expect(store).toMatchObject({ alerts: 0, events: 0 });
    expect(destinations.map(({ destination, expired, queued }) => ({ destination, expired, queued }))).toEqual([
      { destination: "alerts/dead", expired: 4, queued: 0 },
      { destination: "alerts/good", expired: 0, queued: 0 },
    ]);
    expect(await metric("rhythmx_events_pruned_total")).toBe(4);
    expect(await metric("rhythmx_events_expired_total")).toBe(4);
    expect(appliance.logLines.filter((line) => line.includes("passed the retention limit undelivered"))).toHaveLength(
      1,
    );
    // What will never come no longer counts as waiting.
    await until(async () => (await appliance.health()).body.queued === 0);

    expect((await appliance.ingest([detection()])).body).toMatchObject({ alerts_new: 1, alerts_updated: 0 });
    await until(() => good.messages.length === 5);
    expect(countsOf(good)).toEqual(["FIRST 2", "FIRST 1", "FIRST 1", "FIRST 1", "FIRST 1"]);
    await dead.start();
    // Of the old events only those that were messages already: one with the sender, one ready to be sent.
    await until(() => dead.messages.at(-1)?.includes("jsmith") === true && dead.messages.length > 1);
    expect(countsOf(dead)).toEqual(["FIRST 2", "FIRST 1", "FIRST 1"]);
    expect((await appliance.health()).body).toMatchObject({ status: "running", queued: 0 });
  }),
);

test.concurrent(
  "an alert that is seen again stays, however old it is, and goes on counting",
  cleaningUp(async (defer) => {
    const { appliance, receivers, after } = await applianceOf(defer, 1, ["siem"]);
    const [siem] = receivers as [SyslogReceiver];
    for (let turn = 0; turn < 4; turn++) {
      await appliance.ingest([detection()]);
      await after(20 * hourMs);
    }
    await until(() => siem.messages.length === 4);
    expect(countsOf(siem)).toEqual(["FIRST 1", "HOURLY 2", "HOURLY 3", "HOURLY 4"]);
  }),
);

const onNewYear: Record<string, string> = { RHYTHMX_RETENTION_SCHEDULE: "0 0 1 1 *" };
test.concurrent(
  "by a schedule nothing is removed before its time, save at a start",
  cleaningUp(async (defer) => {
    const { appliance, after } = await applianceOf(defer, 1, ["siem"], onNewYear);
    await appliance.clock.advance(2 * minuteMs);
    await appliance.ingest([detection()]);
    const alerts = async ({ appliance: { operations } }: TestAppliance) => (await operations.doctor()).store.alerts;
    await after(3 * day);
    expect(await alerts(appliance)).toBe(1);
    const again = await appliance.restarted();
    defer(() => again.stop());
    await again.clock.advance(2 * minuteMs);
    expect(await alerts(again)).toBe(0);
  }),
);

for (const [how, more] of [
  ["", {}],
  [", whenever retention comes", onNewYear],
] as const)
  test.concurrent(
    `an Idempotency-Key is remembered for a day, an id for seven${how}`,
    cleaningUp(async (defer) => {
      const { appliance, after } = await applianceOf(defer, 90, ["siem"], more);
      const batch = [detection()];
      const headers = { "Idempotency-Key": "k" };
      await appliance.ingest(batch, { headers });
      await appliance.ingest([detection({ id: "d-1" })]);
      await after(23 * hourMs);
      expect((await appliance.ingest(batch, { headers })).headers.get("Idempotency-Replayed")).toBe("true");
      await after(2 * hourMs);
      const again = await appliance.ingest(batch, { headers });
      expect(again.headers.get("Idempotency-Replayed")).toBeNull();
      expect(again.body).toMatchObject({ accepted: 1, alerts_new: 0, alerts_updated: 1 });

      await after(5 * day);
      expect((await appliance.ingest([detection({ id: "d-1" })])).body).toMatchObject({ accepted: 0, duplicates: 1 });
      await after(3 * day);
      expect((await appliance.ingest([detection({ id: "d-1" })])).body).toMatchObject({ accepted: 1, duplicates: 0 });
    }),
  );
