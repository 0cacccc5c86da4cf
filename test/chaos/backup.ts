/**
 * `npm run chaos:backup [-- SEED [KILLS]]`: an appliance takes detections and makes tickets while it is backed up, restored and upgraded, and kill -9
 * comes in the middle of each: to the command, to the appliance, at random moments and at the moment at which files are moved. An independent
 * model knows what was accepted. At the end: the database is whole, what it holds is what was accepted up to the backup that counts, no backup is
 * half, nothing is left behind, every old schema comes up with all its rows and goes back, and no incident has two tickets.
 */
import { Database as Sqlite } from "bun:sqlite";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { schemaVersion } from "../../store/database/migrate.ts";
import { password } from "../harness/api-client.ts";
import { detection } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";
import { Dice } from "./dice.ts";

export interface BackupPlan {
  seed: number;
  kills: number;
  /** Alerts that are there at the beginning, of about four kilobytes each. */
  alerts: number;
}

export interface BackupReport {
  violations: string[];
  kills: Record<Round, number>;
  /** Kills of a restore after which the backup was in place, and those after which the database of before was. */
  restored: number;
  unchanged: number;
  tickets: number;
  accepted: number;
  seconds: number;
}

interface GoodBackup {
  path: string;
  /** What was accepted when it began, and what can be in it at most. */
  least: ReadonlySet<string>;
  most: ReadonlySet<string>;
}

type Round = "backup" | "restore" | "upgrade";

const databases = join(import.meta.dirname, "../data/databases");
/** Not users: a start makes the first one. */
const counted = ["sigma_alerts", "alarms", "incidents", "threat_cases", "tickets", "api_keys", "event_log"];

export async function runBackups(plan: BackupPlan, say: (text: string) => void): Promise<BackupReport> {
  const begin = performance.now();
  const snow = await new ServiceNowStandIn().start();
  const run = new Run(
    new Dice(plan.seed),
    snow,
    await ApplianceProcess.prepare({ config: {}, env: environment(snow) }),
  );
  try {
    await run.begin(plan.alerts);
    const { kills } = run.report;
    const total = () => kills.backup + kills.restore + kills.upgrade;
    for (let n = 0; total() < plan.kills; n++) {
      // Each kind as often as the others, whatever the dice say.
      const round = (["backup", "restore", "upgrade"] as const)[n % 3] ?? "backup";
      await run.round(round);
      if (n % 6 === 5) say(`${total()} kills, ${run.report.violations.length} violations`);
    }
    await run.end();
  } finally {
    await run.dispose();
    await snow.stop();
  }
  run.report.seconds = Math.round((performance.now() - begin) / 1000);
  return run.report;
}

class Run {
  readonly report: BackupReport = {
    ...{ violations: [], kills: { backup: 0, restore: 0, upgrade: 0 }, restored: 0, unchanged: 0 },
    ...{ tickets: 0, accepted: 0, seconds: 0 },
  };
  readonly #dice: Dice;
  readonly #snow: ServiceNowStandIn;
  readonly #site: ApplianceProcess;
  readonly #folder: string;
  #key = "";
  #next = 0;
  /** Users of accepted detections, in the life of the database that counts. */
  #accepted = new Set<string>();
  /** Users of detections that were sent and not answered. */
  #doubtful = new Set<string>();
  /** The last good one. */
  #backup: GoodBackup | null = null;
  #sending = false;
  #sender: Promise<void> = Promise.resolve();

  constructor(dice: Dice, snow: ServiceNowStandIn, site: ApplianceProcess) {
    this.#dice = dice;
    this.#snow = snow;
    this.#site = site;
    this.#folder = join(site.folder, "backups");
    mkdirSync(this.#folder);
  }

  async begin(alerts: number): Promise<void> {
    this.#key = this.#site.run(["key", "create", "chaos", "--scope", "ingest"]).stdout.trim();
    await this.#site.start();
    for (let n = 0; n < alerts; n += 500)
      await this.#send(Array.from({ length: Math.min(500, alerts - n) }, () => this.#detection("low", 3_000)));
  }

  async round(kind: Round): Promise<void> {
    if (kind === "upgrade") await this.#upgrade();
    else if (kind === "restore" && this.#backup !== null) await this.#restore(this.#backup);
    else await this.#backUp();
    this.#judgeTickets(kind);
  }

  /** A last backup and restore without a kill, on which everything comes to rest. */
  async end(): Promise<void> {
    this.#stopSending();
    await this.#sender;
    await this.#expectBackup();
    await this.#site.terminate();
    this.#judgeContent("at the end");
    const left = readdirSync(this.#folder).filter((name) => name.startsWith("."));
    this.#expect(left.length === 0, `left beside the backups: ${left.join(", ")}`);
    this.#judgeTickets("the end");
    this.report.tickets = this.#snow.rows.length;
    this.report.accepted = this.#next;
  }

  async dispose(): Promise<void> {
    this.#stopSending();
    await this.#sender;
    await this.#site.dispose();
  }

  async #backUp(): Promise<void> {
    this.#startSending();
    const path = join(this.#folder, `${this.report.kills.backup}.tar.gz`);
    const child = this.#command(["backup", path, "--force"]);
    await sleep(this.#dice.int(0, 1500));
    const isTheCommand = this.#dice.chance(0.5);
    this.report.kills.backup++;
    if (isTheCommand) child.kill("SIGKILL");
    else await this.#site.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.#stopSending();
    await this.#sender;
    if (existsSync(path)) {
      const { code, stderr } = this.#site.run(["backup", path, "--verify"]);
      this.#expect(code === 0, `a killed backup has its name and is not whole: ${stderr.trim()}`);
    }
    if (!isTheCommand) await this.#site.start();
    await this.#expectBackup();
  }

  /** A backup while detections come in, which has to succeed. */
  async #expectBackup(): Promise<void> {
    this.#startSending();
    const path = join(this.#folder, `good-${this.report.kills.backup}-${this.#next}.tar.gz`);
    const least = new Set(this.#accepted);
    const { code, stderr } = await this.#site.runAside(["backup", path]);
    this.#stopSending();
    await this.#sender;
    const good = this.#expect(code === 0, `a backup after a kill fails: ${stderr.trim()}`);
    if (!good) return;
    const earlier = this.#backup?.path;
    this.#backup = { path, least, most: new Set([...this.#accepted, ...this.#doubtful]) };
    if (earlier !== undefined) rmSync(earlier, { force: true });
    const left = readdirSync(this.#folder).filter((name) => name.startsWith("."));
    this.#expect(left.length === 0, `a backup leaves ${left.join(", ")}`);
  }

  async #restore({ path, least, most }: GoodBackup): Promise<void> {
    // Something that the backup does not know.
    await this.#send([this.#detection("critical"), this.#detection("critical")]);
    if (this.#dice.chance(0.5)) await this.#site.terminate();
    else await this.#site.kill();
    const database = join(this.#site.folder, "data", "rhythmx.db");
    const child = this.#command(["restore", path, "--yes"]);
    if (this.#dice.chance(0.4)) await this.#until(child, () => existsSync(`${database}.restore-intention`));
    else if (this.#dice.chance(0.5)) {
      await this.#until(child, () => existsSync(`${database}.restoring`));
      await sleep(this.#dice.int(0, 400));
    } else await sleep(this.#dice.int(0, 1200));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.report.kills.restore++;
    await this.#site.start();
    await this.#site.terminate();
    const users = usersIn(database);
    const isOld = [...this.#accepted].every((user) => users.has(user));
    const isNew = [...least].every((user) => users.has(user)) && [...users].every((user) => most.has(user));
    if (isOld) this.report.unchanged++;
    else if (isNew) {
      this.report.restored++;
      this.#accepted = users;
      this.#doubtful.clear();
    }
    this.#expect(
      isOld || isNew,
      `a killed restore leaves neither the database of before nor the backup (${users.size} users)`,
    );
    const left = readdirSync(join(this.#site.folder, "data")).filter((name) => /restor(?:ing|e-intention)/.test(name));
    this.#expect(left.length === 0, `a restore leaves ${left.join(", ")}`);
    for (const name of readdirSync(join(this.#site.folder, "data")))
      if (name.includes(".before-restore-")) rmSync(join(this.#site.folder, "data", name));
    this.#judgeContent("after a restore");
    await this.#site.start();
    await this.#send([this.#detection("critical")]);
  }

  /** A database of an earlier schema, in a folder of its own: killed on the way up, it comes up whole, and goes back. */
  async #upgrade(): Promise<void> {
    const schema = this.#dice.int(1, schemaVersion - 1);
    const source = join(databases, `schema-${schema}.db.gz`);
    if (!existsSync(source)) return;
    const other = await ApplianceProcess.prepare({ config: {} });
    try {
      const path = join(other.folder, "data", "rhythmx.db");
      mkdirSync(join(other.folder, "data"), { mode: 0o700 });
      writeFileSync(path, gunzipSync(readFileSync(source)), { mode: 0o600 });
      const before = countsIn(path);
      const killed = this.#dice.int(1, 2);
      for (let n = 0; n < killed; n++) {
        const child = spawn(process.execPath, [program, "serve"], {
          env: other.env,
          cwd: other.folder,
          stdio: "ignore",
        });
        if (this.#dice.chance(0.3)) await this.#until(child, () => existsSync(`${path}.schema-${schema}`));
        else await sleep(this.#dice.int(150, 900));
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
        this.report.kills.upgrade++;
        this.#expect(isWhole(path), `killed on the way from schema ${schema}: the database is damaged`);
      }
      await other.start();
      await other.terminate();
      const after = countsIn(path);
      for (const [table, n] of Object.entries(before))
        this.#expect(after[table] === n, `schema ${schema}: ${table} has ${after[table]} rows, it had ${n}`);
      this.#expect(isWhole(path) && schemaIn(path) === schemaVersion, `schema ${schema}: not upgraded`);
      // And back, by the copy that was made before.
      const back = other.run(["restore", `${path}.schema-${schema}`, "--yes"]);
      this.#expect(back.code === 0, `schema ${schema}: no way back: ${back.stderr.trim()}`);
      this.#expect(
        schemaIn(path) === schema && isWhole(path),
        `schema ${schema}: the way back leads to ${schemaIn(path)}`,
      );
      const again = countsIn(path);
      for (const [table, n] of Object.entries(before))
        this.#expect(again[table] === n, `back at schema ${schema}: ${table} has ${again[table]} rows, it had ${n}`);
    } finally {
      await other.dispose();
    }
  }

  /** What counts is in the file, and nothing that nobody sent. For an appliance that is stopped. */
  #judgeContent(when: string): void {
    const path = join(this.#site.folder, "data", "rhythmx.db");
    this.#expect(isWhole(path), `${when}: the database is damaged`);
    const users = usersIn(path);
    const lost = [...this.#accepted].filter((user) => !users.has(user));
    this.#expect(lost.length === 0, `${when}: ${lost.length} accepted detections are lost`);
  }

  /** At most one ticket for an incident, and no number of an incident stands for two actors. */
  #judgeTickets(when: string): void {
    const actors = new Map<string, string>();
    for (const row of this.#snow.rows) {
      const id = row.correlation_id ?? "?";
      const actor = /user-\d+/.exec(`${row.short_description} ${row.description}`)?.[0] ?? "?";
      const known = actors.get(id);
      if (known !== undefined) this.#expect(false, `${when}: ${id} has two tickets, for ${known} and ${actor}`);
      actors.set(id, actor);
    }
  }

  #command(args: string[]): ChildProcess {
    return spawn(process.execPath, [program, ...args], {
      env: this.#site.env,
      cwd: this.#site.folder,
      stdio: "ignore",
    });
  }

  /** Until the condition holds or the process has ended. */
  async #until(child: ChildProcess, condition: () => boolean): Promise<void> {
    while (!condition() && child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => setImmediate(resolve));
  }

  #startSending(): void {
    if (this.#sending) return;
    this.#sending = true;
    this.#sender = (async () => {
      while (this.#sending) {
        const level = this.#dice.chance(0.1) ? "critical" : "low";
        await this.#send([this.#detection(level, 500)], false);
        await sleep(10);
      }
    })();
  }

  #stopSending(): void {
    this.#sending = false;
  }

  #detection(level: string, bytes = 0): Record<string, unknown> {
    const raw = { EventID: 4624, Blob: randomBytes(bytes / 2).toString("hex") };
    return detection({
      user: `user-${this.#next++}`,
      host: `host-${this.#next}`,
      level,
      tags: ["attack.execution"],
      raw,
    });
  }

  /** `wanted`: it has to be taken, else it is left in doubt. */
  async #send(records: Record<string, unknown>[], wanted = true): Promise<void> {
    const users = records.map(({ user }) => String(user));
    for (const user of users) this.#doubtful.add(user);
    try {
      const { ok, status } = await fetch(`${this.#site.apiUrl}/api/v1/ingest/detections`, {
        method: "POST",
        headers: { "X-API-Key": this.#key, "Content-Type": "application/x-ndjson" },
        body: records.map((record) => JSON.stringify(record)).join("\n"),
      });
      if (ok)
        for (const user of users) {
          this.#accepted.add(user);
          this.#doubtful.delete(user);
        }
      else if (wanted) this.#expect(false, `a batch is answered ${status}`);
    } catch (error) {
      if (wanted) this.#expect(false, `a batch is not answered: ${String(error)}`);
    }
  }

  #expect(holds: boolean, violation: string): boolean {
    if (!holds) this.report.violations.push(violation);
    return holds;
  }
}

function environment(snow: ServiceNowStandIn): Record<string, string> {
  return {
    RHYTHMX_ADMIN_PASSWORD: password,
    SERVICENOW_INSTANCE: snow.url,
    SERVICENOW_USERNAME: "rhythmx",
    SERVICENOW_PASSWORD: "snow-password-1",
    SERVICENOW_ENABLED: "true",
    SERVICENOW_ASSIGNMENT_GROUP: "SOC Team",
    AUTO_PUSH_ENABLED: "true",
    AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
    AUTO_PUSH_SYSTEMS: "servicenow",
    AUTO_PUSH_CAMPAIGNS: "each",
    RETRY_BASE_DELAY_SECONDS: "0.2",
    RETRY_MAX_DELAY_SECONDS: "1",
    RETRY_SCHEDULE: "* * * * * *",
    UNKNOWN_LOOKUP_DELAYS_SECONDS: "0.3,1",
  };
}

function reading<T>(path: string, work: (database: Sqlite) => T): T {
  const database = new Sqlite(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const usersIn = (path: string) =>
  reading(path, (database) => {
    const rows = database.query("select user_name from sigma_alerts").all() as { user_name: string }[];
    return new Set(rows.map(({ user_name: name }) => name));
  });
const isWhole = (path: string) =>
  reading(path, (database) => {
    const { integrity_check: said } = database.query("PRAGMA integrity_check(1)").get() as { integrity_check: string };
    return said === "ok";
  });
const schemaIn = (path: string) =>
  reading(path, (database) => (database.query("select count(*) as n from schema_journal").get() as { n: number }).n);
const countsIn = (path: string) =>
  reading(path, (database) =>
    Object.fromEntries(
      counted.flatMap((table) => {
        const there = database.query("select 1 from sqlite_master where type = 'table' and name = ?").get(table);
        if (there === null) return [];
        const { n } = database.query(`select count(*) as n from ${table}`).get() as { n: number };
        return [[table, n]];
      }),
    ),
  );

if (import.meta.main) {
  const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
  console.log(`backup: seed ${seed}`);
  const report = await runBackups({ seed, kills: Number(process.argv[3] ?? 50), alerts: 6_000 }, console.log);
  for (const violation of report.violations.slice(0, 20)) console.log(violation);
  const { kills, restored, unchanged, tickets, accepted, seconds, violations } = report;
  console.log(
    `${kills.backup} kills during a backup, ${kills.restore} during a restore (${restored} times the backup was in place, ${unchanged} times the database of before), ${kills.upgrade} during an upgrade; ${accepted} detections, ${tickets} tickets, ${seconds} s: ${violations.length} violations`,
  );
  process.exit(violations.length === 0 ? 0 : 1);
}
