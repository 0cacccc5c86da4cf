import { expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { giveBackMemory } from "./memory.ts";

/** Kilobytes of the program file that this process has in memory and has not changed. */
function programPages(): number {
  const program = readlinkSync("/proc/self/exe");
  let own = false;
  let pages = 0;
  for (const line of readFileSync("/proc/self/smaps", "utf8").split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) own = line.endsWith(` ${program}`);
    const [, name, kilobytes] = /^(Rss|Anonymous): +(\d+) kB$/.exec(line) ?? [];
    if (own && name !== undefined) pages += name === "Rss" ? Number(kilobytes) : -Number(kilobytes);
  }
  return pages;
}

test("pages of the program file are given back, and what runs goes on", () => {
  const before = programPages();
  expect(before).toBeGreaterThan(20_000);
  giveBackMemory(false);
  expect(programPages()).toBeLessThan(before / 2);
  // The parser, the regular expressions and the collector are among what was given back.
  expect(JSON.parse('{"a":[1,2,{"b":"c"}]}')).toEqual({ a: [1, 2, { b: "c" }] });
  giveBackMemory(true);
  expect(new Function("text", "return text.replace(/b+/g, 'd')")("abbbc")).toBe("adc");
  expect([3, 1, 2].toSorted()).toEqual([1, 2, 3]);
});
