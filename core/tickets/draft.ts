/** What a ticket says, as structure: each system renders it in its own way, so that untrusted text is never markup. */
import type { RiskLevel } from "../risk.ts";

export type Block =
  | { kind: "text"; text: string }
  /** Names and values. */
  | { kind: "facts"; rows: readonly (readonly [string, string])[] }
  | { kind: "table"; head: readonly string[]; rows: readonly (readonly string[])[] }
  | { kind: "list"; items: readonly string[] }
  | { kind: "link"; text: string; url: string };

export interface Section {
  title: string;
  blocks: readonly Block[];
}

export interface Draft {
  incidentId: string;
  entity: string;
  level: RiskLevel;
  /** One line, at most 255 characters. */
  summary: string;
  sections: readonly Section[];
  /** Deep link to the incident. */
  url: string;
  /** When one of them has to go, the first goes first; what is not named stays. */
  expendable: readonly string[];
}

/** The draft without the sections named, which say that they are left out. */
function without(draft: Draft, titles: readonly string[]): Draft {
  if (titles.length === 0) return draft;
  const sections = draft.sections.filter(({ title }) => !titles.includes(title));
  const note: Section = {
    title: "Left out",
    blocks: [{ kind: "text", text: `Too long for this system: ${titles.join(", ")}. See the incident.` }],
  };
  return { ...draft, sections: [...sections, note] };
}

/** The longest draft whose rendering fits into `budget`; texts are cut when leaving out sections is not enough. */
export function fitDraft(draft: Draft, budget: number, size: (draft: Draft) => number): Draft {
  for (let gone = 0; gone <= draft.expendable.length; gone++) {
    const candidate = without(draft, draft.expendable.slice(0, gone));
    if (size(candidate) <= budget) return candidate;
  }
  const least = without(draft, draft.expendable);
  for (let longest = 400; longest >= 20; longest = Math.floor(longest / 2)) {
    const candidate = mapTexts(least, (text) =>
      text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text,
    );
    if (size(candidate) <= budget) return candidate;
  }
  return {
    ...least,
    sections: [{ title: "Incident", blocks: [{ kind: "text", text: "Too long for this system: see the incident." }] }],
  };
}

/** The draft with every text that is not fixed changed. */
export function mapTexts(draft: Draft, change: (text: string) => string): Draft {
  const block = (one: Block): Block => {
    switch (one.kind) {
      case "text":
        return { ...one, text: change(one.text) };
      case "facts":
        return { ...one, rows: one.rows.map(([name, value]) => [name, change(value)] as const) };
      case "table":
        return { ...one, rows: one.rows.map((row) => row.map(change)) };
      case "list":
        return { ...one, items: one.items.map(change) };
      case "link":
        return one;
    }
  };
  return {
    ...draft,
    summary: change(draft.summary),
    sections: draft.sections.map(({ title, blocks }) => ({ title, blocks: blocks.map(block) })),
  };
}
