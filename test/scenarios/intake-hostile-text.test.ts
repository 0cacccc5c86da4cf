/** Names and logs made to break a receiver: every message is valid RFC 5424, and read back it says what was sent in. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { jsonPieces } from "../harness/json-pieces.ts";
import { type ParsedMessage, parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

/** A line each, and so large that nothing below is shortened; and the default size. */
let large: SyslogReceiver;
let small: SyslogReceiver;
let appliance: TestAppliance;

beforeAll(async () => {
  large = await SyslogReceiver.started();
  small = await SyslogReceiver.started();
  const syslog = [
    { name: "large", host: "127.0.0.1", port: large.port, max_bytes: 262_144 },
    { name: "small", host: "127.0.0.1", port: small.port, framing: "octet" },
  ];
  appliance = await TestAppliance.start({ config: { syslog } });
});
afterAll(async () => {
  await appliance.dispose();
  await large.stop();
  await small.stop();
});

let rules = 0;
/** A rule of its own for every detection, so that each gives a FIRST. */
function ownRule(): string {
  rules++;
  return `rule-${rules}`;
}

/** Sends records in, as NDJSON text, and returns the FIRST of each in order, from both receivers. */
async function firsts(lines: string[]): Promise<{ large: ParsedMessage[]; small: ParsedMessage[] }> {
  const [fromLarge, fromSmall] = [large.messages.length, small.messages.length];
  const { status, body } = await appliance.ingest(lines.join("\n"));
  expect({ status, rejected: body.rejected, accepted: body.accepted }).toEqual({
    status: 200,
    rejected: [],
    accepted: lines.length,
  });
  const all = () => large.messages.length + small.messages.length === fromLarge + fromSmall + 2 * lines.length;
  await until(all, undefined, () => `${large.messages.length - fromLarge} of ${lines.length} messages came`);
  return {
    large: large.messages.slice(fromLarge).map(parseRfc5424),
    small: small.messages.slice(fromSmall).map(parseRfc5424),
  };
}

async function first(line: string): Promise<{ large: ParsedMessage; small: ParsedMessage }> {
  const all = await firsts([line]);
  return { large: all.large[0]!, small: all.small[0]! };
}

function withRaw(rawText: string): string {
  const { raw, ...rest } = detection({ rule_id: ownRule() });
  return `${JSON.stringify(rest).slice(0, -1)},"raw":${rawText}}`;
}

function ruleParams(message: ParsedMessage): Record<string, string> {
  return Object.fromEntries(message.sd[1]!.params);
}

/** What a name becomes on the wire: control characters and line ends are spaces, NUL and halves of characters U+FFFD. */
function onTheWire(name: string | null): string {
  return (name ?? "")
    .trim()
    .toWellFormed()
    .replaceAll("\0", "\ufffd")
    .replace(/[\p{Cc}\u2028\u2029]/gu, " ");
}

describe("names arrive as they are", () => {
  const names = [
    'Say "stop" now',
    "C:\\Windows\\System32\\",
    "[closed] ] [open",
    '"] (\\"]) \\]',
    "Grüße aus Zürich, 日本語, 🔥",
    "line one\nline two\r\nline three",
    "\u202Eevil\u202C gpj.exe \u200F\u2066\u2069",
    "before\u0000after\u0007\u001b[31mred\u0085\u009b",
    "half \ud83d a character \udd25",
    "line\u2028paragraph\u2029end",
    '<134>1 2026-01-01T00:00:00Z fake app 1 FIRST [sigma@32473 hash="0"] {}',
    "{{7*7}} $ {jndi:ldap://x} %s%n ' OR 1=1 --",
    "a=\"b\" c='d' = ; | , \t",
  ];
  test.each(names)("%j", async (name) => {
    const fields = { rule_title: name, rule_author: name, user: name, host: name, src_ip: name, entity: name };
    const line = JSON.stringify(
      detection({ ...fields, rule_id: `${ownRule()} ${name}`, tags: [name, "attack.t1059"] }),
    );
    const { large: message, small: same } = await first(line);
    const text = onTheWire(name);
    const { id, ...params } = ruleParams(message);
    expect(params).toEqual({
      title: text,
      level: "high",
      author: text,
      tags: `${text},attack.t1059`,
      entity: text,
      user: text,
      host: text,
      ip: text,
    });
    expect(id).toEndWith(` ${text}`);
    expect(same.sd).toEqual(message.sd);
  });
});

describe("logs that are text", () => {
  const texts = [
    "plain text",
    "",
    "  blanks around, kept \n",
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><Data Name=\"x\">a &amp; b</Data></Event>",
    'type=EXECVE msg=audit(1629382938.342:9201): argc=2 a0="sudo" a1=2D6C \u001dARCH=x86_64',
    "[1,2,3]",
    '{"not": "closed"',
    '{"two":1} {"objects":2}',
    "nul \u0000, bell \u0007, escape \u001b, delete \u007f",
    "half \ud83d",
    "\u202Ertl\u202C 日本語 🔥 \u2028",
  ];
  test.each(texts)("%j", async (raw) => {
    const { large: message } = await first(withRaw(JSON.stringify(raw)));
    expect(JSON.parse(message.msg!)).toEqual({ raw });
    expect(message.msg!).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe("logs that are objects keep digits, order and repeated keys", () => {
  const objects = [
    "{}",
    '{"n":18446744073709551615,"m":-9223372036854775808,"f":1.0,"e":1E400,"z":-0,"tiny":1e-999}',
    '{"a":1,"a":2,"b":{"a":3,"a":4}}',
    '{"z":1,"1":2,"a":3,"0":4}',
    '{"__proto__":{"x":1},"constructor":null,"toString":true}',
    '{"":"","\\u0000":"\\ud83d","é":"\\u00e9 é"}',
    ' { "spaced" : [ 1 , 2 , { } ] ,\t"text" : " kept  blanks " } ',
    '{"truncated":"own value","raw":{"raw":{}}}',
    `{"deep":${"[".repeat(900)}1${"]".repeat(900)}}`,
  ];
  test.each(objects)("%s", async (text) => {
    const { large: message } = await first(withRaw(text));
    expect(jsonPieces(message.msg!)).toEqual(jsonPieces(text));
    expect(message.msg!).toMatch(/^[\x21-\x7e]*( kept {2}blanks | é)?/);
  });

  test("also where the object came inside a string", async () => {
    const text = '{"n":18446744073709551615,"a":1,"a":2,"s":"é"}';
    const { large: message } = await first(withRaw(JSON.stringify(` ${text}\n`)));
    expect(jsonPieces(message.msg!)).toEqual(jsonPieces(text));
  });

  test("deeper than any log: refused by name, its neighbour kept", async () => {
    const deep = `{"deep":${"[".repeat(5000)}${"]".repeat(5000)}}`;
    const before = large.messages.length;
    const { body } = await appliance.ingest([withRaw(deep), withRaw("{}")].join("\n"));
    expect(body).toMatchObject({ received: 2, accepted: 1, rejected: [{ index: 0 }] });
    expect(body.rejected[0].error).toStartWith("raw: an object nested 5001 levels deep");
    await until(() => large.messages.length === before + 1 && small.messages.length === before + 1);
  });
});

describe("logs of a megabyte are shortened by meaning", () => {
  const filler = 'é"\\\n🔥日本'.repeat(60_000);
  const logs: [string, string][] = [
    ["one long string", JSON.stringify({ EventID: 4104, ScriptBlockText: filler, Computer: "WS-101" })],
    ["text", JSON.stringify(filler)],
    ["many members", `{${Array.from({ length: 60_000 }, (_, n) => `"member${n}":${n}`).join(",")}}`],
    ["an array of numbers", `{"EventID":1,"list":[${"18446744073709551615,".repeat(50_000)}0]}`],
  ];
  test.each(logs)("%s", async (_name, rawText) => {
    const line = withRaw(rawText);
    expect(line.length).toBeGreaterThan(500_000);
    const messages = await first(line);
    for (const [message, limit, wire] of [
      [messages.large, 262_144, large.messages.at(-1)!],
      [messages.small, 8192, small.messages.at(-1)!],
    ] as const) {
      const size = Buffer.byteLength(wire);
      expect(size).toBeLessThanOrEqual(limit);
      // Most of the room is used.
      expect(size).toBeGreaterThan(limit / 2);
      const body = JSON.parse(message.msg!);
      expect(body.truncated).toBe(true);
      expect(ruleParams(message).title).toBe("Suspicious Logon");
    }
  });

  test("what names an event stays", async () => {
    const [, rawText] = logs[0]!;
    const { small: message } = await first(withRaw(rawText));
    expect(JSON.parse(message.msg!)).toMatchObject({ EventID: 4104, Computer: "WS-101" });
  });
});

test("any detection gives a valid message that says the same (property)", async () => {
  const unit = fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
    fc.constantFrom('"', "]", "\\", "] ", "\n", "\u0000", "\u202e", "\ud800", "\u2028", "🔥", "[", '\\"]'),
  );
  const name = fc.array(unit, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
  const required = name.filter((text) => text.trim() !== "");
  const optional = fc.option(name);
  const raw = fc.oneof(
    fc.dictionary(name, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 }),
    name,
    fc.json({ maxDepth: 2 }),
  );
  const anyDetection = fc.record({
    rule_title: required,
    rule_author: optional,
    user: optional,
    host: optional,
    src_ip: optional,
    entity: required,
    level: fc.constantFrom("informational", "low", "medium", "high", "critical"),
    tags: fc.array(name, { maxLength: 4 }),
    timestamp: fc.date({ min: new Date(0), max: new Date("2026-03-13T00:00:00Z"), noInvalidDate: true }),
    risk: fc.option(fc.integer({ min: 0, max: 100 })),
    ml_cluster: fc.option(fc.integer()),
    raw,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyDetection, { minLength: 75, maxLength: 75 }), async (detections) => {
      const { large: messages } = await firsts(
        detections.map((record) => JSON.stringify({ ...record, rule_id: ownRule() })),
      );
      for (const [index, record] of detections.entries()) {
        const message = messages[index]!;
        const sigma = Object.fromEntries(message.sd[0]!.params);
        const seen = `${record.timestamp.toISOString().slice(0, 19)}Z`;
        expect(sigma).toMatchObject({ count: "1", first_seen: seen, last_seen: seen });
        expect(sigma.ml_cluster).toBe(String(record.ml_cluster ?? -1));
        if (record.risk !== null) expect(sigma.risk).toBe(String(record.risk));
        expect(ruleParams(message)).toMatchObject({
          title: onTheWire(record.rule_title),
          author: onTheWire(record.rule_author),
          level: record.level,
          tags: record.tags
            .filter((tag) => tag.trim() !== "")
            .map(onTheWire)
            .join(","),
          entity: onTheWire(record.entity),
          user: onTheWire(record.user),
          host: onTheWire(record.host),
          ip: onTheWire(record.src_ip),
        });
        expect(jsonPieces(message.msg!)).toEqual(jsonPieces(expectedBody(record.raw)));
      }
    }),
    { numRuns: 4, seed: 5424, endOnFailure: true },
  );
});

/** CONTRACT 9.7: a log that is a JSON object as it is, anything else as `{"raw": "…"}`. */
function expectedBody(raw: unknown): string {
  if (typeof raw !== "string") return JSON.stringify(raw);
  try {
    const value = JSON.parse(raw);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return raw;
  } catch {
    // Text.
  }
  return JSON.stringify({ raw });
}
