/** A whole appliance inside a test: temporary data folder, any free ports, a clock that the test moves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAppliance } from "../../appliance/appliance.ts";
import type { Appliance } from "../../appliance/options.ts";
import { createLog } from "../../appliance/runtime/log.ts";
import { LogLevelSwitch } from "../../appliance/runtime/log-level.ts";
import { argon2id } from "../../appliance/runtime/passwords.ts";
import type { ApiKeyScope } from "../../core/api-key.ts";
import type { ReloadReport } from "../../core/settings/reload/changes.ts";
import { type ResolvedSettings, resolveSettings } from "../../core/settings/resolve.ts";
import type { Settings } from "../../core/settings.ts";
import { copyEmptyDatabase } from "./empty-database.ts";
import { FakeClock } from "./fake-clock.ts";
import { CommitRecorder } from "./replay.ts";

export interface TestApplianceOptions {
  /** In the shape of `config.json`. */
  config?: unknown;
  /** In the shape of `incident_syslog_config.json`. */
  incidentConfig?: unknown;
  /** RHYTHMX_… values. */
  env?: Record<string, string>;
  clock?: FakeClock;
  /** To start again on the folder of an appliance that was stopped. */
  dataDir?: string;
  /** Disk, clock, ports and logins are watched as often as in the product; otherwise once a minute, which makes simulated hours cheap. */
  watchful?: boolean;
}

const watchEveryMs = 60_000;

export interface IngestAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  body: any;
}

export class TestAppliance {
  readonly clock: FakeClock;
  readonly dataDir: string;
  readonly logLines: string[];
  readonly appliance: Appliance;
  readonly key: string;
  /** What the log and others outside of the appliance were told at the start, and after each change. */
  readonly told: readonly Settings[];
  readonly #env: Record<string, string>;
  readonly #commits: CommitRecorder;
  readonly #unwatch: () => void;

  private constructor(parts: {
    clock: FakeClock;
    dataDir: string;
    logLines: string[];
    appliance: Appliance;
    key: string;
    told: Settings[];
    env: Record<string, string>;
    commits: CommitRecorder;
  }) {
    this.clock = parts.clock;
    this.dataDir = parts.dataDir;
    this.logLines = parts.logLines;
    this.appliance = parts.appliance;
    this.key = parts.key;
    this.told = parts.told;
    this.#env = parts.env;
    this.#commits = parts.commits;
    this.#unwatch = this.clock.watch(() => this.appliance.busy());
  }

  static async start(options: TestApplianceOptions = {}): Promise<TestAppliance> {
    const dataDir = options.dataDir ?? (await newFolder());
    const clock = options.clock ?? new FakeClock();
    const logLines: string[] = [];
    const logLevel = new LogLevelSwitch("debug");
    const write = (line: string) => void logLines.push(line);
    const log = createLog({ level: () => logLevel.inForce, format: "json", clock, write });
    const env = {
      RHYTHMX_LISTEN: "127.0.0.1:0",
      RHYTHMX_ALERT_HEALTH: "127.0.0.1:0",
      RHYTHMX_INCIDENT_HEALTH: "127.0.0.1:0",
      ...options.env,
      RHYTHMX_DATA_DIR: dataDir,
    };
    const resolved = settingsOf(env, options.config, options.incidentConfig);
    const commits = new CommitRecorder(join(dataDir, "rhythmx.db"));
    const told: Settings[] = [];
    const appliance = await startAppliance({
      resolved,
      onSettings: (settings) => void told.push(settings),
      clock,
      sleep: clock.sleep,
      random: () => 0.5,
      log,
      logLevel,
      // Cheap: the tests protect nothing.
      passwords: argon2id(8, 1),
      onCommit: commits.onCommit,
      watchEveryMs: options.watchful ? 0 : watchEveryMs,
    });
    const { key } = await appliance.operations.createKey({
      name: "test",
      scopes: ["ingest"],
      entities: [],
      expiresInDays: null,
    });
    return new TestAppliance({ clock, dataDir, logLines, appliance, key, told, env, commits });
  }

  makeKey(
    scopes: ApiKeyScope[],
    entities: string[] = [],
    expiresInDays: number | null = null,
  ): Promise<{ key: string; id: string }> {
    return this.appliance.operations.createKey({ name: "more", scopes, entities, expiresInDays });
  }

  /** Posts to an ingest endpoint: records as NDJSON, or a body as it is. */
  async ingest(
    records: readonly unknown[] | string | Uint8Array,
    options: { kind?: "detections" | "alarms"; headers?: Record<string, string>; query?: string } = {},
  ): Promise<IngestAnswer> {
    const { kind = "detections", headers = {}, query = "" } = options;
    const body =
      typeof records === "string" || records instanceof Uint8Array
        ? records
        : records.map((record) => JSON.stringify(record)).join("\n");
    const response = await fetch(`${this.appliance.apiUrl}/api/v1/ingest/${kind}${query}`, {
      method: "POST",
      headers: { "X-API-Key": this.key, "Content-Type": "application/x-ndjson", ...headers },
      body: body as never,
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async health(feed: "alerts" | "incidents" = "alerts"): Promise<{ status: number; body: any }> {
    const { healthUrl, incidentHealthUrl } = this.appliance;
    const response = await fetch(`${feed === "alerts" ? healthUrl : incidentHealthUrl}/health`);
    return { status: response.status, body: await response.json() };
  }

  /** As SIGHUP does, with another `config.json`. */
  reload(config: unknown, incidentConfig?: unknown): Promise<ReloadReport> {
    return this.appliance.reload(settingsOf(this.#env, config, incidentConfig));
  }

  /** Stops and keeps the data folder. Fails where what was committed, replayed, would have made another database. */
  async stop(): Promise<void> {
    this.#unwatch();
    await this.appliance.stop();
    await this.#commits.verify();
  }

  /** Stopped and started on the same folder, with the same settings of the environment and the same clock. `between`: while it is stopped. */
  async restarted(between: () => void = () => {}): Promise<TestAppliance> {
    await this.stop();
    between();
    return TestAppliance.start({ dataDir: this.dataDir, clock: this.clock, env: this.#env });
  }

  /** The same after something that takes its time. */
  async restartedAfter(between: () => Promise<void>): Promise<TestAppliance> {
    await this.stop();
    await between();
    return TestAppliance.start({ dataDir: this.dataDir, clock: this.clock, env: this.#env });
  }

  /** Stops and removes the data folder. Fails as `stop` does. */
  async dispose(): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.dataDir, { recursive: true, force: true });
    }
  }
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rhythmx-test-"));
  await copyEmptyDatabase(join(folder, "rhythmx.db"));
  return folder;
}

function settingsOf(env: Record<string, string>, config: unknown, incidentConfig?: unknown): ResolvedSettings {
  const file = (source: string, content: unknown) =>
    content === undefined ? null : { source, folder: "/", content: { text: JSON.stringify(content) } };
  return resolveSettings({
    environment: env,
    envFile: null,
    alertFeedFile: file("config.json", config),
    incidentFeedFile: file("incident_syslog_config.json", incidentConfig),
    configDir: "/nonexistent",
    defaultDataDir: "/nonexistent",
  });
}

/** A valid detection; override what the test is about. */
export function detection(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    rule_title: "Suspicious Logon",
    rule_id: "8f2c0e5a-0000-4000-8000-000000000001",
    rule_author: "Jane Doe",
    level: "high",
    timestamp: "2026-03-13T04:29:55Z",
    user: "CORP\\jsmith",
    host: "WS-101",
    raw: { EventID: 4624, Computer: "WS-101" },
    ...fields,
  };
}

/** Waits until `condition` holds, at most `milliseconds`; then fails with what `describe` says. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  milliseconds = 180_000,
  describe = () => "waited in vain",
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(describe());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
