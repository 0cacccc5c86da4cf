/** Operations on the event log and on the positions of its readers. */
import type { EventKind } from "../../core/event.ts";
import { packBodies } from "../../core/feeds/packed-events.ts";
import type { Span } from "../../core/feeds/replay.ts";
import type { Collection } from "../../core/pages/page.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import {
  countEventsAfter,
  forgetReader,
  lastSeq,
  listReaders,
  newestEvents,
  oldestEvent,
  readEvents,
  readPosition,
  readSkips,
  savePosition,
  saveSkips,
  seqBefore,
} from "./event-log.ts";
import type { OpenLog } from "./open-log.ts";
import { lastAlertId } from "./sequences.ts";

export const eventOperations = {
  read: {
    kind: "read",
    shares: true,
    run: ({ database }, after: number, limit: number, kinds: readonly EventKind[]) =>
      readEvents(database, after, limit, kinds),
  },
  readInto: {
    kind: "read",
    shares: true,
    run: async ({ database }, shared: SharedArrayBuffer, after: number, limit: number, kinds: readonly EventKind[]) =>
      packBodies(await readEvents(database, after, limit, kinds), shared),
  },
  position: { kind: "read", run: ({ database }, reader: string) => readPosition(database, reader) },
  savePosition: {
    kind: "write",
    shares: true,
    run: ({ database }, reader: string, position: number, now: number) => savePosition(database, reader, position, now),
  },
  end: { kind: "memory", run: async ({ sequences }) => sequences.lastSeq },
  countAfter: {
    kind: "read",
    run: ({ database }, after: number, kinds: readonly EventKind[]) => countEventsAfter(database, after, kinds),
  },
  seqBefore: { kind: "read", run: ({ database }, at: number) => seqBefore(database, at) },
  readSkips: { kind: "read", run: ({ database }, reader: string) => readSkips(database, reader) },
  saveSkips: {
    kind: "write",
    run: ({ database }, reader: string, skips: readonly Span[]) => saveSkips(database, reader, skips),
  },
  forgetReader: { kind: "write", run: ({ database }, reader: string) => forgetReader(database, reader) },
} satisfies Operations<OpenLog>;

export const positionOperations = {
  listReaders: { kind: "read", run: ({ database }) => listReaders(database) },
} satisfies Operations<OpenDatabase>;

export const eventReading = {
  readEvents: {
    kind: "read",
    run: ({ database }, after: number, limit: number, kinds: readonly EventKind[]) =>
      readEvents(database, after, limit, kinds),
  },
  newestEvents: {
    kind: "read",
    run: ({ database }, limit: number, kinds: readonly EventKind[]) => newestEvents(database, limit, kinds),
  },
  oldestEvent: { kind: "read", run: ({ database }) => oldestEvent(database) },
  /** The last position ever used in this order of a collection. */
  lastPosition: {
    kind: "read",
    run: ({ database }, collection: Collection, by: "created" | "updated") =>
      collection === "alerts" && by === "created" ? lastAlertId(database) : lastSeq(database),
  },
} satisfies Operations<OpenDatabase>;
