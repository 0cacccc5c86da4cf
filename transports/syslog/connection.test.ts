import { expect, test } from "bun:test";
import { isSelf } from "./connection.ts";

test("a connection that is its own other end is told from one to a receiver", () => {
  const ends = { localAddress: "127.0.0.1", localPort: 40_000, remoteAddress: "127.0.0.1", remotePort: 514 };
  expect(isSelf(ends)).toBe(false);
  expect(isSelf({ ...ends, remotePort: 40_000 })).toBe(true);
  expect(isSelf({ ...ends, remotePort: 40_000, remoteAddress: "192.0.2.1" })).toBe(false);
});
