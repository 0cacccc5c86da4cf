import { expect, test } from "bun:test";
import { detectionsOf, errorsOf, sampleText } from "../../../test/harness/engine-samples.ts";

const event = (n: number, user = "CORP\\alice") =>
  `{"Event":{"System":{"Provider_attributes":{"Name":"Microsoft-Windows-Sysmon"},"EventID":{"#text":1,"#attributes":{"Qualifiers":""}},"Keywords":9223372036854775808,"TimeCreated_attributes":{"SystemTime":"2024-01-01T00:00:0${n}.500Z"},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"PC${n}","EventRecordID":${n}},"EventData":{"User":${JSON.stringify(user)}}}}`;
const rule = `"group":"Sigma","name":"Many processes","timestamp":"2024-01-01T00:00:01.500+00:00","authors":["A","B"],"level":"info","source":"sigma","status":"stable","id":"r-1","tags":["attack.t1059"]`;

test("an individual hit", () => {
  const all = detectionsOf("chainsaw", sampleText("chainsaw.json"));
  expect(all).toHaveLength(16);
  expect(all[0]).toMatchObject({
    id: null,
    ruleId: "0ba1da6d-b6ce-4366-828c-18826c9de23e",
    ruleTitle: "Potential Defense Evasion Via Rename Of Highly Relevant Binaries",
    ruleAuthor: "Matthew Green - @mgreen27, Florian Roth (Nextron Systems), frack113",
    tags: ["attack.stealth", "attack.t1036.003", "car.2013-05-009"],
    level: "high",
    timestamp: Date.UTC(2025, 9, 22, 20, 28, 22, 116),
    user: "AR-WIN-1\\Administrator",
    host: "ar-win-1",
    eventId: "1",
    channel: "Microsoft-Windows-Sysmon/Operational",
    provider: "Microsoft-Windows-Sysmon",
    recordId: "256810",
  });
  expect(all[0]?.body).toStartWith('{"Event":{"#attributes":{"xmlns":');
});

test("an aggregate is one detection per document, each with its own log, time, host", () => {
  const hit = `{"kind":"aggregate","documents":[{"kind":"evtx","path":"a","data":${event(1)}},{"kind":"evtx","path":"a","data":${event(2, "-")}}],${rule}}`;
  for (const format of ["chainsaw", "auto"]) {
    const [first, second, ...more] = detectionsOf(format, `${hit}\n`);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      ruleTitle: "Many processes",
      ruleAuthor: "A, B",
      level: "informational",
      user: "CORP\\alice",
      host: "PC1",
      eventId: "1",
      provider: "Microsoft-Windows-Sysmon",
      timestamp: Date.UTC(2024, 0, 1, 0, 0, 1, 500),
      body: event(1),
    });
    expect(second).toMatchObject({ user: null, host: "PC2", timestamp: Date.UTC(2024, 0, 1, 0, 0, 2, 500) });
  }
});

test("integers beyond 2^53 keep their digits in the log", () => {
  const [hit] = detectionsOf(
    "chainsaw",
    `{"kind":"individual","document":{"kind":"evtx","path":"a","data":${event(3)}},${rule}}`,
  );
  expect(hit?.body).toContain('"Keywords":9223372036854775808,');
});

test("complaints name Chainsaw's members", () => {
  const texts = [
    `{"kind":"individual",${rule}}`,
    '{"name":"x","level":"high","document":{"data":{"Event":{}}}}',
    '{"kind":"aggregate"',
  ];
  expect(errorsOf("chainsaw", texts.join("\n"))).toEqual([
    expect.stringMatching(/^document\.data: missing, accepted: the original log/),
    expect.stringMatching(/^timestamp: missing, accepted: ISO 8601/),
    "not valid JSON (Expected '}'), accepted: one JSON object per record",
  ]);
});
