/**
 * Sends one detection per request on a schedule that waits for nobody, and is the receiver too, so that one clock sees both ends.
 * Says `{port}`, takes the target of the load, answers with a `RoundTripResult`.
 */
import { createServer } from "node:net";
import { answer, childOptions, onMessage } from "./child.ts";
import { quantile } from "./figure.ts";
import { HttpConnection, type Target } from "./http-connection.ts";
import { OctetFrames } from "./octet-frames.ts";
import { Batch } from "./records.ts";

export interface RoundTripResult {
  /** Milliseconds from when the request was due to its message. */
  p50: number;
  p99: number;
  /** Messages per second from the first to the last. */
  achieved: number;
}

const { perSecond, seconds } = childOptions<{ perSecond: number; seconds: number }>();
const connections = 16;
const total = perSecond * seconds;
const due: number[] = [];
const latencies: number[] = [];

async function post(target: Target): Promise<void> {
  const start = performance.now() + 100;
  let next = 0;
  const one = async () => {
    const connection = await HttpConnection.open(target);
    const body = new Batch("detections", 1);
    while (next < total) {
      const number = next++;
      const at = start + (number / perSecond) * 1000;
      due[number] = at;
      const wait = at - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      body.renumber(number, 0);
      await connection.post(body.bytes);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, one));
}

function arrived(message: Buffer): void {
  const now = performance.now();
  const at = message.indexOf('"n":"N');
  const number = Number(message.toString("latin1", at + 6, at + 14));
  latencies.push(now - (due[number] ?? 0));
  if (latencies.length < total) return;
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  answer({ p50, p99, achieved: (total / (now - (due[0] ?? 0))) * 1000 } satisfies RoundTripResult);
}

const server = createServer((socket) => {
  const frames = new OctetFrames(true, (_length, message) => {
    if (message !== null) arrived(message);
  });
  socket.on("data", (part: Buffer) => frames.add(part));
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => answer({ port: (server.address() as { port: number }).port }));
onMessage<Target>((target) => void post(target));
