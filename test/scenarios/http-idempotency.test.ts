/** A batch under an Idempotency-Key counts once, however often it is sent; also when it was interrupted in the middle. */

import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { hourMs } from "../../core/time.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function started(options: Parameters<typeof TestAppliance.start>[0] = {}): Promise<TestAppliance> {
  const appliance = await TestAppliance.start(options);
  cleanUp.push(() => appliance.dispose());
  return appliance;
}

describe("a repeated batch", () => {
  const records = [detection(), detection({ rule_id: "second" }), "not a record", detection({ level: "none" })];
  const headers = { "Idempotency-Key": "batch-1" };

  test("gets the first answer and changes nothing, also gzipped, the next day and after a restart", async () => {
    const appliance = await started();
    const first = await appliance.ingest(records, { headers });
    expect(first.body).toMatchObject({
      received: 4,
      accepted: 2,
      alerts_new: 2,
      rejected: [{ index: 2 }, { index: 3 }],
    });
    expect(first.headers.has("idempotency-replayed")).toBe(false);

    const body = records.map((record) => JSON.stringify(record)).join("\n");
    for (const again of [
      await appliance.ingest(records, { headers }),
      await appliance.ingest(gzipSync(body), { headers: { ...headers, "Content-Encoding": "gzip" } }),
    ]) {
      expect(again.status).toBe(200);
      expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body));
      expect(again.headers.get("idempotency-replayed")).toBe("true");
    }

    await appliance.stop();
    appliance.clock.jump(23 * hourMs);
    const restarted = await started({ dataDir: appliance.dataDir, clock: appliance.clock });
    // The key that was made before the restart is the one that the batch belongs to.
    const own = { ...headers, "X-API-Key": appliance.key };
    expect((await restarted.ingest(records, { headers: own })).body).toEqual(first.body);
    // Another API key's batch of the same name is another batch.
    const other = await restarted.ingest(records, { headers });
    expect(other.body).toMatchObject({ accepted: 2, alerts_new: 0, alerts_updated: 2 });
    expect(other.headers.has("idempotency-replayed")).toBe(false);
  });

  test("under the same key with another body is 422 and changes nothing", async () => {
    const appliance = await started();
    await appliance.ingest(records, { headers });
    const { status, body } = await appliance.ingest([detection({ rule_id: "third" })], { headers });
    expect(status).toBe(422);
    expect(body).toMatchObject({ title: "Idempotency-Key reused", status: 422 });
    expect(body.detail).toContain("use a new key for every batch");
    const replayed = await appliance.ingest(records, { headers });
    expect(replayed.headers.get("idempotency-replayed")).toBe("true");
  });

  test("under the same key to another address or in another format is another batch: 422, and nothing is taken for done", async () => {
    const appliance = await started();
    await appliance.ingest(records, { headers });
    for (const other of [{ kind: "alarms" as const }, { query: "?format=auto" }]) {
      const { status, body } = await appliance.ingest(records, { headers, ...other });
      expect(status).toBe(422);
      expect(body.detail).toContain("another body, address or format");
    }
  });

  test("that was refused as a whole leaves the key free", async () => {
    const appliance = await started();
    expect((await appliance.ingest("rubbish", { headers })).status).toBe(400);
    expect((await appliance.ingest("rubbish\n".repeat(1001), { headers })).status).toBe(400);
    expect((await appliance.ingest([detection()], { headers })).body).toMatchObject({ accepted: 1, alerts_new: 1 });
  });

  test("while the first is being taken in is 409 with Retry-After, and the first is not disturbed", async () => {
    const appliance = await started();
    const large = Array.from({ length: 10_000 }, (_, n) => detection({ rule_id: `rule ${n}` }));
    const first = appliance.ingest(large, { headers });
    await until(async () => /^rhythmx_intake_pending_bytes [1-9]/m.test(await metrics(appliance.appliance)));
    const statuses: number[] = [];
    await until(async () => {
      const { status, headers: answered, body } = await appliance.ingest(large, { headers });
      statuses.push(status);
      if (status === 409) {
        expect(answered.get("retry-after")).toBe("1");
        expect(body).toMatchObject({ title: "Batch in progress", status: 409 });
      }
      return status === 200;
    });
    expect(statuses).toContain(409);
    expect((await first).body).toMatchObject({ received: 10_000, accepted: 10_000, alerts_new: 10_000 });
  });

  test("without a key counts again", async () => {
    const appliance = await started();
    await appliance.ingest([detection()]);
    expect((await appliance.ingest([detection()])).body).toMatchObject({ accepted: 1, alerts_updated: 1 });
  });
});

describe("killed between two writes of one batch", () => {
  const [alerts, records] = [4_000, 5_000];
  /** The last thousand repeat alerts of the first write. */
  const body = Array.from({ length: records }, (_, n) =>
    JSON.stringify(detection({ rule_id: `rule ${n % alerts}`, level: "low", raw: { n, filler: "x".repeat(2_800) } })),
  ).join("\n");

  test("the repeated batch is finished, counted once and answered as if nothing had happened", async () => {
    const receiver = await SyslogReceiver.started();
    cleanUp.push(() => receiver.stop());
    const daemon = { poll_interval_seconds: 0.2, hourly_interval_minutes: 0.01 };
    const syslog = { protocol: "tcp", host: "127.0.0.1", port: receiver.port };
    const appliance = await ApplianceProcess.prepare({ config: { syslog, daemon } });
    cleanUp.push(() => appliance.dispose());
    await appliance.start();
    const key = appliance.run(["key", "create", "test", "--scope", "ingest"]).stdout.trim();
    const send = () =>
      fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
        method: "POST",
        headers: { "X-API-Key": key, "Content-Type": "application/x-ndjson", "Idempotency-Key": "interrupted" },
        body,
      });

    const unanswered = send().then(
      () => "answered",
      () => "broken",
    );
    // It stands still while it is looked at, so that on a slow machine too the first write is seen before the last is made.
    await until(async () => {
      appliance.signal("SIGSTOP");
      if (written(appliance) > 0) return true;
      appliance.signal("SIGCONT");
      await sleep(1);
      return false;
    });
    await appliance.kill();
    expect(await unanswered).toBe("broken");

    await appliance.start();
    const survived = await eventLogEnd(appliance);
    expect(survived % 1000).toBe(0);
    expect(survived).toBeGreaterThanOrEqual(1000);
    expect(survived).toBeLessThan(alerts);

    const response = await send();
    const answer = await response.json();
    expect(answer).toEqual({
      received: records,
      accepted: records,
      duplicates: 0,
      alerts_new: alerts,
      alerts_updated: 0,
      rejected: [],
    });
    expect(response.headers.has("idempotency-replayed")).toBe(false);
    const again = await send();
    expect(await again.json()).toEqual(answer);
    expect(again.headers.get("idempotency-replayed")).toBe("true");

    // A crash may repeat messages, never lose or miscount them.
    const first = new Map<string, number>();
    const last = new Map<string, number>();
    await until(() => {
      for (const text of receiver.messages.splice(0)) {
        const { msgid, sd } = parseRfc5424(text);
        const { hash, count } = Object.fromEntries(sd[0]!.params) as Record<"hash" | "count", string>;
        if (msgid === "FIRST") first.set(hash, Number(count));
        last.set(hash, Number(count));
      }
      return [...last.values()].reduce((sum, count) => sum + count, 0) >= records;
    });
    expect(first.size).toBe(alerts);
    expect([...first.values()].every((count) => count === 1)).toBe(true);
    const counts = Map.groupBy(last.values(), (count) => count);
    expect([counts.get(1)?.length, counts.get(2)?.length]).toEqual([alerts - 1000, 1000]);
    expect(appliance.run(["doctor"]).stdout).toMatch(/^integrity +ok$/m);
  });
});

/** Read from the file itself, by a process that has no other SQLite open on it. */
function written({ folder }: ApplianceProcess): number {
  const database = new DatabaseFile(join(folder, "data", "rhythmx.db"), { readonly: true });
  try {
    return (database.query("select count(*) as n from event_log").get() as { n: number }).n;
  } finally {
    database.close();
  }
}

async function metrics({ apiUrl }: { apiUrl: string }): Promise<string> {
  return (await fetch(`${apiUrl}/metrics`)).text();
}

async function eventLogEnd(appliance: ApplianceProcess): Promise<number> {
  return Number(/^rhythmx_event_log_end (\d+)$/m.exec(await metrics(appliance))![1]);
}
