import { expect, test } from "bun:test";
import { levels } from "../detection.ts";
import { hourMs } from "../time.ts";
import type { ListedAsset } from "./asset.ts";
import { RoleTable } from "./roles.ts";
import { assetSentence, assetTraits, assetWeight, noWeight, pointsOf } from "./weight.ts";

const base = { criticality: null, aliases: [], entity: "E", from: "api" } as const;
const listed: ListedAsset[] = [
  { kind: "host", name: "dc01", role: "domain_controller", ...base },
  { kind: "host", name: "pay", role: null, ...base, criticality: "high" },
  { kind: "host", name: "scan", role: "scanner", ...base },
  { kind: "account", name: "svc-deploy", role: "deployment", ...base },
  { kind: "account", name: "adm", role: "administrator", ...base, criticality: "critical" },
];
const roles = new RoleTable(listed);

/** `[host, level]`, one an hour, the newest last. */
function weigh(actor: { type: string; name: string }, seen: readonly [host: string, level: string][], reach = 0) {
  const hosts = [...new Set(seen.map(([host]) => host))].filter((host) => host !== "");
  const evidence = {
    hosts,
    rules: levels.map((_, level) => ({ level })),
    hours: seen.map(([host, level], hour) => ({
      hour,
      items: [{ rule: levels.indexOf(level as never), host: hosts.indexOf(host), last: hour * hourMs + 1 }],
    })),
  };
  const traits = assetTraits(roles, { entity: "E", actor, hosts });
  return assetWeight(evidence, { behind: evidence.hours.length, reach }, traits);
}

const j = { type: "user", name: "j" };

test("the most critical host or account that more than low evidence names", () => {
  expect(
    weigh(j, [
      ["pay", "medium"],
      ["dc01.corp", "high"],
      ["ws", "high"],
    ]),
  ).toEqual({
    asset: { kind: "host", name: "dc01.corp", role: "domain_controller", criticality: "critical" },
    isOrdinary: false,
  });
  expect(
    weigh(j, [
      ["pay", "medium"],
      ["dc01", "low"],
    ]).asset?.name,
  ).toBe("pay");
  expect(
    weigh(
      j,
      [
        ["dc01", "high"],
        ["ws", "high"],
      ],
      hourMs,
    ),
  ).toEqual(noWeight);
  expect(weigh(j, [["ws", "critical"]])).toEqual(noWeight);
  expect(weigh({ type: "user", name: "adm" }, [["ws", "medium"]]).asset).toEqual({
    ...{ kind: "account", name: "adm", role: "administrator", criticality: "critical" },
  });
  expect(weigh({ type: "user", name: "adm" }, [["ws", "low"]])).toEqual(noWeight);
  expect(weigh({ type: "host", name: "dc01" }, [["dc01", "medium"]]).asset?.name).toBe("dc01");
});

test("what scanners, backups and deployments do by themselves is ordinary", () => {
  expect(
    weigh({ type: "user", name: "svc-deploy" }, [
      ["ws", "high"],
      ["dc01", "high"],
    ]).isOrdinary,
  ).toBe(true);
  expect(weigh({ type: "host", name: "scan" }, [["scan", "high"]]).isOrdinary).toBe(true);
  expect(
    weigh(j, [
      ["scan", "high"],
      ["ws", "low"],
    ]).isOrdinary,
  ).toBe(true);
  expect(
    weigh(j, [
      ["scan", "high"],
      ["ws", "medium"],
    ]).isOrdinary,
  ).toBe(false);
  expect(
    weigh(j, [
      ["", "high"],
      ["scan", "high"],
    ]).isOrdinary,
  ).toBe(false);
});

test("points and sentence", () => {
  const { asset } = weigh(j, [["dc01", "high"]]);
  expect([pointsOf(asset), pointsOf(null), asset && assetSentence(asset)]).toEqual([
    6,
    0,
    "dc01 is a domain controller (critical)",
  ]);
  const { asset: pay } = weigh(j, [["pay", "high"]]);
  expect([pointsOf(pay), pay && assetSentence(pay)]).toEqual([3, "pay is of high criticality"]);
  const { asset: adm } = weigh({ type: "user", name: "adm" }, [["ws", "high"]]);
  expect(adm && assetSentence(adm)).toBe("adm is an administrator (critical)");
});
