/**
 * `npm run chaos:pollers`: the two samples of the SOAR guide and eight cursor pollers beside four writers, while the appliance is killed.
 * At the end each has exactly the rows that there are.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { detection } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { Dice } from "./dice.ts";
import { cursorPoller, keepPolling, type Poller, splunkSoarClient, xsoarClient } from "./poll-clients.ts";

export interface PollersPlan {
  seed: number;
  incidents: number;
  /** Made at once, somewhere in the middle. */
  burst: number;
  kills: number;
  everyMs: number;
  /** Written within so much time. */
  spanMs: number;
}

const password = "correct horse battery";
const writers = 4;

/** Returns what went wrong, one line each. */
export async function runPollers(plan: PollersPlan, say: (text: string) => void): Promise<string[]> {
  const dice = new Dice(plan.seed);
  const appliance = await ApplianceProcess.prepare({ config: {} });
  const violations: string[] = [];
  try {
    const key = (scopes: string) => appliance.run(["key", "create", "poller", "--scope", scopes]).stdout.trim();
    const [ingest, feed, change] = [key("ingest"), key("feed:read"), key("incident:write,feed:read")];
    appliance.run(["user", "add", "soar-service-account", "--role", "soar"], `${password}\n`);
    await appliance.start();
    const base = () => appliance.apiUrl;
    const path = "/api/v1/feed/incidents";
    const own = () => key("feed:read");
    const pollers: Poller[] = [
      xsoarClient(base, { username: "soar-service-account", password }),
      splunkSoarClient(base, feed),
      cursorPoller("all by 7", base, own(), path, { since: "", limit: "7" }),
      cursorPoller("all by 500", base, own(), "/api/incidents", { since: "", limit: "500" }),
      cursorPoller("one entity", base, own(), path, { since: "", entity: "Site 1", limit: "20" }),
      cursorPoller("risk from 60", base, own(), path, { since: "2020-01-01", min_risk: "60", limit: "50" }),
      cursorPoller("cases", base, own(), "/api/v1/feed/cases", { since: "", limit: "33" }),
      cursorPoller("alerts", base, own(), "/api/v1/feed/alerts", { since: "", limit: "100" }),
      cursorPoller("changes", base, own(), path, { updated_since: "2020-01-01T00:00:00Z", limit: "25" }),
      cursorPoller("changes of cases", base, own(), "/api/cases/search", { updated_since: "", limit: "100" }),
    ];

    const written = new AbortController();
    const polling = Promise.all(pollers.map((poller) => keepPolling(poller, plan.everyMs, written.signal)));
    const shares = sharesOf(plan, dice);
    const writing = shares.map((batches, writer) => write(base, ingest, writer, batches));
    const changing = changeStatuses(base, change, written.signal, new Dice(plan.seed + 1));
    for (let kill = 0; kill < plan.kills; kill++) {
      await sleep(plan.spanMs / (plan.kills + 1) + dice.int(0, 200));
      await appliance.kill();
      await appliance.start();
    }
    await Promise.all(writing);
    written.abort();
    await changing;
    await polling;
    await appliance.terminate();
    for (const poller of pollers) violations.push(...judge(poller, appliance.folder));
    for (const { name, rows } of pollers) say(`  ${name}: ${rows.length} rows`);
  } finally {
    await appliance.dispose();
  }
  return violations;
}

interface Batch {
  afterMs: number;
  actors: string[];
}

/** Who makes which incidents when: at random moments, and a burst. */
function sharesOf(plan: PollersPlan, dice: Dice): Batch[][] {
  const shares: Batch[][] = Array.from({ length: writers }, () => []);
  let made = 0;
  const actors = (count: number) => Array.from({ length: count }, () => `actor-${made++}`);
  const singles = plan.incidents - plan.burst;
  while (made < singles) {
    const batch = { afterMs: dice.int(0, plan.spanMs), actors: actors(Math.min(1 + dice.int(0, 5), singles - made)) };
    shares[dice.int(0, writers - 1)]?.push(batch);
  }
  shares[0]?.push({ afterMs: plan.spanMs / 2, actors: actors(plan.burst) });
  for (const share of shares) share.sort((a, b) => a.afterMs - b.afterMs);
  return shares;
}

async function write(base: () => string, key: string, writer: number, batches: readonly Batch[]): Promise<void> {
  const start = performance.now();
  for (const [index, { afterMs, actors }] of batches.entries()) {
    await sleep(Math.max(0, start + afterMs - performance.now()));
    // One in three has a case, and with it a higher score; some alerts come again.
    const body = actors
      .flatMap((actor, at) => {
        const rules = at % 3 === 0 ? [1, 2, 3] : [1];
        return rules.map((rule) =>
          detection({
            user: actor,
            entity: `Site ${at % 2}`,
            host: `h-${actor}`,
            level: "critical",
            rule_id: `rule-${rule}`,
            rule_title: `Rule ${rule}`,
            tags: ["attack.execution", `attack.t100${rule}`],
          }),
        );
      })
      .map((record) => JSON.stringify(record))
      .join("\n");
    const headers = {
      "X-API-Key": key,
      "Content-Type": "application/x-ndjson",
      "Idempotency-Key": `${writer}-${index}`,
    };
    for (;;) {
      const answer = await fetch(`${base()}/api/v1/ingest/detections`, { method: "POST", headers, body }).catch(
        () => null,
      );
      if (answer?.status === 200) break;
      await sleep(50);
    }
  }
}

/** Assigns incidents at random: their status stays, so that the samples, which ask for OPEN ones, can be held against all. */
async function changeStatuses(base: () => string, key: string, stop: AbortSignal, dice: Dice): Promise<void> {
  while (!stop.aborted) {
    await sleep(30);
    const headers = { "X-API-Key": key, "Content-Type": "application/json" };
    const page = await fetch(`${base()}/api/incidents?limit=100`, { headers })
      .then((answer) => answer.json() as Promise<{ incidents?: { incident_id: string }[] }>)
      .catch(() => null);
    const { incident_id: id } = page?.incidents?.[dice.int(0, Math.max(0, page.incidents.length - 1))] ?? {};
    if (id === undefined) continue;
    const body = JSON.stringify({ assigned_analyst: `analyst ${dice.int(0, 999)}` });
    await fetch(`${base()}/api/incidents/${id}`, { method: "PATCH", headers, body }).catch(() => null);
  }
}

/** Holds what a poller was given against the database. */
function judge({ name, rows, complaints }: Poller, folder: string): string[] {
  const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
  const ask = (sql: string) => (database.query(sql).all() as { id: string }[]).map(({ id }) => id);
  const expected: Readonly<Record<string, string>> = {
    "one entity": "select incident_id as id from incidents where entity_name = 'Site 1'",
    "risk from 60": "select incident_id as id from incidents where risk_score >= 60",
    cases: "select case_id as id from threat_cases",
    "changes of cases": "select case_id as id from threat_cases",
    alerts: "select hash as id from sigma_alerts",
  };
  const wanted = new Set(ask(expected[name] ?? "select incident_id as id from incidents"));
  const got = rows.map((row) => row.incident_id ?? row.case_id ?? row.hash ?? "?");
  const distinct = new Set(got);
  const missing = [...wanted].filter((id) => !distinct.has(id));
  const foreign = [...distinct].filter((id) => !wanted.has(id));
  const changes = name.startsWith("changes");
  const newest = new Map(
    (
      database.query("select incident_id as id, assigned_analyst as who from incidents").all() as {
        id: string;
        who: string;
      }[]
    ).map(({ id, who }) => [id, who]),
  );
  const last = new Map(rows.map((row) => [row.incident_id, (row as { assigned_analyst?: string }).assigned_analyst]));
  const stale = name === "changes" ? [...newest].filter(([id, who]) => (last.get(id) ?? null) !== who) : [];
  database.close();
  return [
    ...complaints.slice(0, 3),
    ...(wanted.size === 0 ? ["there was nothing to get"] : []),
    ...(missing.length > 0 ? [`${missing.length} of ${wanted.size} never came, such as ${missing[0]}`] : []),
    ...(foreign.length > 0 ? [`${foreign.length} do not exist, such as ${foreign[0]}`] : []),
    ...(!changes && got.length > distinct.size ? [`${got.length - distinct.size} came twice`] : []),
    ...(stale.length > 0 ? [`${stale.length} last changes never came, such as that of ${stale[0]?.[0]}`] : []),
  ].map((what) => `${name}: ${what}`);
}

if (import.meta.main) {
  const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
  console.log(`pollers: seed ${seed}`);
  const plan = { seed, incidents: 1000, burst: 300, kills: 5, everyMs: 2000, spanMs: 60_000 };
  const violations = await runPollers(plan, console.log);
  for (const violation of violations) console.log(violation);
  console.log(violations.length === 0 ? "every poller has exactly what there is" : `${violations.length} violations`);
  process.exit(violations.length === 0 ? 0 : 1);
}
