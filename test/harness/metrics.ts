/** Reads Prometheus' text format, and fails where it breaks the format. */
import type { TestAppliance } from "./appliance.ts";

export interface Series {
  /** As in a query: of a histogram with its ending. */
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Scrape {
  series: readonly Series[];
  /** Types by the name of the family. */
  types: ReadonlyMap<string, string>;
  /** The value of the only series with these labels; NaN without one. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
  /** Names of labels by the name of the series. */
  labels(name: string): Set<string>;
}

const sample = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\+Inf|-Inf|NaN|-?[0-9.e+-]+)$/;
const label = /([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/gy;

/** @throws Error with the line that is wrong */
export function parseMetrics(text: string): Scrape {
  const types = new Map<string, string>();
  const series: Series[] = [];
  let family = "";
  for (const line of text.trimEnd().split("\n")) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name !== "") {
      if (types.has(name)) throw new Error(`${name} comes twice`);
      types.set(name, type);
      family = name;
      continue;
    }
    if (/^# HELP \S+ \S/.test(line) || line === "# EOF") continue;
    const [, called = "", labels = "", value = ""] = sample.exec(line) ?? [];
    const own = types.get(family) === "histogram" ? called.replace(/_(bucket|sum|count)$/, "") : called;
    if (own !== family && own !== `${family}_total`) throw new Error(`no sample of ${family}: ${line}`);
    series.push({ name: called, labels: labelsOf(labels, line), value: numberOf(value) });
  }
  const unique = new Set(series.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()])));
  if (unique.size !== series.length) throw new Error("a series comes twice");
  return {
    series,
    types,
    value: (name, labels = {}) => {
      const found = series.filter(
        (one) => one.name === name && Object.entries(labels).every(([key, wanted]) => one.labels[key] === wanted),
      );
      if (found.length > 1) throw new Error(`${found.length} series of ${name} have these labels`);
      return found[0]?.value ?? Number.NaN;
    },
    labels: (name) => new Set(series.filter((one) => one.name === name).flatMap(({ labels }) => Object.keys(labels))),
  };
}

export async function scrape({ appliance }: TestAppliance): Promise<Scrape> {
  return parseMetrics(await (await fetch(`${appliance.apiUrl}/metrics`)).text());
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const match of text.matchAll(label)) {
    const [whole, name = "", value = ""] = match;
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    end = match.index + whole.length;
  }
  if (end !== text.length) throw new Error(`no labels: ${line}`);
  return labels;
}

function numberOf(text: string): number {
  return text === "+Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
