/** A metric with its series, and how it is written down for Prometheus. */

export type Labels = Readonly<Record<string, string>>;

/** A series' labels and its value now. */
export type Sample = readonly [labels: Labels, value: number];

/** What a histogram has counted for one series. */
export interface Counted {
  labels: Labels;
  /** How many were at most as large as each bound of the family, not cumulated; the last is for those above all bounds. */
  counts: readonly number[];
  sum: number;
}

interface Described {
  /** In base units; a counter's ends in `_total`. */
  name: string;
  help: string;
}

/** All series of one name. What is read must be at hand or cheap: it is asked for at each scrape. */
export type Family = Described &
  (
    | { type: "gauge" | "counter"; read(): Iterable<Sample> }
    | { type: "histogram"; bounds: readonly number[]; read(): Iterable<Counted> }
  );

/** `text`: Prometheus' text format 0.0.4; `openmetrics`: OpenMetrics 1.0. */
export type Exposition = "text" | "openmetrics";

/** The families as one text. */
export function write(families: readonly Family[], form: Exposition): string {
  const lines = families.flatMap((family) => linesOf(family, form));
  if (form === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function linesOf(family: Family, form: Exposition): string[] {
  const { name, help, type } = family;
  // In OpenMetrics a counter's family has its name without the ending that its samples have.
  const described = form === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
  const head = [`# HELP ${described} ${escaped(help)}`, `# TYPE ${described} ${type}`];
  if (family.type !== "histogram") {
    for (const [labels, value] of family.read()) head.push(line(name, labels, value));
    return head;
  }
  for (const counted of family.read()) head.push(...histogramLines(family, counted));
  return head;
}

function histogramLines(
  { name, bounds }: { name: string; bounds: readonly number[] },
  { labels, counts, sum }: Counted,
): string[] {
  let below = 0;
  const lines = counts.map((count, index) => {
    below += count;
    return line(`${name}_bucket`, { ...labels, le: boundText(bounds[index]) }, below);
  });
  return [...lines, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, below)];
}

/** The same in both forms, so that a series stays the same whichever a scraper asks for. */
function boundText(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}

function escaped(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
