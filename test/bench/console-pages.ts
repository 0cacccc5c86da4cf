/** Loads pages from a process of its own, each kind over a connection of its own, as analysts at work do. Answers with a `ConsolePagesResult`. */
import { answer, childOptions } from "./child.ts";
import { quantile } from "./figure.ts";
import { HttpConnection, type Target } from "./http-connection.ts";

export interface ConsolePagesOptions extends Target {
  /** Addresses by name. */
  kinds: Readonly<Record<string, readonly string[]>>;
  seconds: number;
}

/** By kind: milliseconds, and bytes of the largest answer as it was sent. */
export type ConsolePagesResult = Record<string, { p50: number; p99: number; bytes: number }>;

/** Between two pages of one person. */
const pauseMs = 50;

const options = childOptions<ConsolePagesOptions>();
const result: ConsolePagesResult = {};
await Promise.all(
  Object.entries(options.kinds).map(async ([kind, paths]) => {
    const connection = await HttpConnection.open(options);
    const times: number[] = [];
    let bytes = 0;
    // The first of each is for statements that are not prepared yet.
    for (const path of paths) await connection.get(path);
    const end = performance.now() + options.seconds * 1000;
    for (let turn = 0; performance.now() < end; turn++) {
      const before = performance.now();
      const body = await connection.get(paths[turn % paths.length] ?? "/");
      times.push(performance.now() - before);
      bytes = Math.max(bytes, body.length);
      await Bun.sleep(pauseMs);
    }
    result[kind] = { p50: quantile(times, 0.5), p99: quantile(times, 0.99), bytes };
  }),
);
answer(result);
