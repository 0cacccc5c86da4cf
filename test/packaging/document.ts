/** The commands of a document, so that a test types what the document says and cannot say anything else. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export class Document {
  readonly #blocks: { heading: string; language: string; text: string }[];
  readonly #used = new Set<object>();

  /** @param path absolute, or relative to the root of the project. */
  constructor(path: string) {
    this.#blocks = blocksOf(readFileSync(resolve(import.meta.dirname, "../..", path), "utf8"));
  }

  /**
   * The fenced blocks under a heading, in their order, with `values` in the place of what the reader has to fill in.
   * @throws Error if there is none, or a value is nowhere in them
   */
  under(heading: string, values: Record<string, string> = {}): string[] {
    const blocks = this.#blocks.filter((block) => block.heading === heading);
    if (blocks.length === 0) throw new Error(`nothing to type under "${heading}"`);
    for (const block of blocks) this.#used.add(block);
    let texts = blocks.map((block) => block.text);
    for (const [placeholder, value] of Object.entries(values)) {
      if (!texts.some((text) => text.includes(placeholder)))
        throw new Error(`"${placeholder}" is not under "${heading}"`);
      texts = texts.map((text) => text.replaceAll(placeholder, () => value));
    }
    return texts;
  }

  /** All of them in their order. */
  get blocks(): readonly { heading: string; language: string; text: string }[] {
    return this.#blocks;
  }

  /** Commands (```sh) that nobody has asked for yet, by their headings. */
  get untyped(): string[] {
    return this.#blocks
      .filter((block) => block.language === "sh" && !this.#used.has(block))
      .map((block) => block.heading);
  }
}

function blocksOf(markdown: string): { heading: string; language: string; text: string }[] {
  const blocks: { heading: string; language: string; text: string }[] = [];
  let heading = "";
  let open: { heading: string; language: string; text: string } | null = null;
  let indent = "";
  for (const line of markdown.split("\n")) {
    const fence = /^( *)```(\w*)$/.exec(line);
    if (open !== null) {
      // Within a list a block is indented as a whole.
      if (fence === null) open.text += `${line.startsWith(indent) ? line.slice(indent.length) : line}\n`;
      else open = null;
    } else if (fence !== null) {
      indent = fence[1] ?? "";
      open = { heading, language: fence[2] ?? "", text: "" };
      blocks.push(open);
    } else heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
  }
  return blocks;
}
