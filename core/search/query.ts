/** What is asked of the index, in the language of SQLite's FTS5; words that people type can only become words there. */
import type { RowFilters } from "../pages/page.ts";
import { factOf, partsOf, piecesOf } from "./terms.ts";

/** More words of one question say nothing more. */
const mostPieces = 12;

/**
 * The query for rows with all of these; null where nothing is asked that the index knows. `entities`: a row's entity is in each
 * of these lists. A text without a single word finds nothing.
 */
export function searchQuery(
  filters: { [Name in "text" | "rule" | "host" | "user" | "levels"]?: RowFilters[Name] | undefined },
  entities: readonly (readonly string[])[],
): string | null {
  const { text, rule, host, user, levels } = filters;
  const asked = [text, rule, host, user, levels].some((value) => value !== undefined);
  if (!asked) return null;
  const all: string[] = [];
  if (text !== undefined) all.push(...textQuery(text));
  for (const [kind, value] of [
    ["rule", rule],
    ["host", host],
    ["user", user],
  ] as const)
    if (value !== undefined) all.push(facts([factOf(kind, value)]));
  if (levels !== undefined || entities.length > 0) all.push(factQuery(levels, entities));
  return all.join(" AND ");
}

/** The query for rows of these levels whose entity is in each of these lists; there has to be one of both. */
export function factQuery(levels: RowFilters["levels"], entities: readonly (readonly string[])[]): string {
  const ofLevels = levels === undefined ? [] : [facts(levels.map((level) => factOf("level", level)))];
  const ofEntities = entities.map((some) => facts(some.map((entity) => factOf("entity", entity))));
  return [...ofLevels, ...ofEntities].join(" AND ");
}

/** Every word, or the beginning of it. What holds several words, such as a host's name, is found as a whole and by all its parts. */
function textQuery(text: string): string[] {
  const pieces = piecesOf(text).slice(0, mostPieces);
  if (pieces.length === 0) return [nothing];
  return pieces.map((piece) => {
    const parts = partsOf(piece).slice(0, mostPieces);
    if (parts.length < 2) return `words : ${beginning(piece)}`;
    // What a sign follows was typed to its end.
    const apart = parts.map((part, n) => (n === parts.length - 1 ? beginning(part) : quoted(part)));
    return `words : (${beginning(piece)} OR (${apart.join(" AND ")}))`;
  });
}

/** A single sign is a word of its own: nearly everything begins with it. */
function beginning(word: string): string {
  return [...word].length < 2 ? quoted(word) : `${quoted(word)} *`;
}

/** Facts are words of letters and digits. */
function facts(words: readonly string[]): string {
  if (words.length === 0) return nothing;
  return `facts : (${words.map(quoted).join(" OR ")})`;
}

/** No row has this word. */
const nothing = `facts : "none"`;

function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
