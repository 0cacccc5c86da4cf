/** Entry point of the store's Worker: runs calls in order and answers each. */
import { parentPort } from "node:worker_threads";
import { giveBackHeap } from "#heap";
import type { StoreCall, StoreReply } from "./calls.ts";
import { type CallMessage, decodeCall } from "./messages.ts";
import { StoreWorker } from "./store-worker.ts";

const port = parentPort;
if (port === null) throw new Error("store/worker/worker.ts runs as a Worker only");

const worker = new StoreWorker();
const waiting: StoreCall[] = [];
let working = false;

port.on("message", (message: CallMessage) => {
  const call = decodeCall(message);
  if (call.method === "giveBackHeap") {
    giveBackHeap(call.args[0] === true);
    port.postMessage({ id: call.id, value: null, wrote: false } satisfies StoreReply);
    return;
  }
  // Writes do not wait for it: it asks etcd several times, and touches no file.
  if (call.method === "trimLog") {
    void worker.aside(call).then((reply) => port.postMessage(reply));
    return;
  }
  waiting.push(call);
  if (!working) setImmediate(work);
  working = true;
});

/** libsql blocks the thread. A turn of the event loop between calls lets further calls arrive and frees libsql's statements. */
async function work(): Promise<void> {
  for (let n = 0; n < worker.callsPerTurn && waiting.length > 0; n++)
    for (const reply of await worker.work(waiting)) port?.postMessage(reply);
  working = waiting.length > 0;
  if (working) setImmediate(work);
}
