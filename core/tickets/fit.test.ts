import { expect, test } from "bun:test";
import { beyondLine, type Draft } from "./draft.ts";
import { fitDraft } from "./fit.ts";
import { slaOf } from "./sla.ts";

const rows = (count: number) =>
  Array.from({ length: count }, (_, n) => [`Rule ${n}`, `${"powershell.exe -enc ".repeat(12)}${n}`]);
const draft = (count: number): Draft => ({
  incidentId: "INC-00000001",
  entity: "E",
  level: "high",
  headline: { what: "LSASS memory dumped", where: "on ws-101", who: "by jsmith", rules: [] },
  url: "https://x",
  sections: [
    { title: "What Happened", blocks: [{ kind: "text", text: `LSASS memory dumped. ${"first ".repeat(60)}` }] },
    { title: "Actor", blocks: [{ kind: "facts", rows: [["Actor", "jsmith"]] }] },
    { title: "Rules", blocks: [{ kind: "table", noun: "rules", head: ["Rule", "Event"], rows: rows(count) }] },
    { title: "Actions", blocks: [{ kind: "list", items: ["Isolate ws-101.", "Reset jsmith.", "Search the rest."] }] },
    { title: "Notes", blocks: [{ kind: "text", text: "noted ".repeat(800) }] },
    { title: "Link", blocks: [{ kind: "link", text: "Open", url: "https://x" }] },
  ],
  yielding: ["Notes", "Rules"],
});
const size = (one: Draft) =>
  one.sections
    .map(({ title, blocks }) => `${title}\n${blocks.map((b) => JSON.stringify(b) + (beyondLine(b) ?? ""))}`)
    .join("\n\n").length;
const table = (one: Draft) => {
  const block = one.sections.find(({ title }) => title === "Rules")?.blocks[0];
  if (block?.kind !== "table") throw new Error("no table");
  return block;
};

test("no section is ever left out, whatever the size, and what is in it is counted", () => {
  for (const count of [1, 10, 400])
    for (const budget of [1_900, 3_900, 8_000, 25_000, 32_000]) {
      const fitted = fitDraft(draft(count), budget, size);
      expect(size(fitted)).toBeLessThanOrEqual(budget);
      expect(fitted.sections.map(({ title }) => title)).toEqual(draft(count).sections.map(({ title }) => title));
      const { rows: shown, beyond = 0 } = table(fitted);
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.length + beyond).toBe(count);
      // The most important rows stay.
      expect(shown.map(([rule]) => rule)).toEqual(rows(shown.length).map(([rule = ""]) => rule));
    }
});

test("rows are shortened before they are counted, and as many stay as there is room for", () => {
  const [whole, half] = [fitDraft(draft(40), 60_000, size), fitDraft(draft(40), 8_000, size)];
  expect(table(whole)).toEqual(table(draft(40)));
  expect([table(half).rows.length, table(half).beyond]).toEqual([40, 0]);
  expect(table(half).rows[0]?.[1]).toEndWith("…");
  const fitted = fitDraft(draft(400), 12_000, size);
  const one = JSON.stringify(table(fitted).rows[0]).length;
  expect(12_000 - size(fitted)).toBeLessThan(3 * one);
  expect(beyondLine(table(fitted))).toBe(`and ${400 - table(fitted).rows.length} more rules`);
});

test("what a reader needs first is not touched as long as anything else can be shortened", () => {
  const [opening] = draft(400).sections;
  for (const budget of [1_900, 3_900]) expect(fitDraft(draft(400), budget, size).sections[0]).toEqual(opening as never);
});

test("service level: at risk from 75 %, breached from 100 %, measured to the closing", () => {
  const minutes = { critical: 240, high: 480, medium: 1440, low: 4320 };
  const at = (passed: number, closed: number | null = null) => slaOf("critical", 0, closed, passed * 60_000, minutes);
  expect([0, 179, 180, 239, 240].map((passed) => at(passed).status)).toEqual([
    ...["on_track", "on_track", "at_risk", "at_risk", "breached"],
  ] as never);
  expect(at(9999, 60 * 60_000)).toMatchObject({ status: "on_track", percent: 25 });
});
