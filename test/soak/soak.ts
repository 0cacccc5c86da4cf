/** One soak, from the measurement of capacity to the verdict. */
import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../bench/child.ts";
import { Dice } from "../chaos/dice.ts";
import { TicketKeeper } from "../chaos/ticket-keeper.ts";
import { TicketPeople } from "../chaos/ticket-people.ts";
import { settled } from "../chaos/ticket-verdict.ts";
import { password } from "../harness/api-client.ts";
import { Sampler } from "./sampler.ts";
import { SoakSite } from "./site.ts";
import { Counts } from "./subjects.ts";
import type { TrafficCommand, TrafficOptions, TrafficResult, TrafficSample } from "./traffic.ts";
import { playTurns } from "./turns.ts";
import { judgeAlerts, judgeArrived, judgeIncidents, judgeOnce, judgeTickets } from "./verdict.ts";
import type { WatcherOptions, WatcherResult } from "./watcher.ts";

export interface SoakPlan {
  seed: number;
  minutes: number;
  /** Words that start the product, such as the compiled binary; the checkout when absent. */
  program?: string[];
}

export interface SoakReport {
  /** Records a second: as fast as they were taken at the start, and the average of the load. */
  capacity: number;
  rate: number;
  loadSeconds: number;
  /** Records of these seconds. */
  loadRecords: number;
  traffic: TrafficResult;
  watcher: WatcherResult;
  sampler: Sampler;
  site: SoakSite;
  incidents: number;
  /** Tickets in Jira and in ServiceNow. */
  tickets: [number, number];
  /** What people did to incidents and tickets, and creates of which they said which ticket it was, or had another one made. */
  changes: number;
  identified: number;
  again: number;
  /** Faults played, by name. */
  faults: Map<string, number>;
  databaseBytes: number;
  violations: string[];
}

const shareOfCapacity = 0.6;
const sampleMs = 10_000;
const drainMs = 20;
/** New alerts: a share of the records, so that there are at most so many in all, however long it takes. */
const shareOfNew = 0.02;
const mostAlerts = 1_000_000;

export async function runSoak(plan: SoakPlan, say: (text: string) => void): Promise<SoakReport> {
  const site = await SoakSite.prepare(plan.program);
  const children: Child[] = [];
  const draining = setInterval(() => site.take(), drainMs);
  try {
    return await run(plan, site, children, say);
  } finally {
    clearInterval(draining);
    for (const child of children) child.stop();
    await site.dispose();
  }
}

async function run(
  plan: SoakPlan,
  site: SoakSite,
  children: Child[],
  say: (text: string) => void,
): Promise<SoakReport> {
  const { appliance, jira, second } = site;
  const keys = (scope: string) => {
    const { code, stdout, stderr } = appliance.run(["key", "create", "soak", "--scope", scope]);
    if (code !== 0) throw new Error(`no key: ${stderr}`);
    return stdout.trim();
  };
  const [ingest, change] = [keys("ingest"), keys("incident:write")];
  const reading = [1, 2, 3, 4].map(() => keys("feed:read"));
  const loadMs = plan.minutes * 60_000;
  site.configure(Math.max(0.5, plan.minutes / 3));
  await appliance.start();

  const file = join(site.folder, "counts");
  const options: TrafficOptions = { url: appliance.apiUrl, apiKey: ingest, seed: plan.seed, file };
  const traffic = childOf("traffic.ts", options, children);
  const order = (command: TrafficCommand) => traffic.send(command);
  order({ command: "measure", seconds: Math.min(30, plan.minutes * 5), shareOfNew });
  const { rate: capacity } = await traffic.next<{ rate: number }>();
  const rate = shareOfCapacity * capacity;
  say(`capacity ${Math.round(capacity)}/s, load ${Math.round(rate)}/s on average`);

  const watching: WatcherOptions = {
    url: appliance.apiUrl,
    healthUrls: [appliance.healthPort, appliance.incidentHealthPort].map((port) => `http://127.0.0.1:${port}/health`),
    password,
    keys: reading,
  };
  const watcher = childOf("watcher.ts", watching, children);
  order({
    command: "load",
    rate,
    shareOfNew: Math.min(shareOfNew, mostAlerts / (rate * plan.minutes * 60)),
    cycleSeconds: Math.min(300, plan.minutes * 10),
  });
  const stop = new AbortController();
  const faults = new Map<string, number>();
  const played = (name: string) => {
    faults.set(name, (faults.get(name) ?? 0) + 1);
    say(`  ${name}`);
  };
  const lengthMs = Math.min(60_000, Math.max(4_000, loadMs / 45));
  const turns = site.turns(new Dice(plan.seed + 1));
  const playing = [turns.receivers, turns.systems].map((of, index) =>
    playTurns(of, { lengthMs, dice: new Dice(plan.seed + 2 + index), signal: stop.signal, played }),
  );
  const people = new TicketPeople(appliance, change, jira, second, new Dice(plan.seed + 4));
  const keeper = new TicketKeeper(appliance, jira, second);
  const sampler = new Sampler(appliance.apiUrl, appliance.pid);
  const begin = performance.now();
  let recordsBefore = 0;
  for (let looks = 0; performance.now() - begin < loadMs; looks++) {
    const { residentBytes, descriptors, queued, tickets } = await sampler.look();
    order({ command: "sample" });
    const { records, batches } = await traffic.next<TrafficSample>();
    if (looks === 0) recordsBefore = records;
    const waiting = [...queued].map(([name, count]) => `${name} ${count}`).join(", ");
    say(
      `${((performance.now() - begin) / 60_000).toFixed(1)} min: ${records} records, batches p99 ${batches.p99.toFixed(0)} ms, ${(residentBytes / 1e6).toFixed(0)} MB, ${descriptors} descriptors, waiting: ${waiting}, ${tickets} deliveries`,
    );
    // Somebody looks after what stands still.
    if (looks % 3 === 2) await keeper.look();
    const next = begin + (looks + 1) * sampleMs;
    while (performance.now() < Math.min(next, begin + loadMs)) {
      if (jira.issues.length > 0) await people.act();
      await sleep(Math.min(2000, Math.max(1, next - performance.now())));
    }
  }
  const loadSeconds = (performance.now() - begin) / 1000;

  say("everything is let through …");
  stop.abort();
  await Promise.all(playing);
  order({ command: "stop" });
  const sent = await traffic.next<TrafficResult>();
  const loadRecords = sent.records - recordsBefore;
  const counts = Counts.from(new Uint32Array(readFileSync(file).buffer));
  site.configure(0.01);
  appliance.signal("SIGHUP");
  const violations = await quietened(site, { counts, people, keeper, withinMs: 180_000 + loadMs / 4 });
  watcher.send({ command: "stop" });
  const seen = await watcher.next<WatcherResult>();
  const code = await appliance.terminate();
  if (code !== 0) violations.push(`SIGTERM: exit code ${code}`);
  await sleep(500);
  site.take();

  violations.push(...sent.violations, ...seen.complaints, ...people.disagreements());
  const database = new Database(join(appliance.folder, "data", "rhythmx.db"), { readonly: true });
  const { incidents, found } = judgeAll(database, { site, counts, sent, seen });
  violations.push(...found);
  const { bytes } = database
    .query("select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()")
    .get() as { bytes: number };
  database.close();
  return {
    ...{ capacity, rate, loadSeconds, loadRecords, traffic: sent, watcher: seen, sampler, site },
    ...{ incidents, faults, violations },
    tickets: [jira.issues.length, second.numbers().length],
    changes: people.done,
    identified: keeper.identified,
    again: keeper.again,
    databaseBytes: bytes,
  };
}

function childOf(script: string, options: unknown, children: Child[]): Child {
  const child = new Child(`../soak/${script}`, options);
  children.push(child);
  return child;
}

/** Waits until everything has been told and is in step; what is not by then is named. */
async function quietened(
  { appliance, destinations }: SoakSite,
  options: { counts: Counts; people: TicketPeople; keeper: TicketKeeper; withinMs: number },
): Promise<string[]> {
  const { counts, people, keeper, withinMs } = options;
  const exact = destinations.filter(({ transport }) => transport !== "udp");
  const waits: Readonly<Record<string, () => boolean>> = {
    messages: () => exact.every(({ told }) => told.untold(counts) === 0),
    deliveries: () => settled(appliance.folder),
    statuses: () => people.disagreements().length === 0,
  };
  let open = Object.keys(waits);
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(2000)) {
    await keeper.look();
    open = Object.keys(waits).filter((name) => waits[name]?.() === false);
    // A search sees late what was changed last.
    if (open.length === 0) return [];
  }
  return open.map((name) => `${name} did not come to an end within ${Math.round(withinMs / 1000)} s`);
}

function judgeAll(
  database: Database,
  model: { site: SoakSite; counts: Counts; sent: TrafficResult; seen: WatcherResult },
): { incidents: number; found: string[] } {
  const { site, counts, sent, seen } = model;
  const rows = database.query("select incident_id as id, group_key as actor from incidents").all() as {
    id: string;
    actor: string;
  }[];
  const ids = rows.map(({ id }) => id);
  const actors = rows.map(({ actor }) => actor);
  const stored = database.query("select hash, count, sent_count as sent from sigma_alerts");
  const { n: alarms } = database.query("select count(*) as n from alarms").get() as { n: number };
  const { integrity_check: integrity } = database.query("pragma integrity_check").get() as { integrity_check: string };
  const inJira = site.jira.issues.map(
    ({ fields }) => fields.labels.find((label) => label.startsWith("rhythmx-inc")) ?? "?",
  );
  const found = [
    ...(integrity === "ok" ? [] : [`integrity_check: ${integrity}`]),
    ...judgeAlerts(counts, stored.iterate() as Iterable<{ hash: string; count: number; sent: number }>),
    ...(alarms === sent.alarms ? [] : [`${alarms} alarms; accepted were ${sent.alarms}`]),
    ...judgeIncidents(counts, actors),
    ...judgeTickets("Jira", ids, inJira),
    ...judgeTickets("ServiceNow", ids, site.second.correlations()),
    ...judgeArrived("cases over relp", ids, site.toldIncidents),
    ...Object.entries(seen.given).flatMap(([name, given]) => judgeOnce(name, ids, given)),
  ];
  for (const destination of site.destinations) {
    const { transport, told } = destination;
    const mostRepeatedBytes = site.mostRepeatedBytes(destination);
    found.push(...told.judge(counts, { mostRepeatedBytes, mayLose: transport === "udp" }));
  }
  return { incidents: ids.length, found };
}
