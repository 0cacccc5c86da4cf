/** What Node does its own way. */
import crypto from "node:crypto";
import { promisify } from "node:util";
import { passwordsBy } from "../argon2-text.ts";
import type { Platform } from "../platform.ts";
import { fetchWith } from "./fetch-with.ts";
import { listen } from "./listen.ts";

// The first version with argon2. Not imported by name: that would fail before anything can be said.
if (typeof crypto.argon2 !== "function") {
  process.stderr.write(`rhythmx: Node ${process.versions.node} is too old; it needs 24.7 or newer\n`);
  process.exit(2);
}
const argon2 = promisify(crypto.argon2);

export const platform: Platform = {
  runtime: `node ${process.versions.node}`,
  listen,
  ...passwordsBy(({ password, salt, lanes, length, memoryKiB, rounds }) =>
    argon2("argon2id", {
      message: Buffer.from(password),
      nonce: salt,
      parallelism: lanes,
      tagLength: length,
      memory: memoryKiB,
      passes: rounds,
    }),
  ),
  datagramsTo() {
    throw new Error("Node has neither datagrams to unix sockets nor FFI");
  },
  fetchWith,
  giveBackProgram() {},
  exit(code) {
    process.exitCode = code;
  },
};
