/** Renders a draft in Atlassian Document Format, in which text cannot become markup (Jira Cloud, REST v3). */
import { type Block, beyondLine, type Draft } from "../../core/tickets/draft.ts";

export interface AdfNode {
  type: string;
  text?: string;
  attrs?: Record<string, unknown>;
  marks?: { type: string; attrs?: Record<string, unknown> }[];
  content?: AdfNode[];
}

export function adfDocument({ sections }: Pick<Draft, "sections">): AdfNode & { version: 1 } {
  const content = sections.flatMap(({ title, blocks }) => [
    { type: "heading", attrs: { level: 3 }, content: [{ type: "text", text: title }] },
    ...blocks.flatMap(blockNodes),
  ]);
  return { version: 1, type: "doc", content };
}

/** Renders blocks without a heading, for a comment. */
export function adfComment(blocks: readonly Block[]): AdfNode & { version: 1 } {
  return { version: 1, type: "doc", content: blocks.flatMap(blockNodes) };
}

/** No document of an editor is nested deeper. */
const deepest = 200;

/** The plain text of a document: paragraphs and line breaks as lines, mentions as names. */
export function adfText(node: AdfNode | string | null | undefined, depth = 0): string {
  if (typeof node === "string") return node;
  if (typeof node !== "object" || node === null || depth > deepest) return "";
  if (node.type === "hardBreak") return "\n";
  const own = [node.text, node.attrs?.text, node.attrs?.url].find((one) => typeof one === "string") ?? "";
  const content: readonly AdfNode[] = Array.isArray(node.content) ? node.content : [];
  const inner = content.map((one) => adfText(one, depth + 1)).join("");
  const isBlock = ["paragraph", "heading", "codeBlock", "listItem", "tableRow", "blockquote"].includes(node.type);
  return `${own}${inner}${isBlock ? "\n" : ""}`;
}

function blockNodes(block: Block): AdfNode[] {
  const beyond = beyondLine(block);
  return beyond === null ? shownNodes(block) : [...shownNodes(block), paragraph(beyond)];
}

function shownNodes(block: Block): AdfNode[] {
  switch (block.kind) {
    case "text":
      return [{ type: "paragraph", content: lines(block.text) }];
    case "facts":
      return [table(null, block.rows)];
    case "table":
      return [table(block.head, block.rows)];
    case "list":
      return block.items.length === 0
        ? []
        : [
            {
              type: "bulletList",
              content: block.items.map((item) => ({ type: "listItem", content: [paragraph(item)] })),
            },
          ];
    case "link":
      return [
        {
          type: "paragraph",
          content: [{ type: "text", text: block.text, marks: [{ type: "link", attrs: { href: block.url } }] }],
        },
      ];
  }
}

/** Without a header row, the first cell of each row is a header. */
function table(head: readonly string[] | null, rows: readonly (readonly string[])[]): AdfNode {
  const cell = (type: string, text: string): AdfNode => ({ type, attrs: {}, content: [paragraph(text)] });
  const row = (cells: AdfNode[]): AdfNode => ({ type: "tableRow", content: cells });
  const body = rows.map((cells) =>
    row(cells.map((text, at) => cell(head === null && at === 0 ? "tableHeader" : "tableCell", text))),
  );
  return {
    type: "table",
    attrs: { isNumberColumnEnabled: false, layout: "default" },
    content: head === null ? body : [row(head.map((text) => cell("tableHeader", text))), ...body],
  };
}

function paragraph(text: string): AdfNode {
  return { type: "paragraph", content: lines(text) };
}

/** Jira refuses empty text nodes; line breaks are separate nodes. */
function lines(text: string): AdfNode[] {
  const parts = text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((part) => part.replace(/\p{Cc}/gu, " ").toWellFormed());
  return parts.flatMap((part, at): AdfNode[] => [
    ...(at === 0 ? [] : [{ type: "hardBreak" }]),
    ...(part === "" ? [] : [{ type: "text", text: part }]),
  ]);
}
