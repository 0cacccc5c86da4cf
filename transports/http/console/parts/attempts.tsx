/** @jsxImportSource hono/jsx */
/** Evidence of delivery: each attempt with time, status, outcome, request line and length. */
import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";
import { type Outcome, outcomeIcons } from "./state.tsx";
import { Time } from "./time.tsx";

export interface Try {
  /** ISO 8601. */
  at: string;
  /** HTTP status; null = no answer. */
  status: number | null;
  outcome: string;
  kind: Outcome;
  /** Such as `POST /rest/api/3/issue`. */
  request: string;
  durationMs: number;
}

export const Tries = ({ tries }: { tries: readonly Try[] }) => (
  <ol class="tries">
    {tries.map((one) => (
      <li>
        <Time at={one.at} seconds />
        <span class={`code ${one.kind}`}>{one.status ?? "no answer"}</span>
        <span>{one.outcome}</span>
        <code class="clip" title={one.request}>
          {one.request} · {one.durationMs} ms
        </code>
      </li>
    ))}
  </ol>
);

/** One step of a ticket: what was to be done, when, with what outcome, and how. */
export const Step = ({ kind, what, at, children }: { kind: Outcome; what: Child; at: string; children?: Child }) => (
  <li>
    <Icon n={outcomeIcons[kind]} c={kind} />
    <span class="spread">
      <span class="what">{what}</span>
      <span class="tiny quiet">
        <Time at={at} seconds />
      </span>
    </span>
    {children}
  </li>
);

export const Steps = ({ children }: { children: Child }) => <ol class="attempts">{children}</ol>;
