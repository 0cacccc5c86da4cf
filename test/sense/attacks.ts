/** The sample's attacks, moved to other machines, people and times. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dice } from "../chaos/dice.ts";
import { domain, type Estate, isPopular, type Machine } from "./estate.ts";
import { type SampleRecord, sampleRecords } from "./rules.ts";

export interface Scenario {
  source: string;
  name: string;
  tactic_folder: string | null;
  /** ATT&CK ids of tactics, such as TA0008. */
  tactics?: string[];
  techniques?: string[];
  levels: Record<string, number>;
}

export function sampleScenarios(): Scenario[] {
  const path = join(import.meta.dirname, "../data/detections/scenarios.json");
  return JSON.parse(readFileSync(path, "utf8")) as Scenario[];
}

const folders = ["credential_access", "lateral_movement", "impact"];
/** Credential access, lateral movement, impact. */
const tacticIds = ["TA0006", "TA0008", "TA0040"];
const worst = /^T(1003|1558|1486|1490|1485|1207|1484|1550|1210)/;

/** Whether somebody should be woken: theft of credentials, lateral movement, ransomware or control of the domain, as upstream names it. */
export function isEmergency({ tactic_folder, tactics = [], techniques = [] }: Scenario): boolean {
  if (folders.includes(tactic_folder ?? "") || tactics.some((id) => tacticIds.includes(id))) return true;
  return techniques.some((id) => worst.test(id));
}

export interface Attack {
  name: string;
  records: SampleRecord[];
  /** Names of the actors that may have its incidents, normalised. */
  actors: ReadonlySet<string>;
  /** Of its last detection, epoch milliseconds. */
  end: number;
}

/** Machines and people in random order; each is given away once, so that no attack stands in the way of another. */
export class Targets {
  #machines: Machine[];
  readonly #users: string[];
  readonly #administrators: string[];
  /** Whose machine has been given, and who has not. */
  readonly #reserved = new Set<string>();

  constructor(dice: Dice, { machines, users, administrators }: Estate) {
    this.#machines = dice.shuffled(machines);
    this.#users = dice.shuffled(users);
    // The first ones are left at their work.
    this.#administrators = administrators.slice(3);
  }

  machine(): string {
    return given(this.#machines.pop()?.name);
  }

  user(): string {
    return given(this.#users.pop());
  }

  /** A machine of this kind; nobody else is given who works on it. */
  machineOf(kind: Machine["kind"]): Machine {
    const at = this.#machines.findLastIndex((one) => one.kind === kind && !isPopular(one));
    const machine = this.#machines[at];
    if (machine === undefined) throw new Error(`more attacks than machines: ${kind}`);
    this.#machines.splice(at, 1);
    if (machine.user !== null && this.#users.includes(machine.user)) {
      this.#users.splice(this.#users.indexOf(machine.user), 1);
      this.#reserved.add(machine.user);
    }
    return machine;
  }

  /** Who works on the machine that was given; another, where that one has been given away. */
  owner({ user }: Machine): string {
    if (user === null || !this.#reserved.delete(user)) return this.person();
    this.#clearDesksOf(user);
    return user;
  }

  /** Somebody on whose machine no other attack is. */
  person(): string {
    const name = given(this.#users.pop());
    this.#clearDesksOf(name);
    return name;
  }

  #clearDesksOf(name: string): void {
    this.#machines = this.#machines.filter(({ user }) => user !== name);
  }

  /** Null when all have been given away. */
  administrator(): string | null {
    return this.#administrators.pop() ?? null;
  }
}

function given(name: string | undefined): string {
  if (name === undefined) throw new Error("more attacks than machines or people");
  return name;
}

/** The scenario on machines and people of the estate, its first detection at `start` (epoch ms). */
export function moveAttack(targets: Targets, scenario: Scenario, start: number): Attack {
  const records = sampleRecords().filter(({ source }) => source === scenario.source);
  const first = Math.min(...records.map(({ timestamp }) => Date.parse(timestamp)));
  const hosts = new Map<string, string>();
  const people = new Map<string, string>();
  const place = (host: string) => taken(hosts, short(host), () => targets.machine());
  const actors = new Set<string>();
  const moved = records.map((record, at) => {
    const host = record.host === null ? null : place(record.host);
    const user = record.user === null ? null : movedUser(record.user);
    actors.add(host ?? "");
    if (user !== null) actors.add(bare(user));
    const timestamp = new Date(start + Date.parse(record.timestamp) - first).toISOString();
    return { ...record, id: `${scenario.name}-${start}-${at}`, host, user, timestamp, entity: "Acme" };
  });
  actors.delete("");
  const end = Math.max(...moved.map(({ timestamp }) => Date.parse(timestamp)));
  return { name: scenario.name, records: moved, actors, end };

  function movedUser(user: string): string {
    const name = bare(user);
    // Accounts that each machine has for itself stay as they are.
    if (/^(system|local service|network service|-|n\/a|anonymous logon|administrator|dwm-\d+|umfd-\d+)$/.test(name))
      return user;
    if (name.startsWith("arn:")) return user;
    if (name.endsWith("$")) return `${domain}\\${short(place(name.slice(0, -1)))}$`;
    return `${domain}\\${taken(people, name, () => targets.user())}`;
  }
}

export function taken(known: Map<string, string>, name: string, next: () => string): string {
  const found = known.get(name) ?? next();
  known.set(name, found);
  return found;
}

export function short(host: string): string {
  return host.toLowerCase().split(".")[0] ?? "";
}

function bare(user: string): string {
  return user.slice(user.lastIndexOf("\\") + 1).toLowerCase();
}
