import { expect, test } from "bun:test";
import fc from "fast-check";
import { minuteMs } from "../time.ts";
import {
  busyUsers,
  hostsOf,
  isUsualOnMany,
  outbreakSentence,
  outbreaksIn,
  type Sighting,
  settledAt,
  sharedUser,
  tellAt,
  wasAround,
} from "./outbreak.ts";

const on = (host: number, minute: number, user = ""): Sighting => ({
  host: `h${host}`,
  user,
  at: minute * minuteMs,
  periodId: host,
});

test("five hosts within ten minutes; a chain goes on as long as the next comes within ten minutes", () => {
  const five = [0, 1, 2, 3, 4].map((host) => on(host, host * 2.5));
  expect(outbreaksIn(five)).toEqual([five]);
  expect(outbreaksIn([...five.slice(0, 4), on(4, 10.1)])).toEqual([]);
  expect(outbreaksIn([...five.slice(0, 4), on(3, 10)])).toEqual([]);
  const before = on(9, -9);
  const after = [on(5, 20), on(6, 30), on(7, 40.1)];
  expect(outbreaksIn([...after, ...five, before])).toEqual([[before, ...five, ...after.slice(0, 2)]]);
  const [first, second] = outbreaksIn([...five, ...five.map((one) => ({ ...one, at: one.at + 60 * minuteMs }))]);
  expect([first?.length, second?.length]).toEqual([5, 5]);
});

test("hosts stand in the order of their first sighting, equal times in that of their names", () => {
  const [chain = []] = outbreaksIn([on(3, 1), on(2, 1), on(1, 2), on(3, 3), on(4, 2), on(5, 2), on(1, 0)]);
  expect(hostsOf(chain)).toEqual(["h1", "h2", "h3", "h4", "h5"]);
});

test("a shared user is on every host; others may be there as well", () => {
  const users = (names: string[][]) => names.flatMap((list, host) => list.map((user) => on(host, host, user)));
  expect(sharedUser(users([["a"], ["a", "b"], ["", "a"]]))).toBe("a");
  expect(
    sharedUser(
      users([
        ["b", "a"],
        ["a", "b"],
      ]),
    ),
  ).toBe("a");
  expect(sharedUser(users([["a"], ["a"], ["b"]]))).toBeNull();
  expect(sharedUser(users([[""], [""]]))).toBeNull();
  const many = [0, 1, 2, 3, 4].map((host) => on(host, 0, "a"));
  expect(busyUsers([...many, on(0, 0, "b"), on(1, 0, "b")])).toEqual(["a"]);
});

test("usual is an account that was on twenty hosts, or on five and a twentieth of the actors", () => {
  const cases: [number, number][] = [
    [20, 5_000],
    [19, 5_000],
    [5, 100],
    [5, 101],
    [4, 0],
  ];
  expect(cases.map(([hosts, actors]) => isUsualOnMany(hosts, actors))).toEqual([true, false, true, false, false]);
});

test("a rule was around if it was on five other hosts in the day before", () => {
  const chain = [on(50, 0)];
  const hours = [1, 5, 9, 20, 23].map((hour) => on(hour, -60 * hour));
  expect(wasAround(chain, hours)).toBe(true);
  expect(wasAround(chain, hours.slice(1))).toBe(false);
  expect(wasAround(chain, [...hours.slice(1), on(9, -60 * 25)])).toBe(false);
});

test("it settles ten seconds after the last host and half a minute after the fifth; told every ten seconds", () => {
  expect([settledAt(100, 5_000), settledAt(0, 25_000)]).toEqual([15_000, 30_000]);
  expect([tellAt(0, 3_000), tellAt(0, 12_000), tellAt(50_000, 3_000)]).toEqual([10_000, 12_000, 3_000]);
});

test("sentences say number and span", () => {
  expect(outbreakSentence(50, 50_000)).toContain("50 hosts within 1 minute,");
  expect(outbreakSentence(6, 9.5 * minuteMs)).toContain("6 hosts within 10 minutes,");
  expect(outbreakSentence(99, 200 * minuteMs)).toContain("99 hosts within 4 hours,");
});

const anySighting = fc.record({
  host: fc.integer({ min: 0, max: 8 }).map((host) => `h${host}`),
  user: fc.constantFrom("", "a", "b"),
  at: fc.integer({ min: 0, max: 60 }).map((minute) => minute * minuteMs),
  periodId: fc.constant(1),
});

test("any order of the same sightings gives the same outbreaks", () => {
  fc.assert(
    fc.property(
      fc
        .uniqueArray(anySighting, { selector: ({ host, user, at }) => `${host} ${user} ${at}`, maxLength: 40 })
        .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, mixed]) => {
        expect(outbreaksIn(mixed)).toEqual(outbreaksIn(all));
        for (const chain of outbreaksIn(all)) {
          const isDense = chain.some(
            ({ at }) =>
              new Set(chain.filter((one) => one.at >= at && one.at <= at + 10 * minuteMs).map(({ host }) => host))
                .size >= 5,
          );
          expect(isDense).toBe(true);
        }
      },
    ),
  );
});
