/**
 * On how many hosts rules fired at about which time, so that no sighting has to be read where there are too few for an outbreak. Hosts are
 * added in memory as they are noted, and read once from the file. What was removed or not committed may still count here: that costs a look, and never hides anything.
 */
import { fewestHosts, reachMs } from "../../core/campaigns/outbreak.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";
import type { AlertSighting } from "./outbreak-alerts.ts";
import { nameOf, type RuleOfEntity } from "./outbreak-rows.ts";

/** Some 500 bytes each … */
const mostBlocks = 20_000;
/** … and their names and hosts, which are long only where a sender makes them so. */
const mostCharacters = 4_000_000;

interface Block extends RuleOfEntity {
  /** Of the detections' own time, as long as an outbreak reaches. */
  number: number;
  /** As many as make an outbreak; who else comes changes nothing. */
  hosts: Set<string>;
}

export class CrowdedRules {
  readonly #most: number;
  /** The least recently asked for first. */
  readonly #blocks = new Map<string, Block>();
  #characters = 0;

  /** `most`: the number of blocks that are kept. */
  constructor(most = mostBlocks) {
    this.#most = most;
  }

  /** Sightings that are in the file from now on. */
  note(sightings: readonly AlertSighting[]): void {
    for (const one of sightings) {
      const block = this.#blocks.get(keyOf(one, blockOf(one.at)));
      if (block !== undefined) this.#add(block, one.host);
    }
  }

  /** The names of those rules that fired on enough hosts for an outbreak within the reach of one of these sightings, which are noted. */
  async among(database: Database, sightings: readonly AlertSighting[]): Promise<Set<string>> {
    const near = await this.#near(database, sightings);
    const found = new Set<string>();
    for (const one of sightings) {
      const name = nameOf(one);
      if (found.has(name)) continue;
      const hosts = new Set<string>();
      for (const number of around(one.at))
        for (const host of near.get(keyOf(one, number))?.hosts ?? []) hosts.add(host);
      if (hosts.size >= fewestHosts) found.add(name);
    }
    this.#makeRoom();
    return found;
  }

  /** The blocks of these times and those beside them. */
  async #near(database: Database, sightings: readonly AlertSighting[]): Promise<Map<string, Block>> {
    const near = new Map<string, Block>();
    const missing: Block[] = [];
    for (const one of sightings)
      for (const number of around(one.at)) {
        const key = keyOf(one, number);
        if (near.has(key)) continue;
        const known = this.#blocks.get(key);
        const block = known ?? { entityKey: one.entityKey, rule: one.rule, number, hosts: new Set<string>() };
        near.set(key, block);
        if (known === undefined) {
          missing.push(block);
          this.#characters += key.length;
        } else this.#blocks.delete(key);
        this.#blocks.set(key, block);
      }
    if (missing.length === 0) return near;
    const { rows } = await database.read(
      `select distinct j.key as n, s.host from json_each(?1) j cross join outbreak_sightings s
       on s.entity_key = j.value->>0 and s.rule_key = j.value->>1 and s.seen_at >= j.value->>2 and s.seen_at < j.value->>2 + ?2`,
      [JSON.stringify(missing.map((block) => [block.entityKey, block.rule, block.number * reachMs])), reachMs],
    );
    for (const row of rows) {
      const block = missing[integer(row, "n")];
      if (block !== undefined) this.#add(block, text(row, "host"));
    }
    return near;
  }

  #add({ hosts }: Block, host: string): void {
    if (hosts.size === fewestHosts || hosts.has(host)) return;
    hosts.add(host);
    this.#characters += host.length;
  }

  #makeRoom(): void {
    for (const [key, { hosts }] of this.#blocks) {
      if (this.#blocks.size <= this.#most && this.#characters <= mostCharacters) return;
      this.#blocks.delete(key);
      this.#characters -= key.length;
      for (const host of hosts) this.#characters -= host.length;
    }
  }
}

function blockOf(at: number): number {
  return Math.floor(at / reachMs);
}

function around(at: number): number[] {
  const block = blockOf(at);
  return [block - 1, block, block + 1];
}

function keyOf(rule: RuleOfEntity, block: number): string {
  return `${block} ${nameOf(rule)}`;
}
