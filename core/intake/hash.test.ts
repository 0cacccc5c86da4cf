import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { alertHash, idKeyOf } from "./hash.ts";
import { normaliseHost, normaliseName, normaliseUser } from "./identity.ts";

const key = {
  entity: "Primary Site",
  ruleId: "R-1",
  ruleTitle: "A Rule",
  user: "CORP\\J",
  host: "PC1.corp.",
  srcIp: "10.0.0.1",
};

function expected(parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

test("hash of entity, rule, user, host, ip", () => {
  expect(alertHash(key)).toBe(expected(["primary site", "r-1", "j", "pc1.corp", ""]));
  expect(alertHash(key)).toBe("70e61c11eff750b1");
  expect(alertHash({ ...key, ruleId: null, user: null })).toBe(
    expected(["primary site", "a rule", "", "pc1.corp", ""]),
  );
  expect(alertHash({ ...key, host: null })).toBe(expected(["primary site", "r-1", "j", "", ""]));
  expect(alertHash({ ...key, user: " ", host: null })).toBe(expected(["primary site", "r-1", "", "", "10.0.0.1"]));
  expect(alertHash({ ...key, user: null, host: null, srcIp: null })).toBe(
    expected(["primary site", "r-1", "", "", ""]),
  );
  expect(alertHash({ ...key, user: "PC1$" })).toBe(expected(["primary site", "r-1", "pc1$", "pc1.corp", ""]));
});

test("spelling does not split an alert, meaning does", () => {
  const same = {
    ...key,
    entity: " PRIMARY SITE",
    ruleId: "r-1 ",
    ruleTitle: "Other",
    user: "j@corp.example",
    host: "pc1.CORP",
    srcIp: null,
  };
  expect(alertHash(same)).toBe(alertHash(key));
  for (const other of [{ entity: "B" }, { ruleId: "R-2" }, { user: "k" }, { host: "pc2" }])
    expect(alertHash({ ...key, ...other })).not.toBe(alertHash(key));
});

test("the hash of any names is over their JSON", () => {
  const name = fc.oneof(
    fc.constant(null),
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("\ud800", '"\\\x7f'),
  );
  fc.assert(
    fc.property(name, name, name, name, (entity, ruleId, user, host) => {
      const ip = user === null && host === null ? "10.0.0.1" : null;
      const parts = [
        normaliseName(entity),
        normaliseName(ruleId) || "t",
        normaliseUser(user),
        normaliseHost(host),
        ip ?? "",
      ];
      expect(alertHash({ entity: entity ?? "", ruleId, ruleTitle: "T", user, host, srcIp: ip })).toBe(expected(parts));
    }),
    { numRuns: 1_000 },
  );
});

test("id key is scoped to entity and rule and keeps the id's case", () => {
  const detection = { id: "a", entity: "E", ruleId: "R", ruleTitle: "T" };
  expect(idKeyOf({ ...detection, id: null })).toBeNull();
  expect(idKeyOf(detection)).toBe(
    createHash("sha256").update('["e","r","a"]').digest().subarray(0, 16).toString("base64"),
  );
  expect(idKeyOf({ ...detection, entity: "e ", ruleId: "r", ruleTitle: "X" })).toBe(idKeyOf(detection));
  for (const other of [{ id: "A" }, { entity: "F" }, { ruleId: "S" }, { ruleId: null }])
    expect(idKeyOf({ ...detection, ...other })).not.toBe(idKeyOf(detection));
});
