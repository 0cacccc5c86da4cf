/** Which events a destination must still receive: everything after its position, except spans sent before a replay. */

/** Events of the log with `after < seq <= upTo`. */
export interface Span {
  after: number;
  upTo: number;
}

/** What a destination has received. */
export interface Place {
  /** Everything up to here was sent. */
  position: number;
  /** Spans after the position that were sent already; in order, not adjacent. */
  skips: readonly Span[];
}

/** The place from which `again` is sent once more, besides everything that the destination has not had: that is never lost by a replay. */
export function replayPlace(place: Place, again: Span): Place {
  const wanted = united([...outstanding(place), ...(again.upTo > again.after ? [again] : [])]);
  const skips = wanted.slice(1).map((span, at) => ({ after: wanted[at]?.upTo ?? span.after, upTo: span.after }));
  return { position: wanted[0]?.after ?? place.position, skips };
}

/** Spans not sent yet, in order; the last one is open-ended. */
export function outstanding({ position, skips }: Place): Span[] {
  const spans: Span[] = [];
  let after = position;
  for (const skip of skips) {
    if (skip.upTo <= after) continue;
    if (skip.after > after) spans.push({ after, upTo: skip.after });
    after = skip.upTo;
  }
  spans.push({ after, upTo: Number.POSITIVE_INFINITY });
  return spans;
}

/** Whether the event was sent before the current replay. */
export function isSkipped(skips: readonly Span[], seq: number): boolean {
  return skips.some(({ after, upTo }) => seq > after && seq <= upTo);
}

function united(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.after - b.after)) {
    const last = all.at(-1);
    if (last !== undefined && span.after <= last.upTo) last.upTo = Math.max(last.upTo, span.upTo);
    else all.push({ ...span });
  }
  return all;
}
