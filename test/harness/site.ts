/** The real program with an API key at hand, asked and fed as a customer's scripts do, and what its alert messages add up to. */
import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { detection, until } from "./appliance.ts";
import { DatabaseFile } from "./database-file.ts";
import { ApplianceProcess, type ProcessOptions } from "./process.ts";
import { parseRfc5424 } from "./rfc5424-strict.ts";

interface Answer {
  status: number;
  /** Seconds of the header Retry-After; null without one. */
  retryAfter: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  body: any;
}

/** HOURLY messages come within a second, so that a test sees all counts told. */
const fastIntervals = { poll_interval_seconds: 0.2, hourly_interval_minutes: 0.01 };

export class Site {
  /** Detections that were answered 200. */
  accepted = 0;
  #key = "";

  private constructor(readonly process: ApplianceProcess) {}

  /** Folders, ports and `config.json` for these destinations; nothing runs yet. */
  static async prepare(syslog: unknown, options: ProcessOptions = {}): Promise<Site> {
    return new Site(await ApplianceProcess.prepare({ config: configOf(syslog), ...options }));
  }

  /** Starts the program, with a key made before the first start. */
  async start(): Promise<void> {
    this.makeKey();
    await this.process.start();
  }

  makeKey(): void {
    if (this.#key !== "") return;
    const { code, stdout, stderr } = this.process.run(["key", "create", "test", "--scope", "ingest"]);
    if (code !== 0) throw new Error(`no key: ${stderr}`);
    this.#key = stdout.trim();
  }

  /** Writes `config.json` with these destinations. */
  configure(syslog: unknown): void {
    this.process.configure(configOf(syslog));
  }

  async ingest(records: readonly unknown[], idempotencyKey?: string): Promise<Answer> {
    const answer = await ask(`${this.process.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: {
        "X-API-Key": this.#key,
        "Content-Type": "application/x-ndjson",
        ...(idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey }),
      },
      body: records.map((record) => JSON.stringify(record)).join("\n"),
    });
    if (answer.status === 200) this.accepted += answer.body.accepted;
    return answer;
  }

  health(): Promise<Answer> {
    return ask(`http://127.0.0.1:${this.process.healthPort}/health`);
  }

  ready(): Promise<Answer> {
    return ask(`${this.process.apiUrl}/readyz`);
  }

  metrics(): Promise<string> {
    return fetch(`${this.process.apiUrl}/metrics`).then((response) => response.text());
  }

  /** What health says about the fault of this name, undefined when it does not name it. */
  async fault(name: string): Promise<string | undefined> {
    const { body } = await this.health();
    return body.faults.find((fault: { name: string }) => fault.name === name)?.message;
  }

  /** Waits until health names the fault, and returns its message. */
  async faultNamed(name: string): Promise<string> {
    let message: string | undefined;
    await until(
      async () => {
        message = await this.fault(name).catch(() => undefined);
        return message !== undefined;
      },
      undefined,
      () => `health does not name ${name}`,
    );
    return message ?? "";
  }

  /** Waits until health says that all is well. */
  async wellAgain(milliseconds = 180_000): Promise<void> {
    let last: unknown;
    await until(
      async () => {
        last = (await this.health()).body;
        return (last as { status: string }).status === "running";
      },
      milliseconds,
      () => `still not well: ${JSON.stringify(last)}`,
    );
  }

  /** How many files and sockets the program has open. */
  descriptors(): number {
    return readdirSync(`/proc/${this.process.pid}/fd`).length;
  }

  /** Sends a batch of these users again and again, as clients do, until it is taken. Each refusal must say when to come back. */
  async repeatUntilTaken(users: readonly string[], idempotencyKey: string): Promise<void> {
    await until(async () => {
      const { status, retryAfter } = await this.ingest(batchOf(users), idempotencyKey);
      if (status === 200) return true;
      expect({ status, retryAfter: (retryAfter ?? 0) > 0 }).toEqual({ status: 503, retryAfter: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
      return false;
    });
  }

  /** Nothing lost and nothing made up: every accepted detection is told and stored, no other, and the program ends well. */
  async endsWithAllTold(messages: readonly string[]): Promise<void> {
    const described = () => `accepted ${this.accepted}, told ${told(messages)}`;
    await until(() => told(messages) >= this.accepted, undefined, described);
    await this.wellAgain();
    expect(await this.process.terminate()).toBe(0);
    expect(told(messages)).toBe(this.accepted);
    expect(this.stored()).toEqual({ counted: this.accepted, integrity: "ok" });
  }

  /** What the database holds, after the program has ended: the counts of all alerts together, and what SQLite finds wrong. */
  stored(): { counted: number; integrity: string } {
    const database = new DatabaseFile(join(this.process.folder, "data", "rhythmx.db"));
    try {
      const row = database.query("select coalesce(sum(count), 0) as counted from sigma_alerts").get() as {
        counted: number;
      };
      const check = database.query("pragma integrity_check").get() as { integrity_check: string };
      return { counted: row.counted, integrity: check.integrity_check };
    } finally {
      database.close();
    }
  }
}

/** How many detections these messages tell of: counts of FIRST and deltas of HOURLY, repeats of a message left out. */
export function told(messages: readonly string[]): number {
  let total = 0;
  for (const message of new Set(messages)) {
    const { msgid, sd } = parseRfc5424(message);
    const params = Object.fromEntries(sd[0]?.params ?? []);
    total += Number(msgid === "FIRST" ? params.count : params.hourly_delta);
  }
  return total;
}

/** A batch of detections of one user each: as many new alerts as there are names. */
export function batchOf(users: readonly string[], raw: unknown = { EventID: 4624 }): unknown[] {
  return users.map((user) => detection({ user, raw }));
}

/** `prefix-0` … */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

function configOf(syslog: unknown): unknown {
  return { syslog, daemon: fastIntervals };
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) });
  const retry = response.headers.get("retry-after");
  return { status: response.status, retryAfter: retry === null ? null : Number(retry), body: await response.json() };
}
