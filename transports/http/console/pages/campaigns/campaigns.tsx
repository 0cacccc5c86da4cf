/** @jsxImportSource hono/jsx */
/** `/campaigns`: attacks that touch several actors, newest first. */
import { page } from "../../page.ts";
import { levelOf, Score, Sev } from "../../parts/severity.tsx";
import { PageFoot } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty } from "../../parts/words.tsx";
import { pageNumber, pageSize, parameter } from "../listing.ts";
import type { CampaignRow } from "./campaign-rows.ts";

interface Data {
  campaigns: CampaignRow[];
  total: number;
}

export const campaignsPage = page<Data>({
  path: "/campaigns",
  permission: "read",
  at: "/incidents",
  title: () => "Campaigns",
  load: async ({ caller, ports, url }) =>
    (await ports.api.campaigns.list(caller, {
      entity: parameter(url, "entity") || null,
      limit: pageSize,
      offset: (pageNumber(url) - 1) * pageSize,
    })) as unknown as Data,
  view: ({ campaigns, total }, { url }) => (
    <>
      <div class="page-head">
        <div class="grow">
          <h1>Campaigns</h1>
          <p class="sub">Attacks that touch several actors: incidents that share hosts, users, logons or movement.</p>
        </div>
      </div>
      <section class="panel list" aria-label="Campaigns" id="list" data-live="*">
        {campaigns.length === 0 ? (
          <Empty icon="network" title="No campaign has been found.">
            <p>Incidents that share nothing stand by themselves.</p>
            <a class="btn" href="/incidents">
              To the incidents
            </a>
          </Empty>
        ) : (
          <table class="grid cards" data-rows>
            <caption class="vh">Campaigns, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Risk</th>
                <th scope="col">Campaign</th>
                <th scope="col" class="r">
                  Incidents
                </th>
                <th scope="col" class="r">
                  Open
                </th>
                <th scope="col">Found</th>
              </tr>
            </thead>
            <tbody>
              {campaigns.map((one) => (
                <tr>
                  <td>
                    <span class="two">
                      <Score value={one.risk_score} level={levelOf(one.risk_level)} />
                      <Sev level={levelOf(one.risk_level)} />
                    </span>
                  </td>
                  <td class="wide">
                    <span class="two">
                      <a class="lead" href={`/campaigns/${one.campaign_id}`}>
                        {one.headline ?? one.campaign_id}
                      </a>
                      <small>
                        {one.entity_name} <span class="mono">{one.campaign_id}</span>
                      </small>
                    </span>
                  </td>
                  <td class="r" data-label="incidents">
                    {one.incident_count}
                  </td>
                  <td class="r" data-label="open">
                    {one.open_incident_count}
                  </td>
                  <td class="nowrap">
                    <Time at={one.created_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={campaigns.length} total={total} />
      </section>
    </>
  ),
});
