/** The tcp sender alone: messages made beforehand, in the batches of the alert feed. Answers when the last one is handed over. */
import { createSyslogSender } from "../../transports/syslog/sender.ts";
import { answer, childOptions } from "./child.ts";

const { port, events, size } = childOptions<{ port: number; events: number; size: number }>();
const head = '<134>1 2026-03-13T04:29:55Z RhythmX SigmaAlert 1 FIRST [sigma@32473 hash="0123456789abcdef"] ';
const message = Buffer.from(head.padEnd(size, "x"));
const batch = Array.from({ length: 100 }, () => message);
const sender = createSyslogSender({ protocol: "tcp", host: "127.0.0.1", port, framing: "octet" });
for (let sent = 0; sent < events; sent += batch.length) await sender.send(batch);
answer({ sent: events });
// What the kernel has not taken yet must still reach the receiver: the parent ends this process when the last message is there.
setInterval(() => {}, 1000);
