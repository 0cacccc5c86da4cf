import { expect, test } from "bun:test";
import { type Caller, keepsOwnClock, may, seesEntity } from "./caller.ts";

const caller = (more: Partial<Caller>): Caller => ({
  kind: "user",
  id: "u-1",
  name: "anna",
  role: null,
  scopes: [],
  entities: null,
  address: "203.0.113.7",
  ...more,
});

test("API keys and SOAR users keep their own clock, people do not", () => {
  expect(keepsOwnClock(caller({ kind: "key", scopes: ["feed:read"] }))).toBe(true);
  expect(keepsOwnClock(caller({ role: "soar" }))).toBe(true);
  expect(keepsOwnClock(caller({ role: "analyst" }))).toBe(false);
  expect(keepsOwnClock(caller({ role: "admin" }))).toBe(false);
});

test("a role decides alone where there is one; else any scope that holds the permission", () => {
  expect(may(caller({ role: "viewer", scopes: ["incident:write"] }), "incident:write")).toBe(false);
  expect(may(caller({ kind: "key", scopes: ["ingest", "incident:write"] }), "incident:write")).toBe(true);
  expect(may(caller({ kind: "key", scopes: ["ingest"] }), "read")).toBe(false);
});

test("entities compare without case; no list means all, an empty one none", () => {
  expect(seesEntity({ entities: ["North", "South"] }, " SOUTH ")).toBe(true);
  expect(seesEntity({ entities: ["North"] }, "South")).toBe(false);
  expect(seesEntity({ entities: null }, "South")).toBe(true);
  expect(seesEntity({ entities: [] }, "South")).toBe(false);
});
