/** Contrast of the palette in both themes (WCAG 2.2): texts 4.5:1 on every surface, borders of controls and fills 3:1. */
import { expect, test } from "bun:test";
import tokens from "./tokens.css" with { type: "text" };

const colours = new Map(
  [...tokens.matchAll(/--([\w-]+):\s*(?:light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)|(#[0-9a-f]{6}))/gi)].map(
    ([, name = "", light = "", dark = "", both]) => [name, [both ?? light, both ?? dark]] as const,
  ),
);

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const linear = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
}

/** Pairs that are too near, with their contrast. */
function tooNear(texts: readonly string[], surfaces: readonly string[], least: number): string[] {
  return texts.flatMap((text) =>
    surfaces.flatMap((surface) =>
      [0, 1].flatMap((theme) => {
        const pair = [text, surface].map((name) => luminance(colours.get(name)?.[theme] ?? "#missing"));
        const [lighter = 0, darker = 0] = pair.sort((a, b) => b - a);
        const contrast = (lighter + 0.05) / (darker + 0.05);
        return contrast >= least ? [] : [`${text} on ${surface}: ${contrast.toFixed(2)}`];
      }),
    ),
  );
}

test("texts on surfaces", () => {
  expect(colours.size).toBeGreaterThan(30);
  const texts = ["ink", "ink-2", "ink-3", "accent", "critical", "high", "medium", "low", "info", "good"];
  expect(tooNear(texts, ["canvas", "surface", "sunken", "hover"], 4.5)).toEqual([]);
  expect(tooNear(["accent-solid-ink"], ["accent-solid"], 4.5)).toEqual([]);
});

test("texts on the soft colours of notices and chips", () => {
  for (const tone of ["critical", "high", "medium", "low", "info", "good", "accent"])
    expect(tooNear([tone, "ink", "ink-2"], [`${tone}-soft`], 4.5)).toEqual([]);
});

test("borders of controls, and fills that stand alone", () => {
  expect(tooNear(["line-strong"], ["surface", "canvas"], 3)).toEqual([]);
  expect(tooNear(["critical-solid", "high-solid", "good-solid"], ["surface"], 3)).toEqual([]);
});
