import { expect, test } from "bun:test";
import { readBatches } from "./import-batches.ts";

async function batchesOf(text: string): Promise<string[]> {
  async function* parts() {
    for (let at = 0; at < text.length; at += 50_000) yield Buffer.from(text.slice(at, at + 50_000));
  }
  const batches: string[] = [];
  for await (const body of readBatches(parts())) batches.push(new TextDecoder().decode(body));
  return batches;
}

const countOf = (batch: string, word: string) => batch.split(word).length - 1;

test("lines, 1,000 a batch", async () => {
  const batches = await batchesOf('{"n":1}\n'.repeat(2_500));
  expect(batches.map((batch) => countOf(batch, '"n"'))).toEqual([1_000, 1_000, 500]);
});

test("a rule with more matches than a batch holds is divided, and stays a rule in each part", async () => {
  const matches = Array.from({ length: 2_500 }, (_, n) => ({ Computer: `PC${n}` }));
  const small = { title: "Small", rule_level: "low", matches: matches.slice(0, 2) };
  const large = { title: "Large", rule_level: "high", matches };
  const batches = await batchesOf(JSON.stringify([small, large], null, 2));
  expect(batches.map((batch) => countOf(batch, '"Computer"'))).toEqual([2, 1_000, 1_000, 500]);
  const rules = batches.flatMap((batch) => batch.split("\n").map((line) => JSON.parse(line)));
  expect(rules.map(({ title, rule_level }) => `${title} ${rule_level}`)).toEqual([
    "Small low",
    "Large high",
    "Large high",
    "Large high",
  ]);
  expect(rules.flatMap((rule) => rule.matches)).toEqual([...small.matches, ...matches]);
});

test("an object alone that holds a search's answer is divided too", async () => {
  const hits = Array.from({ length: 1_001 }, (_, n) => ({ _id: String(n) }));
  const batches = await batchesOf(JSON.stringify({ took: 1, hits: { total: 1_001, hits } }));
  expect(batches.map((batch) => JSON.parse(batch).hits.hits.length)).toEqual([1_000, 1]);
});
