import { expect, test } from "bun:test";
import { dayMs, hourMs } from "../time.ts";
import { LoginThrottle, networkOf } from "./login-throttle.ts";

const start = 1_773_376_200_000;

/** Failures of one account from as many networks, which count for the account alone. */
function failFromManyNetworks(throttle: LoginThrottle, account: string, count: number, now: number): void {
  for (let index = 0; index < count; index++) throttle.begin(account, `198.51.${index >> 8}.${index & 255}`, now);
}

test("a known address is exempt from the failures of others for 30 days, and no longer", () => {
  const throttle = new LoginThrottle();
  const later = start + 30 * dayMs;
  throttle.known("anna", "203.0.113.7", start);
  failFromManyNetworks(throttle, "anna", 40, later);
  expect(throttle.waitMs("anna", "203.0.113.7", later)).toBe(0);
  expect(throttle.waitMs("anna", "203.0.113.8", later)).toBe(60_000);
  failFromManyNetworks(throttle, "anna", 40, later + 1);
  expect(throttle.waitMs("anna", "203.0.113.7", later + 1)).toBe(60_000);
});

test("a clock that was set back by more than an hour makes nobody wait for it to catch up", () => {
  const throttle = new LoginThrottle();
  for (let failures = 0; failures < 12; failures++) throttle.begin("anna", "203.0.113.7", start);
  expect(throttle.waitMs("anna", "203.0.113.7", start)).toBeGreaterThan(0);
  expect(throttle.waitMs("anna", "203.0.113.7", start - hourMs - 1)).toBe(0);
});

test("what is remembered is bounded: the oldest failures are forgotten first", () => {
  const throttle = new LoginThrottle();
  for (let failures = 0; failures < 6; failures++) throttle.begin("anna", "203.0.113.7", start);
  expect(throttle.waitMs("anna", "203.0.113.7", start)).toBeGreaterThan(0);
  for (let index = 0; index < 20_000; index++) throttle.begin(`user${index}`, "198.51.100.1", start);
  expect(throttle.waitMs("anna", "203.0.113.7", start)).toBe(0);
  expect(throttle.waitMs("user19999", "198.51.100.1", start)).toBe(900_000);
});

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["0:0:0:0:0:FFFF:203.0.113.7", "203.0.113.7"],
  ["2001:DB8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["64:ff9b:1:2:3:4:192.0.2.1", "64:ff9b:1:2::/64"],
  ["", ""],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
