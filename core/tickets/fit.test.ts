import { expect, test } from "bun:test";
import { type Draft, fitDraft } from "./draft.ts";
import { slaOf } from "./sla.ts";

const draft: Draft = {
  incidentId: "INC-00000001",
  entity: "E",
  level: "high",
  summary: "s",
  url: "https://x",
  sections: ["Actor", "Rules", "Notes"].map((title) => ({
    title,
    blocks: [{ kind: "text", text: title.repeat(200) }],
  })),
  expendable: ["Notes", "Rules"],
};
const size = (one: Draft) => JSON.stringify(one.sections).length;
const titles = (one: Draft) => one.sections.map(({ title }) => title);

test("sections go in the order said, and say so; what is left is cut; nothing is over the budget", () => {
  expect(titles(fitDraft(draft, 100_000, size))).toEqual(["Actor", "Rules", "Notes"]);
  expect(titles(fitDraft(draft, 2_500, size))).toEqual(["Actor", "Rules", "Left out"]);
  expect(titles(fitDraft(draft, 1_500, size))).toEqual(["Actor", "Left out"]);
  const cut = fitDraft(draft, 700, size);
  expect(JSON.stringify(cut)).toContain("…");
  for (const budget of [200, 400, 700, 1_500, 2_500])
    expect(size(fitDraft(draft, budget, size))).toBeLessThanOrEqual(budget);
});

test("service level: at risk from 75 %, breached from 100 %, measured to the closing", () => {
  const minutes = { critical: 240, high: 480, medium: 1440, low: 4320 };
  const at = (passed: number, closed: number | null = null) => slaOf("critical", 0, closed, passed * 60_000, minutes);
  expect([0, 179, 180, 239, 240].map((passed) => at(passed).status)).toEqual([
    ...["on_track", "on_track", "at_risk", "at_risk", "breached"],
  ] as never);
  expect(at(9999, 60 * 60_000)).toMatchObject({ status: "on_track", percent: 25 });
});
