import { describe, expect, test } from "bun:test";
import type { RiskLevel } from "../risk.ts";
import { hourMs, minuteMs } from "../time.ts";
import {
  type CampaignMember,
  followersGate,
  gravest,
  type MemberTicketState,
  planCampaign,
} from "./campaign-tickets.ts";

/** `n`: name and age. `told`: in the tickets of these, with `!` where the note stands still. */
function member(
  n: number,
  state: MemberTicketState | "fresh" | null,
  { level = "critical" as RiskLevel, told = [] as string[] } = {},
): CampaignMember {
  return {
    incidentId: `INC-${n}`,
    level,
    createdAt: n,
    ticket:
      state === null ? null : { id: n, state: state === "fresh" ? "coming" : state, canPutOff: state === "fresh" },
    told: told.map((one) => ({ ticketId: Number(one.replace("!", "")), stuck: one.endsWith("!") })),
  };
}

function plan(members: CampaignMember[], minLevel: RiskLevel | null = "high", mode: "lead" | "each" = "lead") {
  const { lead, first, putOff, make, tell } = planCampaign(members, minLevel, mode);
  const names = (of: CampaignMember[]) => of.map(({ incidentId }) => incidentId.slice(4)).join(" ");
  return `${lead?.incidentId.slice(4) ?? "-"}/${first?.incidentId.slice(4) ?? "-"} off:${names(putOff)} make:${names(make)} tell:${names(tell)}`;
}

describe("one ticket leads", () => {
  test.each<[string, CampaignMember[], string]>([
    [
      "the first on its way, the others are put off",
      [member(1, "fresh"), member(2, "fresh"), member(3, "fresh")],
      "-/1 off:2 3 make: tell:",
    ],
    [
      "what was sent comes first and stays",
      [member(1, "fresh"), member(2, "coming"), member(3, "coming")],
      "-/2 off:1 make: tell:",
    ],
    [
      "the oldest ticket; who was put off is told in it",
      [member(1, "put_off"), member(2, "there"), member(3, "there"), member(4, "fresh")],
      "2/2 off:4 make: tell:1 4",
    ],
    ["nobody is told twice", [member(1, "there"), member(2, "put_off", { told: ["1"] })], "1/1 off: make: tell:"],
    [
      "two campaigns that joined: who is told in the other's ticket is told",
      [member(1, "there"), member(2, "there"), member(3, "put_off", { told: ["2"] })],
      "1/1 off: make: tell:",
    ],
    [
      "told in a ticket that is over counts for nothing",
      [member(1, "over"), member(2, "there"), member(3, "put_off", { told: ["1"] })],
      "2/2 off: make: tell:1 3",
    ],
    [
      "below the level nobody is told, unless it was put off",
      [member(1, "there"), member(2, null, { level: "low" }), member(3, "put_off", { level: "low" })],
      "1/1 off: make: tell:3",
    ],
    [
      "who never reached auto-push is told at the level",
      [member(1, "there"), member(2, null), member(3, null, { level: "high" })],
      "1/1 off: make: tell:2 3",
    ],
  ])("%s", (_, members, expected) => {
    expect(plan(members)).toBe(expected);
  });
});

describe("hands on", () => {
  test.each<[string, CampaignMember[], string]>([
    [
      "parked or dead: the oldest that was put off",
      [member(1, "stuck"), member(3, "put_off"), member(2, "put_off")],
      "-/- off: make:2 tell:",
    ],
    [
      "closed here, so no longer among the open: the next",
      [member(2, "put_off"), member(3, "put_off")],
      "-/- off: make:2 tell:",
    ],
    [
      "gone: the next is made, and is told of the first",
      [member(1, "over"), member(2, "there"), member(3, "put_off")],
      "2/2 off: make: tell:1 3",
    ],
    [
      "not while another is on its way",
      [member(1, "stuck"), member(2, "coming"), member(3, "put_off")],
      "-/2 off: make: tell:",
    ],
    [
      "not to one below the level",
      [member(1, "stuck"), member(2, "put_off", { level: "medium" })],
      "-/- off: make: tell:",
    ],
    [
      "not to one that a person gave up, or that never had one",
      [member(1, "over"), member(2, null)],
      "-/- off: make: tell:",
    ],
    [
      "resumed while the heir is being made: only what was never sent is put off",
      [member(1, "fresh"), member(2, "coming")],
      "-/2 off:1 make: tell:",
    ],
    [
      "a note that stands still: its own ticket, which is not put off again",
      [member(1, "there"), member(2, "put_off", { told: ["1!"] }), member(3, "fresh", { told: ["1!"] })],
      "1/1 off: make:2 tell:",
    ],
  ])("%s", (_, members, expected) => {
    expect(plan(members)).toBe(expected);
  });

  test("while auto-push is off nothing is made, put off only for a ticket that is there", () => {
    expect(plan([member(1, "stuck"), member(2, "put_off")], null)).toBe("-/- off: make: tell:");
    expect(plan([member(1, "fresh"), member(2, "fresh")], null)).toBe("-/1 off: make: tell:");
    expect(plan([member(1, "there"), member(2, "fresh"), member(3, null)], null)).toBe("1/1 off:2 make: tell:2");
  });
});

test("each: nobody is put off or told, and who was put off and told nowhere gets a ticket", () => {
  const members = [
    member(1, "there"),
    member(2, "fresh"),
    member(3, "put_off"),
    member(4, "put_off", { told: ["1"] }),
    member(5, "put_off", { told: ["1!"] }),
  ];
  expect(plan(members, "high", "each")).toBe("-/- off: make:3 5 tell:");
});

test("whatever there is, one look leaves nothing to do, makes no second ticket, and leaves no critical incident in no ticket", () => {
  // A fixed sequence, so that a failure can be repeated.
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const states = ["there", "coming", "fresh", "stuck", "put_off", "over", null] as const;
  for (let round = 0; round < 3_000; round++) {
    const members = Array.from({ length: 1 + random(6) }, (_, n) => {
      const told = Array.from({ length: random(3) }, () => `${1 + random(6)}${random(4) === 0 ? "!" : ""}`);
      return member(n + 1, states[random(states.length)] ?? null, {
        level: (["critical", "high", "low"] as const)[random(3)] ?? "low",
        told: [...new Map(told.map((one) => [one.replace("!", ""), one])).values()],
      });
    });
    const before = JSON.stringify(members);
    const first = planCampaign(members, "high", "lead");
    for (const one of first.putOff)
      if (one.ticket !== null) one.ticket = { ...one.ticket, state: "put_off", canPutOff: false };
    for (const one of first.make)
      if (one.ticket !== null) one.ticket = { ...one.ticket, state: "coming", canPutOff: true };
    for (const one of first.tell) one.told = [...one.told, { ticketId: first.lead?.ticket?.id ?? -1, stuck: false }];
    const second = planCampaign(members, "high", "lead");
    expect([before, second.putOff, second.make, second.tell]).toEqual([before, [], [], []]);
    const there = new Set(members.filter(({ ticket }) => ticket?.state === "there").map(({ ticket }) => ticket?.id));
    const isComing = members.some(({ ticket }) => ticket?.state === "coming");
    for (const one of members.filter(({ level }) => level === "critical")) {
      const isCovered =
        ["there", "coming"].includes(one.ticket?.state ?? "") ||
        one.told.some(({ ticketId, stuck }) => there.has(ticketId) && !stuck);
      const waits = there.size === 0 && isComing;
      // Only a person can help where a note cannot be written, or where nothing is to be made.
      const isPersons =
        ["stuck", "over", undefined].includes(one.ticket?.state) &&
        (there.size === 0 || one.told.some(({ ticketId, stuck }) => stuck && ticketId === first.lead?.ticket?.id));
      expect([before, isCovered || waits || isPersons]).toEqual([before, true]);
    }
  }
});

test("the gravest is the highest, the oldest of several", () => {
  expect(gravest([])).toBeNull();
  const [low, old, young] = [member(1, null, { level: "low" }), member(2, null), member(3, null)];
  expect(gravest([young, low, old])).toBe(old);
});

describe("the gate for others of the campaign", () => {
  const now = 1_000 * hourMs;
  test.each<[string, RiskLevel[], number | null, number, string]>([
    ["the first at once", ["high"], null, now - minuteMs, "first-campaign-note"],
    ["a critical one at once", ["high", "critical"], now - minuteMs, now - minuteMs, "campaign-critical"],
    [
      "a critical one right after another is collected for a minute",
      ["critical"],
      now - 1_000,
      now - minuteMs,
      "within-cadence",
    ],
    ["after a clock that was set back it does not wait", ["critical"], now + hourMs, now, "campaign-critical"],
    ["others like new rules", ["high"], now - minuteMs, now - 30 * hourMs, "within-cadence"],
    ["others once the hours have passed", ["high"], now - 25 * hourMs, now - 30 * hourMs, "cadence-elapsed-25h"],
  ])("%s", (_, levels, last, since, reason) => {
    expect(followersGate(levels, { last, since }, 24, now).reason).toBe(reason as never);
  });
});
