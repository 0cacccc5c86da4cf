import { expect, test } from "bun:test";
import { connect } from "node:net";
import { freePort } from "../../test/harness/free-port.ts";
import { isSelf } from "./connection.ts";

test("a connection that is its own other end is told from one to a receiver", async () => {
  const port = await freePort();
  // Nobody listens: an attempt from the very port reaches itself.
  const socket = connect({ host: "127.0.0.1", port, localPort: port, localAddress: "127.0.0.1" });
  const outcome = await new Promise<string>((resolve) => {
    socket.once("connect", () => resolve("connected"));
    socket.once("error", (error) => resolve(String((error as { code?: string }).code)));
  });
  const { localAddress = "127.0.0.1", localPort = port, remoteAddress = "127.0.0.1", remotePort = port } = socket;
  socket.destroy();
  // The kernel allows it; a runtime that binds no local port is refused instead.
  expect(["connected", "ECONNREFUSED"]).toContain(outcome);
  if (outcome === "connected") expect(isSelf({ localAddress, localPort, remoteAddress, remotePort })).toBe(true);
  const ends = { localAddress: "127.0.0.1", localPort: 40_000, remoteAddress: "127.0.0.1", remotePort: 514 };
  expect(isSelf(ends)).toBe(false);
  expect(isSelf({ ...ends, remotePort: 40_000 })).toBe(true);
  expect(isSelf({ ...ends, remotePort: 40_000, remoteAddress: "192.0.2.1" })).toBe(false);
});
