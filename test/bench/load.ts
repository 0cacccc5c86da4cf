/** Load generator: batches over HTTP from a process of its own. Answers once with a `LoadResult`. */
import { answer, childOptions } from "./child.ts";
import { quantile } from "./figure.ts";
import { HttpConnection, type Target } from "./http-connection.ts";
import { bodiesOf, type RecordKind } from "./records.ts";

export interface LoadOptions extends Target {
  kind: RecordKind;
  batch: number;
  connections: number;
  /** Records to send, or … */
  count?: number;
  /** … seconds to go on, every other batch repeating earlier alerts. */
  seconds?: number;
  /** Records a second; absent = as fast as they are taken. */
  pace?: number;
  /** Alerts there are: a larger count comes round to the first again. */
  alerts: number;
  round: number;
  /** The number of the first record; 0 unless given. */
  first?: number;
  /** Batches that lie between one and the next: 1 = all in turn. */
  stride?: number;
}

export interface LoadResult {
  records: number;
  seconds: number;
  p50: number;
  p99: number;
  /** The slowest five seconds, records per second; of runs of ten seconds and more. */
  slowest: number;
}

const options = childOptions<LoadOptions>();
const { batch, connections, stride = 1, first: offset = 0 } = options;
const { pace = Number.POSITIVE_INFINITY } = options;
const { count = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = options;
const mixed = Number.isFinite(seconds);
const windowMs = 5000;
const latencies: number[] = [];
const windows: number[] = [];
let sent = 0;

const opened = await Promise.all(
  Array.from({ length: connections }, async () => ({
    connection: await HttpConnection.open(options),
    body: bodiesOf(options.kind, batch),
  })),
);
const start = performance.now();
await Promise.all(
  opened.map(async ({ connection, body }) => {
    while (sent < count && performance.now() - start < seconds * 1000) {
      const early = (sent / pace) * 1000 - (performance.now() - start);
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const nth = sent / batch;
      sent += batch;
      // Mixed: 0, 0, 1, 1, 2, 2, …: each batch is new once and repeated once.
      const first = mixed ? Math.floor(nth / 2) * batch : (offset + nth * stride * batch) % options.alerts;
      body.renumber(first, options.round + nth);
      const before = performance.now();
      await connection.post(body.bytes);
      const now = performance.now();
      latencies.push(now - before);
      const window = Math.floor((now - start) / windowMs);
      windows[window] = (windows[window] ?? 0) + batch;
    }
  }),
);
const elapsed = (performance.now() - start) / 1000;
for (const { connection } of opened) connection.close();
const whole = Array.from({ length: Math.floor((elapsed * 1000) / windowMs) }, (_, window) => windows[window] ?? 0);
answer({
  records: sent,
  seconds: elapsed,
  p50: quantile(latencies, 0.5),
  p99: quantile(latencies, 0.99),
  slowest: (Math.min(...whole) * 1000) / windowMs,
} satisfies LoadResult);
