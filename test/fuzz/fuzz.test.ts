import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { share } from "./mutate.ts";
import { note, Pool } from "./outcomes.ts";
import { faultOf, search } from "./search.ts";
import { holds, type Target, textOf } from "./target.ts";
import { corpusOf, targets } from "./targets.ts";

describe("what was found once is not found again, and few inputs find nothing new", () => {
  // How many inputs a target gets here; `npm run fuzz` tries far more.
  const runs = 12;
  for (const target of targets)
    test(target.name, async () => {
      const samples = target.samples.map((one) => Uint8Array.from(Buffer.from(one as string)));
      for (const sample of samples) expect(await faultOf(target, sample)).toBeNull();
      for (const [file, input] of corpusOf(target.name))
        expect([file, await faultOf(target, input)]).toEqual([file, null]);
      const seed = 20_261_129;
      const { finding } = await search(target, { seed, runs, known: new Set() });
      expect([`seed ${seed}`, finding]).toEqual([`seed ${seed}`, null]);
    });
});

describe("the search", () => {
  const planted = (attempt: Target["attempt"]): Target => ({
    name: "planted",
    samples: ['{"name":"jane","list":[1,2,3]}', '{"name":"bob"}'],
    attempt,
  });
  const find = (target: Target) => search(target, { seed: 1, runs: 5_000, known: new Set() });

  test("finds a property that does not hold, and makes the input small", async () => {
    const { finding } = await find(planted((input) => holds(!textOf(input).includes("__proto__"), "a bad name")));
    expect(finding?.message).toStartWith("Violation: a bad name");
    expect(textOf(finding?.input ?? new Uint8Array())).toBe("__proto__");
  });

  test("finds a prototype that was written to", async () => {
    const { finding } = await find(
      planted((input) => {
        if (textOf(input).includes("null")) Object.assign(Object.prototype, { polluted: 1 });
      }),
    );
    Reflect.deleteProperty(Object.prototype, "polluted");
    expect(finding?.message).toContain("a prototype was changed");
  });

  test("changes the end of a sample as often as its beginning", () => {
    const places = fc.sample(share, { seed: 1, numRuns: 1_000 });
    for (const tenth of Array(10).keys())
      expect(places.filter((place) => Math.floor(place * 10) === tenth).length).toBeGreaterThan(60);
  });

  test("goes on from what has led to something new", async () => {
    // Each word leads on, and hardly any six changes make them all.
    const words = ["#one", "#two", "#three", "#four", "#five", "#six"];
    const target = planted((input) => {
      const text = textOf(input);
      const count = words.filter((word) => text.includes(word)).length;
      note(`${count} words`);
      holds(count < words.length, "all of them");
    });
    Object.assign(target, { words });
    const pool = new Pool();
    let found = false;
    for (let seed = 1; seed < 30 && !found; seed++)
      found = (await search(target, { seed, runs: 500, known: new Set(), pool })).finding !== null;
    expect(found).toBeTrue();
  });

  test("finds what takes too long", async () => {
    const target = planted((input) => {
      const isSlow = textOf(input).includes("__proto__");
      // By the clock that the search reads: a compiler may leave out a loop that does nothing.
      for (const from = process.cpuUsage(); isSlow && process.cpuUsage(from).user < 5_000; );
    });
    const { finding } = await search(target, { seed: 1, runs: 2_000, known: new Set(), slowMs: 2 });
    expect(finding?.message).toMatch(/^takes \d+ ms for \d+ bytes$/);
  });

  test("goes on behind what is known", async () => {
    const target = planted((input) => holds(!textOf(input).includes("[]"), "known"));
    const { finding } = await find(target);
    const again = await search(target, { seed: 1, runs: 500, known: new Set([finding?.key ?? ""]) });
    expect(again).toMatchObject({ finding: null, tried: 500 });
  });
});
