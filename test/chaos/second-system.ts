/** The ticket system beside Jira in a chaos run: ServiceNow's Table API, or the Proactive Case API in its place. */

import { serviceNowEnvironment } from "../standins/environment.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";
import type { StandIn } from "../standins/stand-in.ts";

export interface SecondSystem {
  standIn: StandIn;
  env: Record<string, string>;
  /** Correlation ids of its tickets, and what they are called. */
  correlations(): string[];
  numbers(): string[];
  move(number: string, to: "IN_PROGRESS" | "CLOSED"): void;
  /** Null: notes of others do not come in. */
  say: ((number: string, text: string) => void) | null;
  means(number: string): string;
  /** All notes, as one text. */
  notes(number: string): string;
  /** It takes changes of status, and a note whose answer was lost can be looked up. */
  isFull: boolean;
  /** Whether the account sees nothing any more. */
  hide?: (hidden: boolean) => void;
}

export async function serviceNow(): Promise<SecondSystem> {
  const snow = await new ServiceNowStandIn().start();
  const meanings: Readonly<Record<string, string>> = { "1": "OPEN", "2": "IN_PROGRESS", "6": "CLOSED" };
  return {
    standIn: snow,
    env: {
      ...serviceNowEnvironment(snow),
    },
    correlations: () => snow.rows.map((row) => row.correlation_id ?? "?"),
    numbers: () => snow.rows.map((row) => row.number ?? "?"),
    move: (number, to) => snow.change(number, { state: to === "CLOSED" ? "6" : "2", close_code: "" }),
    say: (number, text) => snow.say(number, text),
    means: (number) => meanings[snow.row(number).state ?? ""] ?? "?",
    notes: (number) => {
      const id = snow.row(number).sys_id;
      return JSON.stringify(snow.journal.filter((one) => one.element_id === id).map(({ value }) => value));
    },
    isFull: true,
    hide: (hidden) => {
      snow.options.readable = !hidden;
    },
  };
}

export async function proactive(): Promise<SecondSystem> {
  const api = await new ProactiveStandIn().start();
  return {
    standIn: api,
    env: {
      TICKET_INTEGRATION: "proactive",
      PROACTIVE_SNOW_BASE_URL: `${api.url}/api`,
      PROACTIVE_SNOW_APP_ID: "app-1",
      PROACTIVE_SNOW_SECRET: "proactive-secret-1",
      PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
    },
    correlations: () => api.cases.map(({ correlationId }) => correlationId),
    numbers: () => api.cases.map(({ ticketNumber }) => ticketNumber),
    move: (number, to) => {
      api.case(number).ticketStatus = to === "CLOSED" ? "Resolved" : "Work in Progress";
    },
    say: null,
    means: (number) =>
      ({ New: "OPEN", Resolved: "CLOSED", "Work in Progress": "IN_PROGRESS" })[api.case(number).ticketStatus] ?? "?",
    notes: (number) => JSON.stringify(api.case(number).workNotes),
    isFull: false,
  };
}
