/**
 * Metrics as the text that Prometheus reads (exposition format 0.0.4). Written here because the usual library loads a web server and a tracing
 * interface with it: five megabytes in a service that has eighty.
 */

export type Labels = Readonly<Record<string, string>>;

interface Sample {
  /** As in the text: `{name="value"}`, or nothing. */
  labels: string;
  value: number;
}

interface Definition {
  name: string;
  help: string;
  /** Brings the values up to date; called before each text. */
  collect?: (this: Metric) => void | Promise<void>;
  /** It has labels, so that there is no value before the first one is set. */
  labelled?: boolean;
}

/** One metric with a value for each set of labels. */
export class Metric {
  readonly #type: "gauge" | "counter";
  readonly #definition: Definition;
  readonly #samples = new Map<string, Sample>();

  constructor(type: "gauge" | "counter", definition: Definition) {
    this.#type = type;
    this.#definition = definition;
    if (!definition.labelled) this.set({}, 0);
  }

  set(labels: Labels, value: number): void {
    const text = labelText(labels);
    this.#samples.set(text, { labels: text, value });
  }

  /** Adds to the value, which is 0 before. */
  add(labels: Labels, more = 1): void {
    const text = labelText(labels);
    const sample = this.#samples.get(text);
    if (sample === undefined) this.#samples.set(text, { labels: text, value: more });
    else sample.value += more;
  }

  /** Forgets all values. */
  reset(): void {
    this.#samples.clear();
  }

  /** The lines of this metric. */
  async text(): Promise<string> {
    const { name, help, collect } = this.#definition;
    await collect?.call(this);
    const lines = [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${this.#type}`];
    for (const { labels, value } of this.#samples.values()) lines.push(`${name}${labels} ${valueText(value)}`);
    return `${lines.join("\n")}\n`;
  }
}

/** Metrics in the order in which they were added. */
export class MetricSet {
  readonly #metrics: Metric[] = [];

  gauge(definition: Definition): Metric {
    return this.#add(new Metric("gauge", definition));
  }

  counter(definition: Definition): Metric {
    return this.#add(new Metric("counter", definition));
  }

  async text(): Promise<string> {
    return (await Promise.all(this.#metrics.map((metric) => metric.text()))).join("\n");
  }

  #add(metric: Metric): Metric {
    this.#metrics.push(metric);
    return metric;
  }
}

function labelText(labels: Labels): string {
  const parts: string[] = [];
  for (const name in labels) parts.push(`${name}="${escaped(labels[name] ?? "").replaceAll('"', '\\"')}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
