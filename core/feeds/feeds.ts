/** The two feeds (seed 003 "Overview") and the readers of the event log that send them. */
import { alertEventKinds, type EventKind, incidentEventKinds } from "../event.ts";

export const feedNames = ["alerts", "incidents"] as const;
export type FeedName = (typeof feedNames)[number];

/** Kinds of events that each feed sends. */
export const feedKinds: Readonly<Record<FeedName, readonly EventKind[]>> = {
  alerts: alertEventKinds,
  incidents: incidentEventKinds,
};

/** Owner of a destination's position in the event log. */
export function readerName(feed: FeedName, destination: string): string {
  return `${feed}/${destination}`;
}

/** Kinds of events that a reader waits for; none for a reader that is no destination. */
export function kindsOfReader(reader: string): readonly EventKind[] {
  const feed = feedNames.find((name) => reader.startsWith(`${name}/`));
  return feed === undefined ? [] : feedKinds[feed];
}
