/** @jsxImportSource hono/jsx */
/** Words for what is not there (yet), not allowed or went wrong: what it is, what it means, and the one next step. */
import type { Child } from "hono/jsx";
import { Icon, type IconName } from "./icon.tsx";
import { type Outcome, outcomeIcons } from "./state.tsx";

/** In the place of rows. */
export const Empty = ({ icon = "search", title, children }: { icon?: IconName; title: string; children?: Child }) => (
  <div class="empty">
    <Icon n={icon} s={22} c="quiet" />
    <p class="lead">{title}</p>
    {children}
  </div>
);

/** In the place of rows that are on their way: it keeps their height. `rows`: how many. */
export const Loading = ({ rows, what }: { rows: number; what: string }) => (
  <div class="skeleton" role="status">
    <span class="vh">{`Loading ${what}`}</span>
    {Array.from({ length: rows }, () => (
      <i />
    ))}
  </div>
);

export const Notice = ({ kind, children, action }: { kind: Outcome; children: Child; action?: Child }) => (
  <div class={`notice ${kind === "run" || kind === "idle" ? "info" : kind}`} role={kind === "bad" ? "alert" : "status"}>
    <Icon n={outcomeIcons[kind]} c={kind} />
    <p>{children}</p>
    {action}
  </div>
);

/** A panel with its head. `id` also names the heading. */
export const Panel = (props: {
  title: string;
  id: string;
  note?: Child;
  actions?: Child;
  class?: string;
  children: Child;
}) => (
  <section
    class={`panel${props.class === undefined ? "" : ` ${props.class}`}`}
    aria-labelledby={`${props.id}-h`}
    id={props.id}
  >
    <header>
      <h2 id={`${props.id}-h`}>{props.title}</h2>
      {props.note === undefined ? null : <span class="small quiet">{props.note}</span>}
      {props.actions}
    </header>
    {props.children}
  </section>
);

/** The address of a target or ticket, if a browser may open it; null for anything but http and https. */
export function safeAddress(text: string): string | null {
  return /^https?:\/\/[^\s]+$/i.test(text) ? text : null;
}

/** A link that leaves the console, in a tab of its own that knows nothing of this one. */
export const Outside = ({ href, children }: { href: string; children: Child }) => {
  const address = safeAddress(href);
  if (address === null) return <span>{children}</span>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer" class="nowrap">
      {children} <Icon n="external-link" s={12} c="inl" />
    </a>
  );
};
