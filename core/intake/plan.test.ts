import { expect, test } from "bun:test";
import fc from "fast-check";
import { detectionOf } from "../../test/harness/detection-of.ts";
import type { Detection } from "../detection.ts";
import { idKeyOf } from "./hash.ts";
import { type KnownAlert, planAlerts } from "./plan.ts";

function detection(some: Partial<Detection>): Detection {
  const usual = { tags: ["attack.t1003"], level: "high", risk: 75, user: "CORP\\j", srcIp: "10.0.0.1" } as const;
  return detectionOf({ ...usual, hash: "aaaaaaaaaaaaaaaa", ...some, tags: some.tags ?? [...usual.tags] });
}

function plan(detections: Detection[], known = new Map<string, KnownAlert>(), seen = new Set<string>()) {
  return planAlerts(detections, detections.map(idKeyOf), seen, known);
}

test("a new alert: FIRST has the first detection's words and log, the alert the newest log", () => {
  const first = detection({ timestamp: 2_000, body: '{"n":1}', mlCluster: 1, user: "CORP\\J" });
  const newest = detection({ timestamp: 3_000, body: '{"n":2}', mlCluster: 2, risk: 90 });
  const oldest = detection({ timestamp: 1_000, body: '{"n":3}', mlCluster: 3, risk: 10 });
  expect(plan([first, newest, oldest])).toEqual({
    duplicates: 0,
    counted: [first, newest, oldest],
    idKeys: [],
    changes: [
      {
        hash: "aaaaaaaaaaaaaaaa",
        added: 3,
        firstSeen: 1_000,
        lastSeen: 3_000,
        risk: 90,
        newest,
        cluster: { value: 2, at: 3_000, isCurrent: true },
        first: {
          detection: first,
          snapshot: {
            hash: "aaaaaaaaaaaaaaaa",
            count: 3,
            risk: 90,
            mlCluster: 1,
            firstSeen: 1_000,
            lastSeen: 3_000,
            ruleId: "r1",
            ruleTitle: "Rule",
            ruleAuthor: "",
            level: "high",
            tags: ["attack.t1003"],
            entity: "E",
            user: "CORP\\J",
            host: "",
            ip: "10.0.0.1",
          },
        },
      },
    ],
  });
});

test("a known alert: no FIRST, and its log stays where it is newer", () => {
  const known = new Map([["aaaaaaaaaaaaaaaa", { firstSeen: 500, lastSeen: 5_000, risk: 80 }]]);
  expect(plan([detection({}), detection({ timestamp: 400 })], known).changes).toEqual([
    {
      hash: "aaaaaaaaaaaaaaaa",
      added: 2,
      firstSeen: 400,
      lastSeen: 5_000,
      risk: 80,
      newest: null,
      cluster: null,
      first: null,
    },
  ]);
  const later = detection({ timestamp: 5_000, body: '{"n":2}' });
  expect(plan([later], known).changes[0]?.newest).toBe(later);
});

test("the cluster is that of the newest detection that has one", () => {
  const clusterOf = (detections: Detection[], known?: Map<string, KnownAlert>) =>
    plan(detections, known).changes[0]?.cluster;
  const [with5, without] = [
    detection({ timestamp: 2_000, mlCluster: 5 }),
    detection({ timestamp: 3_000, mlCluster: -1 }),
  ];
  expect(clusterOf([with5, without])).toEqual({ value: 5, at: 2_000, isCurrent: true });
  expect(clusterOf([without, with5])).toMatchObject({ value: 5 });
  expect(clusterOf([without])).toBeNull();
  const known = new Map([["aaaaaaaaaaaaaaaa", { firstSeen: 500, lastSeen: 5_000, risk: 80 }]]);
  expect(clusterOf([with5], known)).toEqual({ value: 5, at: 2_000, isCurrent: false });
});

test("at equal times the log that came later", () => {
  const [one, two] = [detection({ body: '{"n":1}' }), detection({ body: '{"n":2}' })];
  expect(plan([one, two]).changes[0]).toMatchObject({ newest: two, first: { detection: one } });
});

test("repeated ids count once: remembered ones and those of the same write, per entity and rule", () => {
  const one = detection({ id: "1" });
  const key = idKeyOf(one) ?? "";
  expect(plan([one, detection({ id: "1", timestamp: 9_000 })])).toMatchObject({
    duplicates: 1,
    idKeys: [key],
    changes: [{ added: 1, lastSeen: 1_000 }],
  });
  expect(plan([one], new Map(), new Set([key]))).toEqual({
    duplicates: 1,
    counted: [],
    idKeys: [],
    changes: [],
  });
  const others = [
    detection({ id: "1", entity: "F", hash: "b" }),
    detection({ id: "1", ruleId: "r2", hash: "c" }),
    detection({ id: "2" }),
    detection({}),
  ];
  expect(plan([one, ...others])).toMatchObject({ duplicates: 0, changes: [{ added: 3 }, { added: 1 }, { added: 1 }] });
});

interface State extends KnownAlert {
  count: number;
  body: string;
}

/** What a store does with plans, over writes of the given sizes. */
function apply(detections: readonly Detection[], sizes: readonly number[]) {
  const alerts = new Map<string, State>();
  const seen = new Set<string>();
  let duplicates = 0;
  let firsts = 0;
  for (let start = 0, write = 0; start < detections.length; write++) {
    const part = detections.slice(start, start + (sizes[write % sizes.length] ?? 1));
    start += part.length;
    const { changes, idKeys, duplicates: more } = plan([...part], alerts, seen);
    duplicates += more;
    for (const key of idKeys) seen.add(key);
    for (const { hash, added, firstSeen, lastSeen, risk, newest, first } of changes) {
      const before = alerts.get(hash);
      expect(before === undefined).toBe(first !== null);
      if (first) expect(first.snapshot.count).toBe(added);
      firsts += first ? 1 : 0;
      alerts.set(hash, {
        count: (before?.count ?? 0) + added,
        firstSeen,
        lastSeen,
        risk,
        body: newest?.body ?? before?.body ?? "none",
      });
    }
  }
  return { alerts, duplicates, firsts };
}

const some = fc.array(
  fc.record({
    hash: fc.constantFrom("a", "b", "c"),
    timestamp: fc.integer({ min: 0, max: 50 }),
    risk: fc.integer({ min: 0, max: 100 }),
    id: fc.option(fc.constantFrom("1", "2", "3", "4", "5")),
  }),
  { maxLength: 40 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 5 });

test("the outcome does not depend on how detections are split into writes", () => {
  fc.assert(
    fc.property(some, sizes, (given, split) => {
      const detections = given.map((members, n) => detection({ ...members, body: `{"n":${n}}` }));
      expect(apply(detections, split)).toEqual(apply(detections, [1_000]));
    }),
    { numRuns: 300 },
  );
});

test("nor on their order: ids once, and the model's count, times and risk", () => {
  const shuffled = some.chain((given) =>
    fc.tuple(
      fc.constant(given),
      fc.shuffledSubarray(
        given.map((_, n) => n),
        { minLength: given.length },
      ),
    ),
  );
  fc.assert(
    fc.property(shuffled, sizes, ([given, order], split) => {
      // Repeats of one id are the same detection, and no two times are equal: what else an order would decide.
      const byId = new Map<string, Detection>();
      const detections = given.map((members, n) => {
        const made = detection({ ...members, timestamp: members.timestamp * 100 + n, body: `{"n":${n}}` });
        if (made.id === null) return made;
        const original = byId.get(made.id) ?? made;
        byId.set(made.id, original);
        return original;
      });
      const distinct = [...new Set(detections)];
      const outcome = apply(
        order.map((n) => detections[n]!),
        split,
      );
      expect(outcome.duplicates).toBe(detections.length - distinct.length);
      expect(outcome.firsts).toBe(outcome.alerts.size);
      for (const [hash, alert] of outcome.alerts) {
        const mine = distinct.filter((one) => one.hash === hash).sort((a, b) => a.timestamp - b.timestamp);
        expect(alert).toEqual({
          count: mine.length,
          firstSeen: mine[0]!.timestamp,
          lastSeen: mine.at(-1)!.timestamp,
          risk: Math.max(...mine.map(({ risk }) => risk)),
          body: mine.at(-1)!.body,
        });
      }
      expect(outcome.alerts.size).toBe(new Set(distinct.map(({ hash }) => hash)).size);
    }),
    { numRuns: 300 },
  );
});
