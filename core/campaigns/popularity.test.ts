import { expect, test } from "bun:test";
import { hourMs } from "../time.ts";
import { Popularity } from "./popularity.ts";

const seen = (actor: string, host: string, at = 0) => ({
  actor: `user ${actor}`,
  account: actor,
  host,
  address: "",
  at,
});

test("what more than five actors and more than 5 % of them use is shared", () => {
  const popularity = new Popularity();
  for (let n = 0; n < 5; n++) popularity.add("e", seen(`u${n}`, "srv"));
  expect([popularity.isShared("e", "host", "srv"), popularity.isShared("f", "host", "srv")]).toEqual([false, false]);
  popularity.add("e", seen("u5", "srv"));
  popularity.add("e", seen("u5", "srv"));
  expect([popularity.sharersOf("e", "host", "srv"), popularity.isShared("e", "host", "srv")]).toEqual([6, true]);
  for (let n = 0; n < 200; n++) popularity.add("e", seen(`v${n}`, `ws-${n}`));
  expect(popularity.isShared("e", "host", "srv")).toBe(false);
  for (let n = 0; n < 70; n++) popularity.add("e", seen(`v${n}`, "srv"));
  expect([popularity.sharersOf("e", "host", "srv"), popularity.isShared("e", "host", "srv")]).toEqual([65, true]);
});

test("an account's hosts count from the hour in which it came to them, in any order", () => {
  const popularity = new Popularity();
  for (const hour of [30, 3, 9]) popularity.add("e", seen("adm", `h${hour}`, hour * hourMs));
  popularity.add("e", seen("adm", "h30", hourMs));
  expect(popularity.sharersOf("e", "account", "adm")).toBe(3);
  expect(popularity.sharersOf("e", "account", "adm", 9 * hourMs)).toBe(2);
  expect(popularity.known("e")).toEqual({ actors: 1, since: hourMs });
});

test("senders may invent names without end: the oldest are forgotten", () => {
  const popularity = new Popularity();
  for (let n = 0; n < 6; n++) popularity.add("e", seen(`u${n}`, "old"));
  for (let n = 0; n < 61_000; n++) popularity.add("e", { ...seen("x", `h${n}`), account: "" });
  expect([popularity.sharersOf("e", "host", "old"), popularity.sharersOf("e", "host", "h60999")]).toEqual([0, 1]);
});
