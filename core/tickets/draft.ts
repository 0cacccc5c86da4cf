/** What a ticket says, as structure: each system renders it in its own way, so that untrusted text is never markup. */
import type { RiskLevel } from "../risk.ts";
import type { Headline } from "./headline/headline.ts";

export interface TableBlock {
  kind: "table";
  head: readonly string[];
  /** The most important first. */
  rows: readonly (readonly string[])[];
  /** What a row is, in the plural: `rules`. */
  noun: string;
  /** How many more rows there are than shown. */
  beyond?: number;
  /** Rows are shortened, and never left out. */
  whole?: true;
}

export type Block =
  | { kind: "text"; text: string }
  /** Names and values. */
  | { kind: "facts"; rows: readonly (readonly [string, string])[] }
  | TableBlock
  | { kind: "list"; items: readonly string[]; beyond?: number }
  | { kind: "link"; text: string; url: string };

export interface Section {
  title: string;
  blocks: readonly Block[];
}

export interface Draft {
  incidentId: string;
  entity: string;
  level: RiskLevel;
  /** What the title is made of (`titleWithin`). */
  headline: Headline;
  /** The first is what a reader needs at once. */
  sections: readonly Section[];
  /** Deep link to the incident. */
  url: string;
  /** Titles of sections that are shortened before the others where a system takes less text; the first one first. None is ever left out. */
  yielding: readonly string[];
}

/** `and 37 more rules`; null where all are shown. */
export function beyondLine(block: Block): string | null {
  const [count, noun] =
    block.kind === "table"
      ? [block.beyond ?? 0, block.noun]
      : block.kind === "list"
        ? [block.beyond ?? 0, ""]
        : [0, ""];
  return count === 0 ? null : `and ${count} more ${noun}`.trimEnd();
}

/** The draft with every text that is not fixed changed. */
export function mapTexts(draft: Draft, change: (text: string) => string): Draft {
  const { what, where, who, rules } = draft.headline;
  return {
    ...draft,
    headline: { what: change(what), where: change(where), who: change(who), rules },
    sections: draft.sections.map(({ title, blocks }) => ({
      title,
      blocks: blocks.map((block) => mapBlock(block, change)),
    })),
  };
}

export function mapBlock(block: Block, change: (text: string) => string): Block {
  switch (block.kind) {
    case "text":
      return { ...block, text: change(block.text) };
    case "facts":
      return { ...block, rows: block.rows.map(([name, value]) => [name, change(value)] as const) };
    case "table":
      return { ...block, rows: block.rows.map((row) => row.map(change)) };
    case "list":
      return { ...block, items: block.items.map(change) };
    case "link":
      return block;
  }
}
