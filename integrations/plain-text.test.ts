import { expect, test } from "bun:test";
import { plainComment } from "./plain-text.ts";

test("ServiceNow's code tags are broken up, in any case", () => {
  for (const tag of ["[code]", "[/code]", "[CODE]", "[/Code]", "[[code]code]"]) {
    const text = plainComment([
      { kind: "text", text: `a ${tag}<img src=x>` },
      { kind: "list", items: [tag] },
      { kind: "facts", rows: [["Host", tag]] },
    ]);
    expect(text).not.toMatch(/\[\/?code\]/i);
    expect(text.toLowerCase()).toContain("code]");
  }
  expect(plainComment([{ kind: "text", text: "[decode] [x]" }])).toBe("[decode] [x]");
});
