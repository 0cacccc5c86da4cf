/** What Deno does its own way; the rest is as on Node. */
import { passwordsBy } from "../argon2-text.ts";
import { fetchWith } from "../node/fetch-with.ts";
import { listen } from "../node/listen.ts";
import type { Platform } from "../platform.ts";
import { datagramsTo } from "./unix-datagrams.ts";

export const platform: Platform = {
  runtime: `deno ${process.versions.deno}`,
  listen,
  ...passwordsBy(async ({ password, salt, lanes, length, memoryKiB, rounds }) => {
    const secret = new TextEncoder().encode(password);
    const key = await crypto.subtle.importKey("raw-secret", secret, "Argon2id", false, ["deriveBits"]);
    const cost = { nonce: salt, parallelism: lanes, memory: memoryKiB, passes: rounds };
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "Argon2id", ...cost }, key, length * 8));
  }),
  datagramsTo,
  fetchWith,
  giveBackProgram() {},
  // Of a request that was answered, `AbortSignal.timeout` would keep the process until its time is up, unlike elsewhere.
  exit: (code) => process.stdout.write("", () => process.stderr.write("", () => process.exit(code))),
};
