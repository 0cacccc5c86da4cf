import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CampaignLink } from "./campaign.ts";
import { join, type Member } from "./join.ts";

const link = (incidentId: string, otherId: string, at = 0): CampaignLink => ({
  incidentId,
  otherId,
  kind: "logon",
  what: "x",
  at,
});
const member = (incidentId: string, campaignId: string | null = null, isShared = false): Member => ({
  incidentId,
  campaignId,
  isShared,
});
const own = (campaignId: string, createdAt = 0) => ({ campaignId, createdAt, hasOwn: true });

test("incidents that are linked, also by way of others, begin one campaign; who is linked to nobody stays alone", () => {
  const members = ["a", "b", "c", "d"].map((id) => member(id));
  expect(join(members, [], [link("a", "b"), link("b", "c")])).toEqual({
    begun: [["a", "b", "c"]],
    joined: [],
    merged: [],
    links: [link("a", "b"), link("b", "c")],
  });
});

test("of campaigns that join the oldest stays; of two of one time the one with the smaller id", () => {
  const members = [member("a", "C2"), member("b", "C1"), member("c", "C3"), member("d")];
  const campaigns = [own("C1", 5), own("C2", 5), own("C3", 1)];
  const links = [link("a", "b"), link("b", "c"), link("c", "d")];
  expect(join(members, campaigns, links)).toMatchObject({
    begun: [],
    joined: [{ incidentId: "d", campaignId: "C3" }],
    merged: [
      { from: "C1", into: "C3" },
      { from: "C2", into: "C3" },
    ],
  });
  expect(join(members, campaigns, [link("a", "b")]).merged).toEqual([{ from: "C2", into: "C1" }]);
});

describe("whom many share", () => {
  const admin = member("adm", null, true);

  test("is counted to the first attack, and makes no one campaign of two", () => {
    const { begun, links } = join([admin, member("a"), member("b")], [], [link("a", "adm", 2), link("adm", "b", 1)]);
    expect(begun).toEqual([["adm", "b"]]);
    expect(links).toEqual([link("adm", "b", 1)]);
  });

  test("stays with its attack whatever comes later, and joins no campaign to another", () => {
    const members = [member("adm", "C1", true), member("a"), member("b", "C2")];
    const campaigns = [own("C1"), own("C2")];
    expect(join(members, campaigns, [link("a", "adm"), link("adm", "b")])).toEqual({
      ...{ begun: [], joined: [], merged: [], links: [] },
    });
  });

  test("two of them begin a campaign together, which one attack may join", () => {
    const server = member("srv", null, true);
    expect(join([admin, server], [], [link("adm", "srv")]).begun).toEqual([["adm", "srv"]]);
    const members = [member("adm", "C1", true), member("srv", "C1", true), member("a"), member("b")];
    const campaigns = [{ campaignId: "C1", createdAt: 0, hasOwn: false }];
    expect(join(members, campaigns, [link("a", "srv", 1), link("adm", "b", 2)])).toMatchObject({
      joined: [{ incidentId: "a", campaignId: "C1" }],
    });
  });
});

test("the order of links does not count, and no two attacks are one by a shared incident alone", () => {
  const ids = ["a", "b", "c", "d", "e", "s", "t"];
  const anyLink = fc
    .tuple(fc.constantFrom(...ids), fc.constantFrom(...ids), fc.integer({ min: 0, max: 3 }))
    .filter(([one, other]) => one < other)
    .map(([one, other, at]) => link(one, other, at));
  fc.assert(
    fc.property(fc.array(anyLink, { maxLength: 15 }), fc.infiniteStream(fc.nat()), (links, dice) => {
      const members = ids.map((id) => member(id, null, id >= "s"));
      const shuffled = links
        .map((one) => ({ one, place: dice.next().value ?? 0 }))
        .sort((a, b) => a.place - b.place)
        .map(({ one }) => one);
      const { begun } = join(members, [], links);
      expect(join(members, [], shuffled).begun).toEqual(begun);
      // Without the shared ones, the same attacks are one.
      const attacks = join(
        members.filter(({ isShared }) => !isShared),
        [],
        links,
      ).begun;
      const ofOwn = begun.map((group) => group.filter((id) => id < "s")).filter((group) => group.length > 1);
      expect(ofOwn.toSorted()).toEqual(attacks.toSorted());
    }),
  );
});
