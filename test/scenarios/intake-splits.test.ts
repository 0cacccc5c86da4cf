/** However detections are cut into batches and in whatever order they come, every alert tells the same in the end. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

/** An HOURLY every simulated minute, because letting simulated time pass takes real time. */
const daemon = { hourly_interval_minutes: 1, poll_interval_seconds: 30 };

interface Side {
  receiver: SyslogReceiver;
  appliance: TestAppliance;
}
const sides: Side[] = [];

beforeAll(async () => {
  for (let side = 0; side < 2; side++) {
    const receiver = await SyslogReceiver.started();
    const config = { syslog: { protocol: "tcp", host: "127.0.0.1", port: receiver.port }, daemon };
    sides.push({ receiver, appliance: await TestAppliance.start({ config }) });
  }
});
afterAll(async () => {
  for (const { appliance, receiver } of sides) {
    await appliance.dispose();
    await receiver.stop();
  }
});

interface Told {
  /** FIRST's count and every delta. */
  sum: number;
  count: number;
  risk: number;
  firstSeen: string;
  lastSeen: string;
}

/** What the messages of one entity say about each alert, by the rule, user and host that they name. */
function told(messages: readonly string[], entity: string): Map<string, Told> {
  const alerts = new Map<string, Told>();
  for (const text of messages) {
    const { msgid, sd } = parseRfc5424(text);
    const [sigma, rule] = sd.map(({ params }) => Object.fromEntries(params) as Record<string, string>);
    if (rule!.entity !== entity) continue;
    const before = alerts.get(sigma!.hash!);
    expect(msgid).toBe(before === undefined ? "FIRST" : "HOURLY");
    alerts.set(sigma!.hash!, {
      sum: (before?.sum ?? 0) + Number(sigma!.hourly_delta ?? sigma!.count),
      count: Number(sigma!.count),
      risk: Number(sigma!.risk),
      firstSeen: sigma!.first_seen!,
      lastSeen: sigma!.last_seen!,
    });
  }
  return alerts;
}

async function tellAll({ appliance, receiver }: Side): Promise<void> {
  await appliance.clock.advance(90_000);
  await until(async () => {
    const { body } = await appliance.health();
    return body.queued === 0 && body.alerts_sent === receiver.messages.length;
  });
}

const start = Date.UTC(2026, 2, 1);
const anyDetection = fc.record({
  rule_id: fc.constantFrom("r1", "r2", "R1 ", undefined),
  user: fc.constantFrom("CORP\\anna", "anna", "Anna@corp.example", "bob", null),
  host: fc.constantFrom("WS-1", "ws-1.", "ws-2", null),
  src_ip: fc.constantFrom("10.0.0.1", "10.0.0.2", null),
  level: fc.constantFrom("low", "high", "critical"),
  timestamp: fc.integer({ min: 0, max: 10_000 }).map((seconds) => new Date(start + seconds * 1000).toISOString()),
});
/** A detection that may be sent again: the same id always stands for the same detection. */
const withIds = fc
  .array(fc.tuple(anyDetection, fc.boolean(), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 60 })
  .map((entries) =>
    entries.flatMap(([fields, hasId, times], index) =>
      hasId ? Array.from({ length: times }, () => ({ ...fields, id: `id-${index}` })) : [fields],
    ),
  );
const cuts = fc.array(fc.integer({ min: 0, max: 180 }), { maxLength: 6 });
/** Two ways to send the same detections; a batch may be followed by a while in which HOURLY messages go out. */
const twoWays = withIds.chain((detections) =>
  fc.record({
    orders: fc.tuple(
      fc.shuffledSubarray(detections, { minLength: detections.length }),
      fc.shuffledSubarray(detections, { minLength: detections.length }),
    ),
    cuts: fc.tuple(cuts, cuts),
    pause: fc.tuple(fc.boolean(), fc.boolean()),
  }),
);

let runs = 0;

test("count, first and last seen and risk do not depend on splits and order; FIRST and deltas add up to count", async () => {
  await fc.assert(
    fc.asyncProperty(twoWays, async ({ orders, cuts, pause }) => {
      const entity = `entity-${runs++}`;
      const outcomes: Map<string, Told>[] = [];
      for (const [index, side] of sides.entries()) {
        const records = orders[index]!.map((fields) => detection({ ...fields, entity }));
        let accepted = 0;
        let duplicates = 0;
        for (const batch of cut(records, cuts[index]!)) {
          const { body } = await side.appliance.ingest(batch);
          accepted += body.accepted;
          duplicates += body.duplicates;
          if (pause[index]) await side.appliance.clock.advance(45_000);
        }
        const distinct = new Set(records.map((record, at) => record.id ?? at)).size;
        expect({ accepted, duplicates }).toEqual({ accepted: distinct, duplicates: records.length - distinct });
        await tellAll(side);
        const outcome = told(side.receiver.messages, entity);
        expect([...outcome.values()].reduce((sum, alert) => sum + alert.sum, 0)).toBe(distinct);
        for (const alert of outcome.values()) expect(alert.sum).toBe(alert.count);
        expect([...outcome.values()].map(({ count }) => count).sort()).toEqual(modelCounts(records));
        outcomes.push(outcome);
      }
      expect([...outcomes[0]!].sort()).toEqual([...outcomes[1]!].sort());
    }),
    { numRuns: 12, seed: 4821, endOnFailure: true },
  );
});

function cut<T>(items: readonly T[], at: readonly number[]): T[][] {
  const ends = [...new Set([...at.filter((end) => end > 0 && end < items.length), items.length])].sort((a, b) => a - b);
  return ends.map((end, index) => items.slice(ends[index - 1] ?? 0, end));
}

/** CONTRACT 2 in the few spellings used here: how often each alert occurs. */
function modelCounts(records: readonly Record<string, unknown>[]): number[] {
  const seen = new Set<unknown>();
  const counts = new Map<string, number>();
  for (const { id, rule_id, user, host, src_ip } of records) {
    if (id !== undefined && seen.has(id)) continue;
    seen.add(id);
    const rule = String(rule_id ?? "no rule id")
      .trim()
      .toLowerCase();
    const who = user === null ? "" : user === "bob" ? "bob" : "anna";
    const where = String(host ?? "")
      .toLowerCase()
      .replace(/\.$/, "");
    const key = [rule, who, where, who === "" && where === "" ? src_ip : ""].join("|");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()].sort();
}
