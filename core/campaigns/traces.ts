/** Traces: what the evidence of an incident touched and when, by which another incident of the same attack is found. */
import { shortHost } from "../correlation/actor.ts";
import { normaliseHost, normaliseUser } from "../intake/identity.ts";
import { hourMs, minuteMs } from "../time.ts";

/**
 * `host`: its evidence is on it. `user`: it is the incident of this account. `account`: a log names it. `logon`, `process`: sessions and
 * processes of its logs. `peer`, `peer_address`: another machine that its logs name; `origin`: one from which somebody
 * came. `address`: its own. `crown_jewel`: a rule.
 */
export const traceKinds = [
  ...([
    "host",
    "user",
    "account",
    "logon",
    "process",
    "peer",
    "origin",
    "address",
    "peer_address",
    "crown_jewel",
  ] as const),
] as const;
export type TraceKind = (typeof traceKinds)[number];

export interface Trace {
  kind: TraceKind;
  /** In the one spelling by which it is found. */
  value: string;
  /** As it is read: a host with its domain, the title of a rule. Untrusted text. */
  name: string;
  /** `blockOf` its times. */
  block: number;
  /** The first and the last time within the block, epoch milliseconds of the detections' own time. */
  first: number;
  last: number;
  /** The highest of its detections, an index into `levels`. */
  level: number;
}

/** Incidents join within this time. */
const reachMs = 6 * hourMs;
/** … and on the same crown jewel within this. */
const crownJewelReachMs = 10 * minuteMs;

/** Far longer than names are; what is longer is no trace. */
const longestValue = 300;

export function reachOf(kind: TraceKind): number {
  return kind === "crown_jewel" ? crownJewelReachMs : reachMs;
}

function blockOf(kind: TraceKind, at: number): number {
  return Math.floor(at / reachOf(kind));
}

/** A host by its first label, because logs name it with and without its domain; "" = none. */
export function hostValue(given: string): string {
  return shortHost(hostName(given));
}

/** Lower case, without UNC and domain prefix, `$` and trailing dot. */
export function hostName(given: string): string {
  const name = normaliseHost(given).replace(/^\\+/, "");
  const plain = name.slice(name.lastIndexOf("\\") + 1).replace(/\$$/, "");
  return plain === "-" ? "" : plain;
}

export function accountValue(given: string): string {
  const user = normaliseUser(given);
  return user === "-" ? "" : user;
}

/** Whether two hosts with the same first label are one: names with domains are only if they are the same. */
export function isSameHost(one: string, other: string): boolean {
  return one === other || !one.includes(".") || !other.includes(".");
}

/** Traces, each value once for each block, with all of its times; never more than `most`. */
export class TraceSet {
  readonly #traces = new Map<string, Trace>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** `first` to `last`: within one hour, or one log; both ends are times of detections. */
  add(kind: TraceKind, value: string, name: string, level: number, first: number, last = first): void {
    if (value === "" || value.length > longestValue) return;
    this.#addAt(kind, value, name, level, first);
    if (last !== first) this.#addAt(kind, value, name, level, last);
  }

  #addAt(kind: TraceKind, value: string, name: string, level: number, at: number): void {
    const block = blockOf(kind, at);
    const key = `${kind}\n${block}\n${value}`;
    const known = this.#traces.get(key);
    if (known !== undefined) {
      known.first = Math.min(known.first, at);
      known.last = Math.max(known.last, at);
      known.level = Math.max(known.level, level);
      // The longer name says which domain.
      if (kind === "host" && name.length > known.name.length) known.name = name;
    } else if (this.#traces.size < this.#most)
      this.#traces.set(key, { kind, value, name: name.slice(0, longestValue), block, first: at, last: at, level });
  }

  list(): Trace[] {
    return [...this.#traces.values()];
  }
}

/** How far two traces are apart in time, milliseconds; 0 where they overlap. */
export function gapOf(one: Pick<Trace, "first" | "last">, other: Pick<Trace, "first" | "last">): number {
  return Math.max(0, one.first - other.last, other.first - one.last);
}
