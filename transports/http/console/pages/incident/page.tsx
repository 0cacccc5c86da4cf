/** @jsxImportSource hono/jsx */
/** `/incidents/{id}`: the deep link of every ticket. One page, no tabs; printed it takes two. */
import { page } from "../../page.ts";
import { Form } from "../../parts/form.tsx";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { levelOf, Sev, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Activity } from "./activity.tsx";
import { Alarms, AttackChain, Cases, Lanes } from "./evidence.tsx";
import { History } from "./history.tsx";
import { type IncidentData, readIncident } from "./incident-detail.ts";
import { Steps } from "./proposals.tsx";
import { Rules } from "./rules.tsx";
import { BlastRadius, Campaign, Outbreak } from "./spread.tsx";
import { canBeMade, systemNames } from "./ticket-detail.ts";
import { Tickets } from "./tickets.tsx";
import { Verdict } from "./verdict.tsx";
import { Work } from "./work.tsx";

export const incidentPage = page<IncidentData>({
  path: "/incidents/:id",
  permission: "read",
  at: "/incidents",
  title: ({ incident }) => incident.headline ?? `${incident.group_key}, ${incident.incident_id}`,
  load: readIncident,
  view: (data, { url }) => {
    const { incident, story, rights } = data;
    const id = incident.incident_id;
    return (
      <div class="incident">
        <Crumbs data={data} />
        <Head {...data} />
        <div class="cols">
          <div class="stack">
            <Verdict incident={incident} story={story} />
            <div class="stack" id="evidence" data-live={id}>
              <Outbreak incident={incident} />
              <AttackChain incident={incident} />
              <Lanes incident={incident} />
              <Rules incident={incident} story={story} rights={rights} url={url} />
              <Alarms incident={incident} />
              <Campaign incident={incident} />
            </div>
            <div id="ticket-state" data-live={id}>
              <Tickets {...data} />
            </div>
            <div class="stack" id="more" data-live={id}>
              <Cases incident={incident} />
              <Activity incident={incident} />
            </div>
            <History incident={incident} />
          </div>
          <aside class="stack rail" aria-label="Work on this incident">
            <Work {...data} />
            <Steps steps={story.steps} />
            <BlastRadius incident={incident} />
          </aside>
        </div>
      </div>
    );
  },
});

const Crumbs = ({ data: { incident, listAddress } }: { data: IncidentData }) => (
  <nav class="crumbs" aria-label="Way back">
    <a href={`${listAddress}#${incident.incident_id}`}>Incidents</a>
    <Icon n="chevron-right" s={13} />
    <span class="mono" id="own-id">
      {incident.incident_id}
    </span>
    <button type="button" class="btn plain mini" aria-label="Copy the incident's id" data-copy="#own-id">
      <Icon n="copy" s={13} />
    </button>
  </nav>
);

const actorIcons: Readonly<Record<string, IconName>> = { user: "user", host: "monitor", ip: "globe" };

const Head = ({ incident, systems, rights }: IncidentData) => {
  const id = incident.incident_id;
  const without = systems.filter(({ system }) =>
    canBeMade(incident.tickets.find((ticket) => ticket.system === system)),
  );
  const first = (without[0] ?? systems[0])?.system;
  return (
    <div class="page-head" id="head" data-live={id}>
      <div class="grow">
        <h1 class="any">
          {incident.headline ?? incident.group_key} <Sev level={levelOf(incident.risk_level)} chip />
        </h1>
        <p class="sub row dots any">
          <span>
            <Icon n={actorIcons[incident.actor_type] ?? "user"} s={14} c="inl" />
            {words(incident.actor_type)} <b>{incident.group_key}</b>
          </span>
          <span>{incident.entity_name}</span>
          <span class="quiet">
            opened <Time at={incident.created_at} />, last activity <Time at={incident.last_alarm_time} />
          </span>
          <Status status={incident.status} />
        </p>
      </div>
      <div class="row">
        {rights.change ? (
          <a class="btn only-narrow" href="#work">
            <Icon n="pencil" />
            Status and owner
          </a>
        ) : null}
        {rights.tickets && first !== undefined ? (
          <a class="btn" href={`/incidents/${id}/preview/${first}`} data-dialog data-key="t">
            <Icon n="eye" />
            Preview Ticket
          </a>
        ) : null}
        {rights.tickets && without[0] !== undefined ? (
          <Form action={`/console/incidents/${id}/ticket`} label="Ticket">
            <input type="hidden" name="system" value={without[0].system} />
            <button class="btn primary" title={`In ${systemNames[without[0].system]}`}>
              <Icon n="ticket" />
              Create Ticket
            </button>
          </Form>
        ) : null}
      </div>
    </div>
  );
};
