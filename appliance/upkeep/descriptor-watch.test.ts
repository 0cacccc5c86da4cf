import { expect, test } from "bun:test";
import { Faults } from "../../core/faults.ts";
import { DescriptorWatch } from "./descriptor-watch.ts";

test("near the limit clients are disconnected; each time the fault stays until ten checks in a row were good", async () => {
  const faults = new Faults(() => 0);
  let open = 0;
  let closed = 0;
  const watch = new DescriptorWatch(faults, async () => void closed++, {
    limit: async () => 256,
    open: async () => open,
  });
  const check = async (inUse: number, times: number) => {
    open = inUse;
    for (let n = 0; n < times; n++) await watch.tick();
    return [faults.has("descriptors"), closed, watch.everyMs];
  };
  expect(await check(240, 20)).toEqual([false, 0, 5_000]);
  expect(await check(241, 1)).toEqual([true, 1, 500]);
  expect(await check(10, 9)).toEqual([true, 1, 500]);
  expect(await check(10, 1)).toEqual([false, 1, 5_000]);
  expect(await check(256, 1)).toEqual([true, 2, 500]);
  expect(await check(10, 9)).toEqual([true, 2, 500]);
  expect(await check(250, 1)).toEqual([true, 3, 500]);
  expect(await check(10, 9)).toEqual([true, 3, 500]);
  expect(await check(10, 1)).toEqual([false, 3, 5_000]);
});
