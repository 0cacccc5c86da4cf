import { expect, test } from "bun:test";
import { seedGrok } from "./seed-grok.ts";

const example =
  '<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 FIRST [sigma@32473 hash="a1b2c3d4" count="47" risk="85" ' +
  'ml_cluster="3" first_seen="2026-03-12T08:00:00Z" last_seen="2026-03-13T04:30:00Z"] {"raw": "...original log..."}';

test("the seed's first example is split into its fields", () => {
  expect(seedGrok(example)).toEqual({
    syslog_pri: "134",
    timestamp: "2026-03-13T04:30:00Z",
    hostname: "RhythmX",
    app_name: "SigmaAlert",
    pid: "12345",
    msg_id: "FIRST",
    structured_data:
      'sigma@32473 hash="a1b2c3d4" count="47" risk="85" ml_cluster="3" first_seen="2026-03-12T08:00:00Z" last_seen="2026-03-13T04:30:00Z"',
    json_body: '{"raw": "...original log..."}',
  });
});

test("the seed's incident example with MSGID - and milliseconds are split, two elements together", () => {
  const text = '<137>1 2026-03-13T04:35:00.250Z RhythmX SigmaIncident 67890 - [a@1 id="x"][b@1 y="z"] {"a":"] "}';
  expect(seedGrok(text)).toMatchObject({
    msg_id: "-",
    structured_data: 'a@1 id="x"][b@1 y="z"',
    json_body: '{"a":"] "}',
  });
});

test.each([
  ["PROCID -", "12345", "-"],
  ["PROCID with a leading zero", "12345", "012"],
  ["APP-NAME with a hyphen", "SigmaAlert", "Sigma-Alert"],
  ["HOSTNAME with an underscore", "RhythmX", "Rhythm_X"],
  ["HOSTNAME -", "RhythmX", "-"],
  ["IPv6 HOSTNAME", "RhythmX", "fe80::1"],
  ["PRI 0", "<134>", "<0>"],
  ["no MSG", ' {"raw": "...original log..."}', ""],
])("%s does not match, as in Logstash", (_, before, after) => {
  expect(seedGrok(example.replace(before, after))).toBeNull();
});

test('a value that holds "] " is split wrongly, as in Logstash', () => {
  expect(seedGrok(example.replace("a1b2c3d4", "a\\] b"))?.structured_data).toBe('sigma@32473 hash="a\\');
});
