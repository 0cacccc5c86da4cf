/** The tactics of an incident in the order in which they were first seen. */
import type { ChainLink } from "../../correlation/summary.ts";

const second = (epochMs: number) => Math.floor(epochMs / 1000);

/**
 * `Execution → Discovery and Persistence`: an arrow only from what began before to what began after it; what began within one second stands
 * together, in the order of the kill chain. `withTimes`: each with its time. Empty without tactics.
 */
export function chainWords(chain: readonly ChainLink[], withTimes = false): string {
  const steps = new Map<number, string[]>();
  for (const { title, first } of [...chain].sort((a, b) => second(a.first) - second(b.first)))
    steps.set(second(first), [...(steps.get(second(first)) ?? []), title]);
  return [...steps]
    .map(
      ([at, titles]) => `${listed(titles)}${withTimes ? ` (${new Date(at * 1000).toISOString().slice(0, 19)}Z)` : ""}`,
    )
    .join(" → ");
}

function listed(titles: readonly string[]): string {
  return titles.length < 2 ? (titles[0] ?? "") : `${titles.slice(0, -1).join(", ")} and ${titles.at(-1)}`;
}
