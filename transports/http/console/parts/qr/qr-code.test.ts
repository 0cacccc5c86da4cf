/** The expected codes were read again by an independent reader (npm's `jsqr` 1.4.0) when they were put here. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { qrCode } from "./qr-code.ts";

const rowsOf = (code: readonly boolean[][]) => code.map((row) => row.map((dark) => (dark ? "#" : ".")).join(""));

test("a code, module by module", () => {
  expect(rowsOf(qrCode("RhythmX") ?? [])).toEqual([
    "#######..####.#######",
    "#.....#.##.#..#.....#",
    "#.###.#...##..#.###.#",
    "#.###.#..#....#.###.#",
    "#.###.#.###.#.#.###.#",
    "#.....#..##.#.#.....#",
    "#######.#.#.#.#######",
    "...........##........",
    "#.#.#.#..###....#..#.",
    ".#.##..#......##.####",
    "##....##....#...#.###",
    ".##.##..###...##...##",
    ".#..#.#..##.#.#..#..#",
    "........#..#.#...##..",
    "#######....#.########",
    "#.....#....###......#",
    "#.###.#.#..#.###.#.##",
    "#.###.#...#...###..#.",
    "#.###.#.#...#..##.#.#",
    "#.....#..#....##...#.",
    "#######.##..#.#....##",
  ]);
});

test.each([
  [1, 1, "ebf9b577ce9e2f30"],
  [14, 1, "0624ac625ac863ec"],
  [26, 2, "fa121a3daad5b203"],
  [42, 3, "d508bb4139d9293c"],
  [62, 4, "8ef92317b74977e7"],
  [84, 5, "f42d71842fd792d1"],
  [106, 6, "1b4cf91d234800ef"],
  [122, 7, "1479e1050454e69d"],
  [152, 8, "4881e1c5e07103f0"],
  [180, 9, "441a586d7838c87b"],
  [213, 10, "d47cd5625c847834"],
])("a text of %d bytes takes version %d", (length, version, sha256) => {
  const text = Array.from({ length }, (_, i) => "otpauth://totp/RhythmX%20Edge:m.keller?secret="[i % 46]).join("");
  const code = qrCode(text) ?? [];
  expect(code.length).toBe(version * 4 + 17);
  const modules = code.map((row) => row.map(Number).join("")).join("\n");
  expect(createHash("sha256").update(modules).digest("hex").slice(0, 16)).toBe(sha256);
});

test("there is none for a text that is too long", () => {
  expect(qrCode("x".repeat(214))).toBeNull();
});
