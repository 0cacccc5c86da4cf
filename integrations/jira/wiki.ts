/** A draft in Jira's wiki markup (Data Center, REST v2): what would begin markup is escaped, and nothing else. */
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
 * Only where markup would begin: what search and e-mails show stays as people wrote it (`WS-101`, `C:\\Users\\jane_doe`, `jane.doe@acme.example`).
 * Macros `{}`, links `[]`, table borders `|`, images `!`, colours and entities always; emphasis and signs that are markup at the edge of a word
 * there; lists, headings and rules at the beginning of a line; addresses and mentions, which would be links.
 */
function escaped(text: string): string {
  return (
    text
      .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
      .toWellFormed()
      .replace(/[{}[\]|!&<>%*+^~?#=]/g, entity)
      // Emphasis begins or ends at the edge of a word; within one these are letters.
      .replace(/(?<![\p{L}\p{N}_\-.\\@])[_\-@]|[_-](?![\p{L}\p{N}_\-.\\@])/gu, entity)
      // Runs of them are dashes, rules and line breaks.
      .replace(/--+|__+|\\\\+/g, (run) => run.replace(/./g, entity))
      // Before what is not a letter or digit it escapes that, and at the end it joins lines.
      .replace(/\\(?![\p{L}\p{N}])/gu, entity)
      .replace(/^(\s*)(h[1-6]|bq)\./i, "$1$2&#46;")
      .replace(/\b(https?|ftp|file|mailto|javascript):/gi, "$1&#58;")
  );
}

function entity(sign: string): string {
  return `&#${sign.codePointAt(0)};`;
}
