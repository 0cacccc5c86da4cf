import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { alertHash, idKeyOf } from "./hash.ts";

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

test("id key is scoped to entity and rule and keeps the id's case", () => {
  const detection = { id: "a", entity: "E", ruleId: "R", ruleTitle: "T" };
  expect(idKeyOf({ ...detection, id: null })).toBeNull();
  expect(idKeyOf(detection)).toHaveLength(24);
  expect(idKeyOf({ ...detection, entity: "e ", ruleId: "r", ruleTitle: "X" })).toBe(idKeyOf(detection));
  for (const other of [{ id: "A" }, { entity: "F" }, { ruleId: "S" }, { ruleId: null }])
    expect(idKeyOf({ ...detection, ...other })).not.toBe(idKeyOf(detection));
});
