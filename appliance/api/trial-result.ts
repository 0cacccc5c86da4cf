/** The answer to a trial of an exception, gathered from its steps. */
import { type ExceptionScope, needsLog } from "../../core/exceptions/exception.ts";
import { type TrialStep, trialDays } from "../../core/exceptions/trial.ts";
import { toIso } from "../../core/time.ts";

const mostIncidents = 20;

export class TrialResult {
  isComplete = true;
  logsRead = 0;
  readonly #byLogs: boolean;
  readonly #since: number;
  readonly #actors = new Set<string>();
  #detections = 0;
  #isExact = true;
  #logsGone = 0;
  #openIncidents = 0;
  #incidents: TrialStep["incidents"] = [];

  /** `since`: epoch ms. */
  constructor(scope: ExceptionScope, since: number) {
    this.#byLogs = needsLog(scope);
    this.#since = since;
  }

  add(step: TrialStep): void {
    this.#detections += step.detections;
    for (const actor of step.actors) this.#actors.add(actor);
    this.#isExact &&= step.isExact;
    this.logsRead += step.logsRead;
    this.#logsGone += step.logsGone;
    this.#openIncidents += step.incidents.length;
    this.#incidents = [...this.#incidents, ...step.incidents]
      .sort((a, b) => b.detections - a.detections)
      .slice(0, mostIncidents);
  }

  json() {
    return {
      detections: this.#detections,
      actors: this.#actors.size,
      days: trialDays,
      since: toIso(this.#since),
      exact: this.#isExact && this.isComplete && !this.#byLogs,
      basis: this.#byLogs ? "kept_logs" : "evidence",
      complete: this.isComplete,
      logs_read: this.logsRead,
      logs_gone: this.#logsGone,
      open_incidents: this.#openIncidents,
      rescores: this.#byLogs ? 0 : this.#openIncidents,
      incidents: this.#incidents.map(({ incidentId, entity, actor, detections }) => ({
        incident_id: incidentId,
        entity_name: entity,
        group_key: actor,
        detections,
      })),
      summary: this.#summary(),
    };
  }

  #summary(): string {
    const many = (count: number, one: string) => `${count} ${count === 1 ? one : `${one}s`}`;
    const least = this.isComplete ? "" : "at least ";
    const about = this.#byLogs ? "about " : "";
    const counted = `${least}${least === "" ? about : ""}${many(this.#detections, "detection")} of ${many(this.#actors.size, "actor")}`;
    const remarks = [
      ...(this.#byLogs
        ? [
            `judged by the newest log kept of each alert (${this.logsRead} read${this.#logsGone === 0 ? "" : `, ${this.#logsGone} no longer kept and not counted`})`,
          ]
        : []),
      ...(this.#isExact ? [] : ["some may have come in earlier: evidence of long ago is not kept by the day"]),
      ...(this.isComplete ? [] : ["there is more than a trial looks at: name a rule, an actor or an entity"]),
    ];
    return [`would have suppressed ${counted} in ${trialDays} days`, ...remarks].join("; ");
  }
}
