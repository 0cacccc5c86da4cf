import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveSnapshot, takeSnapshot } from "./snapshot.ts";

const now = Date.parse("2026-03-13T04:29:55Z");
const secret = "the secret of the cluster";
const folder = mkdtempSync(join(tmpdir(), "rhythmx-snapshot-"));
const database = join(folder, "rhythmx.db");
/** By how much the clock of the node that gives is ahead. */
let aheadMs = 0;
let answer: () => Response | null = () => null;

const giver = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request) =>
    answer() ??
    giveSnapshot(request, {
      ...{ secret, database: join(folder, "of-the-leader.db"), now: now + aheadMs },
      copy: async (to) => writeFileSync(to, "all there is"),
    }),
});
const take = (using = secret) =>
  takeSnapshot([`http://127.0.0.1:${giver.port}`], {
    ...{ secret: using, node: "edge2", database, now },
    signal: AbortSignal.timeout(60_000),
  });
const refusal = (using?: string) =>
  take(using).then(
    () => "given",
    (error: Error) => error.message,
  );

afterAll(async () => {
  await giver.stop(true);
  rmSync(folder, { recursive: true, force: true });
});

describe("a copy of another node's database", () => {
  test("is given to a node of the cluster, also where clocks are some minutes apart", async () => {
    for (aheadMs of [0, -9 * 60_000, 9 * 60_000]) {
      await take();
      expect(readFileSync(database, "utf8")).toBe("all there is");
    }
    expect(readdirSync(folder).filter((name) => name.includes(".copy-"))).toEqual([]);
  });

  test("is refused where clocks are further apart, and the node that asks says so, and how to mend it", async () => {
    aheadMs = 3 * 3_600_000;
    expect(await refusal()).toContain(
      "answers 403: the clock of edge2 is 180 minutes behind this node's, and a copy is given within 10: set the wrong one right (timedatectl)",
    );
    aheadMs = -11 * 60_000;
    expect(await refusal()).toContain("the clock of edge2 is 11 minutes ahead of this node's");
    aheadMs = 0;
  });

  test("is refused without a word where the secret is another one", async () => {
    const message = await refusal("another secret");
    expect(message).toContain("answers 403;");
    expect(message).not.toContain("clock");
  });

  test("what a stranger says instead stays on one line, and short", async () => {
    const text = { headers: { "Content-Type": "text/plain" } };
    answer = () => new Response(`no\u001b[31m\r\nnode=evil ${"x".repeat(1_000_000)}`, { ...text, status: 500 });
    const message = await refusal();
    answer = () => null;
    expect(message).toContain("answers 500: no [31m node=evil xxx");
    for (const sign of ["\r", "\n", "\u001b"]) expect(message).not.toContain(sign);
    expect(message.length).toBeLessThan(600);
  });
});
