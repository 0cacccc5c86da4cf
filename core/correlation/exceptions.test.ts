import { expect, test } from "bun:test";
import type { Detection } from "../detection.ts";
import type { Actor } from "./actor.ts";
import { type Exception, ExceptionList, whyNoException } from "./exceptions.ts";

const now = 1_000;
const actor = { type: "user", name: "jsmith" } as const;
const detection = {
  entity: "Primary Site",
  ruleId: "ABC-1",
  ruleTitle: "Suspicious Logon",
  host: "WS-101.corp.example.",
} as Detection;

function covers(fields: Partial<Exception>, who: Actor = actor, hostShortNames = false): boolean {
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
  return new ExceptionList([{ ...exception, ...fields }], { hostShortNames }).cover(detection, who, now);
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
  expect(new ExceptionList([], { hostShortNames: false }).cover(detection, actor, now)).toBe(false);
});

test("addresses, machine accounts and short names as detections have them", () => {
  const ip = { type: "ip", name: "2001:db8::1" } as const;
  expect(covers({ actor: "2001:0DB8:0:0:0:0:0:1" }, ip)).toBe(true);
  expect(covers({ actor: "[2001:db8::1%eth0]" }, ip)).toBe(true);
  expect(covers({ actor: "::ffff:10.0.0.5" }, { type: "ip", name: "10.0.0.5" })).toBe(true);
  const host = { type: "host", name: "ws-101.corp.example" } as const;
  expect(covers({ actor: "CORP\\WS-101$" }, host)).toBe(true);
  expect(covers({ actor: "WS-101.corp.example." }, host)).toBe(true);
  expect(covers({ actor: "WS-102$" }, host)).toBe(false);
  const short = { type: "host", name: "ws-101" } as const;
  expect(covers({ actor: "WS-101.corp.example" }, short, true)).toBe(true);
  expect(covers({ host: "ws-101" }, short, true)).toBe(true);
});

test("what would cover everything, nothing or only the past is refused with its field", () => {
  const request = { entity: "", rule: "r", actor: "", host: "", until: null, reason: "x" };
  expect(whyNoException(request, now)).toBeNull();
  expect(whyNoException({ ...request, rule: "" }, now)).toContain("name a rule, an actor or a host");
  expect(whyNoException({ ...request, rule: "", entity: "E" }, now)).toContain("name a rule");
  expect(whyNoException({ ...request, host: "ws-*" }, now)).toStartWith("host:");
  expect(whyNoException({ ...request, until: now }, now)).toStartWith("until:");
});
