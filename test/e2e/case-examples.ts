/** The enriched cases of the attacks of the sample. */
import { composeCase } from "../../core/tickets/case/compose-case.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import { runScenarios, type ScenarioResult } from "./attack-scenarios.ts";

type Incident = ScenarioResult["incidents"][number];

export interface CaseExample {
  name: string;
  incident: Incident;
  draft: Draft;
}

export const longestCase = 32_000;

/** The enriched case of every incident of the sample. */
export async function everyCase(): Promise<CaseExample[]> {
  const results = await runScenarios();
  return results.flatMap(({ name, incidents }) =>
    incidents.map((incident) => ({ name, incident, draft: draftOf(incident) })),
  );
}

function draftOf(incident: Incident): Draft {
  const options = { baseUrl: "https://edge.example:8443", isFirst: true };
  // As it was right after the last detection came in.
  const now = Date.parse(incident.body.timeline.last_alarm ?? "") + 60_000;
  // The scenarios' names would tell a reader what to find.
  const body = { ...incident.body, entity_name: "Primary Site" };
  return composeCase({ ...incident, body }, options, now);
}
