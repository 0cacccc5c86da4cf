/** Renders a draft as HTML for a field of a ticket: all text escaped, inline styles, no external resources. */
import { type Block, beyondLine, type Draft } from "../../core/tickets/draft.ts";
import { fitDraft } from "../../core/tickets/fit.ts";

export function htmlBody({ sections }: Pick<Draft, "sections">): string {
  return sections.map(({ title, blocks }) => `<h3>${escaped(title)}</h3>${blocks.map(blockHtml).join("")}`).join("\n");
}

/** At most so many characters of HTML. */
export function fittedHtml(draft: Draft, longest: number): string {
  return htmlBody(fitDraft(draft, longest, (one) => htmlBody(one).length));
}

function blockHtml(block: Block): string {
  const beyond = beyondLine(block);
  return beyond === null ? shownHtml(block) : `${shownHtml(block)}<p>${escaped(beyond)}</p>`;
}

function shownHtml(block: Block): string {
  switch (block.kind) {
    case "text":
      return `<p>${lines(block.text)}</p>`;
    case "facts":
      return table(block.rows.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${lines(value)}</td></tr>`));
    case "table":
      return table([
        `<tr>${block.head.map((name) => `<th>${escaped(name)}</th>`).join("")}</tr>`,
        ...block.rows.map((row) => `<tr>${row.map((one) => `<td>${lines(one)}</td>`).join("")}</tr>`),
      ]);
    case "list":
      return `<ol>${block.items.map((item) => `<li>${lines(item)}</li>`).join("")}</ol>`;
    case "link":
      return /^https?:\/\//i.test(block.url)
        ? `<p><a href="${escaped(block.url)}">${escaped(block.text)}</a></p>`
        : `<p>${escaped(block.text)}</p>`;
  }
}

function table(rows: readonly string[]): string {
  return `<table border="1" cellpadding="4" style="border-collapse:collapse;overflow-wrap:anywhere">${rows.join("")}</table>`;
}

function lines(text: string): string {
  return text.replace(/\r\n?/g, "\n").split("\n").map(escaped).join("<br>");
}

function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .toWellFormed()
    .replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);
}
