/** What everything costs as history grows: each of alerts, incidents and entities by itself, with events of 90 days. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { password } from "../harness/api-client.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { runChild } from "./child.ts";
import type { ConsolePagesOptions, ConsolePagesResult } from "./console-pages.ts";
import { type Bench, type Figure, median, milliseconds, type Plan, rate } from "./figure.ts";
import { fillHistory, type History, smallEntity } from "./growth-fill.ts";
import type { UpkeepOptions, UpkeepResult } from "./growth-upkeep.ts";
import { HttpConnection } from "./http-connection.ts";
import type { PollResult } from "./poll.ts";
import { Product } from "./product.ts";

/** May cost so much more with ten times the history. */
const mostPerTenfold = 1.2;

interface Measure {
  name: string;
  show(value: number): string;
  /** A rate: less is dearer. */
  isRate?: true;
  /** It reads or writes everything there is, so it has no aim. */
  isWhole?: true;
}

const measures = {
  intake: { name: "intake", show: rate, isRate: true },
  page: { name: "page of 100", show: milliseconds },
  overview: { name: "overview", show: milliseconds },
  list: { name: "list", show: milliseconds },
  search: { name: "search", show: milliseconds },
  incident: { name: "incident", show: milliseconds },
  small: { name: "lists of a small entity", show: milliseconds },
  poll: { name: "poll by time, nothing new", show: milliseconds },
  tick: { name: "tick", show: milliseconds },
  start: { name: "start", show: milliseconds },
  stepMedian: { name: "retention, a step", show: milliseconds },
  stepWorst: { name: "retention, p99 of its steps", show: milliseconds },
  backup: { name: "backup", show: (value) => `${(value / 1000).toFixed(1)} s`, isWhole: true },
  backupPerMb: { name: "backup, per MB of the database", show: milliseconds },
} as const satisfies Readonly<Record<string, Measure>>;

type Measured = Record<keyof typeof measures, number>;

/** One thing grows, the others stay. */
interface Axis {
  name: string;
  steps: { size: number; history: History }[];
}

function axes(quick: boolean): Axis[] {
  const least = quick ? 1_000 : 10_000;
  const few = { alerts: 10 * least, incidents: least / 10, entities: 1 };
  const axis = (name: string, sizes: number[], history: (size: number) => History): Axis => ({
    name,
    steps: sizes.map((size) => ({ size, history: history(size) })),
  });
  const tenfold = (from: number) => (quick ? [from, 10 * from] : [from, 10 * from, 100 * from]);
  return [
    axis("alerts", tenfold(least), (alerts) => ({ ...few, alerts })),
    axis("incidents", tenfold(least / 10), (incidents) => ({ ...few, incidents })),
    axis("entities", quick ? [1, 100] : [1, 100, 10_000], (entities) => ({ ...few, incidents: least, entities })),
  ];
}

export const growth: Bench = {
  name: "growth",
  async run(plan) {
    const figures: Figure[] = [];
    for (const { name, steps } of axes(plan.quick)) {
      const measured: Measured[] = [];
      for (const { size, history } of steps) {
        plan.say(`${size.toLocaleString("en")} ${name} …`);
        measured.push(await measure(plan, history));
      }
      const sizes = steps.map(({ size }) => size);
      for (const key of Object.keys(measures) as (keyof Measured)[])
        figures.push(
          figureOf(
            name,
            sizes,
            measures[key],
            measured.map((one) => one[key]),
          ),
        );
    }
    return figures;
  },
};

function figureOf(axis: string, sizes: readonly number[], measure: Measure, values: readonly number[]): Figure {
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const tenfolds = Math.log10((sizes.at(-1) ?? 1) / (sizes[0] ?? 1));
  const factor = (measure.isRate ? first / last : last / first) ** (1 / tenfolds);
  const beside = values
    .slice(0, -1)
    .map((value, at) => `${(sizes[at] ?? 0).toLocaleString("en")}: ${measure.show(value)}`);
  const isHeld = measure.isWhole !== true;
  return {
    name: `${measure.name}, ${(sizes.at(-1) ?? 0).toLocaleString("en")} ${axis}`,
    ours: measure.show(last),
    beside: beside.join(", "),
    ratio: `${factor.toFixed(2)} × per tenfold`,
    aim: isHeld ? `≤ ${mostPerTenfold} ×` : "",
    reached: isHeld ? factor <= mostPerTenfold : null,
  };
}

async function measure(plan: Plan, history: History): Promise<Measured> {
  const product = await Product.started(plan, undefined, { RHYTHMX_ADMIN_PASSWORD: password });
  try {
    await product.process.terminate();
    const path = join(product.process.folder, "data", "rhythmx.db");
    fillHistory(path, history);
    await product.process.start();
    await product.indexed();
    const starts: number[] = [];
    for (let run = 0; run < plan.runs; run++) {
      await product.process.terminate();
      const before = performance.now();
      await product.process.start();
      starts.push(performance.now() - before);
    }
    const pages = await consolePages(plan, product, history);
    const page = await pollPages(product);
    const poll = await pollByTime(product);
    const file = join(product.process.folder, "one.backup");
    const backups: number[] = [];
    for (let run = 0; run < plan.runs; run++) {
      const before = performance.now();
      const { code, stderr } = await product.process.runAside(["backup", file, "--force"]);
      if (code !== 0) throw new Error(`no backup: ${stderr}`);
      backups.push(performance.now() - before);
    }
    const intake = await newDetections(plan, product);
    await product.process.terminate();
    const upkeep = await runChild<UpkeepResult>("growth-upkeep.ts", { path } satisfies UpkeepOptions);
    return {
      ...{ intake, page, poll, ...pages, ...upkeep, start: median(starts), backup: median(backups) },
      backupPerMb: median(backups) / (statSync(path).size / 1e6),
    };
  } finally {
    await product.process.dispose();
  }
}

async function newDetections(plan: Plan, product: Product): Promise<number> {
  const count = plan.quick ? 2_000 : 10_000;
  const rates: number[] = [];
  // The first one is for statements and pages that are not at hand yet.
  for (let run = 0; run <= plan.runs; run++) {
    const load = { kind: "actors" as const, count, alerts: count * (plan.runs + 1), round: run };
    const { records, seconds } = await product.load({ ...load, first: run * count });
    if (run > 0) rates.push(records / seconds);
  }
  return median(rates);
}

async function pollPages(product: Product): Promise<number> {
  const { headers, port } = product.target;
  const walk = await runChild<PollResult>("poll.ts", {
    ...{ connections: 1, walk: true, port, path: "/api/v1/feed/incidents?limit=100" },
    headers: { "X-API-Key": headers["X-API-Key"] ?? "" },
  });
  return median(walk.times);
}

/** As the documented clients do it: by their own clock. */
async function pollByTime(product: Product): Promise<number> {
  const { headers, port } = product.target;
  const times: number[] = [];
  const connection = await HttpConnection.open({
    port,
    path: "/",
    headers: { "X-API-Key": headers["X-API-Key"] ?? "" },
  });
  const since = encodeURIComponent(new Date().toISOString());
  for (let turn = 0; turn < 60; turn++) {
    const before = performance.now();
    for (const asked of [
      `incidents?updated_since=${since}`,
      `alerts?since=${since}`,
      `alerts?level=critical&since=${since}`,
    ])
      await connection.get(`/api/v1/feed/${asked}`);
    times.push(performance.now() - before);
  }
  connection.close();
  return median(times);
}

async function consolePages(
  plan: Plan,
  product: Product,
  { incidents }: History,
): Promise<Pick<Measured, "overview" | "list" | "search" | "incident" | "small">> {
  const port = product.process.apiPort;
  const client = new ConsoleClient(`http://127.0.0.1:${port}`);
  await client.post("/sign-in", { username: "admin", password });
  const ofSmall = new URLSearchParams({ entity: smallEntity }).toString();
  const some = [1, 2, 3, 4].map((n) => Math.ceil((incidents * n) / 5));
  const options: ConsolePagesOptions = {
    port,
    path: "/",
    headers: { Cookie: client.cookie, Accept: "text/html", "Accept-Encoding": "gzip" },
    kinds: {
      overview: ["/"],
      list: ["/incidents", "/incidents?view=all&sort=due", "/incidents?level=medium"],
      search: ["/search?q=actor-77", "/incidents?q=actor-9&view=all", "/alerts?q=host-12"],
      small: [`/incidents?${ofSmall}`, `/incidents?view=all&${ofSmall}`, `/alerts?${ofSmall}`],
      incident: some.map((n) => `/incidents/INC-${n.toString(16).padStart(8, "0")}`),
    },
    seconds: plan.quick ? 2 : 10,
  };
  const result = await runChild<ConsolePagesResult>("console-pages.ts", options);
  const of = (kind: string) => result[kind]?.p50 ?? Number.NaN;
  return {
    ...{ overview: of("overview"), list: of("list"), search: of("search"), incident: of("incident") },
    small: of("small"),
  };
}
