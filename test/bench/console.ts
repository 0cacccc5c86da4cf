/** Pages of the console as analysts load them, with many incidents and alerts in the database, beside intake. */
import { assetNamed, assetPaths } from "../../transports/http/console/assets.ts";
import { password } from "../harness/api-client.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { runChild } from "./child.ts";
import type { ConsolePagesOptions, ConsolePagesResult } from "./console-pages.ts";
import { filled } from "./feed.ts";
import { absolute, type Bench, type Figure, milliseconds, type Plan } from "./figure.ts";
import type { Product } from "./product.ts";

/** Detections a second beside which pages are loaded. */
const pace = 1_000;
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
const incident = (n: number) => `/incidents/INC-${n.toString(16).padStart(8, "0")}`;

/** By name: addresses that take turns. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  overview: ["/"],
  list: ["/incidents", "/incidents?view=all&sort=due", "/incidents?view=all&page=20", "/incidents?level=medium"],
  search: ["/incidents?q=actor-77&view=all", "/incidents?q=actor-9&view=all", "/alerts?q=host-12", "/search?q=actor-5"],
  incident: [7, 77, 777, 7777].map(incident),
};

export const console: Bench = {
  name: "console",
  async run(plan) {
    const product = await filled(plan, plan.quick ? 10_000 : 100_000, plan.quick ? 100_000 : 1_000_000, {
      RHYTHMX_ADMIN_PASSWORD: password,
    });
    try {
      return await measure(plan, product);
    } finally {
      await product.process.dispose();
    }
  },
};

async function measure(plan: Plan, product: Product): Promise<Figure[]> {
  const port = product.process.apiPort;
  const client = new ConsoleClient(`http://127.0.0.1:${port}`);
  await client.post("/sign-in", { username: "admin", password });
  const seconds = plan.quick ? 4 : 20;
  const options: ConsolePagesOptions = { port, path: "/", headers: headersOf(client), kinds, seconds };
  const results: ConsolePagesResult[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    const load = { alerts: 100_000, round: run * 10_000, seconds: seconds + 2, pace };
    const intake = product.load(load);
    const result = await runChild<ConsolePagesResult>("console-pages.ts", options);
    await intake;
    results.push(result);
    const told = Object.entries(result).map(
      ([kind, { p50, p99 }]) => `${kind} ${milliseconds(p50)}/${milliseconds(p99)}`,
    );
    plan.say(`console ${run}, p50/p99: ${told.join(", ")}`);
  }
  const once = await firstBytes();
  return Object.keys(kinds).flatMap((kind) => {
    const of = (read: (one: ConsolePagesResult[string]) => number) =>
      results.flatMap((result) => (result[kind] === undefined ? [] : [read(result[kind])]));
    return [
      absolute(
        `console, ${kind} beside ${pace.toLocaleString("en")} detections/s, p50`,
        of(({ p50 }) => p50),
        milliseconds,
        { below: 100 },
      ),
      absolute(
        `the same, p99`,
        of(({ p99 }) => p99),
        milliseconds,
        { below: 100 },
      ),
      absolute(
        `the same, largest answer`,
        of(({ bytes }) => bytes),
        kilobytes,
        { below: 20_000 },
      ),
      absolute(
        `the same, as the first page`,
        of(({ bytes }) => bytes + once),
        kilobytes,
        { below: 150_000 },
      ),
    ];
  });
}

/** As a browser asks. */
function headersOf(client: ConsoleClient): Record<string, string> {
  return { Cookie: client.cookie, Accept: "text/html", "Accept-Encoding": "gzip" };
}

/** Bytes that a browser loads with its first page and keeps. */
async function firstBytes(): Promise<number> {
  const sheet = (await assetNamed(nameOf(assetPaths.css), "")?.text()) ?? "";
  const fonts = [...sheet.matchAll(/\/assets\/[\w.-]+\.woff2/g)].map(([path]) => path);
  const sizes = [assetPaths.css, assetPaths.js, assetPaths.icon, ...fonts].map(
    async (path) => (await assetNamed(nameOf(path), "gzip")?.arrayBuffer())?.byteLength ?? 0,
  );
  return (await Promise.all(sizes)).reduce((sum, one) => sum + one, 0);
}

const nameOf = (path: string) => path.replace("/assets/", "");
