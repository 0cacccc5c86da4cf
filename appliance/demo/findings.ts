/** The newest message of the incident feed on each incident and case. */
import type { CaseBody, IncidentBody } from "../../core/incident-event.ts";
import type { SyslogMessage } from "./message.ts";

export class Findings {
  readonly #incidents = new Map<string, IncidentBody>();
  readonly #cases = new Map<string, CaseBody>();

  /** Adds a message; returns false if it is none of the incident feed. */
  received({ msgid, body }: SyslogMessage): boolean {
    const kind = /^(incident|case)_(?:created|updated)$/.exec(msgid)?.[1];
    if (kind === undefined) return false;
    const read = JSON.parse(body) as IncidentBody | CaseBody;
    if ("incident_id" in read) this.#incidents.set(read.incident_id, read);
    else this.#cases.set(read.case_id, read);
    return true;
  }

  /** Highest score first. */
  get incidents(): IncidentBody[] {
    return [...this.#incidents.values()].sort((a, b) => b.risk.score - a.risk.score);
  }

  get cases(): CaseBody[] {
    return [...this.#cases.values()];
  }
}
