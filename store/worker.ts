/** Entry point of the store's Worker: takes calls one at a time, in order, and answers each. */
import { parentPort } from "node:worker_threads";
import { EdgeError } from "../core/errors.ts";
import { type StoreCall, type StoreReply, StoreWorker } from "./operations.ts";

const port = parentPort;
if (port === null) throw new Error("store/worker.ts runs as a Worker only");

const worker = new StoreWorker((end, counts) => port.postMessage({ appended: { end, counts } } satisfies StoreReply));
let turn: Promise<void> = Promise.resolve();

port.on("message", (call: StoreCall) => {
  turn = turn.then(() => answer(call));
});

async function answer(call: StoreCall): Promise<void> {
  try {
    const before = worker.commits;
    const value = await worker.run(call.method, call.args);
    port?.postMessage({ id: call.id, value, wrote: worker.commits > before } satisfies StoreReply);
  } catch (error) {
    const { code, message, data } =
      error instanceof EdgeError
        ? error
        : new EdgeError("store_failed", error instanceof Error ? error.message : String(error));
    port?.postMessage({ id: call.id, error: { code, message, data } } satisfies StoreReply);
  }
}
