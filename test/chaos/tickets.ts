/**
 * `npm run chaos:tickets [-- SEED [INCIDENTS KILLS [proactive]]]`: incidents become tickets in both systems, and people change both, while calls fail in every way and the
 * stand-ins kill the appliance on receipt, before and after the effect, before and after the answer; at random moments too. Half of the incidents
 * are two of one campaign each. At the end: at most one ticket per incident and system, every open incident in a ticket of its own or told once in its
 * campaign's, none lost, all three in step, every comment once everywhere, and no Retry-After was ignored.
 */
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { password } from "../harness/api-client.ts";
import { detection } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { autoPush, jiraEnvironment } from "../standins/environment.ts";
import type { Fault, FaultPlan } from "../standins/faults.ts";
import { JiraStandIn } from "../standins/jira.ts";
import { judgeCampaigns, uncovered } from "./campaign-verdict.ts";
import { Dice } from "./dice.ts";
import { Lag } from "./lag.ts";
import { proactive, serviceNow } from "./second-system.ts";
import { TicketKeeper } from "./ticket-keeper.ts";
import { TicketPeople } from "./ticket-people.ts";
import { crossingMs, judge, resumeMs, resumption, retryAfterMs, settled, tooEarly } from "./ticket-verdict.ts";

export interface TicketsPlan {
  seed: number;
  incidents: number;
  kills: number;
  /** Share of calls that fail. */
  faults: number;
  /** What people do to incidents and tickets. */
  changes: number;
  /** The Proactive Case API in ServiceNow's place. */
  proactive?: boolean;
}

export interface TicketsReport {
  violations: string[];
  kills: number;
  calls: number;
  faults: number;
  changes: number;
  seconds: number;
  /** Restarts of which it was seen that they went on, and how long the slowest took. */
  resumed: number;
  slowestMs: number;
  /** Creates of which a person said which ticket they had made, and those that were sent again. */
  identified: number;
  again: number;
  /** Campaigns, incidents that stand in another's ticket, and campaigns with one ticket in each system. */
  campaigns: number;
  told: number;
  single: number;
}

export async function runTickets(plan: TicketsPlan, say: (text: string) => void): Promise<TicketsReport> {
  const dice = new Dice(plan.seed);
  const begin = performance.now();
  const lag = new Lag();
  const jira = await new JiraStandIn({ indexLagMs: 3_000 }).start();
  const second = await (plan.proactive === true ? proactive() : serviceNow());
  const snow = second.standIn;
  const appliance = await ApplianceProcess.prepare({ config: {}, env: { ...environment(jira), ...second.env } });
  const report: TicketsReport = {
    violations: [],
    kills: 0,
    calls: 0,
    faults: 0,
    changes: 0,
    seconds: 0,
    resumed: 0,
    slowestMs: 0,
    ...{ identified: 0, again: 0, campaigns: 0, told: 0, single: 0 },
  };
  /** How long it took after each start until what was due was asked for, in milliseconds. */
  const resumed: number[] = [];
  try {
    const key = appliance.run(["key", "create", "chaos", "--scope", "ingest"]).stdout.trim();
    const soar = appliance.run(["key", "create", "people", "--scope", "incident:write"]).stdout.trim();
    const keeper = new TicketKeeper(appliance, jira, second);
    const people = new TicketPeople(appliance, soar, jira, second, new Dice(plan.seed + 1));
    let wanted = false;
    let dying: Promise<void> | null = null;
    /** Until when nothing more may be asked on a connection, epoch milliseconds. */
    const silenced = new WeakMap<Socket, number>();
    const kill = () => {
      if (dying !== null || !wanted || report.kills >= plan.kills) return false;
      report.kills++;
      dying = (async () => {
        await appliance.kill();
        await sleep(dice.int(0, 30));
        await appliance.start();
        dying = null;
        void resumption(appliance.folder, [jira, snow], () => dying !== null || !wanted).then((took) => {
          if (took !== null) resumed.push(took);
        });
      })();
      return true;
    };
    const faulty: FaultPlan = (asked) => {
      report.calls++;
      // Whoever asks again on the same connection, and not within the moment in which the two cross, has read the answer that told it to wait.
      const left = (silenced.get(asked.connection) ?? 0) - Date.now();
      // Where there is no processor time, an answer is long on its way, on the stand-in's side and on the other.
      if (left > 0 && left < retryAfterMs - crossingMs - 2 * lag.ms)
        report.violations.push(`asked before Retry-After was over: ${asked.method} ${asked.path}`);
      const fault = dice.chance(plan.faults) ? makeFault(dice, kill, asked, second.isFull) : null;
      if (fault !== null) report.faults++;
      const { what } = fault ?? { what: null };
      if (typeof what === "object" && what !== null && "status" in what && what.retryAfter !== undefined)
        silenced.set(asked.connection, Date.now() + retryAfterMs);
      return fault;
    };
    jira.faults = faulty;
    snow.faults = faulty;
    await appliance.start();
    wanted = true;

    await ingest(appliance, key, plan.incidents, dice, kill);
    const made = () => second.numbers().length;
    const complete = () => uncovered(appliance.folder)?.length === 0;
    const worked = () => report.changes >= plan.changes;
    for (let turns = 0; !(complete() && worked() && report.kills >= plan.kills && settled(appliance.folder)); turns++) {
      // Also while nothing is asked of the targets: at commits of delivery rows, and at starts.
      if (dice.chance(0.5)) kill();
      for (let some = dice.int(0, 4); some > 0 && !worked() && jira.issues.length > 0; some--) await people.act();
      report.changes = people.done;
      if (turns % 10 === 9) await keeper.look();
      // An access control rule hides everything for a while.
      if (turns % 15 === 0) second.hide?.(dice.chance(0.5));
      await sleep(dice.int(20, 250));
      if (turns % 40 === 0)
        say(`  ${jira.issues.length} and ${made()} tickets, ${report.kills} kills, ${report.calls} calls`);
      if (performance.now() - begin > 2 * (60_000 + plan.kills * 3_000 + plan.incidents * 1_500 + plan.changes * 200)) {
        report.violations.push("it did not come to an end");
        break;
      }
    }
    wanted = false;
    await dying;
    jira.faults = () => null;
    snow.faults = () => null;
    second.hide?.(false);
    // What search sees late, and what was put off, comes in by itself.
    for (let tries = 0; tries < 60; tries++) {
      await sleep(1_000);
      await keeper.look();
      if (settled(appliance.folder) && complete() && people.disagreements().length === 0) break;
    }
    await sleep(1_500);
    await appliance.terminate();
    report.identified = keeper.identified;
    report.again = keeper.again;
    report.violations.push(...people.disagreements());
    report.violations.push(...judge(appliance.folder, jira, second, plan.incidents), ...tooEarly(appliance.folder));
    const { violations, ...counted } = judgeCampaigns(appliance.folder, jira, second);
    report.violations.push(...violations);
    Object.assign(report, counted);
    const late = resumed.filter((ms) => ms >= resumeMs).length;
    if (late > 0) report.violations.push(`${late} restarts asked nothing within a minute while something was due`);
    report.resumed = resumed.length;
    report.slowestMs = Math.round(Math.max(0, ...resumed));
  } finally {
    lag.stop();
    await appliance.dispose();
    await Promise.all([jira.stop(), snow.stop()]);
  }
  report.seconds = Math.round((performance.now() - begin) / 1000);
  return report;
}

function environment(jira: JiraStandIn): Record<string, string> {
  return {
    RHYTHMX_ADMIN_PASSWORD: password,
    ...jiraEnvironment(jira),
    ...autoPush("jira", "servicenow"),
    // An hour of waiting in some seconds.
    ...{
      RETRY_BASE_DELAY_SECONDS: "0.2",
      RETRY_MAX_DELAY_SECONDS: "1",
      RETRY_SCHEDULE: "* * * * * *",
      RETRY_MAX_RETRIES: "20",
      JIRA_SYNC_SCHEDULE: "* * * * * *",
      SNOW_SYNC_SCHEDULE: "* * * * * *",
    },
    UNKNOWN_LOOKUP_DELAYS_SECONDS: "0.3,1,4",
  };
}

const cancelled = { result: [], error: { message: "Transaction cancelled: maximum execution time exceeded" } };

/** `drops`: the second system can be asked whether it kept what it took. */
function makeFault(
  dice: Dice,
  kill: () => boolean,
  { method, path }: { method: string; path: string },
  drops: boolean,
): Fault {
  // An account that may not read what it has made: it is there, and the answer does not say which.
  if (method === "POST" && /\/(issue|incident|Case)$/.test(path) && dice.chance(0.15))
    return { when: "after", what: { body: { result: {} }, as: dice.pick([200, 201]) } };
  // Taken, answered, and not kept.
  if (drops && method === "PATCH" && dice.chance(0.15)) return { when: "before", what: { body: { result: {} } } };
  if (dice.chance(0.1)) return { when: dice.pick(["before", "after"] as const), what: { body: cancelled } };
  const when = dice.chance(0.5) ? ("before" as const) : ("after" as const);
  if (dice.chance(0.35)) return { when, what: { run: kill } };
  const what = dice.pick<Fault["what"]>([
    ...(["reset", "html200", "garbage", "reset"] as const),
    ...[{ status: 500 }, { status: 502 }, { status: 503 }, { status: 408 }],
  ]);
  // What a target refuses has no effect.
  if (dice.chance(0.1)) return { when: "before", what: { status: 429, retryAfter: String(retryAfterMs / 1000) } };
  return { when, what };
}

/** Of four in a row the last two are of one campaign: a user, and the machine of that user. */
function incident(n: number): Record<string, unknown> {
  const host = `ws-${n - (n % 4 === 3 ? 1 : 0)}`;
  const user = n % 4 === 3 ? "NT AUTHORITY\\SYSTEM" : `CORP\\actor-${n}`;
  // A rule of its own: the same one on many hosts would be one outbreak.
  return detection({
    rule_id: `rule-${n}`,
    rule_title: `Rule ${n}`,
    level: "critical",
    user,
    host,
    raw: { EventID: 1 },
  });
}

async function ingest(
  appliance: ApplianceProcess,
  key: string,
  incidents: number,
  dice: Dice,
  kill: () => boolean,
): Promise<void> {
  for (let made = 0; made < incidents; ) {
    const count = Math.min(dice.int(1, 8), incidents - made);
    const body = Array.from({ length: count }, (_, n) => JSON.stringify(incident(made + n))).join("\n");
    const headers = { "X-API-Key": key, "Content-Type": "application/x-ndjson", "Idempotency-Key": `batch-${made}` };
    for (;;) {
      const answer = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
        method: "POST",
        headers,
        body,
      }).catch(() => null);
      if (answer?.status === 200) break;
      await sleep(50);
    }
    made += count;
    if (dice.chance(0.1)) kill();
    await sleep(dice.int(0, 60));
  }
}

if (import.meta.main) {
  const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
  console.log(`tickets: seed ${seed}`);
  const [incidents, kills] = [Number(process.argv[3] ?? 300), Number(process.argv[4] ?? 500)];
  const plan = {
    seed,
    incidents,
    kills,
    faults: 0.3,
    changes: incidents * 3,
    proactive: process.argv[5] === "proactive",
  };
  const report = await runTickets(plan, console.log);
  const kinds = Map.groupBy(report.violations, (text) => text.replace(/\d+/g, "N"));
  for (const [kind, { length }] of [...kinds].slice(0, 20)) console.log(`${length} times: ${kind}`);
  console.log(
    `${report.kills} kills, ${report.changes} changes by people, ${report.calls} calls, ${report.faults} of them made to fail, ${report.campaigns} campaigns, ${report.single} of them with one ticket in each system, ${report.told} incidents told in another's, ${report.identified} creates identified by a person and ${report.again} sent again, ${report.resumed} restarts seen to go on, the slowest after ${report.slowestMs} ms, ${report.seconds} s: ${report.violations.length} violations`,
  );
  process.exit(report.violations.length === 0 ? 0 : 1);
}
