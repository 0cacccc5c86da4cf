/**
 * Events whose logs are bytes in memory that two threads share. As strings the logs would be copied twice on their way and encoded once
 * more for each message, in memory of their own every time; so they are written once and copied once, into memory that is used again.
 */
import type { LoggedEvent } from "../event.ts";

export interface PackedEvents {
  /** Without a body where it is in the shared memory. */
  events: LoggedEvent[];
  /** For each event, where its body ends in the shared memory; it begins where the one before ends. -1: it is in the event. */
  bodyEnds: number[];
}

/** The most bytes of UTF-8 that a UTF-16 unit takes. */
const bytesPerUnit = 3;

function fits(text: string, room: number): boolean {
  return text.length * bytesPerUnit <= room || Buffer.byteLength(text) <= room;
}

/** Moves bodies into `shared`, as UTF-8, as long as there is room. Changes the events. */
export function packBodies(events: LoggedEvent[], shared: SharedArrayBuffer): PackedEvents {
  const bytes = Buffer.from(shared);
  let end = 0;
  const bodyEnds = events.map((event) => {
    if (event.body === null || !fits(event.body, bytes.length - end)) return -1;
    end += bytes.write(event.body, end);
    event.body = null;
    return end;
  });
  return { events, bodyEnds };
}

/** The events with their bodies as `bodyBytes`, which are valid until something else is packed into `shared`. */
export function unpackBodies({ events, bodyEnds }: PackedEvents, shared: SharedArrayBuffer): LoggedEvent[] {
  const bytes = new Uint8Array(shared);
  let start = 0;
  for (const [index, event] of events.entries()) {
    const end = bodyEnds[index] ?? -1;
    if (end < 0) continue;
    event.bodyBytes = bytes.subarray(start, end);
    start = end;
  }
  return events;
}
