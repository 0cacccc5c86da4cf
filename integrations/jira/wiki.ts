/** A draft in Jira's wiki markup (Data Center, REST v2): every character that begins markup is escaped. */
import type { Block, Draft } from "../../core/tickets/draft.ts";

export function wikiMarkup({ sections }: Pick<Draft, "sections">): string {
  return sections
    .map(({ title, blocks }) => `h3. ${escaped(title)}\n${blocks.map(blockMarkup).join("\n")}`)
    .join("\n\n");
}

/** Blocks without a heading: a comment. */
export function wikiComment(blocks: readonly Block[]): string {
  return blocks.map(blockMarkup).join("\n\n");
}

function blockMarkup(block: Block): string {
  switch (block.kind) {
    case "text":
      return block.text.replace(/\r\n?/g, "\n").split("\n").map(escaped).join("\n");
    case "facts":
      return block.rows.map(([name, value]) => `||${cell(name)}|${cell(value)}|`).join("\n");
    case "table":
      return [
        `||${block.head.map(cell).join("||")}||`,
        ...block.rows.map((row) => `|${row.map(cell).join("|")}|`),
      ].join("\n");
    case "list":
      return block.items.map((item) => `* ${escaped(item)}`).join("\n");
    case "link":
      return `[${escaped(block.text)}|${block.url}]`;
  }
}

/** An empty cell would end the row. */
function cell(text: string): string {
  return escaped(text) || " ";
}

/**
 * Macros `{}`, links `[]`, table borders `|`, emphasis, images `!`, lists and headings at the beginning of a line, entities. A zero-width
 * space parts what makes addresses and mentions links.
 */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .toWellFormed()
    .replace(/[\\{}[\]|*_\-+^~?!#@&<>%=]/g, (sign) => `&#${sign.codePointAt(0)};`)
    .replace(/^(\s*)(h[1-6]|bq)\./i, "$1$2&#46;")
    .replace(/\b(https?|ftp|file|mailto|javascript):/gi, "$1&#58;");
}
