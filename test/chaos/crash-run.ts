/**
 * The real process, killed with SIGKILL again and again: half the time while it takes detections in, half while it works off what
 * its receivers have missed, and now and then while it starts. The receivers and the client live on.
 */
import { join } from "node:path";
import { ApplianceProcess } from "../harness/process.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { Client } from "./client.ts";
import { Dice } from "./dice.ts";
import { Ledger } from "./ledger.ts";
import { type Delivery, verifyDatabase, verifyDelivery } from "./verify.ts";
import { type IncidentReport, verifyIncidents } from "./verify-incidents.ts";
import { Workload } from "./workload.ts";

export interface CrashReport {
  violations: string[];
  kills: { intake: number; sending: number; starting: number };
  /** Kills while a batch was unanswered, and while events waited for a receiver. */
  hit: { unanswered: number; waiting: number };
  /** Milliseconds that each start took until it answered. */
  starts: number[];
  batches: number;
  /** Attempts that got no answer, attempts told to come again, and answered batches posted once more. */
  attempts: { broken: number; deferred: number; repeated: number };
  records: { received: number; accepted: number; duplicates: number; rejected: number };
  alerts: number;
  events: number;
  correlation: Omit<IncidentReport, "violations">;
  destinations: Record<string, Delivery>;
  milliseconds: number;
  /** Data folder, kept when there are violations. */
  folder: string;
}

interface Line {
  receiver: SyslogReceiver;
  ledger: Ledger;
}

const batchSize = 25;
const toldWithinMs = 300_000;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs `kills` SIGKILLs, lets the appliance come to rest and verifies. `progress` is told after each kill. */
export async function crashRun(
  options: { kills: number; seed: number },
  progress: (done: number) => void = () => {},
): Promise<CrashReport> {
  const run = await CrashRun.prepare(options.seed);
  let sound = false;
  try {
    const report = await run.play(options.kills, progress);
    sound = report.violations.length === 0;
    return report;
  } catch (error) {
    throw new Error(`the run broke off; data folder ${run.folder}`, { cause: error });
  } finally {
    await run.cleanUp(sound);
  }
}

class CrashRun {
  readonly #began = performance.now();
  readonly #dice: Dice;
  readonly #workload: Workload;
  readonly #process: ApplianceProcess;
  readonly #lines: Line[];
  readonly #client: Client;
  readonly #kills = { intake: 0, sending: 0, starting: 0 };
  readonly #hit = { unanswered: 0, waiting: 0 };
  readonly #starts: number[] = [];
  readonly #violations: string[] = [];

  private constructor(
    dice: Dice,
    parts: { workload: Workload; process: ApplianceProcess; lines: Line[]; apiKey: string },
  ) {
    const { workload, process, lines, apiKey } = parts;
    this.#dice = dice;
    this.#workload = workload;
    this.#process = process;
    this.#lines = lines;
    this.#client = new Client({ url: process.apiUrl, apiKey, workload, dice });
  }

  static async prepare(seed: number): Promise<CrashRun> {
    const dice = new Dice(seed);
    const lines: Line[] = [];
    for (const name of ["octet", "lf"])
      lines.push({ receiver: await SyslogReceiver.started(), ledger: new Ledger(name) });
    const syslog = lines.map(({ receiver, ledger }) => ({
      name: ledger.name,
      protocol: "tcp",
      framing: ledger.name,
      host: "127.0.0.1",
      port: receiver.port,
      timestamp_precision: 3,
    }));
    const daemon = { poll_interval_seconds: 0.5, hourly_interval_minutes: 0.05, batch_size: batchSize };
    const process = await ApplianceProcess.prepare({ config: { syslog, daemon } });
    const { code, stdout, stderr } = process.run(["key", "create", "chaos", "--scope", "ingest"]);
    if (code !== 0) throw new Error(`no API key: ${stderr}`);
    return new CrashRun(dice, { workload: new Workload(dice), process, lines, apiKey: stdout.trim() });
  }

  async play(kills: number, progress: (done: number) => void): Promise<CrashReport> {
    // Both readers have their place in the log before the first event.
    await this.#start();
    const kinds = Array.from({ length: kills }, (_, index) => (index % 2 === 0 ? "intake" : "sending"));
    for (const [index, kind] of this.#dice.shuffled(kinds).entries()) {
      if (kind === "intake") await this.#killDuringIntake();
      else await this.#killDuringSending();
      await this.#drained();
      if (this.#dice.chance(0.1)) await this.#killDuringStart();
      progress(index + 1);
      await this.#start();
    }
    return this.#rest();
  }

  get folder(): string {
    return this.#process.folder;
  }

  /** Whatever became of the run: nothing stays behind but the data folder of one that is not sound. */
  async cleanUp(sound: boolean): Promise<void> {
    this.#client.stop();
    await this.#process.kill();
    await Promise.all(this.#lines.map(({ receiver }) => receiver.stop()));
    if (sound) await this.#process.dispose();
  }

  async #killDuringIntake(): Promise<void> {
    this.#client.open();
    await sleep(this.#dice.int(10, 700));
    if (this.#client.unanswered > 0) this.#hit.unanswered++;
    await this.#process.kill();
    this.#kills.intake++;
  }

  /** A backlog builds up behind receivers that are down or read slowly; the kill comes while it drains. */
  async #killDuringSending(): Promise<void> {
    const dice = this.#dice;
    this.#client.close();
    await this.#client.idle();
    const affected = dice.pick([this.#lines, this.#lines.slice(0, 1), this.#lines.slice(1)]);
    const slow = dice.chance(0.25);
    if (slow) for (const { receiver } of affected) receiver.misbehaviour = { bytesPerSecond: 400_000 };
    else await this.#restartWithout(affected);
    for (let batch = dice.int(1, 3); batch > 0; batch--) await this.#client.post(this.#workload.newAlerts(700));
    const before = affected.map(({ receiver }) => receiver.messages.length);
    for (const { receiver } of slow ? [] : affected) await receiver.start();
    const draining = () => affected.some(({ receiver }, index) => receiver.messages.length > (before[index] ?? 0));
    for (const end = performance.now() + 10_000; !draining() && performance.now() < end; ) await sleep(2);
    await sleep(dice.int(0, 100));
    await this.#process.kill();
    this.#kills.sending++;
    await this.#drained();
    if (this.#lines.some(({ ledger }) => ledger.firsts < this.#workload.counts.size)) this.#hit.waiting++;
  }

  /** Receivers go away while the appliance is not there, so that none takes unread messages with it. */
  async #restartWithout(lines: Line[]): Promise<void> {
    const code = await this.#process.terminate();
    if (code !== 0) this.#violations.push(`SIGTERM: exit code ${code}`);
    await this.#drained();
    for (const { receiver } of lines) await receiver.stop();
    await this.#start();
  }

  async #killDuringStart(): Promise<void> {
    const starting = this.#process.start().catch(() => {});
    await sleep(this.#dice.int(50, 500));
    await this.#process.kill();
    await starting;
    this.#kills.starting++;
    await this.#drained();
  }

  async #start(): Promise<void> {
    const began = performance.now();
    await this.#process.start();
    this.#starts.push(performance.now() - began);
  }

  /** Waits until the receivers have read what a process that is gone left in the kernel, and enters it. */
  async #drained(): Promise<void> {
    for (const { receiver } of this.#lines) receiver.misbehaviour = {};
    for (let calm = 0; calm < 5; ) {
      await sleep(10);
      calm = this.#lines.every(({ receiver }) => receiver.connections === 0) ? calm + 1 : 0;
    }
    this.#enter();
  }

  #enter(): void {
    for (const { receiver, ledger } of this.#lines)
      for (const message of receiver.messages.splice(0)) ledger.add(message);
  }

  /** No more kills: everything is answered and told, then the appliance stops in order and its file is read. */
  async #rest(): Promise<CrashReport> {
    const { sums, violations: answers } = this.#client;
    this.#client.close();
    await this.#client.idle();
    const repeated = await this.#client.repeatAnswered();
    const good = this.#workload.good - this.#workload.duplicates;
    const end = performance.now() + toldWithinMs;
    while (this.#lines.some(({ ledger }) => ledger.told < good) && performance.now() < end) {
      await sleep(50);
      this.#enter();
    }
    const code = await this.#process.terminate();
    if (code !== 0) this.#violations.push(`SIGTERM at the end: exit code ${code}`);
    await this.#drained();

    const { counts, duplicates, bad } = this.#workload;
    const expected = { accepted: good, duplicates, alertsNew: counts.size, rejected: bad };
    for (const [name, value] of Object.entries(expected)) {
      const answered = sums[name as keyof typeof expected];
      if (answered !== value) this.#violations.push(`all answers together: ${name} ${answered}; model ${value}`);
    }
    const path = join(this.#process.folder, "data", "rhythmx.db");
    const stored = await verifyDatabase(path, counts);
    const { violations: unlike, ...correlation } = await verifyIncidents(path);
    const destinations = Object.fromEntries(
      this.#lines.map(({ ledger }) => [ledger.name, verifyDelivery(ledger, stored.events, counts, batchSize)]),
    );
    const deliveries = Object.values(destinations).flatMap(({ violations }) => violations);
    this.#violations.push(...answers, ...stored.violations, ...unlike, ...deliveries);
    return {
      violations: this.#violations,
      kills: this.#kills,
      hit: this.#hit,
      starts: this.#starts,
      batches: sums.batches,
      attempts: { broken: this.#client.broken, deferred: this.#client.deferred, repeated },
      records: {
        received: sums.received,
        accepted: sums.accepted,
        duplicates: sums.duplicates,
        rejected: sums.rejected,
      },
      alerts: counts.size,
      events: stored.events.length,
      correlation,
      destinations,
      milliseconds: performance.now() - this.#began,
      folder: this.folder,
    };
  }
}
