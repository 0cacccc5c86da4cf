/** People at work on incidents and on their tickets while everything fails, and what must be true of it in the end. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { ApplianceProcess } from "../harness/process.ts";
import type { JiraStandIn } from "../standins/jira.ts";
import type { Dice } from "./dice.ts";
import type { SecondSystem } from "./second-system.ts";

interface Incident {
  id: string;
  status: string;
  notes: string;
  key: string | null;
  number: string | null;
  /** 1: one of its tickets was put off for its campaign's and made later. What was said before stands in that ticket's description. */
  late: number;
}

const meanings: Readonly<Record<string, string>> = {
  "In Progress": "IN_PROGRESS",
  Done: "CLOSED",
  "To Do": "OPEN",
};

export class TicketPeople {
  readonly #appliance: ApplianceProcess;
  readonly #key: string;
  readonly #jira: JiraStandIn;
  readonly #second: SecondSystem;
  readonly #dice: Dice;
  #serial = 0;
  done = 0;

  constructor(appliance: ApplianceProcess, key: string, jira: JiraStandIn, second: SecondSystem, dice: Dice) {
    this.#appliance = appliance;
    this.#key = key;
    this.#jira = jira;
    this.#second = second;
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
        this.#second.move(number ?? "", dice.pick(["IN_PROGRESS", "CLOSED"]));
        break;
      case 2:
        this.#jira.say(key ?? "", say("jira"));
        break;
      case 3:
        this.#second.say?.(number ?? "", say("snow"));
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
      const { id, status, key, number } = incident;
      const issue = this.#jira.issue(key);
      const [a, b] = [meanings[issue.status] ?? "?", this.#second.means(number)];
      // A case that takes no status is told of it in words, and says its own when somebody changes it there.
      const isApart = this.#second.isFull && b !== status;
      if (a !== status || isApart) found.push(`${id}: ${status} here, ${a} in Jira, ${b} in the other system`);
      const texts = {
        incident: incident.notes,
        Jira: JSON.stringify(issue.comments.map(({ body }) => body)),
        other: this.#second.notes(number),
      };
      const said = Object.values(texts).flatMap((text) => text.match(/(?:jira|snow|analyst) says \d+\./g) ?? []);
      for (const one of new Set(said))
        for (const [where, text] of Object.entries(texts)) {
          const times = text.split(one).length - 1;
          // Where notes cannot be looked up, one whose answer was lost comes twice rather than not at all.
          const isRight =
            where === "other" && !this.#second.isFull
              ? times >= 1
              : times === 1 || (times === 0 && where !== "incident" && incident.late === 1);
          if (!isRight) found.push(`${id}: "${one}" stands ${times} times in ${where}`);
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
          (select remote_key from tickets t where t.incident_id = i.incident_id and t.system = 'jira' and remote_key is not null) as key,
          (select remote_key from tickets t where t.incident_id = i.incident_id and t.system <> 'jira' and remote_key is not null) as number,
          exists (select 1 from deliveries d join tickets t on t.id = d.ticket_id where t.incident_id = i.incident_id and d.cause = 'campaign') as late
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
