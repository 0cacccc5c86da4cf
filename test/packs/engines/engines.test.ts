import { expect, test } from "bun:test";
import { groupNames } from "./engines.ts";

test("names of groups are counted as an engine does", () => {
  expect([...groupNames(String.raw`(a)(?<b>[)(](?:x)\()(?=y)(?P<c>z)(?<!q)(?<=q)`)]).toEqual([
    ["b", 2],
    ["c", 3],
  ]);
});
