/** @jsxImportSource hono/jsx */
/** Half a ring with the levels as zones; the needle's end is at the score. */
import type { Child } from "hono/jsx";
import { type Level, toneOf, words } from "../severity.tsx";

/** From and to on the scale of 0 to 100, with a gap between two (CONTRACT 5: 40, 70, 85). */
const zones: readonly (readonly [number, number, Level])[] = [
  [0, 39.2, "low"],
  [40.8, 69.2, "medium"],
  [70.8, 84.2, "high"],
  [85.8, 100, "critical"],
];

function arc(from: number, to: number, radius: number): string {
  const point = (value: number) => {
    const angle = Math.PI * (1 - value / 100);
    return `${(100 + radius * Math.cos(angle)).toFixed(2)} ${(100 - radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${radius} ${radius} 0 0 1 ${point(to)}`;
}

/** `score`: 0 to 100. Children stand below it. */
export const Gauge = ({ score, level, children }: { score: number; level: Level; children?: Child }) => {
  const value = Math.min(100, Math.max(0, score));
  const angle = Math.PI * (1 - value / 100);
  return (
    <div class="gauge">
      <svg viewBox="0 0 200 118" role="img" aria-label={`Risk ${score} of 100, ${words(level)}`}>
        {zones.map(([from, to, zone]) => (
          <path d={arc(from, to, 88)} fill="none" stroke-width="7" class={`z-${zone}`} />
        ))}
        <path d={arc(value, 100, 75)} fill="none" stroke-width="11" class="z-track" />
        <path d={arc(0, value, 75)} fill="none" stroke-width="11" class={`z-${toneOf(level)}`} />
        <circle
          cx={(100 + 81.5 * Math.cos(angle)).toFixed(2)}
          cy={(100 - 81.5 * Math.sin(angle)).toFixed(2)}
          r="6.5"
          class="needle"
        />
        <text x="100" y="88" text-anchor="middle" class="big">
          {score}
        </text>
        <text x="100" y="112" text-anchor="middle" class={`cap g-${toneOf(level)}`}>
          {words(level)}
        </text>
      </svg>
      {children}
    </div>
  );
};
