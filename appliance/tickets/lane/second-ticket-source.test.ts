import { expect, test } from "bun:test";
import { hostileWords } from "../../../test/harness/hostile-words.ts";
import { secondTicketWords } from "./second-ticket-source.ts";

test("what a target calls its tickets stays one line of bounded length in what people are told", () => {
  const known = { incidentId: "INC-00000001", entity: "Site", system: "jira", generation: 1, ticketId: 1 } as const;
  const named = (key: string) => ({ id: key, key, url: "https://jira.example" });
  const words = (key: string) =>
    secondTicketWords({ ...known, dueAt: 0, looks: 1, remote: named(key), others: [named(key), named("SEC-3")] });
  expect(words("SEC-2")).toStartWith("INC-00000001 has more than one ticket: SEC-2, which it follows, and SEC-2, SEC-3. ");
  expect(words(hostileWords.turned)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(words(hostileWords.long).length).toBeLessThan(1_000);
});
