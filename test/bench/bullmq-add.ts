/** BullMQ's own way of enqueuing, from a process of its own: jobs of a ticket's size. Answers with jobs per second. */
import { Queue } from "bullmq";
import { answer, childOptions } from "./child.ts";

const { port, seconds } = childOptions<{ port: number; seconds: number }>();
const queue = new Queue("tickets", { connection: { host: "127.0.0.1", port, maxRetriesPerRequest: null } });
await queue.waitUntilReady();
const payload = { incident: "INC-7601d999", system: "jira", body: "x".repeat(400) };
const start = performance.now();
let jobs = 0;
await Promise.all(
  Array.from({ length: 50 }, async () => {
    while (performance.now() - start < seconds * 1000) {
      await queue.add("create", payload, {
        jobId: `create-${jobs++}`,
        attempts: 6,
        backoff: { type: "exponential", delay: 60_000 },
      });
    }
  }),
);
const rate = jobs / ((performance.now() - start) / 1000);
await queue.close();
answer({ rate });
