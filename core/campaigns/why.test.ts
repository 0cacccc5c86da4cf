import { expect, test } from "bun:test";
import { type CampaignLink, linkKinds } from "./campaign.ts";
import { linkSentence } from "./why.ts";

const at = Date.UTC(2026, 2, 13, 10, 2, 31);
const link = (kind: CampaignLink["kind"], what: string): CampaignLink => ({
  incidentId: "INC-00000001",
  otherId: "INC-00000002",
  kind,
  what,
  at,
});
const jsmith = { actor: "jsmith", actorType: "user" } as const;
const backup = { actor: "svc-backup", actorType: "user" } as const;
const host = { actor: "ws-101", actorType: "host" } as const;

test("says what two incidents share, by the names of their actors and with the time", () => {
  const both = { one: jsmith, other: backup };
  expect(linkSentence(link("host", "ws-101"), both)).toBe(
    "jsmith and svc-backup were both active on ws-101 at 2026-03-13 10:02 UTC",
  );
  expect(linkSentence(link("host", "WS-101"), { one: host, other: jsmith })).toBe(
    "jsmith was active on WS-101 at 2026-03-13 10:02 UTC",
  );
  expect(linkSentence(link("host", "ws-101"), { one: jsmith, other: host })).toBe(
    "jsmith was active on ws-101 at 2026-03-13 10:02 UTC",
  );
  expect(linkSentence(link("host", "jsmith on ws-101"), { one: host, other: jsmith })).toBe(
    "the logs of ws-101 name jsmith at 2026-03-13 10:02 UTC",
  );
  expect(linkSentence(link("outbreak", "LSASS Dump"), { one: jsmith, other: null })).toBe(
    'jsmith and an incident that is no longer kept are part of one outbreak of "LSASS Dump" at 2026-03-13 10:02 UTC',
  );
});

test("is one line of bounded length for every kind, whatever the names hold", () => {
  const evil = { actor: `a\r\n\u202e${"x".repeat(500)}`, actorType: "user" } as const;
  for (const kind of linkKinds) {
    const sentence = linkSentence(link(kind, `b\n\u2028${"y".repeat(5_000)}`), { one: evil, other: evil });
    expect([kind, sentence.length < 400, /[\p{Cc}\p{Zl}\p{Cf}]/u.test(sentence)]).toEqual([kind, true, false]);
    expect(sentence).toContain("b yyy");
    expect(sentence).toContain("2026-03-13 10:02 UTC");
  }
});
