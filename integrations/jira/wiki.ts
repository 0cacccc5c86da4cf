/** Renders a draft in Jira's wiki markup (Data Center, REST v2); escapes what would start markup, and nothing else. */
import { type Block, beyondLine, type Draft } from "../../core/tickets/draft.ts";

export function wikiMarkup({ sections }: Pick<Draft, "sections">): string {
  return sections
    .map(({ title, blocks }) => `h3. ${escaped(title)}\n${blocks.map(blockMarkup).join("\n")}`)
    .join("\n\n");
}

/** Renders blocks without a heading, for a comment. */
export function wikiComment(blocks: readonly Block[]): string {
  return blocks.map(blockMarkup).join("\n\n");
}

function blockMarkup(block: Block): string {
  const beyond = beyondLine(block);
  return beyond === null ? shownMarkup(block) : `${shownMarkup(block)}\n\n${escaped(beyond)}`;
}

function shownMarkup(block: Block): string {
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

/** An empty cell would end the row, so it gets a blank. */
function cell(text: string): string {
  return escaped(text) || " ";
}

/**
 * Escapes only where markup would start, because search and e-mails show the escapes (`WS-101`, `C:\\Users\\jane_doe`, `jane.doe@acme.example`).
 * Always: macros `{}`, links `[]`, table borders `|`, images `!`, colours and entities. Not between letters and digits: emphasis and similar signs.
 * At the start of a line: lists, headings and rules. Addresses and mentions, which would become links.
 */
function escaped(text: string): string {
  return (
    text
      .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
      .toWellFormed()
      .replace(/[{}[\]|!&<>%*+^~?#=]/g, entity)
      // Sequences of them are dashes, rules and line breaks.
      .replace(/--+|__+|\\\\+/g, (run) => run.replace(/./g, entity))
      // Emphasis starts behind anything and ends before anything but a letter or digit; between two of these they are plain characters.
      .replace(/(?<![\p{L}\p{N}])[_\-@]|[_-](?![\p{L}\p{N}])/gu, entity)
      // A backslash escapes a following sign, and at the end of a line it joins lines.
      .replace(/\\(?![\p{L}\p{N}])/gu, entity)
      .replace(/^(\s*)(h[1-6]|bq)\./i, "$1$2&#46;")
      .replace(/\b(https?|ftp|file|mailto|javascript):/gi, "$1&#58;")
  );
}

function entity(sign: string): string {
  return `&#${sign.codePointAt(0)};`;
}
