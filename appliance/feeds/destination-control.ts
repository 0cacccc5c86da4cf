/** What people may do to destinations: see how far each is, have things sent again, give up what waits, forget one that is configured no more. */
import { EdgeError } from "../../core/errors.ts";
import { type FeedName, feedKinds, feedNames, kindsOfReader, readerName } from "../../core/feeds/feeds.ts";
import { outstanding, type Place, replayPlace, type Span } from "../../core/feeds/replay.ts";
import type { Store } from "../../store/open-store.ts";
import { findDestination, type SyslogFeeds } from "./syslog-feeds.ts";

export interface ReplayRequest {
  /** `siem` or `alerts/siem`. */
  destination: string;
  /** Epoch milliseconds, by when the appliance recorded the events. */
  from: number;
  /** Not included; null = up to now. */
  to: number | null;
}

/** What a replay sends: the messages of its time, and those from before it that were still waiting. At most: a destination may want only some. */
export interface Replayed {
  /** `alerts/siem`. */
  reader: string;
  messages: number;
  waited: number;
}

export interface ListedDestination {
  /** `alerts/siem`. */
  destination: string;
  /** False: its position is kept, and nothing is sent. */
  configured: boolean;
  /** Null while the appliance does not run. */
  connected: boolean | null;
  position: number;
  /** At most: a destination may want only some of them. */
  queued: number;
  /** Events that passed the retention limit before it had them. */
  expired: number;
  last_error: string | null;
}

interface Parts {
  store: Pick<Store, "events" | "admin">;
  /** Of the destinations that are configured, by feed. */
  names(): Readonly<Record<FeedName, readonly string[]>>;
  /** Null while the appliance does not run. */
  live(): readonly { feed: FeedName; name: string; connected: boolean; lastError: string | null }[] | null;
  /** Puts a configured destination there. */
  move(feed: FeedName, name: string, place: Place): Promise<void>;
}

/** Of the destinations that run. */
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

  /** What `replay` would send. @throws EdgeError destination_unknown, destination_ambiguous */
  async count(request: ReplayRequest): Promise<Replayed> {
    return (await this.#plan(request)).replayed;
  }

  /** Sends what was recorded in that time again, the same bytes. @throws EdgeError destination_unknown, destination_ambiguous */
  async replay(request: ReplayRequest): Promise<Replayed> {
    const { feed, name, place, replayed } = await this.#plan(request);
    await this.#parts.move(feed, name, place);
    return replayed;
  }

  /** What `skip` would give up. */
  async countSkip(destination: string, to: number | null): Promise<{ reader: string; messages: number }> {
    const { feed, name } = findDestination(destination, this.#parts.names());
    const reader = readerName(feed, name);
    const place = await this.#place(reader);
    return {
      reader,
      messages: await this.#count(reader, place, { after: place.position, upTo: await this.#endOf(to) }),
    };
  }

  /** Gives up what waits for a destination and was recorded before `to` (epoch ms; null = all of it): it is never sent there. */
  async skip(destination: string, to: number | null): Promise<{ reader: string; messages: number }> {
    const given = await this.countSkip(destination, to);
    const { feed, name } = findDestination(destination, this.#parts.names());
    const { position, skips } = await this.#place(given.reader);
    const end = to === null ? await this.#parts.store.events.end() : await this.#endOf(to);
    await this.#parts.move(feed, name, { position: Math.max(position, end), skips });
    return given;
  }

  /** The reader that is meant, and what waits for it. @throws EdgeError destination_unknown, destination_configured */
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

  /** Forgets how far a destination was that is configured no more. */
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

  /** The last event recorded before `to`; null = without end. */
  async #endOf(to: number | null): Promise<number> {
    return to === null ? Number.POSITIVE_INFINITY : this.#parts.store.events.seqBefore(to);
  }

  /** A reader that has no place yet would begin at the end of the log. */
  async #place(reader: string): Promise<Place> {
    const { events } = this.#parts.store;
    return { position: (await events.position(reader)) ?? (await events.end()), skips: await events.readSkips(reader) };
  }

  /** How many events of a span are outstanding. */
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
