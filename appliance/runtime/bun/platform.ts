/** What Bun does its own way. */
import type { Platform } from "../platform.ts";
import { listen } from "./listen.ts";
import { giveBackProgram } from "./program-pages.ts";
import { datagramsTo } from "./unix-datagrams.ts";

export const platform: Platform = {
  runtime: `bun ${Bun.version}`,
  listen,
  hashPassword: (password, { memoryKiB, rounds }) =>
    Bun.password.hash(password, { algorithm: "argon2id", memoryCost: memoryKiB, timeCost: rounds }),
  verifyPassword: (password, hash) => Bun.password.verify(password, hash),
  datagramsTo,

  fetchWith({ authority, proxy, verify }) {
    const own = {
      // Said also where certificates are checked: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment is not what our settings say.
      tls: { rejectUnauthorized: verify, ...(authority === null ? {} : { ca: authority }) },
      ...(proxy === null ? {} : { proxy }),
    };
    return ((input: string | URL | Request, init?: RequestInit) =>
      fetch(input, { ...init, ...own } as RequestInit)) as typeof fetch;
  },

  giveBackProgram,

  exit(code) {
    process.exitCode = code;
  },
};
