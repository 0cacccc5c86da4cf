import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseTime } from "./time.ts";

const noon = Date.UTC(2026, 2, 1, 12);

test.each([
  ["2026-03-01T12:00:00Z", noon],
  ["2026-03-01 12:00:00", noon],
  ["  2026-03-01t12:00:00z ", noon],
  ["2026-03-01T12:00Z", noon],
  ["2026-03-01T14:30:00+02:30", noon],
  ["2026-03-01T14:30:00+0230", noon],
  ["2026-03-01 13:00:00+01", noon],
  ["2026-03-01 13:00:00.000 +01:00", noon],
  ["2026-03-01T07:00:00-05:00", noon],
  ["2026-03-01T12:00:00.7Z", noon + 700],
  ["2026-03-01T12:00:00,731Z", noon + 731],
  ["2026-03-01T12:00:00.123999999Z", noon + 123],
  ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
  ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
  ["1970-01-01T00:00:00Z", 0],
  ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
  ["0", 0],
  ["1772366400", noon],
  ["1772366400.123456", noon + 123],
  ["1772366400000", noon],
  ["1772366400000.9", noon],
  ["253402300799999", 253_402_300_799_999],
])("%s", (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});

test.each([
  "",
  "now",
  "2026-03-01",
  "2026-02-30T00:00:00Z",
  "2025-02-29T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-01-00T00:00:00Z",
  "2026-01-01T24:00:00Z",
  "2026-01-01T00:60:00Z",
  "2026-01-01T00:00:61Z",
  "2026-01-01T00:00:00.Z",
  "2026-01-01T00:00:00.1234567890Z",
  "2026-01-01T00:00:00+24:00",
  "2026-01-01T00:00:00+1",
  "2026-01-01T00:00:00 UTC",
  "1969-12-31T23:59:59Z",
  "1970-01-01T00:00:00+00:01",
  "9999-12-31T23:59:59-00:01",
  "0050-01-01T00:00:00Z",
  "0071-01-01T00:00:00Z",
  "10000-01-01T00:00:00Z",
  "-1",
  "1e9",
  "0x10",
  "253402300800000",
  "1772366400000000",
  "2026-03-01T12:00:00Z\n2026",
])("%p is no time", (text) => {
  expect(parseTime(text)).toBeNull();
});

test("every millisecond that JavaScript writes is read back, with any zone and more digits", () => {
  const time = fc.integer({ min: 86_400_000, max: 253_402_300_799_999 - 86_400_000 });
  fc.assert(
    fc.property(time, fc.integer({ min: -1439, max: 1439 }), fc.stringMatching(/^\d{0,6}$/), (ms, offset, digits) => {
      const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
      const clock = `${String(Math.trunc(Math.abs(offset) / 60)).padStart(2, "0")}:${String(Math.abs(offset) % 60).padStart(2, "0")}`;
      expect(parseTime(`${local}${digits}${offset < 0 ? "-" : "+"}${clock}`)).toBe(ms);
      expect(parseTime(new Date(ms).toISOString())).toBe(ms);
    }),
    { numRuns: 300 },
  );
});

test("the usual form means the same as any other spelling of it, whatever day was read before", () => {
  const digits = (most: number) => fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(2, "0"));
  const day = fc.tuple(fc.constantFrom("1969", "1970", "2024", "2026", "9999", "0071"), digits(13), digits(32));
  const time = fc.tuple(digits(25), digits(61), digits(61));
  const fraction = fc.constantFrom("", ".", ".5", ".123", ".000999999", ".1234567890", ".1x", ",5");
  fc.assert(
    fc.property(day, time, fraction, fc.constantFrom("Z", "", "z", "ZZ", " "), (date, clock, rest, zone) => {
      const text = (between: string) => `${date.join("-")}${between}${clock.join(":")}${rest}${zone}`;
      const expected = parseTime(text(" "));
      expect(parseTime(text("T"))).toBe(expected);
      expect(parseTime(text("T"))).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("epoch seconds keep their milliseconds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999_999_999 }), (ms) => {
      expect(parseTime(String(ms / 1000))).toBe(ms);
    }),
    { numRuns: 300 },
  );
});
