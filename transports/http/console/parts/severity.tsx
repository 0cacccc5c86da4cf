/** @jsxImportSource hono/jsx */
/** Severity: bars, word and colour, in this order of trust. Never colour alone. */

/** Levels of risk and of rules, and severities of cases. */
export type Level = "critical" | "high" | "medium" | "low" | "informational";

const steps: Readonly<Record<Level, number>> = { critical: 4, high: 3, medium: 2, low: 1, informational: 0 };

/** The level that a text of a row names, in any case; what is none is informational. */
export function levelOf(text: unknown): Level {
  const word = String(text).toLowerCase();
  return Object.hasOwn(steps, word) ? (word as Level) : "informational";
}

/** The class of a level's colour: `critical`, `f-critical` for fills. */
export function toneOf(level: Level): string {
  return level === "informational" ? "info" : level;
}

/** `FALSE_POSITIVE` and `lateral-movement` as people read them. */
export function words(text: string): string {
  const lower = text.toLowerCase().replace(/[_-]/g, " ");
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}

const Bars = ({ level }: { level: Level }) => (
  <svg class="bars" width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
    {[0, 1, 2, 3].map((i) => (
      <rect
        x={i * 3.7}
        y={9 - i * 3}
        width="2.7"
        height={3 + i * 3}
        rx=".6"
        class={i < steps[level] ? "on" : undefined}
      />
    ))}
  </svg>
);

export const Sev = ({ level, chip }: { level: Level; chip?: boolean }) => (
  <span class={`sev ${toneOf(level)}${chip ? " chip" : ""}`}>
    <Bars level={level} />
    {words(level)}
  </span>
);

/** A part of a whole as a bar. Its geometry is attributes, because the policy forbids style attributes. `h`: pixels. */
export const Bar = ({
  of,
  value,
  tone = "f-accent",
  h = 6,
}: {
  of: number;
  value: number;
  tone?: string;
  h?: number;
}) => (
  <svg width="100%" height={h} aria-hidden="true">
    <rect width="100%" height={h} rx={h / 2} class="f-track" />
    <rect width={`${percent(value, of)}%`} height={h} rx={h / 2} class={tone} />
  </svg>
);

export function percent(value: number, of: number): string {
  return (of <= 0 ? 0 : Math.min(100, Math.max(0, (value / of) * 100))).toFixed(1);
}

/** A risk score (0 to 100) with its bar. */
export const Score = ({ value, level }: { value: number; level: Level }) => (
  <span class="score">
    <span>{value}</span>
    <Bar of={100} value={value} tone={`f-${toneOf(level)}`} h={5} />
  </span>
);
