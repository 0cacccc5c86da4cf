import { expect, test } from "bun:test";
import fc from "fast-check";
import { detectionOf } from "../../../test/harness/detection-of.ts";
import { dayMs, hourMs } from "../../time.ts";
import { encodeActorState, newActorState, parseActorState } from "../actor-state.ts";
import { addDetections, type Evidence, noEvidence } from "../evidence.ts";
import { type ActorCounts, newSightings, rarityOf, rarityText, sight } from "./rarity.ts";

const start = Date.UTC(2026, 2, 1);
const firstDay = start / dayMs;

class Counts implements ActorCounts {
  readonly numbers = new Map<string, number>();
  of(rule: string | null, day: number): number {
    return this.numbers.get(`${rule} ${day}`) ?? 0;
  }
  add(rule: string | null, days: readonly number[]): void {
    for (const day of days) this.numbers.set(`${rule} ${day}`, this.of(rule, day) + 1);
  }
}

interface Fired {
  actor: number;
  rule: string;
  day: number;
  hour: number;
}

/** An entity that takes batches in as the store does. */
class Entity {
  readonly counts = new Counts();
  readonly actors = new Map<number, Evidence>();

  take(batch: readonly Fired[]): void {
    const fresh = [...Map.groupBy(batch, ({ actor }) => actor)].flatMap(([actor, fired]) => {
      const evidence = this.actors.get(actor) ?? noEvidence();
      this.actors.set(actor, evidence);
      const detections = fired.map(({ rule, day, hour }) =>
        detectionOf({ ruleId: rule, level: "high", timestamp: start + day * dayMs + hour * hourMs }),
      );
      return newSightings(evidence, addDetections(evidence, detections, start));
    });
    sight(fresh, this.counts);
  }

  sighting(actor: number, day: number, rule = "r") {
    const evidence = this.actors.get(actor);
    const at = evidence?.rules.findIndex(({ key }) => key === rule);
    return [...(evidence?.sightings.values() ?? [])].find((one) => one.rule === at && one.day === firstDay + day);
  }

  /** Everything that was noted. */
  noted() {
    return [...this.actors].flatMap(([actor, { rules, sightings }]) =>
      [...sightings.values()].map(({ rule, ...rest }) => [actor, rules[rule]?.key, JSON.stringify(rest)].join(" ")),
    );
  }
}

const fired = (actor: number, day: number, rule = "r"): Fired => ({ actor, rule, day, hour: 9 });

test("counted are distinct actors of the 14 days before, never the day itself or later ones", () => {
  const entity = new Entity();
  for (let day = 0; day < 10; day++) entity.take([1, 2, 3].map((actor) => fired(actor, day)));
  expect(entity.sighting(1, 0)).toMatchObject({ actors: 0, of: 0, isEstablished: false });
  expect(entity.sighting(1, 9)).toMatchObject({ actors: 3, of: 3 });
  entity.take([fired(4, 9)]);
  expect(entity.sighting(4, 9)).toMatchObject({ actors: 3, of: 3 });
  // The last day on which the three were seen is day 9: it counts up to day 23.
  entity.take([fired(5, 23), fired(6, 24)]);
  expect(entity.sighting(5, 23)).toMatchObject({ actors: 4, of: 4 });
  expect(entity.sighting(6, 24)).toMatchObject({ actors: 1, of: 1 });
});

test("what comes in later lowers nothing that was noted, and counts for what comes after it", () => {
  const entity = new Entity();
  entity.take([fired(1, 5)]);
  entity.take([2, 3, 4, 5, 6].map((actor) => fired(actor, 4)));
  expect(entity.sighting(1, 5)).toMatchObject({ actors: 0 });
  entity.take([{ ...fired(1, 5), hour: 20 }]);
  expect(entity.sighting(1, 5)).toMatchObject({ actors: 0 });
  entity.take([fired(7, 5)]);
  expect(entity.sighting(7, 5)).toMatchObject({ actors: 5 });
  // A day between two of an actor's days is counted once.
  entity.take([fired(2, 10), fired(2, 7), fired(9, 19)]);
  expect(entity.sighting(9, 19)).toMatchObject({ actors: 3 });
});

test("new entities: five actors make a rule common, and none makes it rare; later, few are rare and none is unseen", () => {
  const seen = { rule: 0, day: 0 };
  const rarities = [0, 4, 5, 300].map((actors) =>
    [false, true].map((isEstablished) => rarityOf({ ...seen, actors, of: 300, isEstablished })),
  );
  expect(rarities).toEqual([
    ["unknown", "unseen"],
    ["unknown", "rare"],
    ["common", "common"],
    ["common", "common"],
  ]);
  const entity = new Entity();
  const crowd = Array.from({ length: 25 }, (_, actor) => fired(actor, 0, "other"));
  entity.take(crowd);
  entity.take([fired(100, 2), fired(101, 3)]);
  expect(entity.sighting(100, 2)).toMatchObject({ of: 25, isEstablished: false });
  expect(entity.sighting(101, 3)).toMatchObject({ of: 26, isEstablished: true });
  const small = new Entity();
  small.take(crowd.slice(0, 19));
  small.take([fired(101, 3)]);
  expect(small.sighting(101, 3)).toMatchObject({ of: 19, isEstablished: false });
});

const anyFired: fc.Arbitrary<Fired> = fc.record({
  actor: fc.integer({ min: 0, max: 12 }),
  rule: fc.constantFrom("r", "s", "t"),
  day: fc.integer({ min: 0, max: 20 }),
  hour: fc.integer({ min: 0, max: 23 }),
});

test("order and batches within a day change nothing; one batch of many days is as those days one by one", () => {
  fc.assert(
    fc.property(
      fc.array(anyFired, { minLength: 1, maxLength: 80 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
      fc.infiniteStream(fc.nat()),
      (all, sizes, places) => {
        const byDay = [...Map.groupBy(all, ({ day }) => day)].sort(([a], [b]) => a - b);
        const [inOrder, shuffled, atOnce] = [new Entity(), new Entity(), new Entity()];
        for (const [, day] of byDay) inOrder.take(day);
        for (const [, day] of byDay) {
          const keyed = day.map((one) => [places.next().value ?? 0, one] as const).sort(([a], [b]) => a - b);
          const mixed = keyed.map(([, one]) => one);
          while (mixed.length > 0) shuffled.take(mixed.splice(0, sizes.next().value ?? 1));
        }
        atOnce.take(all);
        expect(shuffled.noted().sort()).toEqual(inOrder.noted().sort());
        expect(atOnce.noted().sort()).toEqual(inOrder.noted().sort());
        expect(shuffled.counts.numbers).toEqual(inOrder.counts.numbers);
      },
    ),
    { numRuns: 300 },
  );
});

test("in any order of days the counts end the same, and they are those of a look at everything", () => {
  fc.assert(
    fc.property(fc.array(anyFired, { minLength: 1, maxLength: 60 }), (all) => {
      const entity = new Entity();
      for (const one of all) entity.take([one]);
      for (let day = 0; day < 40; day++)
        for (const rule of ["r", "s", "t", null]) {
          const actors = new Set(
            all
              .filter((one) => (rule === null || one.rule === rule) && one.day < day && one.day >= day - 14)
              .map(({ actor }) => actor),
          );
          expect(entity.counts.of(rule, firstDay + day)).toBe(actors.size);
        }
    }),
    { numRuns: 200 },
  );
});

test("sentences have the numbers; sightings survive the state's text", () => {
  expect(rarityText({ actors: 212, of: 300, isEstablished: true })).toBe("fires on 212 of 300 actors here");
  expect(rarityText({ actors: 0, of: 300, isEstablished: true })).toContain("not seen on any of 300 actors");
  expect(rarityText({ actors: 0, of: 3, isEstablished: false })).toBeNull();
  const entity = new Entity();
  entity.take([fired(1, 0), fired(1, 3), fired(2, 3, "s")]);
  const state = newActorState(start);
  state.evidence = entity.actors.get(1) ?? noEvidence();
  expect(parseActorState(encodeActorState(state))).toEqual(state);
});
