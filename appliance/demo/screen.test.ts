import { expect, test } from "bun:test";
import { Screen, shorten, wrap } from "./screen.ts";

test("text is shortened by characters, not in the middle of one", () => {
  expect(shorten("abcdef", 6)).toBe("abcdef");
  expect(shorten("abcdefg", 6)).toBe("abcde…");
  expect(shorten("🙂🙂🙂", 2)).toBe("🙂…");
  expect(shorten("abc", -1)).toBe("…");
});

test("lines are broken at spaces, long words anywhere, and nothing is lost", () => {
  expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrap("abcdefghij k", 4)).toEqual(["abcd", "efgh", "ij k"]);
  expect(wrap("", 4)).toEqual([""]);
});

test("colours only where they are understood; width between 60 and 100", () => {
  const written: string[] = [];
  const screen = (columns: number | undefined, colour: boolean) =>
    new Screen({ write: (text) => written.push(text), columns, colour });
  expect(screen(80, true).paint("x", "bold", "red")).toBe("\x1b[1;31mx\x1b[0m");
  expect(screen(80, true).paint("x")).toBe("x");
  expect(screen(80, false).paint("x", "bold")).toBe("x");
  expect([20, 80, 200, undefined].map((columns) => screen(columns, false).width)).toEqual([60, 80, 100, 100]);
  screen(80, false).line("x");
  expect(written).toEqual(["x\n"]);
});
