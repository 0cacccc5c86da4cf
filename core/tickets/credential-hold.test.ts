import { expect, test } from "bun:test";
import { hourMs, minuteMs } from "../time.ts";
import { CredentialHold } from "./credential-hold.ts";

const now = 1_000_000_000;

test("a quarter of an hour, an hour, then for good; accepted ends it", () => {
  const hold = new CredentialHold();
  expect(hold.heldUntil(now)).toBeLessThan(now);
  hold.refused(now, false);
  expect(hold.heldUntil(now)).toBe(now + 15 * minuteMs);
  // Two that were under way together.
  hold.refused(now + 1, false);
  expect(hold.heldUntil(now + 1)).toBe(now + 15 * minuteMs);
  hold.refused(now + 15 * minuteMs, false);
  expect(hold.heldUntil(now + hourMs)).toBe(now + 15 * minuteMs + hourMs);
  hold.refused(now + 2 * hourMs, false);
  expect(hold.heldUntil(now + 9_999 * hourMs)).toBe(Number.POSITIVE_INFINITY);
  hold.accepted();
  expect(hold.heldUntil(now)).toBeLessThan(now);
  hold.refused(now, false);
  expect(hold.heldUntil(now)).toBe(now + 15 * minuteMs);
});

test("where a person has to log in first, nothing is tried again", () => {
  const hold = new CredentialHold();
  hold.refused(now, true);
  expect(hold.heldUntil(now + 9_999 * hourMs)).toBe(Number.POSITIVE_INFINITY);
});

test("a clock that was set back makes it wait for no longer than the pause", () => {
  const hold = new CredentialHold();
  hold.refused(now, false);
  expect(hold.heldUntil(now - 10 * hourMs)).toBe(now - 10 * hourMs + 15 * minuteMs);
  // It ends.
  expect(hold.heldUntil(now - 9 * hourMs)).toBe(now - 10 * hourMs + 15 * minuteMs);
});
