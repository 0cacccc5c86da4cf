import { expect, test } from "bun:test";
import { columnText } from "./record-sync.ts";

test("a value of the settings becomes the text of a column; null empties it", () => {
  const values = [null, "a", 7, true, { a: 1 }];
  expect(values.map(columnText)).toEqual(["", "a", "7", "true", '{"a":1}']);
});
