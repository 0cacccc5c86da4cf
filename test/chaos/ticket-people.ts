/** People at work on incidents and on their tickets while everything fails, and what must be true of it in the end. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { ApplianceProcess } from "../harness/process.ts";
import type { JiraStandIn } from "../standins/jira.ts";
import type { ServiceNowStandIn } from "../standins/servicenow.ts";
import type { Dice } from "./dice.ts";

interface Incident {
  id: string;
  status: string;
  notes: string;
  key: string | null;
  number: string | null;
}

const meanings: Readonly<Record<string, string>> = {
  ...{ "In Progress": "IN_PROGRESS", Done: "CLOSED", "To Do": "OPEN" },
  ...{ "1": "OPEN", "2": "IN_PROGRESS", "6": "CLOSED" },
};

export class TicketPeople {
  readonly #appliance: ApplianceProcess;
  readonly #key: string;
  readonly #jira: JiraStandIn;
  readonly #snow: ServiceNowStandIn;
  readonly #dice: Dice;
  #serial = 0;
  done = 0;

  constructor(appliance: ApplianceProcess, key: string, jira: JiraStandIn, snow: ServiceNowStandIn, dice: Dice) {
    this.#appliance = appliance;
    this.#key = key;
    this.#jira = jira;
    this.#snow = snow;
    this.#dice = dice;
  }

  /** One of them does something, to something that there is already. */
  async act(): Promise<void> {
    const dice = this.#dice;
    const ready = incidentsOf(this.#appliance.folder).filter(({ key, number }) => key !== null && number !== null);
    if (ready.length === 0) return;
    const { id, key, number } = dice.pick(ready);
    const say = (who: string) => `${who} says ${++this.#serial}.`;
    switch (dice.int(0, 5)) {
      case 0:
        this.#jira.move(key ?? "", dice.pick(["In Progress", "Done"]), null);
        this.#jira.issue(key ?? "").resolution = this.#jira.issue(key ?? "").status === "Done" ? "Done" : null;
        break;
      case 1:
        this.#snow.change(number ?? "", { state: dice.pick(["2", "6"]), close_code: "" });
        break;
      case 2:
        this.#jira.say(key ?? "", say("jira"));
        break;
      case 3:
        this.#snow.say(number ?? "", say("snow"));
        break;
      default: {
        const status = dice.pick(["IN_PROGRESS", "IN_PROGRESS", "CLOSED"]);
        const body = JSON.stringify(status === "CLOSED" ? { status } : { status, notes: say("analyst") });
        const headers = { "X-API-Key": this.#key, "Content-Type": "application/json" };
        // An answer that is lost is not asked for again: what came of it shows in the incident.
        await fetch(`${this.#appliance.apiUrl}/api/incidents/${id}/status`, { method: "PATCH", headers, body }).catch(
          () => null,
        );
      }
    }
    this.done++;
  }

  /** What is not in step at the moment. */
  disagreements(): string[] {
    const found: string[] = [];
    for (const incident of incidentsOf(this.#appliance.folder)) {
      if (incident.key === null || incident.number === null) continue;
      const [issue, row] = [this.#jira.issue(incident.key), this.#snow.row(incident.number)];
      const { id, status } = incident;
      const [a, b] = [meanings[issue.status] ?? "?", meanings[row.state ?? ""] ?? "?"];
      if (a !== status || b !== status) found.push(`${id}: ${status} here, ${a} in Jira, ${b} in ServiceNow`);
      const texts = {
        incident: incident.notes,
        Jira: JSON.stringify(issue.comments.map(({ body }) => body)),
        ServiceNow: JSON.stringify(
          this.#snow.journal.filter(({ element_id }) => element_id === row.sys_id).map(({ value }) => value),
        ),
      };
      const said = Object.values(texts).flatMap((text) => text.match(/(?:jira|snow|analyst) says \d+\./g) ?? []);
      for (const one of new Set(said))
        for (const [where, text] of Object.entries(texts)) {
          const times = text.split(one).length - 1;
          if (times !== 1) found.push(`${id}: "${one}" stands ${times} times in ${where}`);
        }
    }
    return found;
  }
}

function incidentsOf(folder: string): Incident[] {
  try {
    const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
    const rows = database
      .query(
        `select i.incident_id as id, i.status, coalesce(i.investigation_notes, '') as notes,
          (select remote_key from tickets t where t.incident_id = i.incident_id and t.system = 'jira') as key,
          (select remote_key from tickets t where t.incident_id = i.incident_id and t.system = 'servicenow') as number
         from incidents i`,
      )
      .all() as Incident[];
    database.close();
    return rows;
  } catch {
    // Between an end and a start.
    return [];
  }
}
