/** What administrators do with the appliance itself. */
import type { Caller } from "../../../core/access/caller.ts";
import { EdgeError } from "../../../core/errors.ts";
import type { FeedName } from "../../../core/feeds/feeds.ts";
import type { ReloadReport } from "../../../core/settings/reload/changes.ts";
import { isoOrNull } from "../../../core/time.ts";
import { type AuditAuthor, type AuditLog, auditAuthor } from "../../access/audit-log.ts";
import type { HeartbeatStatus } from "../../feeds/heartbeat.ts";
import type { LogLevel } from "../../runtime/log.ts";
import type { LogLevelSwitch } from "../../runtime/log-level.ts";

export interface ReloadParts {
  /** The result of the last reload that somebody asked for; null before the first. */
  last(): ReloadReport | null;
  /** Reads files and environment again and notes it in the audit log; null where nobody reads them (demo, tests). */
  reload: ((author: AuditAuthor) => Promise<ReloadReport>) | null;
}

/** Makes the support bundle and notes it in the audit log. */
export type MakeBundle = (author: AuditAuthor) => Promise<Uint8Array>;

interface SystemParts {
  reloads: ReloadParts;
  makeBundle: MakeBundle;
  /** Null = it cannot be chosen. */
  logLevel: LogLevelSwitch | null;
  audit: AuditLog;
  heartbeats(): readonly HeartbeatStatus[];
  /** @throws EdgeError destination_unknown, heartbeat_waits */
  sendHeartbeat(feed: FeedName, name: string): void;
}

export class SystemControl {
  readonly #parts: SystemParts;
  /** One at a time: each tries every receiver. */
  #bundles: Promise<unknown> = Promise.resolve();

  constructor(parts: SystemParts) {
    this.#parts = parts;
  }

  logLevel(): object | null {
    const { logLevel } = this.#parts;
    if (logLevel === null) return null;
    const { inForce, configured, isTemporary } = logLevel;
    return { level: inForce, configured, temporary: isTemporary };
  }

  /** At once, until the next restart; null = that of the settings again. @throws EdgeError log_level_fixed */
  async chooseLogLevel(caller: Caller, level: LogLevel | null): Promise<object> {
    const { logLevel, audit } = this.#parts;
    if (logLevel === null)
      throw new EdgeError("log_level_fixed", "the level of this appliance's log is that of its start: it is a demo");
    const before = logLevel.inForce;
    logLevel.choose(level);
    await audit.note(auditAuthor(caller), "log.level", "log", {
      changes: { level: { old: before, new: logLevel.inForce } },
      until: level === null ? "settings" : "restart",
    });
    return this.logLevel() ?? {};
  }

  heartbeats(): object[] {
    return this.#parts.heartbeats().map(({ feed, name, everyMinutes, lastAt, nextAt, waits }) => ({
      feed,
      name,
      every_minutes: everyMinutes,
      last_sent: isoOrNull(lastAt),
      next: isoOrNull(nextAt),
      waits,
    }));
  }

  /** @throws EdgeError destination_unknown, heartbeat_waits */
  async sendHeartbeat(caller: Caller, feed: FeedName, name: string): Promise<void> {
    this.#parts.sendHeartbeat(feed, name);
    await this.#parts.audit.note(auditAuthor(caller), "feed.heartbeat", `${feed}/${name}`);
  }

  /** A tar archive with gzip. */
  supportBundle(caller: Caller): Promise<Uint8Array> {
    const bundle = this.#bundles.then(() => this.#parts.makeBundle(auditAuthor(caller)));
    this.#bundles = bundle.catch(() => {});
    return bundle;
  }

  lastReload(): object | null {
    const report = this.#parts.reloads.last();
    return report === null ? null : rowOf(report);
  }

  /** @throws EdgeError cannot_reload */
  async reload(caller: Caller): Promise<object> {
    if (this.#parts.reloads.reload === null)
      throw new EdgeError("cannot_reload", "this appliance has no settings in files and environment: it is a demo");
    return rowOf(await this.#parts.reloads.reload(auditAuthor(caller)));
  }
}

/** The report as it is given out. */
function rowOf({ at, by, outcome, changes, refused }: ReloadReport): object {
  return { at, by, outcome, changes, refused };
}
