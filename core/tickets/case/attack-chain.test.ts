import { expect, test } from "bun:test";
import { chainWords } from "./attack-chain.ts";

const link = (title: string, first: number) => ({ tactic: title, title, first, count: 1 });

test("arrows follow time, never the kill chain against it; what began together stands together", () => {
  const at = Date.UTC(2026, 2, 1, 4);
  const chain = [
    link("Execution", at + 9_000),
    link("Persistence", at),
    link("Discovery", at + 400),
    link("Impact", at + 9_999),
  ];
  expect(chainWords(chain)).toBe("Persistence and Discovery → Execution and Impact");
  expect(chainWords(chain, true)).toBe(
    "Persistence and Discovery (2026-03-01T04:00:00Z) → Execution and Impact (2026-03-01T04:00:09Z)",
  );
  expect(chainWords([link("Execution", at)])).toBe("Execution");
  expect(chainWords([])).toBe("");
});
