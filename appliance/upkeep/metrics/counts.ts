/**
 * What the service counts itself as it happens. Label values are words of this program, with one entry for whatever else there is: a sender, a
 * target or a stranger cannot make series.
 */
import type { KeyRefusal } from "../../../core/api-key.ts";
import { type AppendedCounts, type EventKind, eventKinds } from "../../../core/event.ts";
import type { IntakeCounts } from "../../../core/intake/counts.ts";
import { alarmFormats, detectionFormats } from "../../../core/intake/engines/registry.ts";
import type { Family } from "./family.ts";
import { Distribution, Tally } from "./tally.ts";

export type LoginOutcome = "accepted" | "refused" | "code_wrong" | "throttled";
export type ReloadOutcome = "taken" | "refused" | "failed";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const outcomes = ["accepted", "rejected", "duplicate"] as const;
const formats = { detections: detectionFormats, alarms: alarmFormats } as const;
const kinds = ["detections", "alarms"] as const;

/** Seconds. A batch of 20,000 records takes a few; what intake waits for is the disk. */
const intakeBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const requestBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Kinds of requests that take about as long as each other. */
export const requestClasses = ["read", "change", "login", "connection_test", "webhook", "console"] as const;
export type RequestClass = (typeof requestClasses)[number];

export class Counts {
  readonly #batches = new Tally();
  readonly #records = new Tally(
    kinds.flatMap((kind) =>
      formats[kind].flatMap((format) => outcomes.map((outcome) => ({ kind, format, outcome }) as const)),
    ),
  );
  readonly #intake = new Distribution(
    intakeBounds,
    kinds.map((kind) => ({ kind })),
  );
  readonly #events = new Tally(eventKinds.map((kind) => ({ kind })));
  readonly #requests = new Tally();
  readonly #requestTimes = new Distribution(
    requestBounds,
    requestClasses.map((name) => ({ class: name })),
  );
  readonly #logins = new Tally(
    ["api", "console"].flatMap((source) =>
      (["accepted", "refused", "code_wrong", "throttled"] satisfies LoginOutcome[]).map((outcome) => ({
        source,
        outcome,
      })),
    ),
  );
  readonly #refusedKeys = new Tally(
    (["unknown", "revoked", "expired", "scope"] satisfies KeyRefusal[]).map((reason) => ({ reason })),
  );
  readonly #audit = new Tally([{ outcome: "written" }, { outcome: "failed" }]);
  readonly #pruned = new Tally([{}]);
  readonly #expired = new Tally([{}]);
  readonly #reloads = new Tally(["taken", "refused", "failed"].map((outcome) => ({ outcome })));
  #lastReload: ReloadOutcome = "taken";
  #lastGoodReloadAt: number;

  /** `now`: epoch milliseconds; the settings of the start count as reloaded then. */
  constructor(now: number) {
    this.#lastGoodReloadAt = now;
  }

  /** An answer of intake. */
  batch(status: number): void {
    this.#batches.add({ status: String(status) });
  }

  /** What became of records of a batch, whose format has been found to be one of those that are known. */
  records({ kind, format, accepted, duplicates, rejected }: IntakeCounts): void {
    this.#records.add({ kind, format, outcome: "accepted" }, accepted);
    this.#records.add({ kind, format, outcome: "duplicate" }, duplicates);
    this.#records.add({ kind, format, outcome: "rejected" }, rejected);
  }

  /** A batch was taken in: from when its body was there until its records were on the disk. */
  tookIn(kind: "detections" | "alarms", milliseconds: number): void {
    this.#intake.took(milliseconds, { kind });
  }

  /** Events that a commit appended to the log. */
  appended(counts: AppendedCounts): void {
    for (const [kind, count] of Object.entries(counts)) this.#events.add({ kind: kind as EventKind }, count);
  }

  /** An answered request of the API, without intake. */
  asked(method: string, status: number): void {
    this.#requests.add({ method: methods.includes(method) ? method : "other", status: String(status) });
  }

  answered(kind: RequestClass, milliseconds: number): void {
    this.#requestTimes.took(milliseconds, { class: kind });
  }

  login(source: "api" | "console", outcome: LoginOutcome): void {
    this.#logins.add({ source, outcome });
  }

  keyRefused(reason: KeyRefusal): void {
    this.#refusedKeys.add({ reason });
  }

  audited(outcome: "written" | "failed"): void {
    this.#audit.add({ outcome });
  }

  /** Events that retention removed, and those of them that some destination had not sent. */
  pruned(events: number, expired: number): void {
    this.#pruned.add({}, events);
    this.#expired.add({}, expired);
  }

  /** A reload at `now`, epoch milliseconds: all settings applied, some refused, or failed. */
  reloaded(outcome: ReloadOutcome, now: number): void {
    this.#reloads.add({ outcome });
    this.#lastReload = outcome;
    if (outcome === "taken") this.#lastGoodReloadAt = now;
  }

  families(): Family[] {
    return [
      counter("rhythmx_intake_requests_total", "Batches by HTTP status.", this.#batches),
      counter("rhythmx_intake_records_total", "Records by what became of them.", this.#records),
      histogram(
        "rhythmx_intake_duration_seconds",
        "Time from the whole body until the records of a batch are on the disk.",
        this.#intake,
      ),
      counter("rhythmx_events_total", "Events recorded in the log, by kind.", this.#events),
      counter("rhythmx_api_requests_total", "Requests of the API by method and HTTP status.", this.#requests),
      histogram("rhythmx_api_request_duration_seconds", "Time until the answer of a request.", this.#requestTimes),
      counter("rhythmx_logins_total", "Logins of users by what became of them.", this.#logins),
      counter("rhythmx_api_key_refusals_total", "Requests with an API key that was refused.", this.#refusedKeys),
      counter("rhythmx_audit_entries_total", "Entries of the audit log, written or not.", this.#audit),
      counter("rhythmx_events_pruned_total", "Events that passed the retention limit.", this.#pruned),
      counter(
        "rhythmx_events_expired_total",
        "Deliveries that will not happen because the event passed the retention limit first.",
        this.#expired,
      ),
      counter("rhythmx_config_reloads_total", "Reloads of the settings by what became of them.", this.#reloads),
      {
        name: "rhythmx_config_last_reload_successful",
        help: "1 unless the last reload refused something.",
        type: "gauge",
        read: () => [[{}, this.#lastReload === "taken" ? 1 : 0]],
      },
      {
        name: "rhythmx_config_last_reload_success_timestamp_seconds",
        help: "When all settings were last applied.",
        type: "gauge",
        read: () => [[{}, this.#lastGoodReloadAt / 1000]],
      },
    ];
  }
}

function counter(name: string, help: string, tally: Tally): Family {
  return { name, help, type: "counter", read: () => tally.read() };
}

function histogram(name: string, help: string, distribution: Distribution): Family {
  return { name, help, type: "histogram", bounds: distribution.bounds, read: () => distribution.read() };
}
