/** Renders a draft as plain text, for fields without markup. */
import { type Block, beyondLine, type Draft } from "../core/tickets/draft.ts";

export function plainText({ sections }: Pick<Draft, "sections">): string {
  return sections
    .map(({ title, blocks }) => `${title.toUpperCase()}\n${blocks.map(blockText).join("\n")}`)
    .join("\n\n");
}

/** Renders blocks without a heading, for a work note. */
export function plainComment(blocks: readonly Block[]): string {
  return blocks.map(blockText).join("\n\n");
}

function blockText(block: Block): string {
  const beyond = beyondLine(block);
  return beyond === null ? shownText(block) : `${shownText(block)}\n${beyond}`;
}

function shownText(block: Block): string {
  switch (block.kind) {
    case "text":
      return lines(block.text);
    case "facts":
      return block.rows.map(([name, value]) => `${name}: ${oneLine(value)}`).join("\n");
    case "table":
      return [block.head, ...block.rows].map((row) => row.map(oneLine).join(" | ")).join("\n");
    case "list":
      return block.items.map((item) => `- ${oneLine(item)}`).join("\n");
    case "link":
      return `${block.text}: ${block.url}`;
  }
}

/** Removes control characters except line breaks. */
function lines(text: string): string {
  return withoutCodeTags(text.replace(/\r\n?/g, "\n").replace(/[^\P{Cc}\n]/gu, " "));
}

function oneLine(text: string): string {
  return withoutCodeTags(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "));
}

/** ServiceNow's journals render text between `[code]` and `[/code]`, in upper or lower case, as HTML: a blank breaks the tag. */
export function withoutCodeTags(text: string): string {
  return text.replace(/\[(?=\/?code)/gi, "[ ");
}
