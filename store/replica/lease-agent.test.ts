import { expect, test } from "bun:test";
import type { DirectoryContent, LeaderRow } from "./etcd/directory.ts";
import { decide, LeaseTimes, silenceOf } from "./lease-agent.ts";

const at = { silentMs: 0, leaseMs: 1_000, mayLead: true, holder: "of two" };

function seen(leader: Partial<LeaderRow> | null, promote: string | null = null): DirectoryContent {
  const row = { node: "one", epoch: 3, address: "https://one", holder: "h", ...leader };
  const live = { role: "follower", address: "", applied: 1, version: "", fault: null, at: 0 } as const;
  return {
    id: "c",
    secret: "s",
    leader: leader === null ? null : { row, revision: "7" },
    members: new Map(),
    live: new Map([["three", { row: live, revision: "8" }]]),
    promote,
  };
}

test("a lease is taken where nobody holds it, after its holder was silent, or after it was given up", () => {
  const why = (content: DirectoryContent, more: Partial<typeof at> = {}) =>
    decide("two", content, { ...at, ...more }).why;
  expect(why(seen(null))).toBe("nobody");
  expect(why(seen({}), { silentMs: 1_049 })).toBe("renewed");
  expect(why(seen({}), { silentMs: 1_050 })).toBe("silent");
  expect(why(seen({}), { silentMs: 1_050, mayLead: false })).toBe("not-ready");
  // What was taken by a request without an answer is this process's, whether or not it is silent.
  expect(why(seen({ node: "two", holder: "of two" }))).toBe("ours");
  expect(why(seen({ node: "two", holder: "of another process" }))).toBe("renewed");
  expect(why(seen({ node: null, holder: "of two" }))).toBe("released");
  expect(why(seen({ node: null }, "two"))).toBe("asked");
  // Who was asked for comes first, as long as it is there.
  expect(why(seen({ node: null }, "three"))).toBe("another-is-asked");
  expect(why(seen({ node: null }, "three"), { silentMs: 1_000 })).toBe("released");
  expect(why(seen({ node: null }, "nowhere"))).toBe("released");
});

test("what is left of a lease is by the clock that says less", () => {
  const times = new LeaseTimes();
  expect(times.leftMs(0, 0)).toBe(0);
  const memory = new Float64Array(times.memory);
  [memory[0], memory[1]] = [5_000, 100_000];
  expect([times.leftMs(1_000, 97_000), times.leftMs(1_000, 95_000), times.leftMs(1_000, 200_000)]).toEqual([
    3_000, 4_000, 0,
  ]);
});

test("after etcd was away, silence that was not seen counts once the leader has had time to show itself", () => {
  const silent = (silentMs: number, seenMs: number) => silenceOf({ silentMs, seenMs, leaseMs: 1_000 });
  expect([silent(900, 100), silent(5_000, 349), silent(5_000, 350)]).toEqual([900, 1_000, 5_000]);
  expect(decide("two", seen({}), { ...at, silentMs: silent(5_000, 349) }).take).toBe(false);
  expect(decide("two", seen({}), { ...at, silentMs: silent(5_000, 350) }).take).toBe(true);
});
