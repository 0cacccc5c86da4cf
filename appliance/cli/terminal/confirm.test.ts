import { expect, test } from "bun:test";
import { Readable } from "node:stream";
import { confirm } from "./confirm.ts";

test.each([
  ["y\n", true],
  [" YES \n", true],
  ["n\n", false],
  ["\n", false],
  ["maybe\n", false],
  ["yesterday\n", false],
  ["", false],
])("%j is %p", async (typed, agreed) => {
  const asked: string[] = [];
  const terminal = {
    out: () => {},
    err: (text: string) => void asked.push(text),
    stdin: Readable.from([typed]),
    interactive: true,
    columns: 80,
  };
  expect(await confirm(terminal, "Send?")).toBe(agreed);
  expect(asked).toEqual(["Send? [y/N] "]);
});
