/** @jsxImportSource hono/jsx */
/** An exception from an incident: what it would have suppressed is shown before it can be saved. */
import { EdgeError } from "../../../../../core/errors.ts";
import { patternOf } from "../../../../../core/text/wildcard.ts";
import { sentence } from "../../answer.tsx";
import { type PageRequest, page } from "../../page.ts";
import { Field } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { exceptionFields, readException } from "./exception-fields.ts";
import type { IncidentDetail, Proposal } from "./incident-detail.ts";

type Fields = Record<string, string>;

interface Trial {
  detections: number;
  summary: string;
  incidents: { incident_id: string; group_key: string; detections: number }[];
  open_incidents: number;
}

interface Data {
  incident: IncidentDetail;
  fields: Fields;
  /** What the proposal rests on; null = the fields are somebody's own. */
  why: string | null;
  result: { trial: Trial } | { refused: string };
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
      ? { fields: ownFields(url), why: null }
      : proposedFields(url, incident, proposals);
    return { incident, fields, why, result: await tried(request, fields) };
  },
  view: ({ incident, fields, why, result }) => {
    const id = incident.incident_id;
    const field = (name: string, label: string, hint?: string) => (
      <Field label={label} name={name} value={fields[name] ?? ""} mono {...(hint === undefined ? {} : { hint })} />
    );
    return (
      <>
        <nav class="crumbs" aria-label="Way back">
          <a href="/incidents">Incidents</a>
          <Icon n="chevron-right" s={13} />
          <a class="mono" href={`/incidents/${id}`}>
            {id}
          </a>
        </nav>
        <div class="page-head">
          <div class="grow">
            <h1>Exception</h1>
            <p class="sub">
              Matching detections are still deduplicated and sent as alerts; they no longer count towards a score.
            </p>
          </div>
        </div>
        <div class="stack">
          <Panel title="What it covers" id="scope" {...(why === null ? {} : { note: why })}>
            <form class="form flush" action={`/incidents/${id}/exception`} aria-label="What it covers">
              {field("rule", "Rule", "Its id or title; * stands for anything.")}
              {field("actor", "Actor", "User, host or address.")}
              {field("host", "Host")}
              {field("process", "Process")}
              {field("command_line", "Command line")}
              {field("hash", "Hash")}
              {field("entity", "Entity", "Empty: every entity that you may see all of.")}
              {field("until", "Until", "A date such as 2026-12-31; empty: until somebody removes it.")}
              <div class="wide">
                <Field label="Why" name="reason" value={fields.reason ?? ""} maxlength={500} wide />
              </div>
              <button class="btn">See what it would have suppressed</button>
            </form>
          </Panel>
          <Panel title="What it would have suppressed" id="trial">
            {"refused" in result ? (
              <div class="body">
                <Notice kind="bad">{sentence(result.refused)}</Notice>
              </div>
            ) : (
              <Outcome id={id} fields={fields} trial={result.trial} />
            )}
          </Panel>
        </div>
      </>
    );
  },
});

const Outcome = ({ id, fields, trial }: { id: string; fields: Fields; trial: Trial }) => (
  <div class="body stack">
    <p>
      <b>{sentence(`It ${trial.summary}`)}</b>
    </p>
    {trial.incidents.length === 0 ? null : (
      <ul class="small tight">
        {trial.incidents.map((one) => (
          <li class="any">
            <a class="mono" href={`/incidents/${one.incident_id}`}>
              {one.incident_id}
            </a>{" "}
            {one.group_key}: {one.detections} of its detections
          </li>
        ))}
      </ul>
    )}
    <Form action={`/console/incidents/${id}/exception`} class="row">
      {exceptionFields.map((name) => (
        <input type="hidden" name={name} value={fields[name] ?? ""} />
      ))}
      <button class="btn primary">Save exception</button>
      <a class="btn plain" href={`/incidents/${id}`}>
        Back to the incident
      </a>
    </Form>
  </div>
);

function ownFields({ searchParams }: URL): Fields {
  return Object.fromEntries(exceptionFields.map((name) => [name, (searchParams.get(name) ?? "").slice(0, 5_000)]));
}

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

/** @throws what is no complaint about the fields */
async function tried({ caller, ports }: PageRequest, fields: Fields): Promise<Data["result"]> {
  try {
    const exception = readException((name) => fields[name] ?? "");
    return { trial: (await ports.api.exceptions.trial(caller, exception)) as unknown as Trial };
  } catch (error) {
    if (error instanceof EdgeError && /^(?:usage|exception_refused|entity_foreign)$/.test(error.code))
      return { refused: error.message };
    throw error;
  }
}
