import { expect, test } from "bun:test";
import type { Detection } from "../detection.ts";
import { type Exception, ExceptionList } from "./exceptions.ts";

const now = 1_000;
const actor = { type: "user", name: "jsmith" } as const;
const detection = {
  entity: "Primary Site",
  ruleId: "ABC-1",
  ruleTitle: "Suspicious Logon",
  host: "WS-101.corp.example.",
} as Detection;

function covers(fields: Partial<Exception>): boolean {
  const exception = {
    id: "1",
    entity: "",
    rule: "",
    actor: "",
    host: "",
    until: null,
    reason: "r",
    who: "w",
    createdAt: 0,
  };
  return new ExceptionList([{ ...exception, ...fields }]).cover(detection, actor, now);
}

test("by rule: id or title, in any case", () => {
  expect(covers({ rule: "abc-1" })).toBe(true);
  expect(covers({ rule: " suspicious logon " })).toBe(true);
  expect(covers({ rule: "abc" })).toBe(false);
});

test("by actor and host as people write them", () => {
  expect(covers({ actor: "CORP\\JSmith" })).toBe(true);
  expect(covers({ host: "ws-101.CORP.example" })).toBe(true);
  expect(covers({ host: "ws-101" })).toBe(false);
});

test("everything that is given has to fit", () => {
  expect(covers({ rule: "ABC-1", actor: "jsmith", entity: "primary site" })).toBe(true);
  expect(covers({ rule: "ABC-1", actor: "other" })).toBe(false);
  expect(covers({ rule: "ABC-1", entity: "Other Site" })).toBe(false);
});

test("until then and no longer", () => {
  expect(covers({ rule: "ABC-1", until: now + 1 })).toBe(true);
  expect(covers({ rule: "ABC-1", until: now })).toBe(false);
});

test("no exceptions cover nothing", () => {
  expect(new ExceptionList([]).cover(detection, actor, now)).toBe(false);
});
