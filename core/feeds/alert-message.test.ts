import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseRfc5424 } from "../../test/harness/rfc5424-strict.ts";
import { seedGrok } from "../../test/harness/seed-grok.ts";
import type { AlertSnapshot } from "../alert.ts";
import { levels } from "../detection.ts";
import type { EdgeError } from "../errors.ts";
import type { LoggedEvent } from "../event.ts";
import { alertMessage } from "./alert-message.ts";
import { encodeSnapshot } from "./snapshot.ts";
import type { MessageOptions } from "./syslog-options.ts";

const options: MessageOptions = {
  facility: 16,
  appName: "SigmaAlert",
  hostname: "RhythmX",
  enterpriseId: 32473,
  maxBytes: 8192,
  timestampPrecision: 0,
  msgid: "event",
  sequenceId: false,
  ruleInfo: true,
  severity: "info",
  procid: 12345,
};

const first: AlertSnapshot = {
  hash: "a1b2c3d4e5f67890",
  count: 1,
  risk: 85,
  mlCluster: 3,
  firstSeen: Date.UTC(2026, 2, 13, 4, 30, 0, 999),
  lastSeen: Date.UTC(2026, 2, 13, 4, 30),
  ruleId: "1f21ec3f-810d-4b0e-8045-322202e22b4b",
  ruleTitle: 'Say "hi" [now]',
  ruleAuthor: "Florian Roth (Nextron Systems)",
  level: "critical",
  tags: ["attack.execution", "attack.t1059.001"],
  entity: "Primary Site",
  user: "CORP\\jsmith",
  host: "WS-101",
  ip: "10.0.0.5",
};
const hourly: AlertSnapshot = {
  ...first,
  count: 147,
  lastSeen: Date.UTC(2026, 2, 13, 5, 28),
  delta: 146,
  burst: true,
};

const log =
  '{"EventTime":"2026-03-13 04:29:55","Computer":"WS-101","Channel":"Security","EventID":"4624","UserName":"jsmith","LogonType":"10"}';
const rule =
  '[rule@32473 id="1f21ec3f-810d-4b0e-8045-322202e22b4b" title="Say \\"hi\\" [now\\]" level="critical" ' +
  'author="Florian Roth (Nextron Systems)" tags="attack.execution,attack.t1059.001" entity="Primary Site" ' +
  'user="CORP\\\\jsmith" host="WS-101" ip="10.0.0.5"]';

function event(snapshot: AlertSnapshot, change: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    seq: 7,
    at: snapshot.delta === undefined ? Date.UTC(2026, 2, 13, 4, 30, 0, 250) : Date.UTC(2026, 2, 13, 5, 30),
    kind: snapshot.delta === undefined ? "alert_first" : "alert_hourly",
    subject: snapshot.hash,
    entity: snapshot.entity,
    data: encodeSnapshot(snapshot),
    body: log,
    ...change,
  };
}

function text(logged: LoggedEvent, change: Partial<MessageOptions> = {}): string {
  return new TextDecoder().decode(alertMessage(logged, { ...options, ...change }).bytes);
}

describe("golden messages, after the examples of seed 003", () => {
  const firstSigma =
    '[sigma@32473 hash="a1b2c3d4e5f67890" count="1" risk="85" ml_cluster="3" ' +
    'first_seen="2026-03-13T04:30:00Z" last_seen="2026-03-13T04:30:00Z"]';
  const hourlySigma =
    '[sigma@32473 hash="a1b2c3d4e5f67890" count="147" risk="85" ml_cluster="3" ' +
    'first_seen="2026-03-13T04:30:00Z" last_seen="2026-03-13T05:28:00Z" hourly_delta="146" burst="true"]';

  test("FIRST as the seed has it", () => {
    expect(text(event(first), { ruleInfo: false })).toBe(
      `<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 FIRST ${firstSigma} ${log}`,
    );
  });

  test("HOURLY with burst as the seed has it", () => {
    expect(text(event(hourly), { ruleInfo: false })).toBe(
      `<134>1 2026-03-13T05:30:00Z RhythmX SigmaAlert 12345 HOURLY ${hourlySigma} ${log}`,
    );
  });

  test("the rule element follows without a space", () => {
    expect(text(event(first))).toBe(
      `<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 FIRST ${firstSigma}${rule} ${log}`,
    );
    expect(text(event(hourly))).toBe(
      `<134>1 2026-03-13T05:30:00Z RhythmX SigmaAlert 12345 HOURLY ${hourlySigma}${rule} ${log}`,
    );
  });

  test("every option that a destination has", () => {
    const change: Partial<MessageOptions> = {
      facility: 17,
      appName: "Edge",
      hostname: "siem-01.corp.local",
      enterpriseId: 99,
      timestampPrecision: 3,
      msgid: "nil",
      sequenceId: true,
      severity: "by_risk",
      procid: 1,
    };
    expect(text(event(first), { ...change, ruleInfo: false })).toBe(
      "<138>1 2026-03-13T04:30:00.250Z siem-01.corp.local Edge 1 - " +
        `${firstSigma.replace("32473", "99")}[meta sequenceId="7"] ${log}`,
    );
    expect(text(event(first), change)).toContain(`"]${rule.replace("32473", "99")}[meta sequenceId="7"] {`);
  });
});

test.each([
  [84, 139],
  [70, 139],
  [69, 140],
  [40, 140],
  [39, 142],
  [85, 138],
])("by_risk: risk %d of local1 has PRI %d", (risk, pri) => {
  expect(text(event({ ...first, risk }), { severity: "by_risk", facility: 17 })).toStartWith(`<${pri}>1 `);
});

test.each([
  [1, "1"],
  [2_147_483_647, "2147483647"],
  [2_147_483_648, "1"],
  [4_294_967_295, "1"],
])("event %d has sequenceId %s", (seq, id) => {
  expect(text(event(first, { seq }), { sequenceId: true })).toContain(`[meta sequenceId="${id}"] {`);
});

test("a replay has the same bytes", () => {
  expect(alertMessage(event(hourly), options)).toEqual(alertMessage(event(hourly), options));
});

test.each([
  ["no log", event(first, { body: null }), "Event 7 of alert a1b2c3d4e5f67890 cannot be sent: its log is missing"],
  ["HOURLY without delta", event(first, { kind: "alert_hourly" }), "HOURLY without delta"],
  ["damaged snapshot", event(first, { data: "[1]" }), "1 fields instead of 18"],
])("an event with %s is damage that is named", (_, logged, problem) => {
  let thrown: unknown;
  try {
    alertMessage(logged, options);
  } catch (error) {
    thrown = error;
  }
  expect((thrown as EdgeError).code).toBe("event_corrupt");
  expect((thrown as EdgeError).message).toContain(problem);
});

const nasty = [
  '"',
  "\\",
  "]",
  "] ",
  "[",
  "=",
  "\n",
  "\r\n",
  "\0",
  "\u001b[31m",
  "\u0085",
  "\u2028",
  "\u202e",
  "\u200f",
];
const words = ["\ud83d", "\ude00", "🙂", "é", "漢", "\ufeff", "{{7*7}}", "<script>", "a", "NT AUTHORITY\\SYSTEM", " "];
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.constantFrom(...nasty, ...words), { maxLength: 30 }).map((parts) => parts.join("")),
  fc.string({ maxLength: 3000 }),
);
const digits = "18446744073709551615";
const anyBody = fc
  .tuple(anyText, fc.array(anyText, { maxLength: 4 }))
  .map(([value, more]) =>
    `{"Keywords":${digits},"Keywords":9007199254740993,"m":${JSON.stringify(value)},"d":${JSON.stringify(more)}}`.replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
const anyEvent = fc
  .record({
    hash: fc.constant("a1b2c3d4e5f67890"),
    count: fc.nat(Number.MAX_SAFE_INTEGER),
    risk: fc.nat(100),
    mlCluster: fc.integer({ min: -1 }),
    firstSeen: fc.maxSafeInteger(),
    lastSeen: fc.maxSafeInteger(),
    delta: fc.option(fc.nat(Number.MAX_SAFE_INTEGER), { nil: undefined }),
    ruleId: anyText,
    ruleTitle: anyText,
    ruleAuthor: anyText,
    level: fc.constantFrom(...levels),
    tags: fc.array(anyText, { maxLength: 3 }),
    entity: anyText,
    user: anyText,
    host: anyText,
    ip: anyText,
    seq: fc.integer({ min: 1, max: 2 ** 40 }),
    body: anyBody,
  })
  .map(({ seq, body, delta, ...rest }) => ({
    snapshot: (delta === undefined ? rest : { ...rest, delta, burst: delta % 2 === 0 }) as AlertSnapshot,
    seq,
    body,
  }));
const anyOptions = fc.record<MessageOptions>({
  facility: fc.nat(23),
  appName: fc.constantFrom("SigmaAlert", "a".repeat(48)),
  hostname: fc.constantFrom("RhythmX", "siem-01.corp.local", `${"long-label.".repeat(22)}local`),
  enterpriseId: fc.constantFrom(32473, 4_294_967_295),
  maxBytes: fc.oneof(fc.constantFrom(480, 481, 2048, 4096, 8192, 262_144), fc.integer({ min: 480, max: 20_000 })),
  timestampPrecision: fc.constantFrom(0, 3, 6),
  msgid: fc.constantFrom("event", "nil"),
  sequenceId: fc.boolean(),
  ruleInfo: fc.boolean(),
  severity: fc.constantFrom("info", "by_risk"),
  procid: fc.integer({ min: 1, max: 4_194_304 }),
});

/** What a value looks like that one line of UTF-8 can carry. */
const carried = (value: string) => value.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, " ");

test("any detection with any options gives a valid message within its size that tells the truth", () => {
  fc.assert(
    fc.property(anyEvent, anyOptions, ({ snapshot, seq, body }, o) => {
      const { bytes, shrunk } = alertMessage(event(snapshot, { seq, body }), o);
      expect(bytes.length).toBeLessThanOrEqual(o.maxBytes);
      expect(bytes.includes(0x0a)).toBe(false);
      const parsed = parseRfc5424(bytes);
      const sigma = Object.fromEntries(parsed.sd[0]!.params);
      expect(parsed.sd[0]!.id).toBe(`sigma@${o.enterpriseId}`);
      expect(sigma).toMatchObject({ hash: snapshot.hash, count: String(snapshot.count), risk: String(snapshot.risk) });
      expect(sigma.hourly_delta).toBe(snapshot.delta === undefined ? undefined : String(snapshot.delta));
      expect(sigma.burst).toBe(snapshot.burst === undefined ? undefined : String(snapshot.burst));
      expect(parsed.msg).toMatch(/^\{[ -~]*\}$/);
      JSON.parse(parsed.msg!);

      const rule = parsed.sd.find(({ id }) => id.startsWith("rule@"));
      const expected: [string, string][] = [
        ["id", snapshot.ruleId],
        ["title", snapshot.ruleTitle],
        ["level", snapshot.level],
        ["author", snapshot.ruleAuthor],
        ["tags", snapshot.tags.join(",")],
        ["entity", snapshot.entity],
        ["user", snapshot.user],
        ["host", snapshot.host],
        ["ip", snapshot.ip],
      ];
      if (!shrunk) {
        expect(parsed.msg).toBe(body);
        expect(rule?.params).toEqual(o.ruleInfo ? expected.map(([name, value]) => [name, carried(value)]) : undefined);
      } else if (rule !== undefined) {
        expect(rule.params.map(([name]) => name)).toEqual(expected.map(([name]) => name));
        for (const [at, [, value]] of rule.params.entries()) {
          const whole = carried(expected[at]![1]);
          expect(value === whole || (value.endsWith("…") && whole.startsWith(value.slice(0, -1)))).toBe(true);
        }
      }
      if (shrunk) expect(parsed.msg).toEndWith('"truncated":true}');

      const split = seedGrok(new TextDecoder().decode(bytes));
      expect(split).toMatchObject({ pid: String(o.procid), msg_id: parsed.msgid ?? "-" });
      if (!parsed.sd.some(({ params }) => params.some(([, value]) => value.includes("] ")))) {
        expect(split).toMatchObject({ json_body: parsed.msg! });
      }
    }),
    { numRuns: 400 },
  );
});

describe("over the size", () => {
  const message = (snapshot: AlertSnapshot, body: string, change: Partial<MessageOptions> = {}) => {
    const { bytes, shrunk } = alertMessage(event(snapshot, { body }), { ...options, ...change });
    expect(bytes.length).toBeLessThanOrEqual(change.maxBytes ?? options.maxBytes);
    const parsed = parseRfc5424(bytes);
    return { shrunk, parsed, rule: Object.fromEntries(parsed.sd[1]?.params ?? []) };
  };

  test("a raw log of 1 MB is shortened, its telling fields and digits stay", () => {
    const body = `{"EventID":4104,"Keywords":${digits},"ScriptBlockText":"${"\\u00e9\\n".repeat(130_000)}","User":"jsmith"}`;
    const { shrunk, parsed, rule } = message(first, body);
    expect(shrunk).toBe(true);
    expect(parsed.msg).toStartWith(`{"EventID":4104,"Keywords":${digits},"ScriptBlockText":"\\u00e9\\n`);
    expect(parsed.msg).toEndWith('...","User":"jsmith","truncated":true}');
    expect(rule.title).toBe('Say "hi" [now]');
  });

  test("a user name of 1 MB, which an attacker can choose, displaces neither the rule nor the log", () => {
    const { parsed, rule } = message({ ...first, user: "]".repeat(1_000_000) }, log);
    expect(rule.title).toBe('Say "hi" [now]');
    expect(rule.tags).toBe("attack.execution,attack.t1059.001");
    expect(rule.user).toMatch(/^\]{1000,}…$/);
    expect(parsed.msg).toBe(`${log.slice(0, -1)},"truncated":true}`);
  });

  test("tags go before author, author before title", () => {
    const { parsed, rule } = message({ ...first, tags: ["t".repeat(50)], ruleTitle: "Ü".repeat(40) }, log, {
      maxBytes: 500,
      hostname: "h".repeat(62),
    });
    expect(parsed.msg).toBe('{"truncated":true}');
    expect(rule.tags).toBe("…");
    expect(rule.author).toBe("…");
    expect(rule.title).toMatch(/^Ü{5,39}…$/);
    expect(rule.user).toBe("CORP\\jsmith");
  });

  test("at last the rule element goes and the host name is cut, the seed's element stays whole", () => {
    const hostname = `${"long-label.".repeat(22)}local`;
    const { parsed } = message(hourly, log, { maxBytes: 480, hostname, timestampPrecision: 6, sequenceId: true });
    expect(parsed.sd.map(({ id }) => id)).toEqual(["sigma@32473", "meta"]);
    expect(parsed.sd[0]!.params).toHaveLength(8);
    expect(hostname).toStartWith(parsed.hostname!);
    expect(parsed.msg).toBe('{"truncated":true}');
  });
});
