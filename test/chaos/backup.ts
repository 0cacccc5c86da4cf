/**
 * `npm run chaos:backup [-- SEED [KILLS]]`: an appliance takes detections and makes tickets while it is backed up, restored and upgraded, and kill -9
 * comes in the middle of each: to the command, to the appliance, at random moments and at the moment at which files are moved. An independent
 * model knows what was accepted. At the end: the database is whole, what it holds is what was accepted up to the backup that counts, no backup is
 * half, nothing is left behind, every old schema comes up with all its rows and goes back, and no incident has two tickets.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { password } from "../harness/api-client.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";
import { autoPush, serviceNowEnvironment } from "../standins/environment.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";
import { BackupSender } from "./backup-sender.ts";
import { killDuringUpgrade, untilOrEnd } from "./backup-upgrade.ts";
import { isWhole, usersIn } from "./database-files.ts";
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
  readonly #sender: BackupSender;
  /** The last good one. */
  #backup: GoodBackup | null = null;

  constructor(dice: Dice, snow: ServiceNowStandIn, site: ApplianceProcess) {
    this.#dice = dice;
    this.#snow = snow;
    this.#site = site;
    this.#folder = join(site.folder, "backups");
    mkdirSync(this.#folder);
    const key = site.run(["key", "create", "chaos", "--scope", "ingest"]).stdout.trim();
    this.#sender = new BackupSender(site, key, dice, (violation) => this.#expect(false, violation));
  }

  async begin(alerts: number): Promise<void> {
    await this.#site.start();
    for (let n = 0; n < alerts; n += 500)
      await this.#sender.send(
        Array.from({ length: Math.min(500, alerts - n) }, () => this.#sender.detection("low", 3_000)),
      );
  }

  async round(kind: Round): Promise<void> {
    if (kind === "upgrade")
      this.report.kills.upgrade += await killDuringUpgrade(this.#dice, (...seen) => this.#expect(...seen));
    else if (kind === "restore" && this.#backup !== null) await this.#restore(this.#backup);
    else await this.#backUp();
    this.#judgeTickets(kind);
  }

  /** A last backup and restore without a kill, on which everything comes to rest. */
  async end(): Promise<void> {
    await this.#sender.stop();
    await this.#expectBackup();
    await this.#site.terminate();
    this.#judgeContent("at the end");
    const left = readdirSync(this.#folder).filter((name) => name.startsWith("."));
    this.#expect(left.length === 0, `left beside the backups: ${left.join(", ")}`);
    this.#judgeTickets("the end");
    this.report.tickets = this.#snow.rows.length;
    this.report.accepted = this.#sender.made;
  }

  async dispose(): Promise<void> {
    await this.#sender.stop();
    await this.#site.dispose();
  }

  async #backUp(): Promise<void> {
    this.#sender.start();
    const path = join(this.#folder, `${this.report.kills.backup}.tar.gz`);
    const child = this.#command(["backup", path, "--force"]);
    await sleep(this.#dice.int(0, 1500));
    const isTheCommand = this.#dice.chance(0.5);
    this.report.kills.backup++;
    if (isTheCommand) child.kill("SIGKILL");
    else await this.#site.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await this.#sender.stop();
    if (existsSync(path)) {
      const { code, stderr } = this.#site.run(["backup", path, "--verify"]);
      this.#expect(code === 0, `a killed backup has its name and is not whole: ${stderr.trim()}`);
    }
    if (!isTheCommand) await this.#site.start();
    await this.#expectBackup();
  }

  /** A backup while detections come in, which has to succeed. */
  async #expectBackup(): Promise<void> {
    this.#sender.start();
    const path = join(this.#folder, `good-${this.report.kills.backup}-${this.#sender.made}.tar.gz`);
    const least = new Set(this.#sender.accepted);
    // The one whose command was killed is given up by the appliance once it notices; until then there is no other.
    let { code, stderr } = await this.#site.runAside(["backup", path]);
    for (let tries = 0; stderr.includes("a backup is being made") && tries < 100; tries++) {
      await sleep(100);
      ({ code, stderr } = await this.#site.runAside(["backup", path]));
    }
    await this.#sender.stop();
    const good = this.#expect(code === 0, `a backup after a kill fails: ${stderr.trim()}`);
    if (!good) return;
    const earlier = this.#backup?.path;
    this.#backup = { path, least, most: new Set([...this.#sender.accepted, ...this.#sender.doubtful]) };
    if (earlier !== undefined) rmSync(earlier, { force: true });
    const left = readdirSync(this.#folder).filter((name) => name.startsWith("."));
    this.#expect(left.length === 0, `a backup leaves ${left.join(", ")}`);
  }

  async #restore({ path, least, most }: GoodBackup): Promise<void> {
    // Something that the backup does not know.
    await this.#sender.send([this.#sender.detection("critical"), this.#sender.detection("critical")]);
    if (this.#dice.chance(0.5)) await this.#site.terminate();
    else await this.#site.kill();
    const database = join(this.#site.folder, "data", "rhythmx.db");
    const child = this.#command(["restore", path, "--yes"]);
    if (this.#dice.chance(0.4)) await untilOrEnd(child, () => existsSync(`${database}.restore-intention`));
    else if (this.#dice.chance(0.5)) {
      await untilOrEnd(child, () => existsSync(`${database}.restoring`));
      await sleep(this.#dice.int(0, 400));
    } else await sleep(this.#dice.int(0, 1200));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.report.kills.restore++;
    await this.#site.start();
    await this.#site.terminate();
    const users = usersIn(database);
    const isOld = [...this.#sender.accepted].every((user) => users.has(user));
    const isNew = [...least].every((user) => users.has(user)) && [...users].every((user) => most.has(user));
    if (isOld) this.report.unchanged++;
    else if (isNew) {
      this.report.restored++;
      this.#sender.accepted = users;
      this.#sender.doubtful.clear();
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
    await this.#sender.send([this.#sender.detection("critical")]);
  }

  /** What counts is in the file, and nothing that nobody sent. For an appliance that is stopped. */
  #judgeContent(when: string): void {
    const path = join(this.#site.folder, "data", "rhythmx.db");
    this.#expect(isWhole(path), `${when}: the database is damaged`);
    const users = usersIn(path);
    const lost = [...this.#sender.accepted].filter((user) => !users.has(user));
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

  #expect(holds: boolean, violation: string): boolean {
    if (!holds) this.report.violations.push(violation);
    return holds;
  }
}

function environment(snow: ServiceNowStandIn): Record<string, string> {
  return {
    RHYTHMX_ADMIN_PASSWORD: password,
    ...serviceNowEnvironment(snow),
    ...autoPush("servicenow"),
    AUTO_PUSH_CAMPAIGNS: "each",
    RETRY_BASE_DELAY_SECONDS: "0.2",
    RETRY_MAX_DELAY_SECONDS: "1",
    RETRY_SCHEDULE: "* * * * * *",
    UNKNOWN_LOOKUP_DELAYS_SECONDS: "0.3,1",
  };
}

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
