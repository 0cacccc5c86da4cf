/** Figures and the table they end in. */

/** One line of the table. */
export interface Figure {
  name: string;
  ours: string;
  /** What it is held against, measured in the same run: a limit, a peer, or nothing. */
  beside: string;
  ratio: string;
  aim: string;
  /** Null where there is no aim, or where the peer is missing. */
  reached: boolean | null;
}

/** How to run: medians of `runs`; `quick` makes everything smaller, for work on the benches themselves. */
export interface Plan {
  runs: number;
  quick: boolean;
  /** Words that start the product, such as the compiled binary; the checkout when absent. */
  program?: string[];
  say(text: string): void;
}

export interface Bench {
  name: string;
  run(plan: Plan): Promise<Figure[]>;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that a share of `values` does not exceed; the upper median for 0.5. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const rate = (value: number): string => `${Math.round(value).toLocaleString("en")}/s`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
export const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
export const seconds = (value: number): string => `${value.toFixed(1)} s`;

/**
 * Medians of ours and theirs, and the median of the runs' own ratios, which machine noise moves least. `theirs` is empty where
 * the peer is missing.
 */
export function compared(
  name: string,
  ours: readonly number[],
  theirs: readonly number[],
  show: (value: number) => string,
  aim: { besideName: string; atLeast?: number; atMost?: number },
): Figure {
  const { besideName, atLeast, atMost } = aim;
  const ratio = median(ours.map((value, run) => value / (theirs[run] ?? Number.NaN)));
  const wanted = atLeast === undefined ? `≤ ${atMost} ×` : `≥ ${atLeast} ×`;
  const reached = atLeast === undefined ? ratio <= (atMost ?? Number.POSITIVE_INFINITY) : ratio >= atLeast;
  if (theirs.length === 0)
    return { name, ours: show(median(ours)), beside: `${besideName} missing`, ratio: "", aim: wanted, reached: null };
  return {
    name,
    ours: show(median(ours)),
    beside: `${besideName} ${show(median(theirs))}`,
    ratio: `${ratio.toFixed(2)} ×`,
    aim: wanted,
    reached,
  };
}

/** A figure with an aim of its own. */
export function absolute(
  name: string,
  ours: readonly number[],
  show: (value: number) => string,
  aim: { atLeast?: number; below?: number },
): Figure {
  const value = median(ours);
  const { atLeast, below } = aim;
  return {
    name,
    ours: show(value),
    beside: "",
    ratio: "",
    aim: atLeast === undefined ? `< ${show(below ?? 0)}` : `≥ ${show(atLeast)}`,
    reached: atLeast === undefined ? value < (below ?? 0) : value >= atLeast,
  };
}

export function table(figures: readonly Figure[]): string {
  const head = ["figure", "ours", "limit or peer", "ratio", "aim", "reached"];
  const rows = figures.map(({ name, ours, beside, ratio, aim, reached }) => {
    return [name, ours, beside, ratio, aim, reached === null ? "-" : reached ? "yes" : "NO"];
  });
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}
