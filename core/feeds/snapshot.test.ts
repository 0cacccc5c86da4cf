import { expect, test } from "bun:test";
import fc from "fast-check";
import type { AlertSnapshot } from "../alert.ts";
import { levels } from "../detection.ts";
import { EdgeError } from "../errors.ts";
import { encodeSnapshot, parseSnapshot } from "./snapshot.ts";

const first: AlertSnapshot = {
  hash: "a1b2c3d4e5f67890",
  count: 1,
  risk: 85,
  mlCluster: 3,
  firstSeen: 1_773_376_200_000,
  lastSeen: 1_773_376_200_500,
  ruleId: "1f21ec3f",
  ruleTitle: 'A "rule"',
  ruleAuthor: "Florian Roth",
  level: "high",
  tags: ["attack.t1059.001"],
  entity: "Primary Site",
  user: "jsmith",
  host: "WS-101",
  ip: "",
};

test("the stored form of version 1 never changes", () => {
  expect(encodeSnapshot(first)).toBe(
    '[1,"a1b2c3d4e5f67890",1,85,3,1773376200000,1773376200500,null,null,' +
      '"1f21ec3f","A \\"rule\\"","Florian Roth","high",["attack.t1059.001"],"Primary Site","jsmith","WS-101",""]',
  );
  expect(encodeSnapshot({ ...first, delta: 146, burst: false })).toContain(",1773376200500,146,false,");
});

const text = fc.string({ unit: "binary", maxLength: 20 });
const integer = fc.maxSafeInteger();
const snapshot = fc.record<AlertSnapshot>(
  {
    hash: text,
    count: integer,
    risk: fc.nat(100),
    mlCluster: fc.integer({ min: -1 }),
    firstSeen: integer,
    lastSeen: integer,
    delta: integer,
    burst: fc.boolean(),
    ruleId: text,
    ruleTitle: text,
    ruleAuthor: text,
    level: fc.constantFrom(...levels),
    tags: fc.array(text),
    entity: text,
    user: text,
    host: text,
    ip: text,
  },
  {
    requiredKeys: [
      ...([
        "hash",
        "count",
        "risk",
        "mlCluster",
        "firstSeen",
        "lastSeen",
        "ruleId",
        "ruleTitle",
        "ruleAuthor",
      ] as const),
      ...(["level", "tags", "entity", "user", "host", "ip"] as const),
    ],
  },
);

test("what was encoded is what is read", () => {
  fc.assert(
    fc.property(snapshot, (value) => {
      expect(parseSnapshot(encodeSnapshot(value))).toEqual({ ...value });
    }),
    { numRuns: 300 },
  );
});

test("risk and cluster are stored as whole numbers", () => {
  expect(parseSnapshot(encodeSnapshot({ ...first, risk: 84.6, mlCluster: 2.2 }))).toEqual({ ...first, mlCluster: 2 });
});

const row = JSON.parse(encodeSnapshot({ ...first, delta: 2, burst: true })) as unknown[];
const spoiled = (index: number, value: unknown) =>
  JSON.stringify(row.map((field, at) => (at === index ? value : field)));

test.each([
  ["", "not JSON"],
  ["{}", "not a JSON array"],
  [spoiled(0, 2), "its version is 2, and this program reads version 1"],
  [JSON.stringify(row.slice(0, 17)), "it has 17 fields instead of 18"],
  [JSON.stringify([...row, 1]), "it has 19 fields instead of 18"],
  [spoiled(1, 5), "field 1 is not a string"],
  [spoiled(2, "5"), "field 2 is not an integer"],
  [spoiled(2, 1.5), "field 2 is not an integer"],
  [spoiled(5, null), "field 5 is not an integer"],
  [spoiled(7, "x"), "field 7 is not an integer"],
  [spoiled(8, 1), "field 8 is not true or false"],
  [spoiled(12, "urgent"), "field 12 is not one of informational, low, medium, high, critical"],
  [spoiled(13, ["a", 1]), "field 13 is not a list of strings"],
  [spoiled(13, "a"), "field 13 is not a list of strings"],
])("%s is refused by name", (stored, problem) => {
  let thrown: unknown;
  try {
    parseSnapshot(stored);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(EdgeError);
  expect((thrown as EdgeError).code).toBe("event_corrupt");
  expect((thrown as EdgeError).message).toContain(problem);
});
