/** @jsxImportSource hono/jsx */
/** Charts as SVG made by the server: they print, follow the theme, and have a text for those who do not see them. */
import { type Level, toneOf, words } from "../severity.tsx";
import { stamp } from "../time.tsx";
import { useViewing } from "../viewing.ts";

const levels: readonly Level[] = ["critical", "high", "medium", "low", "informational"];
const height = 132;
const top = 14;

export interface HourOfActivity {
  /** Beginning of the hour, epoch milliseconds. */
  at: number;
  /** Detections by level; absent = 0. */
  counts: Partial<Record<Level, number>>;
}

const totalOf = ({ counts }: HourOfActivity) => levels.reduce((sum, level) => sum + (counts[level] ?? 0), 0);

/** Detections per hour, stacked by level. X is in percent, so that texts keep their size at any width. */
export const HourChart = ({ hours }: { hours: readonly HourOfActivity[] }) => {
  const viewing = useViewing();
  const most = Math.max(...hours.map(totalOf), 1);
  const step = 100 / Math.max(1, hours.length);
  const all = hours.reduce((sum, hour) => sum + totalOf(hour), 0);
  return (
    <svg
      width="100%"
      height={height + 26}
      role="img"
      aria-label={`Detections per hour over ${hours.length} hours: ${all} in all, at most ${most} in one`}
    >
      {[0, 0.5, 1].map((part) => {
        const y = top + (1 - part) * (height - 16);
        return <line x1="0" x2="100%" y1={y} y2={y} class="s-line" />;
      })}
      <text x="0" y="10" class="axis">
        {`${most} an hour`}
      </text>
      {hours.map((hour, i) => (
        <Stack hour={hour} most={most} x={i * step} width={step} label={stamp(hour.at, viewing)} />
      ))}
      {hours.map((hour, i) =>
        i % 6 === 3 ? (
          <text x={`${(i * step + step / 2).toFixed(2)}%`} y={height + 16} text-anchor="middle" class="axis">
            {stamp(hour.at, viewing)}
          </text>
        ) : null,
      )}
    </svg>
  );
};

const Stack = (props: { hour: HourOfActivity; most: number; x: number; width: number; label: string }) => {
  const { hour, most, x, width, label } = props;
  let y = height - 2;
  const pieces = [...levels].reverse().flatMap((level) => {
    const count = hour.counts[level] ?? 0;
    if (count === 0) return [];
    const high = Math.max(1, (count / most) * (height - 16));
    y -= high;
    return [{ level, y, high }];
  });
  return (
    <g>
      <title>{`${label}: ${totalOf(hour)}`}</title>
      {pieces.map((piece) => (
        <rect
          x={`${(x + width * 0.14).toFixed(2)}%`}
          width={`${(width * 0.72).toFixed(2)}%`}
          y={piece.y.toFixed(1)}
          height={piece.high.toFixed(1)}
          class={`f-${toneOf(piece.level)}`}
        />
      ))}
    </g>
  );
};

export const LevelLegend = () => (
  <div class="legend">
    {levels.map((level) => (
      <span>
        <svg width="10" height="10" aria-hidden="true">
          <rect width="10" height="10" rx="2" class={`f-${toneOf(level)}`} />
        </svg>
        {words(level)}
      </span>
    ))}
  </div>
);

/** A row of bars without axes, beside a number that says the sum. */
export const Spark = ({ values, tone = "f-accent" }: { values: readonly number[]; tone?: string }) => {
  const most = Math.max(...values, 1);
  return (
    <svg width="100%" height="26" aria-hidden="true">
      {values.map((value, i) => {
        const high = Math.max(1.5, (value / most) * 26);
        return (
          <rect
            x={`${((i * 100) / values.length).toFixed(2)}%`}
            width={`${(80 / values.length).toFixed(2)}%`}
            y={(26 - high).toFixed(1)}
            height={high.toFixed(1)}
            rx="1"
            class={value === 0 ? "f-line" : tone}
          />
        );
      })}
    </svg>
  );
};
