import { expect, test } from "bun:test";
import { isSkipped, outstanding, type Place, replayPlace } from "./replay.ts";

const end = Number.POSITIVE_INFINITY;
const last = 40;

/** What is sent from a place on, to the event `last`. */
function sent({ position, skips }: Place): number[] {
  const seqs = Array.from({ length: last }, (_, at) => at + 1);
  return seqs.filter((seq) => seq > position && !isSkipped(skips, seq));
}

test("a span in the past is sent again, then what comes next; nothing in between", () => {
  const place = replayPlace({ position: 20, skips: [] }, { after: 5, upTo: 10 });
  expect(place).toEqual({ position: 5, skips: [{ after: 10, upTo: 20 }] });
});

test("to the end of the log there is nothing to skip", () => {
  expect(replayPlace({ position: 20, skips: [] }, { after: 5, upTo: end })).toEqual({ position: 5, skips: [] });
  expect(replayPlace({ position: 7, skips: [{ after: 10, upTo: 20 }] }, { after: 2, upTo: end })).toEqual({
    position: 2,
    skips: [],
  });
});

test("what waits stays, wherever the span lies", () => {
  expect(replayPlace({ position: 5, skips: [] }, { after: 10, upTo: 20 })).toEqual({ position: 5, skips: [] });
  expect(replayPlace({ position: 5, skips: [] }, { after: 9, upTo: 9 })).toEqual({ position: 5, skips: [] });
});

test("any replays one after the other: exactly what was asked for and what waited", () => {
  let state = 1;
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let round = 0; round < 2_000; round++) {
    let place: Place = { position: random(last), skips: [] };
    for (let replay = 0; replay < 4; replay++) {
      const moved = { position: Math.min(last, place.position + random(6)), skips: place.skips };
      const after = random(last);
      const again = { after, upTo: random(4) === 0 ? end : after + random(12) };
      const before = new Set(sent(moved));
      place = replayPlace(moved, again);
      const wanted = sent({ position: 0, skips: [] }).filter(
        (seq) => before.has(seq) || (seq > again.after && seq <= again.upTo),
      );
      expect(sent(place)).toEqual(wanted);
      expect(outstanding(place).at(-1)?.upTo).toBe(end);
    }
  }
});
