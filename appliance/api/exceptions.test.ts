/** Exceptions of the API where the store fails half-way. */
import { expect, test } from "bun:test";
import type { Caller } from "../../core/access/caller.ts";
import { StoreError } from "../../core/errors.ts";
import type { Store } from "../../store/open-store.ts";
import { exceptionOf } from "../../test/harness/exception-of.ts";
import type { AuditLog } from "../access/audit-log.ts";
import { Exceptions } from "./exceptions.ts";

const caller: Caller = {
  kind: "user",
  id: "u1",
  name: "analyst",
  role: "analyst",
  scopes: [],
  entities: null,
  address: "",
};

test("what is saved or removed is in the audit log, also where evidence cannot be gone through at once", async () => {
  const saved = exceptionOf({ id: "exc-1", rule: "r" });
  const incidents = {
    insertException: async () => {},
    deleteException: async () => true,
    listExceptions: async () => [saved],
    applyExceptions: () => Promise.reject(new StoreError("store_full", "the disk is full")),
  };
  const noted: string[] = [];
  const audit = { note: async (_author: unknown, action: string) => void noted.push(action) };
  const clock = { now: () => 1_000, monotonic: () => 0 };
  const exceptions = new Exceptions({ incidents } as unknown as Store, clock, audit as unknown as AuditLog);
  const { id: _id, who: _who, createdAt: _at, hits: _hits, lastHitAt: _last, ...request } = saved;
  expect(await exceptions.add(caller, request).catch((error: Error) => error.message)).toBe("the disk is full");
  expect(await exceptions.remove(caller, "exc-1").catch((error: Error) => error.message)).toBe("the disk is full");
  expect(noted).toEqual(["exception.create", "exception.delete"]);
});
