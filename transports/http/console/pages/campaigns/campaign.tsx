/** @jsxImportSource hono/jsx */
/** `/campaigns/{id}`: the incidents of one attack, why they belong together, and when each link was seen. */

import { sentence } from "../../answer.tsx";
import { page } from "../../page.ts";
import { Person, Who } from "../../parts/person.tsx";
import { levelOf, Score, Sev, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Notice, Outside, Panel } from "../../parts/words.tsx";
import type { CampaignDetail, Link, Member } from "./campaign-rows.ts";

export const campaignPage = page<CampaignDetail>({
  path: "/campaigns/:id",
  permission: "read",
  at: "/incidents",
  title: ({ campaign_id }) => campaign_id,
  load: async ({ caller, ports, param }) =>
    (await ports.api.campaigns.campaign(caller, param("id"))) as unknown as CampaignDetail,
  view: (one) => {
    const gravest = one.incidents.toSorted((a, b) => b.risk_score - a.risk_score)[0];
    return (
      <div id="campaign" data-live={one.incidents.map(({ incident_id }) => incident_id).join(" ")}>
        <nav class="crumbs" aria-label="Where this page is">
          <a href="/campaigns">Campaigns</a> <span class="mono">{one.campaign_id}</span>
        </nav>
        <div class="page-head">
          <div class="grow">
            <h1>{gravest?.headline ?? `Campaign ${one.campaign_id}`}</h1>
            <p class="sub row">
              {gravest === undefined ? null : <Sev level={levelOf(gravest.risk_level)} />}
              <span>{one.incidents_total === 1 ? "1 incident" : `${one.incidents_total} incidents`} of one attack</span>
              <span>{one.entity_name}</span>
            </p>
          </div>
        </div>
        <div class="stack">
          {one.joined === null ? null : <Notice kind="idle">{sentence(one.joined)}</Notice>}
          <Panel title="Incidents" id="members" note="open ones first, then by risk">
            <Members members={one.incidents} />
            {one.incidents_total > one.incidents.length ? (
              <p class="body small quiet">and {one.incidents_total - one.incidents.length} more incidents</p>
            ) : null}
          </Panel>
          <Panel title="Why they belong together" id="links" note="by the detections' own time">
            {one.links.length === 0 ? (
              <p class="body small soft">What linked them is no longer kept.</p>
            ) : (
              <ol class="feed timed">
                {one.links.map((link) => (
                  <Why link={link} />
                ))}
              </ol>
            )}
            {one.links_total > one.links.length ? (
              <p class="body small quiet">and {one.links_total - one.links.length} more links</p>
            ) : null}
          </Panel>
        </div>
      </div>
    );
  },
});

const Members = ({ members }: { members: readonly Member[] }) => (
  <table class="grid cards flush" data-rows>
    <thead>
      <tr>
        <th scope="col">Risk</th>
        <th scope="col">Incident</th>
        <th scope="col">Owner</th>
        <th scope="col">Ticket</th>
        <th scope="col">Status</th>
      </tr>
    </thead>
    <tbody>
      {members.map((one) => (
        <tr>
          <td>
            <span class="two">
              <Score value={one.risk_score} level={levelOf(one.risk_level)} />
              <Sev level={levelOf(one.risk_level)} />
            </span>
          </td>
          <td class="wide">
            <span class="two">
              <a class="lead" href={`/incidents/${one.incident_id}`}>
                {one.headline ?? one.group_key}
              </a>
              <small>
                {one.group_key} <span class="mono">{one.incident_id}</span>
              </small>
            </span>
          </td>
          <td>
            <span class="row">
              <Who login={one.assigned_analyst} />
              {one.assigned_analyst === null ? (
                <span class="quiet drop">nobody</span>
              ) : (
                <span class="drop">
                  <Person login={one.assigned_analyst} />
                </span>
              )}
            </span>
          </td>
          <td class="nowrap" data-label="ticket">
            {one.external_ticket_id === null ? (
              <span class="quiet">none of its own</span>
            ) : (
              <Outside href={one.external_ticket_url ?? ""}>{one.external_ticket_id}</Outside>
            )}
          </td>
          <td class="nowrap">
            <Status status={one.status} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const Why = ({ link: { at, kind, why, incident_id, other_id } }: { link: Link }) => (
  <li>
    <Time at={at} seconds />
    <span>
      <span class="tag">{words(kind)}</span> {why}.{" "}
      <span class="tiny quiet">
        <a class="mono" href={`/incidents/${incident_id}`}>
          {incident_id}
        </a>{" "}
        and{" "}
        <a class="mono" href={`/incidents/${other_id}`}>
          {other_id}
        </a>
      </span>
    </span>
  </li>
);
