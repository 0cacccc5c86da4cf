import { expect, test } from "bun:test";
import type { DirectoryContent, LeaderRow, LiveRow } from "../../store/replica/etcd/directory.ts";
import { type OwnFile, planFor } from "./plan.ts";

const none: OwnFile = { exists: false, cluster: null, applied: 0, isBehind: false };
const itsOwn: OwnFile = { ...none, exists: true };
const known = { unreachable: null, copied: 0 };

function seen(
  leader: LeaderRow["node"] | undefined,
  others: Record<string, number>,
  founder: boolean,
): DirectoryContent {
  const live = (applied: number): LiveRow => ({
    ...{ role: "follower", address: "https://there", applied, version: "", fault: null, at: 0 },
  });
  const row = { node: leader ?? null, epoch: 1, address: "", holder: "h" };
  return {
    ...{ id: "c", secret: "s", promote: null },
    leader: leader === undefined ? null : { row, revision: "1" },
    members: new Map(
      ["one", ...Object.keys(others)].map((name) => [
        name,
        { row: { founder: founder && name === "one", reseed: 0, addedAt: "" }, revision: "1" },
      ]),
    ),
    live: new Map(Object.entries(others).map(([name, applied]) => [name, { row: live(applied), revision: "1" }])),
  };
}

const planned = (content: DirectoryContent, file: OwnFile) => planFor("one", content, file, known).do;

test("the first node begins the cluster, with or without a database", () => {
  expect(planned(seen(undefined, {}, true), none)).toBe("found");
  expect(planned(seen(undefined, { two: 0 }, true), itsOwn)).toBe("found");
});

test("and still does so after it had the lease and was stopped before it had begun", () => {
  expect(planned(seen(null, {}, true), none)).toBe("found");
  expect(planned(seen("one", { two: 0 }, true), none)).toBe("found");
  expect(planned(seen(null, {}, true), itsOwn)).toBe("found");
  // Its file is of the cluster already, and nobody knows whether there is a log.
  expect(planned(seen(null, { two: 0 }, true), { ...itsOwn, cluster: "c" })).toBe("found");
});

test("but not where another node leads, or has something of a log", () => {
  expect(planned(seen("two", { two: 0 }, true), none)).toBe("copy");
  expect(planned(seen(null, { two: 7 }, true), none)).toBe("copy");
  expect(planned(seen(null, { two: 7 }, true), itsOwn)).toBe("wait");
  expect(planned(seen(null, { two: 7 }, true), { ...itsOwn, cluster: "c" })).toBe("follow");
  expect(planned(seen(null, {}, true), { ...itsOwn, cluster: "c", applied: 3 })).toBe("follow");
  expect(planned(seen(null, {}, false), none)).toBe("copy");
});
