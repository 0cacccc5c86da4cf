import { describe, expect, test } from "bun:test";
import { parseRfc5424 } from "./rfc5424-strict.ts";

/** A valid message with some fields replaced. */
function line(
  change: Partial<Record<"pri" | "time" | "host" | "app" | "pid" | "id" | "sd" | "msg", string>> = {},
): string {
  const { pri = "<134>", time = "2026-03-13T04:30:00Z", host = "RhythmX", app = "SigmaAlert", pid = "12345" } = change;
  const { id = "FIRST", sd = '[sigma@32473 hash="a1"]', msg = " {}" } = change;
  return `${pri}1 ${time} ${host} ${app} ${pid} ${id} ${sd}${msg}`;
}

describe("what the RFC allows", () => {
  test("a whole message", () => {
    expect(parseRfc5424(line())).toEqual({
      pri: 134,
      facility: 16,
      severity: 6,
      timestamp: "2026-03-13T04:30:00Z",
      hostname: "RhythmX",
      appName: "SigmaAlert",
      procid: "12345",
      msgid: "FIRST",
      sd: [{ id: "sigma@32473", params: [["hash", "a1"]] }],
      msg: "{}",
    });
  });

  test("NILVALUEs and no MSG", () => {
    expect(parseRfc5424("<0>1 - - - - - -")).toMatchObject({
      pri: 0,
      timestamp: null,
      hostname: null,
      sd: [],
      msg: null,
    });
    expect(parseRfc5424(line({ msg: " " })).msg).toBe("");
  });

  test("escapes, empty values, repeated names, elements in a row", () => {
    const { sd } = parseRfc5424(line({ sd: '[a@1 x="\\"\\\\\\]\\\\n" x=""][meta sequenceId="2147483647"][b@1]' }));
    expect(sd).toEqual([
      {
        id: "a@1",
        params: [
          ["x", '"\\]\\n'],
          ["x", ""],
        ],
      },
      { id: "meta", params: [["sequenceId", "2147483647"]] },
      { id: "b@1", params: [] },
    ]);
  });

  test("the RFC's own example 3, with BOM and bytes", () => {
    const text =
      "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 " +
      '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] \ufeffAn application event log entry...';
    expect(parseRfc5424(new TextEncoder().encode(text)).msg).toStartWith("\ufeffAn application");
  });

  test.each(["2024-02-29T23:59:59.123456Z", "2000-02-29T00:00:00-23:59", "2003-08-24T05:14:15.000003-07:00"])(
    "time %s",
    (time) => {
      expect(parseRfc5424(line({ time })).timestamp).toBe(time);
    },
  );

  test("fields at their longest", () => {
    const longest = { host: "h".repeat(255), app: "a".repeat(48), pid: "p".repeat(128), id: "i".repeat(32) };
    expect(parseRfc5424(line(longest)).msgid).toHaveLength(32);
    expect(parseRfc5424(line({ sd: `[${"a".repeat(30)}@1 ${"n".repeat(32)}=""]` })).sd).toHaveLength(1);
  });
});

describe("what it refuses", () => {
  test.each([
    ["an octet count", `73 ${line()}`, "PRI does not begin"],
    ["PRI without digits", line({ pri: "<>" }), "1 to 3 digits"],
    ["PRI of four digits", line({ pri: "<0134>" }), "1 to 3 digits"],
    ["PRI with a leading zero", line({ pri: "<034>" }), "leading zero"],
    ["PRI 192", line({ pri: "<192>" }), "over 191"],
    ["another version", line().replace(">1 ", ">2 "), "VERSION"],
    ["two spaces", line().replace(" RhythmX", "  RhythmX"), "HOSTNAME is empty"],
    ["a space in a name", line({ host: "a b" }), "neither - nor"],
    ["a host name that is not ASCII", line({ host: "hôte" }), "not followed by one space"],
    ["a control character in a field", line({ app: "a\u0001b" }), "not followed by one space"],
    ["HOSTNAME of 256", line({ host: "h".repeat(256) }), "HOSTNAME is longer"],
    ["APP-NAME of 49", line({ app: "a".repeat(49) }), "APP-NAME is longer"],
    ["PROCID of 129", line({ pid: "p".repeat(129) }), "PROCID is longer"],
    ["MSGID of 33", line({ id: "i".repeat(33) }), "MSGID is longer"],
    ["no structured data", line({ sd: "{}", msg: "" }), "neither - nor"],
    ["a space after [", line({ sd: "[ a@1]" }), "SD-ID is empty"],
    ["a space between elements", line({ sd: "[a@1] [b@1", msg: "" }).replace(" [b", "x[b"), "not followed by a space"],
    ["an SD-ID twice", line({ sd: '[a@1 x="1"][a@1 y="2"]' }), "occurs twice"],
    ["an SD-ID of 33", line({ sd: `[${"a".repeat(31)}@1]` }), "longer than 32"],
    ["an SD-ID that nobody registered", line({ sd: "[sigma]" }), "neither registered"],
    ["an SD-ID with a word for a number", line({ sd: "[sigma@x]" }), "neither registered"],
    ["an SD-ID with two @", line({ sd: "[a@b@1]" }), "neither registered"],
    ["a PARAM-NAME of 33", line({ sd: `[a@1 ${"n".repeat(33)}=""]` }), "longer than 32"],
    ["a PARAM-NAME with é", line({ sd: '[a@1 é=""]' }), "PARAM-NAME is empty"],
    ["a value without quotes", line({ sd: "[a@1 x=1]" }), "begin with a quote"],
    ["a value without end", line({ sd: '[a@1 x="1', msg: "" }), "no end"],
    ["a backslash at the very end", line({ sd: '[a@1 x="1\\', msg: "" }), "escape"],
    ["an unescaped ]", line({ sd: '[a@1 x="a]b"]' }), "unescaped ]"],
    ["an unescaped quote", line({ sd: '[a@1 x="a"b"]' }), "end with ]"],
    ["the escape \\n", line({ sd: '[a@1 x="a\\nb"]' }), "escape \\n"],
    ["no space before MSG", line({ msg: "{}" }), "not followed by a space"],
    ["sequenceId 0", line({ sd: '[meta sequenceId="0"]' }), "sequenceId"],
    ["sequenceId beyond 31 bits", line({ sd: '[meta sequenceId="2147483648"]' }), "sequenceId"],
    ["a lone surrogate", line({ msg: " \ud800" }), "not UTF-8"],
  ])("%s", (_, text, problem) => {
    expect(() => parseRfc5424(text)).toThrow(problem);
  });

  test.each([
    "2026-03-13",
    "2026-03-13t04:30:00Z",
    "2026-03-13T04:30:00z",
    "2026-03-13T04:30:00",
    "2026-03-13T04:30:00.Z",
    "2026-03-13T04:30:00.1234567Z",
    "2026-03-13T04:30Z",
    "2026-00-13T04:30:00Z",
    "2026-13-13T04:30:00Z",
    "2026-02-29T04:30:00Z",
    "2100-02-29T04:30:00Z",
    "2026-04-31T04:30:00Z",
    "2026-03-00T04:30:00Z",
    "2026-03-13T24:00:00Z",
    "2026-03-13T04:60:00Z",
    "2016-12-31T23:59:60Z",
    "2026-03-13T04:30:00+24:00",
    "2026-03-13T04:30:00+01:60",
    "2026-03-13T04:30:00+0100",
  ])("time %s", (time) => {
    expect(() => parseRfc5424(line({ time }))).toThrow("TIMESTAMP");
  });

  test.each([
    ["a cut sequence", [0xc3]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["an encoded surrogate", [0xed, 0xa0, 0x80]],
    ["Latin-1", [0xe9]],
  ])("bytes that are no UTF-8: %s", (_, bytes) => {
    const [head = "", tail = ""] = line({ sd: '[a@1 x="|"]' }).split("|");
    const message = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
    expect(() => parseRfc5424(message)).toThrow("not UTF-8");
  });
});
