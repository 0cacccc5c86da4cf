/** What Bun does its own way. */
import type { Platform } from "../platform.ts";
import { listen } from "./listen.ts";
import { datagramsTo } from "./unix-datagrams.ts";

export const platform: Platform = {
  runtime: `bun ${Bun.version}`,
  listen,
  hashPassword: (password, { memoryKiB, rounds }) =>
    Bun.password.hash(password, { algorithm: "argon2id", memoryCost: memoryKiB, timeCost: rounds }),
  verifyPassword: (password, hash) => Bun.password.verify(password, hash),
  datagramsTo,

  fetchWith({ authority, proxy, verify }) {
    const tls = {
      ...(authority === null ? {} : { ca: authority }),
      ...(verify ? {} : { rejectUnauthorized: false }),
    };
    const own = {
      ...(Object.keys(tls).length === 0 ? {} : { tls }),
      ...(proxy === null ? {} : { proxy }),
    };
    if (Object.keys(own).length === 0) return fetch;
    return ((input: string | URL | Request, init?: RequestInit) =>
      fetch(input, { ...init, ...own } as RequestInit)) as typeof fetch;
  },

  exit(code) {
    process.exitCode = code;
  },
};
