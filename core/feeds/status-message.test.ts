import { expect, test } from "bun:test";
import { parseRfc5424 } from "../../test/harness/rfc5424-strict.ts";
import { seedGrok } from "../../test/harness/seed-grok.ts";
import { statusMessage, testMessage } from "./status-message.ts";
import type { MessageOptions } from "./syslog-options.ts";

const options: MessageOptions = {
  facility: 16,
  appName: "SigmaAlert",
  hostname: "RhythmX",
  enterpriseId: 32473,
  maxBytes: 480,
  timestampPrecision: 0,
  msgid: "nil",
  sequenceId: false,
  ruleInfo: true,
  severity: "by_risk",
  procid: 12345,
};
const at = Date.UTC(2026, 2, 13, 4, 30);
const status = { destination: "soc", uptimeSeconds: 86400, sent: 173, queued: 0 };

test("STATUS, byte for byte", () => {
  const text = new TextDecoder().decode(statusMessage(at, status, options).bytes);
  expect(text).toBe(
    "<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 STATUS " +
      '[status@32473 destination="soc" uptime_seconds="86400" sent="173" queued="0"] ' +
      '{"destination":"soc","uptime_seconds":86400,"sent":173,"queued":0}',
  );
  expect(seedGrok(text)?.msg_id).toBe("STATUS");
});

test("TEST, byte for byte", () => {
  const text = new TextDecoder().decode(testMessage(at, "soc", options).bytes);
  expect(text).toBe(
    "<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 TEST " +
      '[test@32473 destination="soc"] ' +
      '{"destination":"soc","message":"Test message: this destination receives what RhythmX sends."}',
  );
  expect(seedGrok(text)?.json_body).toStartWith("{");
});

test("a destination of any name keeps to the size and the body to ASCII", () => {
  const longest: MessageOptions = {
    ...options,
    hostname: `${"long-label.".repeat(22)}local`,
    appName: "a".repeat(48),
    enterpriseId: 4_294_967_295,
    timestampPrecision: 6,
  };
  const count = Number.MAX_SAFE_INTEGER;
  for (const destination of ['] "\\é\n\u2028🙂', "é".repeat(5000)]) {
    for (const { bytes } of [
      statusMessage(at, { destination, uptimeSeconds: count, sent: count, queued: count }, longest),
      testMessage(at, destination, longest),
    ]) {
      expect(bytes.length).toBeLessThanOrEqual(480);
      const parsed = parseRfc5424(bytes);
      expect(parsed.sd).toHaveLength(1);
      expect(parsed.msg).toMatch(/^\{[ -~]+\}$/);
      JSON.parse(parsed.msg ?? "");
    }
  }
});
