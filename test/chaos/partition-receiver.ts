/** `partition-receiver.ts TRANSPORT PORT FILE`: the receiver inside the namespace; messages go to FILE, the count of connections to stdout. */
import { openSync, writeSync } from "node:fs";
import { ourReceiver, type Transport } from "./delivery-receivers.ts";

const [, , transport, port, file] = process.argv;
const out = openSync(file ?? "", "a");
const receiver = await ourReceiver(transport as Transport, { host: "0.0.0.0", port: Number(port) });
let told = -1;
setInterval(() => {
  const messages = receiver.take();
  if (messages.length > 0) writeSync(out, `${messages.join("\n")}\n`);
  if (receiver.accepted() === told) return;
  told = receiver.accepted();
  console.log(told);
}, 20);
