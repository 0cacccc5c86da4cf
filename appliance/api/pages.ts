/**
 * Pages for pollers. A walk follows positions of the event log, so that no row is skipped or repeated whatever is written meanwhile;
 * for callers that send a time instead of a cursor, the position is stored (`Continuity`).
 */
import { type Caller, keepsOwnClock } from "../../core/access/caller.ts";
import { EdgeError } from "../../core/errors.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import type { Continuity, PollPosition } from "../../core/pages/continuity.ts";
import type { Page, PageQuery, Walk } from "../../core/pages/page.ts";
import type { PageAnswer, PageRequest, SinceBound } from "../../core/pages/page-request.ts";
import type { Clock } from "../../core/ports.ts";
import type { Store } from "../../store/open-store.ts";
import { type Cursor, type Cursors, questionOf, restored } from "./cursors.ts";

interface PageParts {
  reading: Store["reading"];
  cursors: Cursors;
  continuity: Continuity;
  clock: Clock;
  /** Has the search know what was written just now. */
  search: { fresh(): Promise<void> };
  savePosition: (position: PollPosition) => Promise<void>;
}

/** Filters that the search answers; levels alone only for lists from the newest on. */
const searched = ["text", "rule", "host", "user"] as const;

export class Pages {
  readonly #reading: Store["reading"];
  readonly #cursors: Cursors;
  readonly #continuity: Continuity;
  readonly #clock: Clock;
  readonly #search: PageParts["search"];
  readonly #savePosition: PageParts["savePosition"];

  constructor({ reading, cursors, continuity, clock, search, savePosition }: PageParts) {
    this.#savePosition = savePosition;
    this.#reading = reading;
    this.#cursors = cursors;
    this.#continuity = continuity;
    this.#clock = clock;
    this.#search = search;
  }

  /** @throws EdgeError cursor_invalid; cursor_restored; cursor_gap if retention removed rows that the caller had not read */
  async page(caller: Caller, request: PageRequest): Promise<PageAnswer> {
    const { collection, filters, limit, offset } = request;
    const now = this.#clock.now();
    const entities = caller.entities === null ? null : [...caller.entities].map(normaliseName).sort();
    const polls = request.cursor !== null || request.since !== null || request.updatedSince !== null;
    if (searched.some((name) => filters[name] !== undefined) || (!polls && filters.levels !== undefined))
      await this.#search.fresh();
    const question = [collection, entities, Object.entries(filters).filter(([, value]) => value !== undefined)];
    if (request.cursor !== null) return this.#atCursor(request, question, entities, request.cursor);

    const bound = request.updatedSince ?? request.since;
    const sorted = request.sortBy === "created_at" || request.sortBy === "updated_at" ? null : request.sortBy;
    const direction = bound !== null || request.sortDir === "asc" ? "up" : "down";
    if (bound === null && sorted !== null) {
      const order = { kind: "sorted", by: sorted, direction } as const;
      const page = await this.#reading.listPage({ collection, entities, filters, order, limit, offset, now });
      return this.#answer(request, page, null);
    }
    const by: Walk["by"] =
      request.updatedSince !== null || (bound === null && request.sortBy === "updated_at") ? "updated" : "created";
    if (bound === null) return this.#plain(request, question, entities, by, direction);
    return this.#since(caller, request, question, entities, by, bound);
  }

  /** A list without a bound; its cursor continues to the other end, and then with newer rows. */
  async #plain(
    request: PageRequest,
    question: readonly unknown[],
    entities: PageQuery["entities"],
    by: Walk["by"],
    direction: Walk["direction"],
  ): Promise<PageAnswer> {
    const { collection, filters, limit, offset } = request;
    const now = this.#clock.now();
    const order = walk(by, direction, null);
    const page = await this.#reading.listPage({ collection, entities, filters, order, limit, offset, now });
    const next = { by, direction, top: page.top, generation: page.generation, position: page.lastSeq ?? 0 } as const;
    // The last page of a plain list has no next one: to continue, a caller sends a bound or a cursor.
    return this.#answer(request, page, page.more ? this.#cursors.write(next, questionOf(question)) : null);
  }

  async #atCursor(
    request: PageRequest,
    question: readonly unknown[],
    entities: PageQuery["entities"],
    text: string,
  ): Promise<PageAnswer> {
    const { collection, filters, limit } = request;
    const now = this.#clock.now();
    const asked = questionOf(question);
    const cursor = this.#cursors.read(text, asked);
    if (cursor === null)
      throw new EdgeError(
        "cursor_invalid",
        "no cursor of this question: send next_cursor as it was given, to the same endpoint with the same filters",
      );
    const { by, direction, position, top, generation } = cursor;
    const order = { ...walk(by, direction, position), since: direction === "up" ? { position, generation } : null };
    // In descending order the newest position of the first page is kept: newer rows follow after the oldest one.
    const page = await this.#reading.listPage({ collection, entities, filters, order, limit, offset: 0, now });
    if (page.gap) throw gap(collection, by);
    // An older copy of the file was put in place by hand. Rows may have been removed, so the newest row proves nothing.
    const furthest = Math.max(position, top);
    if (furthest > page.top && furthest > (await this.#reading.lastPosition(collection, by))) throw restored();
    const next: Cursor =
      direction === "up"
        ? { ...cursor, position: endOf(page, position), generation: page.generation }
        : page.more
          ? { ...cursor, position: page.lastSeq ?? 0 }
          : { by, direction: "up", position: top, top: 0, generation };
    return this.#answer({ ...request, offset: 0 }, page, this.#cursors.write(next, asked));
  }

  async #since(
    caller: Caller,
    request: PageRequest,
    question: readonly unknown[],
    entities: PageQuery["entities"],
    by: Walk["by"],
    bound: SinceBound,
  ): Promise<PageAnswer> {
    const { collection, limit, offset } = request;
    const now = this.#clock.now();
    const remembers = keepsOwnClock(caller) && !request.literal;
    const poll = `${by} ${questionOf(question)}`;
    const known = remembers
      ? this.#continuity.before(caller.id, poll, bound.text, offset, this.#clock.now())
      : { givenUpTo: null, start: null };
    const order = {
      ...walk(by, "up", known.start),
      givenUpTo: known.givenUpTo,
      positionIsBound: true,
      boundIsFiner: bound.finer,
    };
    const filters = {
      ...request.filters,
      ...(request.since?.at == null ? {} : { createdSince: request.since.at }),
      ...(request.updatedSince?.at == null ? {} : { updatedSince: request.updatedSince.at }),
    };
    const page = await this.#reading.listPage({ collection, entities, filters, order, limit, offset, now });
    const end = endOf(page, page.start);
    if (remembers) {
      const answer = { since: bound.text, offset, start: page.start, count: page.count, end };
      const position = this.#continuity.after(caller.id, poll, answer, this.#clock.now());
      // Stored before the answer, so that a crash after it does not repeat these rows.
      if (position !== null) await this.#savePosition(position);
    }
    const next = { by, direction: "up", position: end, top: 0, generation: page.generation } as const;
    return this.#answer(request, page, this.#cursors.write(next, questionOf(question)));
  }

  #answer({ limit, offset }: PageRequest, page: Page, nextCursor: string | null): PageAnswer {
    return {
      rows: page.json,
      total: page.total,
      totalIsLeast: page.totalIsLeast,
      behind: page.behind,
      limit,
      offset,
      nextCursor,
      hasMore: page.more,
      serverTime: this.#clock.now(),
    };
  }
}

function walk(by: Walk["by"], direction: Walk["direction"], position: number | null): Walk {
  return {
    kind: "walk",
    by,
    direction,
    position,
    givenUpTo: null,
    since: null,
    positionIsBound: false,
    boundIsFiner: false,
  };
}

/** The position up to which everything was read: the last row or, on the last page, the newest position. */
function endOf(page: Page, start: number): number {
  // The last row may be newer than the newest position at the start of reading.
  return page.more ? (page.lastSeq ?? start) : Math.max(start, page.top, page.lastSeq ?? 0);
}

function gap(collection: string, by: Walk["by"]): EdgeError {
  const since = by === "updated" ? "updated_since" : "since";
  return new EdgeError(
    "cursor_gap",
    `since this cursor was given, retention has removed ${collection} that it had not reached: begin again with ${since}=<time> or without a cursor, and poll more often than RHYTHMX_RETENTION_DAYS`,
  );
}
