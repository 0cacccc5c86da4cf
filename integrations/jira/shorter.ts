/** A description that Jira has refused as too long, made shorter: how its limit counts ADF is not documented (protocols 3). */
import { DeliveryError } from "../../core/errors.ts";
import { shortened } from "../../core/text/shorten.ts";
import type { AdfNode } from "./adf.ts";

const mostRows = 5;
const longestText = 300;

/** The payload with fewer rows in each table of its description, if its length is what the target refused; else null. */
export function withShorterText(payload: string, error: unknown): string | null {
  if (!(error instanceof DeliveryError) || error.data.status !== 400) return null;
  if (!/too long|exceeds? the (allowed|maximum)|content.?limit/i.test(String(error.data.words))) return null;
  const parsed = JSON.parse(payload) as { fields: { description?: string | AdfNode } };
  const { description } = parsed.fields;
  if (description === undefined) return null;
  const shorter = typeof description === "string" ? shorterMarkup(description) : shorterNode(description);
  return JSON.stringify({ ...parsed, fields: { ...parsed.fields, description: shorter } });
}

function shorterNode(node: AdfNode): AdfNode {
  if (node.text !== undefined) return { ...node, text: shortened(node.text, longestText) };
  return { ...node, content: (node.content ?? []).flatMap(shorterBlock) };
}

function shorterBlock(node: AdfNode): AdfNode[] {
  if (node.content === undefined) return [node.text === undefined ? node : shorterNode(node)];
  if (node.type !== "table") return [shorterNode(node)];
  const [head, ...rows] = node.content;
  // Tables of names and values have no row of headings, and stay.
  const isFacts = head?.content?.some(({ type }) => type === "tableCell") !== false;
  if (isFacts || rows.length <= mostRows) return [shorterNode(node)];
  const kept = { ...node, content: [...(head === undefined ? [] : [head]), ...rows.slice(0, mostRows)] };
  return [shorterNode(kept), { type: "paragraph", content: [{ type: "text", text: more(rows.length - mostRows) }] }];
}

function shorterMarkup(text: string): string {
  const lines: string[] = [];
  let [rows, left] = [0, 0];
  for (const line of text.split("\n")) {
    const isRow = line.startsWith("|") && !line.startsWith("||");
    rows = isRow ? rows + 1 : 0;
    if (isRow && rows > mostRows) left++;
    else {
      if (left > 0) lines.push("", more(left));
      left = 0;
      // Within a row a cut could take a border with it.
      lines.push(isRow || line.startsWith("||") ? line : shortened(line, longestText));
    }
  }
  return [...lines, ...(left > 0 ? ["", more(left)] : [])].join("\n");
}

function more(count: number): string {
  return `and ${count} more: see the incident`;
}
