/** @jsxImportSource hono/jsx */
/** The outcome of work: icon and word. Colours of severity are not used for it. */
import type { Child } from "hono/jsx";
import { Icon, type IconName } from "./icon.tsx";
import { words } from "./severity.tsx";

export type Outcome = "good" | "bad" | "wait" | "idle" | "run";

export const outcomeIcons: Readonly<Record<Outcome, IconName>> = {
  good: "circle-check",
  bad: "circle-alert",
  wait: "hourglass",
  idle: "circle-pause",
  run: "circle-dot",
};

export const State = ({ kind, children }: { kind: Outcome; children: Child }) => (
  <span class={`state ${kind}`}>
    <Icon n={outcomeIcons[kind]} s={14} />
    {children}
  </span>
);

const ofStatus: ReadonlyMap<string, Outcome> = new Map([
  ["OPEN", "run"],
  ["IN_PROGRESS", "wait"],
  ["CLOSED", "good"],
]);

/** The status of an incident or a case. */
export const Status = ({ status }: { status: string }) => (
  <State kind={ofStatus.get(status) ?? "idle"}>{words(status)}</State>
);
