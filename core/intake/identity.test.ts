import { expect, test } from "bun:test";
import fc from "fast-check";
import { normaliseHost, normaliseName, normaliseUser } from "./identity.ts";

test.each([
  ["THESHIRE\\PGustavo", "pgustavo"],
  [" pgustavo@THESHIRE.LOCAL ", "pgustavo"],
  ["CORP\\j@corp.example", "j"],
  ["A\\B\\c", "c"],
  ["j", "j"],
  ["HFDC01$", "hfdc01$"],
  ["NT AUTHORITY\\SYSTEM", "system"],
  ["Font Driver Host\\UMFD-2", "umfd-2"],
  ["arn:aws:sts::1234:assumed-role/Role@X/i-0A", "arn:aws:sts::1234:assumed-role/role@x/i-0a"],
  ["CORP\\", "corp\\"],
  ["@corp", "@corp"],
  ["CORP\\ ", "corp\\"],
  ["  ", ""],
  [null, ""],
])("user %p is %p", (user, expected) => {
  expect(normaliseUser(user)).toBe(expected);
});

test.each([
  [" HFDC01.Shire.COM. ", "hfdc01.shire.com"],
  ["HFDC01", "hfdc01"],
  [null, ""],
])("host %p is %p", (host, expected) => {
  expect(normaliseHost(host)).toBe(expected);
});

test("any name is trimmed and in lower case", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ minLength: 60, maxLength: 70 }));
  const around = fc.constantFrom("", " ", "\t", "\u00a0", "\ufeff", "A", ".");
  fc.assert(
    fc.property(text, around, around, (inside, before, after) => {
      const name = before + inside + after;
      expect(normaliseName(name)).toBe(name.trim().toLowerCase());
      expect(normaliseHost(name)).toBe(name.trim().toLowerCase().replace(/\.$/, ""));
    }),
    { numRuns: 1_000 },
  );
});
