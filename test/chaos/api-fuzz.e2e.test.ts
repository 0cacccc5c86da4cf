import { expect, test } from "bun:test";
import { fuzzApi } from "./api-fuzz.ts";

test("requests made up from the API document: no 5xx, nothing of another tenant, no inner workings", async () => {
  const seed = 5;
  console.log(`api: seed ${seed}`);
  const { statuses, violations } = await fuzzApi(seed, 4000);
  expect(violations.slice(0, 5)).toEqual([]);
  for (const status of [200, 400, 401, 403, 404]) expect([status, statuses.has(status)]).toEqual([status, true]);
});
