/** Counts detections sent and messages received, and lists what the demo should have shown and did not. */
import { Findings } from "./findings.ts";
import type { SyslogMessage } from "./message.ts";

/** The appliance's answer to a batch. */
export interface BatchAnswer {
  accepted: number;
  alerts_new: number;
  rejected: unknown[];
}

export class Account {
  accepted = 0;
  rejected = 0;
  alerts = 0;
  first = 0;
  hourly = 0;
  bursts = 0;
  /** Detections counted by FIRST and HOURLY messages: the count of each FIRST, the delta of each HOURLY. */
  countedByFirst = 0;
  countedByHourly = 0;
  /** Messages of the incident feed. */
  readonly findings = new Findings();
  tickets = 0;
  /** Incidents that followed their tickets. */
  followed = 0;
  /** Labels of tickets: no incident may have two. */
  readonly #labels = new Set<string>();
  #secondTickets = 0;
  #largestBurst = 0;
  #unreadable = 0;

  answered(answer: BatchAnswer): void {
    this.accepted += answer.accepted;
    this.alerts += answer.alerts_new;
    this.rejected += answer.rejected.length;
  }

  received(message: SyslogMessage | null): void {
    if (message?.msgid === "incident_updated" && message.params.get("status") === "IN_PROGRESS") this.followed++;
    const number = (name: string) => Number(message?.params.get(name));
    if (message?.msgid === "FIRST") {
      this.first++;
      this.countedByFirst += number("count");
    } else if (message?.msgid === "HOURLY") {
      this.hourly++;
      this.countedByHourly += number("hourly_delta");
      if (message.params.get("burst") === "true") {
        this.bursts++;
        this.#largestBurst = Math.max(this.#largestBurst, number("hourly_delta"));
      }
    } else if (message === null || !this.findings.received(message)) this.#unreadable++;
  }

  ticketMade(labels: readonly string[]): void {
    this.tickets++;
    const own = labels.find((label) => label.startsWith("rhythmx-inc-")) ?? "";
    if (this.#labels.has(own)) this.#secondTickets++;
    this.#labels.add(own);
  }

  /** Whether messages have counted every accepted detection. */
  get complete(): boolean {
    return this.first === this.alerts && this.countedByFirst + this.countedByHourly === this.accepted;
  }

  /** What should have been seen and was not, one line each. */
  missing(): string[] {
    const promises: [boolean, string][] = [
      [this.accepted > 0 && this.rejected === 0, `every detection accepted (${this.rejected} were rejected)`],
      [this.first === this.alerts, `a FIRST for each of the ${this.alerts} alerts (${this.first} came)`],
      [this.#largestBurst > 100, 'an HOURLY with burst="true" and hourly_delta over 100'],
      [this.hourly > this.bursts, 'an HOURLY with burst="false"'],
      [
        this.complete,
        `all ${this.accepted} detections told (${this.countedByFirst} by FIRST, ${this.countedByHourly} by HOURLY)`,
      ],
      [this.findings.incidents.length > 0, "an incident"],
      [this.findings.cases.length > 0, "a threat case"],
      [this.tickets > 0, "a ticket"],
      [this.followed > 0, "an incident that follows its ticket"],
      [this.#secondTickets === 0, `one ticket for each incident (${this.#secondTickets} came twice)`],
      [this.#unreadable === 0, `only messages of the two feeds (${this.#unreadable} others came)`],
    ];
    return promises.filter(([kept]) => !kept).map(([, promise]) => promise);
  }
}
