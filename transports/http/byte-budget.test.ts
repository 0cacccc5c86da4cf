import { expect, test } from "bun:test";
import { ByteBudget } from "./byte-budget.ts";

test("who does not fit waits for room, and nobody overtakes", async () => {
  const budget = new ByteBudget(10);
  const inside: string[] = [];
  const ends = new Map<string, () => void>();
  const enter = (name: string, bytes: number) =>
    budget.use(bytes, async () => {
      inside.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  const all = [enter("a", 6), enter("b", 4), enter("c", 25), enter("d", 1)];
  await settle();
  expect(inside).toEqual(["a", "b"]);
  ends.get("a")?.();
  await settle();
  expect(inside).toEqual(["a", "b"]);
  ends.get("b")?.();
  await settle();
  expect(inside).toEqual(["a", "b", "c"]);
  ends.get("c")?.();
  await settle();
  expect(inside).toEqual(["a", "b", "c", "d"]);
  ends.get("d")?.();
  await Promise.all(all);
});

test("room is given back by work that fails", async () => {
  const budget = new ByteBudget(1);
  for (let round = 0; round < 3; round++)
    await expect(budget.use(1, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await budget.use(1, async () => "done")).toBe("done");
});
