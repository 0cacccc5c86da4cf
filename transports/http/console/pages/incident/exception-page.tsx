/** @jsxImportSource hono/jsx */
/** An exception from an incident: what it would have suppressed is shown before it can be saved. */
import { patternOf } from "../../../../../core/text/wildcard.ts";
import { page } from "../../page.ts";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { newOnce, onceField } from "../../sent-forms.ts";
import { type Fields, fieldsOf, ScopePanel, TrialPanel, type Tried, tryFields } from "../exceptions/trial.tsx";
import type { IncidentDetail, Proposal } from "./incident-detail.ts";

interface Data {
  incident: IncidentDetail;
  fields: Fields;
  /** What the proposal rests on; null = the fields are somebody's own. */
  why: string | null;
  result: Tried;
  once: string;
}

export const exceptionPage = page<Data>({
  path: "/incidents/:id/exception",
  permission: "exceptions:write",
  at: "/incidents",
  title: ({ incident }) => `Exception from ${incident.incident_id}`,
  load: async (request) => {
    const { caller, ports, param, url } = request;
    const { api } = ports;
    const [incident, proposals] = await Promise.all([
      api.investigation.incident(caller, param("id")) as unknown as Promise<IncidentDetail>,
      api.exceptions.proposals(caller, param("id")) as unknown as Promise<Proposal[]>,
    ]);
    const { fields, why } = url.searchParams.has("reason")
      ? { fields: fieldsOf(url), why: null }
      : proposedFields(url, incident, proposals);
    return { incident, fields, why, result: await tryFields(request, fields), once: newOnce() };
  },
  view: ({ incident, fields, why, result, once }) => {
    const id = incident.incident_id;
    return (
      <>
        <nav class="crumbs" aria-label="Way back">
          <a href="/incidents">Incidents</a>
          <Icon n="chevron-right" s={13} />
          <a class="mono" href={`/incidents/${id}`}>
            {id}
          </a>
        </nav>
        <PageHead
          title="Exception"
          sub="Matching detections are still deduplicated and sent as alerts; they no longer count towards a score."
        />
        <div class="stack">
          <ScopePanel action={`/incidents/${id}/exception`} fields={fields} note={why} />
          <TrialPanel
            tried={result}
            fields={fields}
            save={`/console/incidents/${id}/exception`}
            saveWords="Save exception"
            back={`/incidents/${id}`}
            backWords="Back to the incident"
            more={{ [onceField]: once }}
          />
        </div>
      </>
    );
  },
});

/** `proposal`: its number; `rule`: hash of the alert whose rule it is. */
function proposedFields(
  { searchParams }: URL,
  incident: IncidentDetail,
  proposals: readonly Proposal[],
): { fields: Fields; why: string | null } {
  const hash = searchParams.get("rule");
  const rule = incident.alerts_by_rule.find(({ example }) => example !== null && example.alert_hash === hash);
  const wanted = rule?.rule_title ?? proposals[Number(searchParams.get("proposal") ?? 0)]?.rule_title;
  const proposal = proposals.find(({ rule_title: title }) => title === wanted);
  if (proposal === undefined) {
    const known = rule === undefined ? {} : { rule: patternOf(rule.rule) };
    return { fields: { entity: incident.entity_name, actor: patternOf(incident.group_key), ...known }, why: null };
  }
  const { until, ...fields } = proposal.exception;
  return { fields: { ...fields, until: until === null ? "" : until.slice(0, 10) }, why: proposal.why };
}
