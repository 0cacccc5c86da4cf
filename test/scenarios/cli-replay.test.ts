/** `rhythmx replay`: everything again from a point in time, the bytes as they were. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { detection, until } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

let siem: SyslogReceiver;
let other: SyslogReceiver;
let appliance: ApplianceProcess;
let key: string;
/** Between the first and the second batch. */
let middle: string;

beforeAll(async () => {
  siem = await SyslogReceiver.started();
  other = await SyslogReceiver.started();
  const syslog = [
    { name: "siem", host: "127.0.0.1", port: siem.port },
    { name: "other", host: "127.0.0.1", port: other.port, framing: "octet" },
  ];
  const daemon = { poll_interval_seconds: 0.1, hourly_interval_minutes: 0.005 };
  appliance = await ApplianceProcess.prepare({ config: { syslog, daemon } });
  await appliance.start();
  key = appliance.run(["key", "create", "test", "--scope", "ingest"]).stdout.trim();
  await ingest(["one", "two"]);
  await until(() => siem.messages.length === 2);
  await pause(20);
  middle = new Date().toISOString();
  await pause(20);
  await ingest(["three", "one", "one"]);
  await until(() => siem.messages.length === 4 && other.messages.length === 4);
});
afterAll(async () => {
  await appliance.dispose();
  await siem.stop();
  await other.stop();
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function ingest(rules: string[]): Promise<void> {
  const response = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
    method: "POST",
    headers: { "X-API-Key": key, "Content-Type": "application/x-ndjson" },
    body: rules.map((rule, n) => JSON.stringify(detection({ rule_id: rule, raw: { rule, n, é: "日本" } }))).join("\n"),
  });
  expect(response.status).toBe(200);
}

/** Without PROCID, which is the process's. */
function bytes(messages: readonly string[]): string[] {
  return messages.map((text) => text.replace(/^(<\d+>1 \S+ \S+ \S+ )\d+/, "$1-"));
}

test("what there is: three FIRST and an HOURLY of two", () => {
  const told = siem.messages.map((text) => {
    const { msgid, sd } = parseRfc5424(text);
    return [msgid, sd[1]!.params[0]![1], sd[0]!.params.at(-2)![1]];
  });
  expect(told.map(([msgid, rule]) => `${msgid} ${rule}`)).toEqual([
    "FIRST one",
    "FIRST two",
    "FIRST three",
    "HOURLY one",
  ]);
  expect(told[3]![2]).toBe("2");
});

describe("while the appliance runs", () => {
  test("from the beginning, to one destination only", async () => {
    const before = [...siem.messages];
    expect(appliance.run(["replay", "siem", "--from", "2020-01-01T00:00:00Z"])).toEqual({
      code: 0,
      stdout: "4 messages recorded since 2020-01-01T00:00:00.000Z are being sent to siem\n",
      stderr: "",
    });
    await until(() => siem.messages.length === 8);
    expect(siem.messages.slice(4)).toEqual(before);
    expect(other.messages.length).toBe(4);
  });

  test("from the middle, time in epoch seconds too; what comes after goes on in order", async () => {
    const from = siem.messages.length;
    const epoch = String(Date.parse(middle) / 1000);
    expect(appliance.run(["replay", "siem", "--from", epoch]).stdout).toStartWith(
      `2 messages recorded since ${middle} `,
    );
    await ingest(["four"]);
    await until(() => siem.messages.length === from + 3);
    const rules = siem.messages.slice(from).map((text) => parseRfc5424(text).sd[1]!.params[0]![1]);
    expect(rules).toEqual(["three", "one", "four"]);
  });

  test("from now on there is nothing", () => {
    const { code, stdout } = appliance.run(["replay", "siem", "--from", new Date(Date.now() + 60_000).toISOString()]);
    expect(code).toBe(0);
    expect(stdout).toStartWith("0 messages ");
  });

  test("an unknown destination: the known ones are named", () => {
    expect(appliance.run(["replay", "SIEM", "--from", middle])).toEqual({
      code: 1,
      stdout: "",
      stderr: 'rhythmx replay: no destination "SIEM"; configured: siem, other\n',
    });
  });
});

test("while none runs: sent at the next start, by another process, otherwise the same bytes", async () => {
  await until(() => other.messages.length === 5);
  const before = bytes(other.messages);
  const process = parseRfc5424(other.messages[0]!).procid;
  await appliance.terminate();
  expect(appliance.run(["replay", "nobody", "--from", middle])).toMatchObject({ code: 1, stdout: "" });
  expect(appliance.run(["replay", "other", "--from", "2020-01-01 00:00:00"])).toEqual({
    code: 0,
    stdout: "5 messages recorded since 2020-01-01T00:00:00.000Z will be sent once the appliance runs to other\n",
    stderr: "",
  });
  const siemBefore = siem.messages.length;
  await appliance.start();
  await until(() => other.messages.length === 10);
  expect(bytes(other.messages.slice(5))).toEqual(before);
  expect(parseRfc5424(other.messages[5]!).procid).not.toBe(process);
  await pause(100);
  expect(siem.messages.length).toBe(siemBefore);
});

test.each(["while the appliance runs", "while none runs"])("what still waits is not skipped, %s", async (when) => {
  const dead = await SyslogReceiver.started();
  const { port } = dead;
  await dead.stop();
  const away = await ApplianceProcess.prepare({ config: { syslog: { name: "away", host: "127.0.0.1", port } } });
  try {
    await away.start();
    const own = away.run(["key", "create", "test", "--scope", "ingest"]).stdout.trim();
    await fetch(`${away.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": own, "Content-Type": "application/x-ndjson" },
      body: ["one", "two"].map((rule) => JSON.stringify(detection({ rule_id: rule }))).join("\n"),
    });
    if (when === "while none runs") await away.terminate();
    const { stdout } = away.run(["replay", "away", "--from", "2099-01-01T00:00:00Z"]);
    expect(stdout).toStartWith(
      "0 messages recorded since 2099-01-01T00:00:00.000Z, and 2 from before that still waited,",
    );
    await away.terminate();
    await dead.start();
    await away.start();
    await until(() => dead.messages.length === 2);
  } finally {
    await away.dispose();
    await dead.stop();
  }
});
