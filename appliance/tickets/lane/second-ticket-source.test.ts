import { expect, test } from "bun:test";
import { dayMs, hourMs } from "../../../core/time.ts";
import { hostileWords } from "../../../test/harness/hostile-words.ts";
import { SecondTicketSource, secondTicketWords } from "./second-ticket-source.ts";

const known = { incidentId: "INC-00000001", entity: "Site", system: "jira", generation: 1, ticketId: 1 } as const;

test("a search that a clock noted which was ahead is due", async () => {
  const now = Date.UTC(2026, 2, 13);
  const source = new SecondTicketSource({} as never);
  const at = (dueAt: number) => ({ ...known, ticketId: dueAt, dueAt, looks: 1, remote: null, others: [] });
  source.expect([at(now), at(now + 2 * hourMs), at(now + 9 * dayMs)]);
  const { jobs, nextAt } = await source.due(now);
  expect([jobs.map(({ ticketId }) => ticketId), nextAt]).toEqual([[now, now + 9 * dayMs], now + 2 * hourMs]);
});

test("what a target calls its tickets stays one line of bounded length in what people are told", () => {
  const named = (key: string) => ({ id: key, key, url: "https://jira.example" });
  const words = (key: string) =>
    secondTicketWords({ ...known, dueAt: 0, looks: 1, remote: named(key), others: [named(key), named("SEC-3")] });
  expect(words("SEC-2")).toStartWith(
    "INC-00000001 has more than one ticket: SEC-2, which it follows, and SEC-2, SEC-3. ",
  );
  expect(words(hostileWords.turned)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(words(hostileWords.long).length).toBeLessThan(1_000);
});
