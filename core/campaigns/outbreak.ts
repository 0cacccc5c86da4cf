/**
 * Outbreaks: the same rule on five or more hosts of an entity within ten minutes of the detections' own time (CONTRACT 5). What is decided
 * here depends on what was seen alone, not on the order or the batches in which it came in.
 */
import { hourMs, minuteMs } from "../time.ts";
import { spanWords } from "./span.ts";

/** One detection of the rule, or the first or last of several on the host. */
export interface Sighting {
  /** Normalised, as actors are. */
  host: string;
  /** The personal account; "" where there is none. */
  user: string;
  /** Epoch milliseconds of the detections' own time. */
  at: number;
  /** Whose evidence it is. */
  periodId: number;
}

/** An outbreak has at least so many. */
export const fewestHosts = 5;
/** Five hosts have to follow within this time, and each further one after the last sighting. */
export const reachMs = 10 * minuteMs;
/** Points that an outbreak is worth by itself: critical. */
export const outbreakPoints = 90;
/** Further hosts are not noted. */
export const mostHosts = 5_000;

/** It is waited whether an earlier host comes … */
const settleMs = 10_000;
/** … but no longer than this. */
const longestSettleMs = 30_000;
/** Later hosts are told no more often than this. */
const tellEveryMs = 10_000;

/** When to look at an outbreak that is known since `formedAt` and got a host at `updatedAt`. Epoch milliseconds of the appliance's clock. */
export function settledAt(formedAt: number, updatedAt: number): number {
  return Math.min(updatedAt + settleMs, formedAt + longestSettleMs);
}

/** When later hosts of an outbreak may be told that was last told at `toldAt`. */
export function tellAt(toldAt: number, now: number): number {
  return toldAt > now ? now : Math.max(now, toldAt + tellEveryMs);
}

/** The outbreaks in these sightings of one rule and entity: chains without a gap of more than ten minutes, in order of time. */
export function outbreaksIn(sightings: readonly Sighting[]): Sighting[][] {
  const sorted = [...sightings].sort(byTime);
  const chains: Sighting[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const sighting of sorted) {
    if (sighting.at - last > reachMs) chains.push([]);
    chains.at(-1)?.push(sighting);
    last = sighting.at;
  }
  return chains.filter(isDense);
}

function byTime(a: Sighting, b: Sighting): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.host !== b.host) return a.host < b.host ? -1 : 1;
  return a.user < b.user ? -1 : Number(a.user > b.user);
}

/** Somewhere in it five hosts are within ten minutes. */
function isDense(chain: readonly Sighting[]): boolean {
  const within = new Map<string, number>();
  let from = 0;
  for (const { host, at } of chain) {
    within.set(host, (within.get(host) ?? 0) + 1);
    for (let first = chain[from]; first !== undefined && first.at < at - reachMs; first = chain[++from]) {
      const left = (within.get(first.host) ?? 1) - 1;
      if (left === 0) within.delete(first.host);
      else within.set(first.host, left);
    }
    if (within.size >= fewestHosts) return true;
  }
  return false;
}

/** Hosts of a chain, in the order in which the rule fired on them first. */
export function hostsOf(chain: readonly Sighting[]): string[] {
  return [...new Set(chain.map(({ host }) => host))].slice(0, mostHosts);
}

/** The account that is on every host of the chain; null if there is none. Of several the first in the alphabet. */
export function sharedUser(chain: readonly Sighting[]): string | null {
  const hosts = new Set(chain.map(({ host }) => host)).size;
  const shared = [...hostsByUser(chain)].filter(([user, of]) => user !== "" && of.size === hosts);
  return shared.map(([user]) => user).sort()[0] ?? null;
}

/** The accounts that an outbreak could be the usual work of: those on five or more of its hosts. */
export function busyUsers(chain: readonly Sighting[]): string[] {
  return [...hostsByUser(chain)].flatMap(([user, of]) => (user !== "" && of.size >= fewestHosts ? user : []));
}

function hostsByUser(chain: readonly Sighting[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { user, host } of chain) {
    const hosts = found.get(user) ?? new Set();
    found.set(user, hosts.add(host));
  }
  return found;
}

/** Where nothing is known of a rule: it was on other hosts in the day before, so it is more likely a usual one. `others`: sightings of it. */
export function wasAround(chain: readonly Sighting[], others: readonly Sighting[]): boolean {
  const first = chain[0]?.at ?? 0;
  const before = others.filter(({ at }) => at < first && at >= first - 24 * hourMs);
  return new Set(before.map(({ host }) => host)).size >= fewestHosts;
}

/** How many hosts an account acted on in the 14 days before an outbreak's, from which on work on many hosts is usual for it. */
export function isUsualOnMany(hosts: number, actors: number): boolean {
  return hosts >= 20 || (hosts >= fewestHosts && hosts >= actors / 20);
}

/** Why an outbreak counts, as a sentence about its rule. `spanMs`: from its first host to its last. */
export function outbreakSentence(hosts: number, spanMs: number): string {
  return `It fired on ${hosts} hosts within ${spanWords(spanMs)}, as what spreads by itself or is used on many hosts at once does.`;
}
