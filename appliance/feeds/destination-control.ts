/** Operations on destinations for people: list them, replay, skip waiting messages, and forget a destination that is no longer configured. */
import { EdgeError } from "../../core/errors.ts";
import { type FeedName, feedKinds, feedNames, kindsOfReader, readerName } from "../../core/feeds/feeds.ts";
import { outstanding, type Place, replayPlace, type Span } from "../../core/feeds/replay.ts";
import type { Store } from "../../store/open-store.ts";
import { findDestination, type SyslogFeeds } from "./syslog-feeds.ts";

export interface ReplayRequest {
  /** `siem` or `alerts/siem`. */
  destination: string;
  /** Epoch milliseconds of the time at which the appliance recorded the events. */
  from: number;
  /** Exclusive; null = up to now. */
  to: number | null;
}

/** What a replay sends: the messages of its period, and earlier ones that were still waiting. An upper bound: a destination may filter some. */
export interface Replayed {
  /** `alerts/siem`. */
  reader: string;
  messages: number;
  waited: number;
}

export interface ListedDestination {
  /** `alerts/siem`. */
  destination: string;
  /** False: its position is kept, but nothing is sent. */
  configured: boolean;
  /** Null while no appliance is running. */
  connected: boolean | null;
  position: number;
  /** An upper bound: a destination may filter some of them. */
  queued: number;
  /** Events that retention removed before they were sent. */
  expired: number;
  last_error: string | null;
}

interface Parts {
  store: Pick<Store, "events" | "admin">;
  /** Names of the configured destinations, by feed. */
  names(): Readonly<Record<FeedName, readonly string[]>>;
  /** Null while no appliance is running. */
  live(): readonly { feed: FeedName; name: string; connected: boolean; lastError: string | null }[] | null;
  /** Sets the position of a configured destination. */
  move(feed: FeedName, name: string, place: Place): Promise<void>;
}

/** States of the running destinations. */
export function controlOf(feeds: SyslogFeeds, store: Parts["store"]): DestinationControl {
  return new DestinationControl({
    store,
    names: () => feeds.names(),
    live: () => feeds.status(),
    move: (feed, name, place) => feeds.move(feed, name, place),
  });
}

export class DestinationControl {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async list(): Promise<ListedDestination[]> {
    const { store, names, live } = this.#parts;
    const configured = new Set(feedNames.flatMap((feed) => names()[feed].map((name) => readerName(feed, name))));
    const running = live();
    const readers = (await store.admin.listReaders()).filter(({ reader }) => kindsOfReader(reader).length > 0);
    return Promise.all(
      readers.map(async ({ reader, position, expired }) => {
        const one = running?.find(({ feed, name }) => readerName(feed, name) === reader);
        return {
          destination: reader,
          configured: configured.has(reader),
          connected: running === null ? null : (one?.connected ?? false),
          position,
          queued: await this.#count(reader, await this.#place(reader), {
            after: position,
            upTo: Number.POSITIVE_INFINITY,
          }),
          expired,
          last_error: one?.lastError ?? null,
        };
      }),
    );
  }

  /** Returns what `replay` would send. @throws EdgeError destination_unknown, destination_ambiguous */
  async count(request: ReplayRequest): Promise<Replayed> {
    return (await this.#plan(request)).replayed;
  }

  /** Sends the messages of that period again, byte for byte. @throws EdgeError destination_unknown, destination_ambiguous */
  async replay(request: ReplayRequest): Promise<Replayed> {
    const { feed, name, place, replayed } = await this.#plan(request);
    await this.#parts.move(feed, name, place);
    return replayed;
  }

  /** Returns what `skip` would skip. */
  async countSkip(destination: string, to: number | null): Promise<{ reader: string; messages: number }> {
    const { feed, name } = findDestination(destination, this.#parts.names());
    const reader = readerName(feed, name);
    const place = await this.#place(reader);
    return {
      reader,
      messages: await this.#count(reader, place, { after: place.position, upTo: await this.#endOf(to) }),
    };
  }

  /** Skips waiting messages that were recorded before `to` (epoch ms; null = all): they are never sent to this destination. */
  async skip(destination: string, to: number | null): Promise<{ reader: string; messages: number }> {
    const given = await this.countSkip(destination, to);
    const { feed, name } = findDestination(destination, this.#parts.names());
    const { position, skips } = await this.#place(given.reader);
    const end = to === null ? await this.#parts.store.events.end() : await this.#endOf(to);
    await this.#parts.move(feed, name, { position: Math.max(position, end), skips });
    return given;
  }

  /** The reader to forget, and what waits for it. @throws EdgeError destination_unknown, destination_configured */
  async countForget(destination: string): Promise<{ reader: string; messages: number }> {
    const { names, store } = this.#parts;
    const kept = (await this.list()).filter(({ configured }) => !configured).map((one) => one.destination);
    const of = (feed: FeedName) =>
      kept.flatMap((reader) => (reader.startsWith(`${feed}/`) ? [reader.slice(feed.length + 1)] : []));
    const known = { alerts: of("alerts"), incidents: of("incidents") };
    const isConfigured = feedNames.some((feed) =>
      names()[feed].some((name) => [name, readerName(feed, name)].includes(destination)),
    );
    if (isConfigured && !feedNames.some((feed) => known[feed].some((name) => readerName(feed, name) === destination)))
      throw new EdgeError(
        "destination_configured",
        `${JSON.stringify(destination.slice(0, 64))} is configured: take it out of its file first, and reload`,
      );
    const { feed, name } = findDestination(destination, known, "is kept");
    const reader = readerName(feed, name);
    const position = (await store.events.position(reader)) ?? 0;
    return { reader, messages: await store.events.countAfter(position, feedKinds[feed]) };
  }

  /** Removes the position of a destination that is no longer configured. */
  async forget(destination: string): Promise<{ reader: string; messages: number }> {
    const forgotten = await this.countForget(destination);
    await this.#parts.store.events.forgetReader(forgotten.reader);
    return forgotten;
  }

  async #plan({ destination, from, to }: ReplayRequest) {
    const { names, store } = this.#parts;
    const { feed, name } = findDestination(destination, names());
    const reader = readerName(feed, name);
    const again: Span = { after: await store.events.seqBefore(from), upTo: await this.#endOf(to) };
    const known = await this.#place(reader);
    const earlier: Span = { after: known.position, upTo: again.after };
    const replayed = {
      reader,
      messages: await this.#count(reader, { position: again.after, skips: [] }, again),
      waited: await this.#count(reader, known, earlier),
    };
    return { feed, name, place: replayPlace(known, again), replayed };
  }

  /** The sequence number of the last event recorded before `to`; null = no limit. */
  async #endOf(to: number | null): Promise<number> {
    return to === null ? Number.POSITIVE_INFINITY : this.#parts.store.events.seqBefore(to);
  }

  /** The reader's position; a reader without one would start at the end of the log. */
  async #place(reader: string): Promise<Place> {
    const { events } = this.#parts.store;
    return { position: (await events.position(reader)) ?? (await events.end()), skips: await events.readSkips(reader) };
  }

  /** The number of outstanding events in a span. */
  async #count(reader: string, place: Place, { after, upTo }: Span): Promise<number> {
    const { events } = this.#parts.store;
    const wanted = kindsOfReader(reader);
    let count = 0;
    for (const span of outstanding(place)) {
      const [from, to] = [Math.max(span.after, after), Math.min(span.upTo, upTo)];
      if (to <= from) continue;
      count += await events.countAfter(from, wanted);
      if (Number.isFinite(to)) count -= await events.countAfter(to, wanted);
    }
    return count;
  }
}
