/** Queries and terms in the index as the schema makes it. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { searchQuery } from "../../core/search/query.ts";
import { alertTerms, incidentTerms, type SearchedAlert, wordsOf } from "../../core/search/terms.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";

const alert: SearchedAlert = {
  hash: "0123456789abcdef",
  entity: "Primary Site",
  ruleId: "8f2c0e5a-0000-4000-8000-000000000001",
  ruleTitle: "Suspicious Base64-Encoded PowerShell (LSASS)",
  level: "high",
  user: "CORP\\JSmith",
  host: "WS-101.corp.example.",
  ip: "10.0.0.5",
};

describe("in the index", () => {
  const index = () => {
    const sqlite = new DatabaseFile(":memory:");
    const migration = readFileSync(
      join(import.meta.dirname, "../database/migrations/0014_campaigns_and_console.sql"),
      "utf8",
    );
    const [made = ""] = /create virtual table incident_search [^;]+;/.exec(migration) ?? [];
    sqlite.run(made.replace("incident_search", "s"));
    return sqlite;
  };
  const find = (
    sqlite: DatabaseFile,
    filters: Parameters<typeof searchQuery>[0],
    entities: readonly string[] | null = null,
  ) =>
    sqlite.query("select rowid from s where s match ?").all(searchQuery(filters, entities === null ? [] : [entities]))
      .length;

  test("found by words, beginnings, whole names and facts, and not by others", () => {
    const sqlite = index();
    const { words, facts } = alertTerms(alert);
    sqlite.run("insert into s (words, facts) values (?, ?)", [words, facts]);
    for (const text of [
      "susp",
      "POWERSHELL suspicious",
      "ws-101",
      "ws-101.corp",
      "corp\\js",
      "jsmith",
      "0123456789ab",
      "base64-enc",
      "10.0.0.5",
      "101 example",
      "corp/jsmith",
    ])
      expect([text, find(sqlite, { text })]).toEqual([text, 1]);
    for (const text of ["uspicious", "ws-102", "susp zebra", "-", "", "*", '"', "facts:lhigh", "lhigh", "s"])
      expect([text, find(sqlite, { text })]).toEqual([text, 0]);
    expect(
      find(sqlite, { host: "ws-101", user: "other\\jsmith", rule: alert.ruleTitle, levels: ["low", "high"] }, [
        "primary site",
      ]),
    ).toBe(1);
    expect(find(sqlite, { host: "WS-101.CORP.EXAMPLE", rule: alert.ruleId.toUpperCase() })).toBe(1);
    for (const filters of [{ host: "ws-1" }, { user: "jsmit" }, { rule: "suspicious" }, { levels: ["low"] as const }])
      expect(find(sqlite, filters)).toBe(0);
    expect(find(sqlite, { text: "susp" }, ["Elsewhere"])).toBe(0);
    expect(find(sqlite, { text: "susp" }, [])).toBe(0);
  });

  test("whatever somebody types is words and never a query", () => {
    const sqlite = index();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        expect(find(sqlite, { text, host: text, user: text, rule: text }, [text])).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("a row is found by each of its words", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), (title) => {
        const sqlite = index();
        const { words, facts } = incidentTerms({ entity: "Site", texts: [title] });
        sqlite.run("insert into s (words, facts) values (?, ?)", [words, facts]);
        for (const word of wordsOf(title)) expect([word, find(sqlite, { text: word }, ["Site"])]).toEqual([word, 1]);
      }),
      { numRuns: 200 },
    );
  });
});
