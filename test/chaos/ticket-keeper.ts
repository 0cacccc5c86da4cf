/** Whoever looks after what stands still: says which ticket a create has made, has another made where there is none, retries the rest. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { correlationOf, type TicketSystemName } from "../../core/tickets/ticket.ts";
import { password } from "../harness/api-client.ts";
import type { ApplianceProcess } from "../harness/process.ts";
import type { JiraStandIn } from "../standins/jira.ts";
import type { SecondSystem } from "./second-system.ts";

interface Stuck {
  id: string;
  kind: string;
  cause: string;
  system: TicketSystemName;
  incident: string;
  generation: number;
}

export class TicketKeeper {
  readonly #appliance: ApplianceProcess;
  readonly #jira: JiraStandIn;
  readonly #second: SecondSystem;
  /** How many were identified, and how many sent again. */
  identified = 0;
  again = 0;

  constructor(appliance: ApplianceProcess, jira: JiraStandIn, second: SecondSystem) {
    this.#appliance = appliance;
    this.#jira = jira;
    this.#second = second;
  }

  /** One round. What the appliance does not answer is done in the next one. */
  async look(): Promise<void> {
    const stuck = stuckIn(this.#appliance.folder);
    if (stuck.length === 0) return;
    const login = await this.#post("/api/login", { username: "admin", password }, null);
    const token = (login?.body as { access_token?: string } | undefined)?.access_token;
    if (token === undefined) return;
    const undecided = stuck.filter(
      ({ kind, cause }) => kind === "create" && ["made_not_identified", "unknown_outcome"].includes(cause),
    );
    for (const one of undecided) {
      const number = this.#there(one);
      const path = `/api/deliveries/${one.id}`;
      const answer =
        number === null
          ? await this.#post(`${path}/retry`, {}, token)
          : await this.#post(`${path}/identify`, { number }, token);
      if (answer?.status === 200 && number === null) this.again++;
      if (answer?.status === 200 && number !== null) this.identified++;
    }
    if (undecided.length < stuck.length) await this.#post("/api/dead-letters/retry", {}, token);
  }

  #there({ system, incident, generation }: Stuck): string | null {
    const correlation = correlationOf(system, incident, generation);
    if (system === "jira")
      return this.#jira.issues.find(({ fields }) => fields.labels.includes(correlation))?.key ?? null;
    return this.#second.numbers()[this.#second.correlations().indexOf(correlation)] ?? null;
  }

  async #post(path: string, body: object, token: string | null): Promise<{ status: number; body: unknown } | null> {
    const headers = {
      "Content-Type": "application/json",
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    };
    const asked = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${this.#appliance.apiUrl}${path}`, asked).catch(() => null);
    if (response === null) return null;
    return { status: response.status, body: await response.json().catch(() => null) };
  }
}

function stuckIn(folder: string): Stuck[] {
  try {
    const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
    const rows = database
      .query(
        `select d.id, d.kind, coalesce(d.cause, '') as cause, t.system, t.incident_id as incident, t.generation
         from deliveries d join tickets t on t.id = d.ticket_id where d.state in ('parked', 'dead')`,
      )
      .all() as Stuck[];
    database.close();
    return rows;
  } catch {
    // Between an end and a start.
    return [];
  }
}
