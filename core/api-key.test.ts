import { expect, test } from "bun:test";
import { type ApiKeyRecord, apiKeySha256, isApiKey, judgeApiKey, makeApiKey, parseScopes } from "./api-key.ts";

test("a key has the documented form, and a typing error is no key", () => {
  const key = makeApiKey((count) => new Uint8Array(count).map((_, i) => i * 7));
  expect(key).toMatch(/^smk_[0-9A-Za-z]{36}$/);
  expect(isApiKey(key)).toBe(true);
  for (let i = 4; i < key.length; i++) {
    const other = key[i] === "A" ? "B" : "A";
    expect(isApiKey(key.slice(0, i) + other + key.slice(i + 1))).toBe(false);
  }
  expect(isApiKey(`${key} `)).toBe(false);
  expect(apiKeySha256(key)).toMatch(/^[0-9a-f]{64}$/);
});

test("bytes that would make some digits likelier are left out", () => {
  const key = makeApiKey((count) => new Uint8Array(count).map((_, i) => (i % 2 === 0 ? 255 : 61)));
  expect(key.slice(4, 34)).toBe("z".repeat(30));
});

test("scopes are read from a comma list, once each; unknown ones are named", () => {
  expect(parseScopes("ingest, feed:read,ingest")).toEqual(["ingest", "feed:read"]);
  expect(() => parseScopes("ingest,admin")).toThrow(
    'unknown scope "admin"; known: feed:read, incident:write, ingest, metrics:read',
  );
  expect(() => parseScopes(" , ")).toThrow("no scope given");
});

test("a key is judged with a reason", () => {
  const record: ApiKeyRecord = {
    id: "k",
    name: "k",
    prefix: "smk_aaaa",
    sha256: "",
    scopes: ["ingest"],
    entities: [],
    createdAt: 0,
    expiresAt: 100,
    revokedAt: null,
    lastUsedAt: null,
    lastUsedFrom: null,
    createdBy: null,
  };
  expect(judgeApiKey(record, "ingest", 99)).toBe("ok");
  expect(judgeApiKey(record, "ingest", 100)).toBe("expired");
  expect(judgeApiKey(record, "feed:read", 99)).toBe("scope");
  expect(judgeApiKey({ ...record, revokedAt: 5 }, "ingest", 99)).toBe("revoked");
  expect(judgeApiKey(null, "ingest", 99)).toBe("unknown");
});
