/** Reads pages over HTTP from a process of its own. Answers once with a `PollResult`. */
import { answer, childOptions } from "./child.ts";
import { quantile } from "./figure.ts";
import { HttpConnection, type Target } from "./http-connection.ts";

export interface PollOptions extends Target {
  connections: number;
  /** Goes on so long … */
  seconds?: number;
  /** … or reads every page once, in order. */
  walk?: boolean;
  /** Cursors of pages to be read at random. */
  cursors?: string[];
}

export interface PollResult {
  pages: number;
  seconds: number;
  p50: number;
  p99: number;
  /** Of a walk: each page's cursor and time in milliseconds. */
  cursors: string[];
  times: number[];
}

const options = childOptions<PollOptions>();
const { path, connections, seconds = 0, cursors = [] } = options;
const opened = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(options)));
const times: number[] = [];
const found: string[] = [];
const start = performance.now();

async function timed(connection: HttpConnection, address: string): Promise<Buffer> {
  const before = performance.now();
  const body = await connection.get(address);
  times.push(performance.now() - before);
  return body;
}

if (options.walk) {
  const [connection] = opened;
  let next = `${path}&since=`;
  for (let more = true; more && connection !== undefined; ) {
    const page = JSON.parse((await timed(connection, next)).toString("utf8")) as {
      next_cursor: string;
      has_more: boolean;
    };
    more = page.has_more;
    found.push(page.next_cursor);
    next = `${path}&cursor=${page.next_cursor}`;
  }
} else {
  await Promise.all(
    opened.map(async (connection) => {
      while (performance.now() - start < seconds * 1000)
        await timed(connection, `${path}&cursor=${cursors[Math.floor(Math.random() * cursors.length)]}`);
    }),
  );
}
const result: PollResult = {
  pages: times.length,
  seconds: (performance.now() - start) / 1000,
  p50: quantile(times, 0.5),
  p99: quantile(times, 0.99),
  cursors: found,
  times: options.walk ? times : [],
};
answer(result);
