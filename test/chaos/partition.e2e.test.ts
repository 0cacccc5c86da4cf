/** A network that dies in silence while data is in flight. The same against the whole appliance, for longer: npm run chaos:delivery. */
import { expect, test } from "bun:test";
import { createSyslogSender } from "../../transports/syslog/sender.ts";
import { numbered, texts, withoutRepeats } from "../harness/delivery.ts";
import { Partition, partitionImpossible } from "./partition.ts";

const cannot = partitionImpossible();

if (cannot === null) {
  test.each(["tcp", "relp"] as const)(
    "%s: is noticed although nobody says anything, and nothing is lost",
    async (protocol) => {
      const receiver = await Partition.started(protocol === "tcp" ? "tcp octet" : "relp");
      const { host, port } = receiver;
      const limits = { stallMs: 1500, relpAckMs: 1500, connectMs: 1000, backoffMinMs: 100, backoffMaxMs: 500 };
      const sender = createSyslogSender({ protocol, host, port, framing: "octet", limits });
      try {
        const messages = numbered(20_000, 600);
        const sending = (async () => {
          for (let at = 0; at < messages.length; at += 100) {
            await sender.send(messages.slice(at, at + 100));
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        })();
        const got: string[] = [];
        const until = async (condition: () => boolean, milliseconds = 180_000) => {
          for (const end = performance.now() + milliseconds; !condition(); got.push(...receiver.take())) {
            if (performance.now() > end) throw new Error(`still ${got.length} messages`);
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        };
        await until(() => got.length > 1000);
        receiver.cut();
        await until(() => sender.status().lastError !== null);
        expect(sender.status()).toMatchObject({ connected: false, errors: 1 });
        expect(sender.status().lastError).toContain("acknowledged nothing for 1.5 s");
        expect(sender.held().atRisk).toBe(protocol === "tcp");
        receiver.mend();
        await sending;
        await until(() => new Set(got).size === messages.length);
        expect(withoutRepeats(got)).toEqual(texts(messages));
        expect(sender.status()).toMatchObject({ connected: true, lastError: null });
      } finally {
        await sender.close();
        await receiver.remove();
      }
    },
  );
} else {
  console.log(`skipped: silent partition: ${cannot}`);
  test("no network can be made here: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
