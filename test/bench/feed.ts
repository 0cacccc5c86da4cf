/** Pages for pollers beside CrowdSec's figure and the SELECT behind them, with many incidents and alerts in the database. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { encodeActorState, newActorState } from "../../core/correlation/actor-state.ts";
import { runChild } from "./child.ts";
import { type Bench, compared, type Figure, median, milliseconds, type Plan, rate } from "./figure.ts";
import type { LoadResult } from "./load.ts";
import type { PollOptions, PollResult } from "./poll.ts";
import { Product } from "./product.ts";

/** CrowdSec's local API, `GET /v1/alerts?limit=100`, measured once on a like machine, not in this run. */
const crowdSecMs = 51.7;
const pageSeconds = 10;
/** Detections a second that the appliance holds on this machine, whatever else it does. */
const promisedIntake = 5_000;

export const feed: Bench = {
  name: "feed",
  async run(plan) {
    const incidents = plan.quick ? 10_000 : 100_000;
    const alerts = plan.quick ? 100_000 : 1_000_000;
    const product = await filled(plan, incidents, alerts);
    try {
      return await measure(plan, product, incidents);
    } finally {
      await product.process.dispose();
    }
  },
};

async function measure(plan: Plan, product: Product, incidents: number): Promise<Figure[]> {
  const { headers, port } = product.target;
  const target = {
    port,
    headers: { "X-API-Key": headers["X-API-Key"] ?? "" },
    path: "/api/v1/feed/incidents?limit=100",
  };
  const poll = (options: Partial<PollOptions>) =>
    runChild<PollResult>("poll.ts", { connections: 8, ...target, ...options });
  const loaded: PollResult[] = [];
  const alone: number[] = [];
  const limit: number[] = [];
  const first: number[] = [];
  const last: number[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    const walk = await poll({ connections: 1, walk: true });
    first.push(median(walk.times.slice(1, 11)));
    last.push(median(walk.times.slice(-11, -1)));
    const cursors = walk.cursors.slice(0, -1);
    const seconds = plan.quick ? 3 : pageSeconds;
    const select = { path: join(product.process.folder, "data", "rhythmx.db"), seconds, last: incidents };
    limit.push((await runChild<{ rate: number }>("same-select.ts", select)).rate);
    const quiet = await poll({ seconds, cursors });
    alone.push(quiet.pages / quiet.seconds);
    const load = { alerts: 100_000, round: run * 10_000, seconds: seconds + 2, pace: promisedIntake };
    const intake = product.load(load) as Promise<LoadResult>;
    const busy = await poll({ seconds, cursors });
    loaded.push(busy);
    const { records, seconds: took } = await intake;
    plan.say(
      `feed ${run}: ${rate(alone.at(-1) ?? 0)} pages alone, SELECT ${rate(limit.at(-1) ?? 0)}; beside ${rate(records / took)} intake p50 ${milliseconds(busy.p50)} p99 ${milliseconds(busy.p99)}`,
    );
  }
  const p99 = median(loaded.map((one) => one.p99));
  return [
    compared(
      "page of 100 beside 5,000 detections/s, 8 connections, p50",
      loaded.map((one) => one.p50),
      loaded.map(() => crowdSecMs),
      milliseconds,
      { besideName: "CrowdSec (once)", atMost: 0.2 },
    ),
    { name: "the same, p99", ours: milliseconds(p99), beside: "", ratio: "", aim: "< 15 ms", reached: p99 < 15 },
    compared("pages of 100, 8 connections", alone, limit, rate, {
      besideName: "the same SELECT in process",
      atLeast: 0.7,
    }),
    compared(`page ${Math.round(incidents / 100)} of a walk`, last, first, milliseconds, {
      besideName: "first page",
      atMost: 1.2,
    }),
  ];
}

/** A product whose database was filled while it did not run. */
export async function filled(
  plan: Plan,
  incidents: number,
  alerts: number,
  env: Record<string, string> = {},
): Promise<Product> {
  const product = await Product.started(plan, undefined, env);
  await product.process.terminate();
  const database = new Database(join(product.process.folder, "data", "rhythmx.db"));
  const now = Date.now();
  const state = newActorState(now);
  Object.assign(state.activity, { detections: 10, firstAt: now, lastAt: now });
  const at = new Date(now).toISOString();
  const numbers = (count: number) =>
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;
  database.exec("pragma synchronous = off; begin");
  database.exec(`${numbers(incidents)} insert into actor_periods (id, actor_key, current, entity_name, incident_id, pending, updated_at, state)
    select i, json_array('site', 'user', 'actor-' || i), 1, 'Primary Site', 'INC-' || printf('%08x', i), 0, '${at}', '${encodeActorState(state)}' from n`);
  database.exec(`${numbers(incidents)} insert into incidents (incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level,
      created_at, updated_at, escalated_at, sigma_alert_count, first_alarm_time, last_alarm_time, created_seq, updated_seq)
    select 'INC-' || printf('%08x', i), i, 'Primary Site', 'actor-' || i, 'user', 'OPEN', 40 + i % 60, 'medium', '${at}', '${at}', '${at}', 10, '${at}', '${at}', i, i from n`);
  database.exec(`${numbers(alerts)} insert into sigma_alerts (id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name, host, src_ip,
      risk, ml_cluster, count, sent_count, first_seen, last_seen, recorded_at, updated_at, last_message_at, first_seq, last_seq)
    select i, printf('%016x', i), 'Primary Site', 'rule-' || i % 500, 'Rule ' || i % 500, 'Jane Doe', 'high', '["attack.execution"]', 'actor-' || i % ${incidents},
      'host-' || i % 5000, '', 75, -1, 1, 1, '${at}', '${at}', '${at}', '${at}', '${at}', i, i from n`);
  database.exec(`insert into row_counts values ('alerts', 'Primary Site', '', ${alerts})`);
  database.exec(`insert into sqlite_sequence (name, seq) values ('event_log', ${alerts})`);
  database.exec("commit");
  database.close();
  plan.say(`${incidents.toLocaleString("en")} incidents and ${alerts.toLocaleString("en")} alerts are there`);
  await product.process.start();
  return product;
}
