/** Makes a draft fit into what a system takes: rows are shortened, then counted, and no section is left out. */
import { shortened } from "../text/shorten.ts";
import { type Block, type Draft, mapBlock, type Section } from "./draft.ts";

/** The longest texts and the most rows at one degree of shortening. */
interface Degree {
  /** Paragraphs and items of lists. */
  text: number;
  /** Cells of tables; values beside a name get twice as much. */
  cell: number;
  rows: number;
  items: number;
}

const all = Number.POSITIVE_INFINITY;
const degrees: readonly Degree[] = [
  { text: all, cell: all, rows: all, items: all },
  { text: 2_500, cell: 200, rows: all, items: all },
  { text: 1_000, cell: 120, rows: all, items: all },
  { text: 600, cell: 80, rows: all, items: all },
  { text: 400, cell: 80, rows: 40, items: 5 },
  { text: 300, cell: 70, rows: 15, items: 3 },
  { text: 220, cell: 60, rows: 10, items: 2 },
  { text: 160, cell: 50, rows: 5, items: 2 },
  { text: 110, cell: 40, rows: 3, items: 1 },
  { text: 70, cell: 30, rows: 1, items: 1 },
];
/** The sections that yield go first, up to this degree; then the others, up to the second; then both further, by turns. */
const [yieldingFirst, othersFirst] = [6, 7];
/** What stands between two sections of a rendering, at most. */
const between = 2;

/** The fullest draft whose rendering fits into `budget`. `size`: the length of a rendering, in whatever the system counts. */
export function fitDraft(draft: Draft, budget: number, size: (draft: Draft) => number): Draft {
  if (size(draft) <= budget) return draft;
  const fitting = new Fitting(draft, size);
  const [opening, ...rest] = draft.sections.map((_, at) => at);
  const place = (at: number) => draft.yielding.indexOf(draft.sections[at]?.title ?? "");
  const yielding = rest.filter((at) => place(at) >= 0).sort((a, b) => place(a) - place(b));
  const others = rest.filter((at) => place(at) < 0).reverse();
  const steps = [
    ...stepsOf(yielding, 1, yieldingFirst),
    ...stepsOf(others, 1, othersFirst),
    ...stepsOf(yielding, yieldingFirst + 1, othersFirst),
    ...stepsOf([...others, ...yielding], othersFirst + 1, degrees.length - 1),
    ...stepsOf(opening === undefined ? [] : [opening], 3, degrees.length - 1),
  ];
  for (const [at, degree] of steps) {
    fitting.shorten(at, degrees[degree] ?? noRoom);
    if (fitting.total > budget) continue;
    for (const one of yielding) fitting.growRows(one, budget);
    return fitting.draft;
  }
  // Less than a heading and a row for each section: nothing but a system's mistake asks for that.
  for (const at of rest) fitting.shorten(at, noRoom);
  return fitting.draft;
}

const noRoom: Degree = { text: 20, cell: 12, rows: 0, items: 0 };

function stepsOf(sections: readonly number[], from: number, to: number): [at: number, degree: number][] {
  const steps: [number, number][] = [];
  for (let degree = from; degree <= to; degree++) for (const at of sections) steps.push([at, degree]);
  return steps;
}

/** Sections, each at a degree of its own, with their sizes. */
class Fitting {
  readonly #whole: Draft;
  readonly #size: (draft: Draft) => number;
  readonly #sections: Section[];
  readonly #sizes: number[];
  readonly #degrees: Degree[];

  constructor(whole: Draft, size: (draft: Draft) => number) {
    this.#whole = whole;
    this.#size = size;
    this.#sections = [...whole.sections];
    this.#sizes = this.#sections.map((section) => this.#sizeOf(section));
    this.#degrees = this.#sections.map(() => degrees[0] ?? noRoom);
  }

  get draft(): Draft {
    return { ...this.#whole, sections: this.#sections };
  }

  get total(): number {
    return this.#sizes.reduce((sum, one) => sum + one, 0);
  }

  shorten(at: number, degree: Degree): void {
    const section = this.#whole.sections[at];
    if (section === undefined) return;
    const short = { ...section, blocks: section.blocks.map((block) => shortBlock(block, degree)) };
    this.#sections[at] = short;
    this.#sizes[at] = this.#sizeOf(short);
    this.#degrees[at] = degree;
  }

  /** Shows as many rows of a section as there is room for, where its rows were counted. */
  growRows(at: number, budget: number): void {
    const degree = this.#degrees[at];
    const most = Math.max(0, ...(this.#whole.sections[at]?.blocks ?? []).map(rowsOf));
    if (degree === undefined || degree.rows >= most) return;
    let [fits, over] = [degree.rows, most + 1];
    while (over - fits > 1) {
      const rows = Math.floor((fits + over) / 2);
      this.shorten(at, { ...degree, rows });
      if (this.total <= budget) fits = rows;
      else over = rows;
    }
    this.shorten(at, { ...degree, rows: fits });
  }

  #sizeOf(section: Section): number {
    return this.#size({ ...this.#whole, sections: [section] }) + between;
  }
}

function rowsOf(block: Block): number {
  return block.kind === "table" && block.whole !== true ? block.rows.length : 0;
}

function shortBlock(block: Block, { text, cell, rows, items }: Degree): Block {
  switch (block.kind) {
    case "text":
      return mapBlock(block, (one) => shortened(one, text));
    case "facts":
      return mapBlock(block, (one) => shortened(one, 2 * cell));
    case "table": {
      const shown = block.whole === true ? block.rows : block.rows.slice(0, rows);
      const beyond = (block.beyond ?? 0) + block.rows.length - shown.length;
      return mapBlock({ ...block, rows: shown, beyond }, (one) => shortened(one, cell));
    }
    case "list": {
      const shown = block.items.slice(0, items);
      const beyond = (block.beyond ?? 0) + block.items.length - shown.length;
      return mapBlock({ ...block, items: shown, beyond }, (one) => shortened(one, text));
    }
    case "link":
      return block;
  }
}
