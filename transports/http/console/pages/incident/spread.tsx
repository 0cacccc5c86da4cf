/** @jsxImportSource hono/jsx */
/** How far it reaches: hosts and accounts with their roles, the outbreak that made it, the campaign that it is part of. */
import { levelOf, Score, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import type { IncidentDetail, Involved } from "./incident-detail.ts";
import { counted, listed, spanOf } from "./phrases.ts";

const fewNames = 12;
const fewMembers = 20;
const fewReasons = 10;

export const BlastRadius = ({ incident }: { incident: IncidentDetail }) => {
  const { hosts, accounts } = incident.assets;
  if (hosts.length + accounts.length === 0) return null;
  return (
    <Panel title="Blast radius" id="radius">
      <div class="body">
        <Names title="Hosts" names={hosts} />
        <Names title="Accounts" names={accounts} />
      </div>
    </Panel>
  );
};

const sources: ReadonlyMap<string, string> = new Map([
  ["file", "assets.json"],
  ["api", "the list of assets"],
  ["inferred", "what logs show"],
]);

const Names = ({ title, names }: { title: string; names: readonly Involved[] }) => {
  if (names.length === 0) return null;
  const [shown, more] = [names.slice(0, fewNames), names.slice(fewNames)];
  return (
    <div>
      <p class="tiny quiet">
        {title}, {names.length}
      </p>
      <ul class="small tight">
        {shown.map((one) => (
          <Name one={one} />
        ))}
      </ul>
      {more.length === 0 ? null : (
        <details id={`more-${title.toLowerCase()}`}>
          <summary class="small">
            <span class="run">{more.length} more</span>
          </summary>
          <ul class="small tight">
            {more.map((one) => (
              <Name one={one} />
            ))}
          </ul>
        </details>
      )}
    </div>
  );
};

const Name = ({ one: { name, role, criticality, from } }: { one: Involved }) => (
  <li class="any">
    <span class="mono">{name}</span>
    {role === null ? null : (
      <span class="tag" title={from === null ? undefined : `by ${sources.get(from) ?? from}`}>
        {words(role).toLowerCase()}
      </span>
    )}
    {criticality === "normal" || criticality === "low" ? null : <span class="tag">{criticality}</span>}
  </li>
);

export const Outbreak = ({ incident: { outbreak } }: { incident: IncidentDetail }) =>
  outbreak === null ? null : (
    <Panel title="Outbreak" id="outbreak" note={`${outbreak.hosts_total} hosts`}>
      <div class="body small any">
        <p>
          The same rule, <b>{outbreak.rule}</b>, fired on {outbreak.hosts_total} hosts within{" "}
          {spanOf(Date.parse(outbreak.last_seen) - Date.parse(outbreak.first_seen))}, from{" "}
          <Time at={outbreak.first_seen} seconds /> on. That made this incident.
        </p>
        <p class="soft">
          In this order: <span class="mono">{listed(outbreak.hosts, 40)}</span>
        </p>
      </div>
    </Panel>
  );

export const Campaign = ({ incident: { campaign } }: { incident: IncidentDetail }) => {
  if (campaign === null) return null;
  const { incidents, incidents_total: total, links, links_total: reasons } = campaign;
  const more = total - Math.min(incidents.length, fewMembers);
  return (
    <Panel
      title="Campaign"
      id="campaign"
      note={
        <>
          with {counted(total, "other incident")},{" "}
          <a class="mono" href={`/campaigns/${campaign.campaign_id}`}>
            {campaign.campaign_id}
          </a>
        </>
      }
    >
      <table class="grid cards flush">
        <thead>
          <tr>
            <th scope="col">Risk</th>
            <th scope="col">What happened</th>
            <th scope="col">Status</th>
            <th scope="col">Ticket</th>
          </tr>
        </thead>
        <tbody>
          {incidents.slice(0, fewMembers).map((one) => (
            <tr>
              <td>
                <Score value={one.risk_score} level={levelOf(one.risk_level)} />
              </td>
              <td class="wide any">
                <a class="lead" href={`/incidents/${one.incident_id}`}>
                  {one.headline ?? one.group_key}
                </a>
                <div class="tiny quiet">
                  {one.group_key} · <span class="mono">{one.incident_id}</span>
                </div>
              </td>
              <td>
                <Status status={one.status} />
              </td>
              <td class="tiny mono drop">{one.external_ticket_id ?? <span class="quiet">none</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more <= 0 ? null : <p class="body small quiet">{counted(more, "more incident")}, on the campaign's page.</p>}
      {links.length === 0 ? null : (
        <div class="body flush small">
          <p class="tiny quiet">Why they are one</p>
          <ul class="bullets any">
            {links.slice(0, fewReasons).map(({ why }) => (
              <li>{why}</li>
            ))}
          </ul>
          {reasons <= fewReasons ? null : <p class="tiny quiet">and {reasons - fewReasons} more reasons</p>}
        </div>
      )}
    </Panel>
  );
};
