/**
 * Two weeks of an invented company with attacks, half of them the sample's, half invented: some alone, some while another one happens, some in
 * pairs that share nothing but an administrator who worked on both's machines, or a server that everybody uses.
 */
import { dayMs, minuteMs } from "../../core/time.ts";
import { Dice } from "../chaos/dice.ts";
import { sampleScenarios, Targets } from "./attacks.ts";
import { type Estate, estateOf, isPopular, type Machine } from "./estate.ts";
import { adminWork, popularTraffic, shareUse, withLogs } from "./everyday.ts";
import { intrusion, playbooks } from "./intrusions/playbooks.ts";
import type { KnownAttack, KnownRecord } from "./known-attack.ts";
import { type NoiseProfile, quietDetections } from "./noise.ts";
import { placeScenario } from "./placing.ts";

/** A Monday. */
export const worldStart = Date.UTC(2026, 8, 7);

export interface CampaignSize {
  /** Detections a week. */
  detections: number;
  /** Attacks in all. */
  attacks: number;
  days: number;
}

export interface CampaignWorld {
  estate: Estate;
  noise: readonly KnownRecord[];
  attacks: readonly KnownAttack[];
  /** Work of administrators on machines of attacks: noise, sent with the attacks only. */
  visits: readonly KnownRecord[];
  pairs: readonly { kind: "administrator" | "server"; names: readonly [string, string]; what: string }[];
}

export function campaignWorld(seed: number, profile: NoiseProfile, size: CampaignSize): CampaignWorld {
  const dice = new Dice(seed);
  const estate = estateOf(dice);
  const span = { start: worldStart, days: size.days };
  const count = Math.round((size.detections * size.days) / 7);
  const noise = withLogs(estate, quietDetections(dice, estate, profile, { ...span, count }));
  const traffic = popularTraffic(dice, estate, span);
  const attacks = attacksOf(dice, estate, size);
  const { pairs, visits, touched } = bridges(dice, estate, attacks);
  return { estate, noise: [...noise, ...traffic], attacks: touched, visits, pairs };
}

function attacksOf(dice: Dice, estate: Estate, { attacks: count, days }: CampaignSize): KnownAttack[] {
  const targets = new Targets(dice, estate);
  const scenarios = dice.shuffled(sampleScenarios().filter(isSeen));
  const books = Array.from({ length: Math.ceil(count / 2 / playbooks.length) }, () => dice.shuffled(playbooks)).flat();
  const attacks: KnownAttack[] = [];
  let last = 0;
  for (let at = 0; at < count; at++) {
    // A third begins within an hour of the attack before.
    const isNear = at % 3 === 2;
    const start = isNear ? last + dice.next() * 60 * minuteMs : worldStart + (0.2 + dice.next() * (days - 0.7)) * dayMs;
    last = start;
    const [scenario, book] = [scenarios[Math.floor(at / 2)], books[Math.floor(at / 2)]];
    if (at % 2 === 0 && scenario !== undefined) attacks.push(placeScenario(dice, targets, estate, scenario, start));
    else if (book !== undefined) attacks.push(intrusion(dice, targets, estate, book, start));
  }
  return attacks;
}

function isSeen({ levels }: { levels: Record<string, number> }): boolean {
  return ["medium", "high", "critical"].some((level) => level in levels);
}

/** Of attacks that overlap in time, what two of them share: by turns an administrator's visit and a popular server. */
function bridges(dice: Dice, estate: Estate, attacks: readonly KnownAttack[]) {
  const pairs: { kind: "administrator" | "server"; names: readonly [string, string]; what: string }[] = [];
  const visits: KnownRecord[] = [];
  const touched = [...attacks];
  const servers = estate.machines.filter(isPopular);
  for (let at = 2; at < attacks.length; at += 3) {
    const [first, second] = [touched[at - 1], touched[at]];
    if (first === undefined || second === undefined) continue;
    const places = [first, second].map((attack) => ownMachine(estate, attack));
    if (places.includes(undefined)) continue;
    const isServer = (at - 2) % 2 === 1;
    const server = dice.pick(servers);
    const admin = estate.administrators[at % 3] ?? "";
    for (const [which, attack] of [first, second].entries()) {
      const machine = places[which] as Machine;
      const time = second.start + (5 + which * 20) * minuteMs;
      const user = person(attack);
      if (!isServer) visits.push(...adminWork(estate, `visit-${at}-${which}`, machine, admin, time));
      else if (user !== null) {
        const use = shareUse(`use-${at}-${which}`, "share_access", server, user, machine.ip, time);
        touched[at - 1 + which] = { ...attack, records: [...attack.records, use] };
      }
    }
    const what = isServer ? server.name : admin;
    pairs.push({ kind: isServer ? "server" : "administrator", names: [first.name, second.name], what });
  }
  return { pairs, visits, touched };
}

/** The machine that most of the attack is on, domain controllers left out. */
function ownMachine(estate: Estate, { records }: KnownAttack): Machine | undefined {
  const hosts = Map.groupBy(records, ({ host }) => host?.toLowerCase().split(".")[0] ?? "");
  const [name] = [...hosts].sort((a, b) => b[1].length - a[1].length).find(([host]) => !/^(dc-|$)/.test(host)) ?? [];
  return estate.machines.find((machine) => machine.name.split(".")[0] === name);
}

function person({ records }: KnownAttack): string | null {
  const found = records.find(({ user }) => user !== null && /^CORP\\u\d+$/i.test(user));
  return found?.user?.split("\\")[1] ?? null;
}
