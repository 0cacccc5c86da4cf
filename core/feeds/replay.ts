/** Which events a destination is still to get: everything behind its position but for spans that it had before a replay. */

/** Events of the log with `after < seq <= upTo`. */
export interface Span {
  after: number;
  upTo: number;
}

/** What a destination has and has not had. */
export interface Place {
  /** It is done with everything up to here. */
  position: number;
  /** Behind the position, in order, apart from each other: it had these already. */
  skips: readonly Span[];
}

/** The place from which `again` is sent once more, besides everything that the destination has not had: that is never lost by a replay. */
export function replayPlace(place: Place, again: Span): Place {
  const wanted = united([...outstanding(place), ...(again.upTo > again.after ? [again] : [])]);
  const skips = wanted.slice(1).map((span, at) => ({ after: wanted[at]?.upTo ?? span.after, upTo: span.after }));
  return { position: wanted[0]?.after ?? place.position, skips };
}

/** What the destination has not had yet, in order; the last span has no end. */
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

/** Whether the destination had the event before the replay that is under way. */
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
