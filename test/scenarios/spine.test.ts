import { afterEach, expect, test } from "bun:test";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function applianceWithReceiver() {
  const receiver = await SyslogReceiver.started();
  cleanUp.push(() => receiver.stop());
  const config = { syslog: { protocol: "tcp", host: "127.0.0.1", port: receiver.port } };
  const appliance = await TestAppliance.start({ config });
  cleanUp.push(() => appliance.dispose());
  return { receiver, appliance };
}

test("a new detection is answered, then sent as FIRST; repeats come as one HOURLY an hour later", async () => {
  const { receiver, appliance } = await applianceWithReceiver();
  const answer = await appliance.ingest([detection(), detection()]);
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    received: 2,
    accepted: 2,
    duplicates: 0,
    alerts_new: 1,
    alerts_updated: 0,
    rejected: [],
  });
  await until(() => receiver.messages.length === 1);
  const first = parseRfc5424(receiver.messages[0] ?? "");
  expect(first.msgid).toBe("FIRST");
  expect(Object.fromEntries(first.sd[0]?.params ?? [])).toMatchObject({ count: "2", risk: "75", ml_cluster: "-1" });

  const again = await appliance.ingest([detection({ raw: { EventID: 4624, Computer: "WS-101", n: 2 } })]);
  expect(again.body).toMatchObject({ accepted: 1, alerts_new: 0, alerts_updated: 1 });
  await appliance.clock.advance(59 * 60_000);
  expect(receiver.messages.length).toBe(1);
  await appliance.clock.advance(2 * 60_000);
  await until(() => receiver.messages.length === 2);
  const hourly = parseRfc5424(receiver.messages[1] ?? "");
  expect(hourly.msgid).toBe("HOURLY");
  expect(Object.fromEntries(hourly.sd[0]?.params ?? [])).toMatchObject({
    count: "3",
    hourly_delta: "1",
    burst: "false",
  });
  expect(hourly.msg).toBe('{"EventID":4624,"Computer":"WS-101","n":2}');

  // Another interval without anything new.
  await appliance.clock.advance(61 * 60_000);
  expect(receiver.messages.length).toBe(2);
  const { status, body } = await appliance.health();
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: "running", alerts_sent: 2, queued: 0, errors: 0, faults: [] });
});
