/** @jsxImportSource hono/jsx */
/** Detections by tactic and time: one lane a tactic, one dot a rule, a line where it went on for more than an hour. */

import { type Level, words } from "../severity.tsx";
import { stamp } from "../time.tsx";
import { useViewing } from "../viewing.ts";
import { tacticName, tactics } from "./chain.tsx";

const hour = 3_600_000;
const rank: Readonly<Record<Level, number>> = { informational: 0, low: 1, medium: 2, high: 3, critical: 4 };

export interface TimelineRule {
  title: string;
  level: Level;
  count: number;
  tactics: readonly string[];
  /** Epoch milliseconds. */
  firstSeen: number;
  lastSeen: number;
}

/** `opened`: when the incident was made, epoch milliseconds. */
export const Timeline = ({ rules, opened }: { rules: readonly TimelineRule[]; opened: number }) => {
  const viewing = useViewing();
  const seen = new Set(rules.flatMap((rule) => rule.tactics));
  const lanes = tactics.filter((tactic) => seen.has(tactic));
  if (lanes.length === 0) return null;
  const times = rules.flatMap(({ firstSeen, lastSeen }) => [firstSeen, lastSeen]);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  // The incident may have been made long after its detections, as after an import.
  const end = opened >= first && opened - last < 2 * (last - first) + hour ? Math.max(last, opened) : last;
  const margin = Math.max(hour / 4, (end - first) * 0.04);
  const [from, to] = [first - margin, end + margin];
  const x = (at: number) => `${(((at - from) / (to - from)) * 100).toFixed(2)}%`;
  const { marks, isDays } = marksBetween(from, to);
  const label = `Detections by tactic and time, ${stamp(first, viewing)} to ${stamp(last, viewing)}`;
  return (
    <div class="lanes" role="img" aria-label={label}>
      {lanes.map((tactic) => (
        <>
          <span>{tacticName(tactic)}</span>
          <span class="lane">
            <svg aria-hidden="true">
              {marks.map((mark) => (
                <line x1={x(mark)} x2={x(mark)} y1="0" y2="100%" class="s-line" />
              ))}
              {opened <= to && opened >= from ? (
                <line x1={x(opened)} x2={x(opened)} y1="0" y2="100%" class="opened" />
              ) : null}
              {rules
                .filter((rule) => rule.tactics.includes(tactic))
                .sort((a, b) => rank[a.level] - rank[b.level])
                .map((rule) => (
                  <Dot rule={rule} x={x} when={stamp(rule.firstSeen, viewing, true)} />
                ))}
            </svg>
          </span>
        </>
      ))}
      <span class="end" />
      <span class="lane end">
        <svg aria-hidden="true">
          {marks.map((mark) => (
            <Mark at={mark} x={x(mark)} isDays={isDays} />
          ))}
        </svg>
      </span>
    </div>
  );
};

/** Days by their date, hours by the clock: a year or a date besides is for those who have the room. */
const Mark = ({ at, x, isDays }: { at: number; x: string; isDays: boolean }) => {
  const viewing = useViewing();
  const [clock = "", ...date] = stamp(at, viewing).split(" ").reverse();
  const [day = "today", ...year] = date.length < 2 ? [] : [date.slice(-2).reverse().join(" "), ...date.slice(0, -2)];
  return (
    <text x={x} dx="4" y="15" class="axis">
      {isDays ? day : clock}
      {isDays && year.length > 0 ? <tspan class="long">{` ${year.join(" ")}`}</tspan> : null}
    </text>
  );
};

const Dot = ({ rule, x, when }: { rule: TimelineRule; x: (at: number) => string; when: string }) => {
  const ends = rule.lastSeen - rule.firstSeen > hour ? [rule.firstSeen, rule.lastSeen] : [rule.firstSeen];
  return (
    <g class="pt">
      <title>{`${rule.title}: ${rule.count} (${words(rule.level)}), ${when}`}</title>
      {ends.length === 2 ? (
        <line
          x1={x(rule.firstSeen)}
          x2={x(rule.lastSeen)}
          y1="50%"
          y2="50%"
          class={`ln-${rule.level}`}
          stroke-width="1.5"
        />
      ) : null}
      {ends.map((at) => (
        <circle
          cx={x(at)}
          cy="50%"
          r={Math.min(8, 3.2 + Math.sqrt(rule.count)).toFixed(1)}
          class={`dot-${rule.level}`}
        />
      ))}
    </g>
  );
};

/** At most seven round times within the span; `isDays`: a day apart or more. */
function marksBetween(from: number, to: number): { marks: number[]; isDays: boolean } {
  const sizes = [1, 5, 15, 30, 60, 180, 360, 1440, 2880, 7200, 14400, 43200].map((minutes) => minutes * 60_000);
  const size = sizes.find((one) => (to - from) / one <= 7) ?? (to - from) / 6;
  const marks: number[] = [];
  // The last one keeps room for its words.
  const end = to - (to - from) * 0.08;
  for (let at = Math.ceil(from / size) * size; at < end && marks.length < 8; at += size) marks.push(at);
  return { marks, isDays: size >= 1440 * 60_000 };
}
