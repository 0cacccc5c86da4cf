/** `heartbeat_minutes`: quiet can be told from dead, and a receiver that comes back is not buried in old heartbeats. */

import { afterEach, expect, test } from "bun:test";
import { minuteMs } from "../../core/time.ts";
import { detection, TestAppliance, type TestApplianceOptions, until } from "../harness/appliance.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { UdpReceiver } from "../harness/udp-receiver.ts";

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function receiving(): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started();
  cleanUps.push(() => receiver.stop());
  return receiver;
}

async function running(syslog: Record<string, unknown>, options: TestApplianceOptions = {}): Promise<TestAppliance> {
  const config = { syslog: { name: "siem", host: "127.0.0.1", ...syslog }, daemon: { poll_interval_seconds: 30 } };
  const appliance = await TestAppliance.start({ config, ...options });
  cleanUps.push(() => appliance.dispose());
  return appliance;
}

/** Time passes, and what is sent meanwhile gets to its receiver. */
async function pass(appliance: TestAppliance, milliseconds: number): Promise<void> {
  await appliance.clock.advance(milliseconds);
  await new Promise((resolve) => setTimeout(resolve, 100));
}

function statuses(messages: readonly string[]) {
  return messages.map((message) => parseRfc5424(message)).filter(({ msgid }) => msgid === "STATUS");
}

test("a STATUS message at the start and then one each interval, between the alerts", async () => {
  const receiver = await receiving();
  const appliance = await running({ port: receiver.port, heartbeat_minutes: 2, msgid: "nil" });
  await until(() => receiver.messages.length === 1);
  await pass(appliance, 1.9 * minuteMs);
  expect(receiver.messages).toHaveLength(1);
  await appliance.ingest([detection()]);
  await until(() => receiver.messages.length === 2);
  await pass(appliance, 0.2 * minuteMs);
  await pass(appliance, 2 * minuteMs);
  await until(() => receiver.messages.length === 4);

  const [first, second, third] = statuses(receiver.messages);
  expect(first).toMatchObject({ timestamp: "2026-03-13T04:30:00Z", appName: "SigmaAlert" });
  const params = [
    ["destination", "siem"],
    ["uptime_seconds", "120"],
    ["sent", "1"],
    ["queued", "0"],
  ];
  expect(second?.timestamp).toBe("2026-03-13T04:32:00Z");
  expect(second?.sd).toEqual([{ id: "status@32473", params: params as never }]);
  expect(third?.timestamp).toBe("2026-03-13T04:34:00Z");
  // A heartbeat is no alert.
  expect((await appliance.health()).body).toMatchObject({ alerts_sent: 1, queued: 0 });
});

test("none where heartbeat_minutes is 0, and a change of it is taken over", async () => {
  const receiver = await receiving();
  const appliance = await running({ port: receiver.port });
  await pass(appliance, 5 * minuteMs);
  expect(receiver.messages).toEqual([]);
  await appliance.reload({
    syslog: { name: "siem", host: "127.0.0.1", port: receiver.port, heartbeat_minutes: 1 },
    daemon: { poll_interval_seconds: 30 },
  });
  await until(() => statuses(receiver.messages).length === 1);
  await pass(appliance, 1.1 * minuteMs);
  await until(() => statuses(receiver.messages).length === 2);
  expect(statuses(receiver.messages).map(({ timestamp }) => timestamp)).toEqual([
    "2026-03-13T04:35:00Z",
    "2026-03-13T04:36:00Z",
  ]);
});

test("one waits for a receiver that is away, not one for each interval", async () => {
  const receiver = await receiving();
  await receiver.stop();
  const appliance = await running({ port: receiver.port, heartbeat_minutes: 1 });
  await pass(appliance, 5 * minuteMs);
  await appliance.ingest([detection()]);
  await receiver.start();
  await until(() => receiver.messages.length === 2);
  expect(statuses(receiver.messages)).toHaveLength(1);
  // The next one was due long ago: it tells the present state at once.
  await pass(appliance, 5000);
  await until(() => statuses(receiver.messages).length === 2);
  expect(statuses(receiver.messages).map(({ timestamp }) => timestamp)).toEqual([
    "2026-03-13T04:30:00Z",
    "2026-03-13T04:35:05Z",
  ]);
});

test("udp sends it whether somebody listens or not", async () => {
  const receiver = new UdpReceiver();
  await receiver.start();
  await receiver.stop();
  const appliance = await running({ protocol: "udp", port: receiver.port, heartbeat_minutes: 1 });
  await pass(appliance, 3 * minuteMs);
  expect((await appliance.health()).body.destinations[0].last_error).toContain("nothing listens");
  await receiver.start();
  cleanUps.push(() => receiver.stop());
  await pass(appliance, 2 * minuteMs);
  // Those sent while nobody listened are gone.
  expect(statuses(receiver.messages)).toHaveLength(2);
  expect(statuses(receiver.messages)[0]?.timestamp).toBe("2026-03-13T04:34:00Z");
});
