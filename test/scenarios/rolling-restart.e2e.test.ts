/** The program is replaced under load: stopped within its time to drain and started again, first on a database of the oldest schema. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { detection, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const perBatch = 20;

test(
  "nothing that was accepted is lost, no message comes twice, and senders that repeat their batch count nothing twice",
  cleaningUp(async (defer) => {
    const receiver = await SyslogReceiver.started();
    defer(() => receiver.stop());
    const syslog = { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port };
    const site = await ApplianceProcess.prepare({ config: { syslog } });
    defer(() => site.dispose());
    mkdirSync(join(site.folder, "data"), { mode: 0o700 });
    const old = gunzipSync(readFileSync(join(import.meta.dirname, "../data/databases/schema-1.db.gz")));
    writeFileSync(join(site.folder, "data", "rhythmx.db"), old);
    await site.start();
    const key = site.run(["key", "create", "load", "--scope", "ingest"]).stdout.trim();

    let sending = true;
    let batches = 0;
    let answered = { accepted: 0, duplicates: 0 };
    const body = (batch: number) =>
      Array.from({ length: perBatch }, (_, n) =>
        JSON.stringify(detection({ user: `u-${batch}-${n}`, host: `h-${batch}`, level: "low" })),
      ).join("\n");
    /** As a sender should: the same batch under the same key until there is an answer. */
    const send = async (batch: number) => {
      for (;;) {
        try {
          const answer = await fetch(`${site.apiUrl}/api/v1/ingest/detections`, {
            method: "POST",
            headers: { "X-API-Key": key, "Content-Type": "application/x-ndjson", "Idempotency-Key": `batch-${batch}` },
            body: body(batch),
          });
          if (answer.ok) return (await answer.json()) as { accepted: number; duplicates: number };
        } catch {
          // It is stopped, or not there yet.
        }
        await sleep(20);
      }
    };
    const sender = (async () => {
      while (sending) {
        const { accepted, duplicates } = await send(batches++);
        answered = { accepted: answered.accepted + accepted, duplicates: answered.duplicates + duplicates };
      }
    })();
    const firsts = () => receiver.messages.filter((message) => message.includes('user="u-'));
    for (let n = 0; n < 3; n++) {
      const before = firsts().length;
      await until(() => firsts().length >= before + 5 * perBatch);
      expect(await site.terminate()).toBe(0);
      await site.start();
    }
    sending = false;
    await sender;
    await until(() => firsts().length >= batches * perBatch);
    expect(await site.terminate()).toBe(0);
    expect(answered).toEqual({ accepted: batches * perBatch, duplicates: 0 });
    const users = firsts().map((message) => /user="(u-[^"]*)"/.exec(message)?.[1]);
    expect([users.length, new Set(users).size]).toEqual([batches * perBatch, batches * perBatch]);
  }),
  120_000,
);
