/** Both framings into a real syslog-ng, which is strict about them: `syslog()` counts octets, `network()` reads lines. */
import { afterEach, expect, test } from "bun:test";
import { createSyslogSender } from "../../transports/syslog/sender.ts";
import { numbered } from "../harness/delivery.ts";
import { SyslogNg, syslogNgUnpacked } from "../harness/syslog-ng.ts";

const here = syslogNgUnpacked();
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const tricky = Buffer.from(
  '<134>1 2026-03-13T04:30:00Z RhythmX sigma_alerts 4711 FIRST [sigma@32473 id="a\\"\\]\\\\b" e=""] {"raw":"x\\ny"}',
);

if (here) {
  test.each([
    ["octet", 'syslog(ip("127.0.0.1") port(PORT) transport("tcp"))'],
    ["lf", 'network(ip("127.0.0.1") port(PORT) transport("tcp") flags(syslog-protocol))'],
  ] as const)("framing %s into %s", async (framing, source) => {
    const receiver = await SyslogNg.started(source);
    cleanUps.push(() => receiver.remove());
    const limits = { backoffMinMs: 20, backoffMaxMs: 200 };
    const sender = createSyslogSender({ protocol: "tcp", host: "127.0.0.1", port: receiver.port, framing, limits });
    cleanUps.push(() => sender.close());
    const messages = [tricky, ...numbered(1000, 1200)];
    await sender.send(messages);
    const got = await receiver.until((all) => all.length >= messages.length);
    expect(got[0]).toBe('RhythmX|sigma_alerts|FIRST|a"]\\b|{"raw":"x\\ny"}');
    const numbers = got.slice(1).map((line) => Number(/^RhythmX\|sigma_alerts\|\|(\d+)\|\{"n":\1,/.exec(line)?.[1]));
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
    expect(sender.status()).toMatchObject({ written: messages.length, resent: 0, errors: 0, lastError: null });
  });
} else {
  test("syslog-ng is not here: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
