/**
 * How many actors of an entity each rule has fired on before a day (`core/correlation/rarity/rarity.ts`). Rows are read once and kept in memory, as
 * one process writes; a failed call drops all of them, because it may have changed them there.
 */
import { type ActorCounts, type NewSighting, sight, usualBefore } from "../../core/correlation/rarity/rarity.ts";
import { dayMs } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

const daysPerBlock = 32;
/** Some 300 bytes each … */
const mostBlocks = 20_000;
/** … and their names, which are long only where a sender makes them so. */
const mostCharacters = 4_000_000;
/** Days that a sighting looks at and counts for, before and after its own. */
const reach = { before: 2, after: 14 };

interface Block {
  entity: string;
  rule: string;
  block: number;
  counts: number[];
}

/** Blocks of one entity by rule ("" for all) and number. */
type BlocksByRule = Map<string, Map<number, Block>>;

/** A rule that is new to an actor's day, with the actor's entity, normalised. */
export interface SightingOfEntity extends NewSighting {
  entity: string;
}

type AskedRule = Pick<SightingOfEntity, "entity" | "key" | "day">;

const saveSql = insertSql(
  "rule_actors",
  "entity, rule, block, counts, updated_day",
  "on conflict (entity, rule, block) do update set counts = excluded.counts, updated_day = excluded.updated_day",
);

export class RuleActors {
  readonly #most: number;
  /** The least recently read first. */
  readonly #blocks = new Map<string, Block>();
  /** Of their names. */
  #characters = 0;

  /** `most`: the number of blocks that are kept. */
  constructor(most = mostBlocks) {
    this.#most = most;
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** Called after a failure. */
  clear(): void {
    this.#blocks.clear();
    this.#characters = 0;
  }

  /** Notes in the evidence how usual these rules were, and returns the statements that count their actors. `now`: epoch milliseconds. */
  async sight(database: Database, fresh: readonly SightingOfEntity[], now: number): Promise<Statement[]> {
    if (fresh.length === 0) return [];
    const blocks = await this.#load(database, fresh);
    const changed = new Set<Block>();
    for (const [entity, sightings] of Map.groupBy(fresh, (one) => one.entity))
      sight(sightings, countsIn(blocks.get(entity) ?? new Map(), changed));
    this.#makeRoom();
    const today = Math.floor(now / dayMs);
    const rows = [...changed].map(({ entity, rule, block, counts }) => [
      ...[entity, rule, block, JSON.stringify(counts), today],
    ]);
    return forRows(saveSql, rows);
  }

  /** How usual these rules were in their entities, normalised, before these days; in order. */
  async usual(database: Database, asked: readonly AskedRule[]): Promise<ReturnType<typeof usualBefore>[]> {
    const blocks = await this.#load(database, asked);
    this.#makeRoom();
    return asked.map(({ entity, key, day }) =>
      usualBefore(countsIn(blocks.get(entity) ?? new Map(), new Set()), key, day),
    );
  }

  /** The blocks that these sightings look at and count in: by entity, rule ("" for all) and number. */
  async #load(database: Database, fresh: readonly AskedRule[]): Promise<Map<string, BlocksByRule>> {
    const found = new Map<string, BlocksByRule>();
    const missing = new Map<string, Block>();
    for (const { entity, key, day } of fresh) {
      const byRule = found.get(entity) ?? new Map<string, Map<number, Block>>();
      found.set(entity, byRule);
      for (const rule of [key, ""]) {
        const byNumber = byRule.get(rule) ?? new Map<number, Block>();
        byRule.set(rule, byNumber);
        for (let block = blockOf(day - reach.before); block <= blockOf(day + reach.after); block++) {
          if (byNumber.has(block)) continue;
          const name = blockKey(entity, rule, block);
          const known = this.#blocks.get(name);
          const one = known ?? { entity, rule, block, counts: Array<number>(daysPerBlock).fill(0) };
          if (known === undefined) missing.set(name, one);
          byNumber.set(block, one);
          if (!this.#blocks.delete(name)) this.#characters += name.length;
          this.#blocks.set(name, one);
        }
      }
    }
    if (missing.size === 0) return found;
    const names = [...missing.values()].map(({ entity, rule, block }) => [entity, rule, block]);
    const { rows } = await database.read(
      `select r.entity, r.rule, r.block, r.counts from json_each(?) j cross join rule_actors r
       on r.entity = j.value->>0 and r.rule = j.value->>1 and r.block = j.value->>2`,
      [JSON.stringify(names)],
    );
    for (const row of rows) {
      const block = missing.get(blockKey(text(row, "entity"), text(row, "rule"), integer(row, "block")));
      if (block !== undefined) block.counts = JSON.parse(text(row, "counts")) as number[];
    }
    return found;
  }

  #makeRoom(): void {
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#most && this.#characters <= mostCharacters) return;
      this.#blocks.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}

/** The counts of one entity; blocks that change are added to `changed`. */
function countsIn(blocks: BlocksByRule, changed: Set<Block>): ActorCounts {
  const at = (rule: string | null, day: number) => blocks.get(rule ?? "")?.get(blockOf(day));
  return {
    of: (rule, day) => at(rule, day)?.counts[placeOf(day)] ?? 0,
    add(rule, days) {
      let block: Block | undefined;
      for (const day of days) {
        if (block?.block !== blockOf(day)) block = at(rule, day);
        if (block === undefined) continue;
        const place = placeOf(day);
        block.counts[place] = (block.counts[place] ?? 0) + 1;
        changed.add(block);
      }
    },
  };
}

function blockKey(entity: string, rule: string, block: number): string {
  return `${block} ${entity}\n${rule}`;
}

function blockOf(day: number): number {
  return Math.floor(day / daysPerBlock);
}

function placeOf(day: number): number {
  return day - blockOf(day) * daysPerBlock;
}
