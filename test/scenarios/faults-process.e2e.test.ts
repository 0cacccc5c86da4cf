/** Starting, stopping, reading the settings again, and what the data folder may hold. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { batchOf, names, Site, told } from "../harness/site.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

async function receiverOf(defer: Defer): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started();
  defer(() => receiver.stop());
  return receiver;
}

const destination = (name: string, { port }: SyslogReceiver) => ({ name, protocol: "tcp", host: "127.0.0.1", port });

async function siteOf(defer: Defer, syslog: unknown, folder?: string): Promise<Site> {
  const site = await Site.prepare(syslog, folder === undefined ? {} : { folder });
  defer(() => site.process.dispose());
  return site;
}

/** `serve` that cannot start: exit code 1 and one readable line. */
function refusal(site: Site): string {
  const { code, stderr } = site.process.run(["serve"]);
  const lines = stderr
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("{"));
  expect({ code, lines: lines.length, stack: /\n\s+at /.test(stderr) }).toEqual({ code: 1, lines: 1, stack: false });
  return lines[0] ?? "";
}

test.concurrent(
  "SIGTERM: what is queued is sent, then it exits 0",
  cleaningUp(async (defer) => {
    const receiver = await receiverOf(defer);
    const site = await siteOf(defer, destination("siem", receiver));
    await site.start();
    const answers = await Promise.all(Array.from({ length: 4 }, (_, i) => site.ingest(batchOf(names(`b${i}`, 1000)))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await site.process.terminate()).toBe(0);
    expect(told(receiver.messages)).toBe(4000);
    expect(receiver.messages.length).toBe(4000);
  }),
);

test.concurrent(
  "SIGTERM while the receiver reads nothing: it still ends with 0, and the next start sends the rest",
  cleaningUp(async (defer) => {
    const receiver = await receiverOf(defer);
    receiver.misbehaviour = { deaf: true };
    const site = await siteOf(defer, destination("siem", receiver));
    await site.start();
    const raw = { text: "x".repeat(6000) };
    for (let i = 0; i < 4; i++) expect((await site.ingest(batchOf(names(`b${i}`, 500), raw))).status).toBe(200);
    expect(await site.process.terminate()).toBe(0);
    receiver.misbehaviour = {};
    receiver.reset();
    await site.process.start();
    await site.endsWithAllTold(receiver.messages);
  }),
);

test.concurrent(
  "a second process on the same data folder: exit 1 and one line that says so",
  cleaningUp(async (defer) => {
    const receiver = await receiverOf(defer);
    const site = await siteOf(defer, destination("siem", receiver));
    await site.start();
    const second = await Site.prepare(destination("siem", receiver), { folder: site.process.folder });
    expect(refusal(second)).toMatch(/another rhythmx process uses this data folder \(it holds .*\): stop it first$/);
    // The first one has not noticed.
    expect((await site.ingest(batchOf(["j"]))).status).toBe(200);
    await site.endsWithAllTold(receiver.messages);
  }),
);

test.concurrent(
  "stopped for longer than what a receiver had counts as unread: what it closed on meanwhile is sent again",
  cleaningUp(async (defer) => {
    const receiver = await receiverOf(defer);
    const site = await siteOf(defer, destination("siem", receiver));
    await site.start();
    await site.ingest(batchOf(["first"]));
    await until(() => told(receiver.messages) === 1);
    receiver.pause();
    await site.ingest(batchOf(names("unread", 30)));
    await until(async () => (await site.health()).body.alerts_sent === 31);
    // It knows by now that the receiver's kernel has it all.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // As a machine that is suspended.
    site.process.signal("SIGSTOP");
    try {
      receiver.misbehaviour = { finAfter: 1 };
      receiver.resume();
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      expect(told(receiver.messages)).toBeLessThan(10);
    } finally {
      receiver.misbehaviour = {};
      site.process.signal("SIGCONT");
    }
    await site.endsWithAllTold(receiver.messages);
  }),
);

test.concurrent(
  "SIGHUP: destinations come and go without touching the others; a broken file changes nothing and is named",
  cleaningUp(async (defer) => {
    const [a, b] = [await receiverOf(defer), await receiverOf(defer)];
    const site = await siteOf(defer, [destination("a", a)]);
    const reloaded = async (text: string | null, count: number) => {
      if (text !== null) writeFileSync(join(site.process.folder, "etc", "config.json"), text);
      site.process.signal("SIGHUP");
      await until(async () => (await site.health()).body.destinations.length === count);
    };
    await site.start();
    await site.ingest(batchOf(names("one", 10)));
    await until(() => told(a.messages) === 10);
    const connections = a.accepted;

    site.configure([destination("a", a), destination("b", b)]);
    // Two at once must not start anything twice.
    site.process.signal("SIGHUP");
    await reloaded(null, 2);
    await site.ingest(batchOf(names("two", 10)));
    await until(() => told(a.messages) === 20 && told(b.messages) === 10);
    expect(a.accepted).toBe(connections);

    site.configure([destination("b", b)]);
    await reloaded(null, 1);
    await site.ingest(batchOf(names("three", 10)));
    await until(() => told(b.messages) === 20);

    await reloaded('{"syslog": [', 1);
    expect(await site.faultNamed("configuration")).toContain(`${site.process.folder}/etc/config.json line 1 column 13`);
    await until(async () => (await site.health()).body.status === "degraded");
    expect((await site.ingest(batchOf(names("four", 10)))).status).toBe(200);
    await until(() => told(b.messages) === 30);

    site.configure([destination("a", a), destination("b", b)]);
    await reloaded(null, 2);
    await until(() => told(a.messages) === 40 && told(b.messages) === 30);
    expect([a.messages.length, b.messages.length]).toEqual([40, 30]);
    await site.endsWithAllTold(a.messages);
  }),
);

test.concurrent(
  "a broken configuration at the start: intake works, the fault is named",
  cleaningUp(async (defer) => {
    const receiver = await receiverOf(defer);
    const site = await siteOf(defer, destination("siem", receiver));
    site.makeKey();
    writeFileSync(join(site.process.folder, "etc", "config.json"), '{"syslog": {"protocol": "smoke"}}');
    await site.start();
    expect(await site.faultNamed("configuration")).toContain("protocol");
    expect((await site.ingest(batchOf(["early"]))).status).toBe(200);
    site.configure(destination("siem", receiver));
    site.process.signal("SIGHUP");
    await until(async () => (await site.health()).body.destinations.length === 1);
    await site.endsWithAllTold(receiver.messages);
  }),
);

test.concurrent(
  "a newer schema and a damaged file are refused in one line, and stay as they are",
  cleaningUp(async (defer) => {
    const receiver = await receiverOf(defer);
    const site = await siteOf(defer, destination("siem", receiver));
    const file = join(site.process.folder, "data", "rhythmx.db");
    site.makeKey();
    const database = new DatabaseFile(file);
    database.run("insert into schema_journal values (9999, '9999_from_the_future', 'x', '2030-01-01T00:00:00.000Z')");
    database.close();
    expect(refusal(site)).toMatch(
      /9999_from_the_future, which is newer than this version knows .*start the newer version/,
    );

    const bytes = crypto.getRandomValues(Buffer.alloc(65_536));
    writeFileSync(file, bytes);
    expect(refusal(site)).toEndWith(`${file} is damaged or not a RhythmX database: restore a backup`);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  }),
);
