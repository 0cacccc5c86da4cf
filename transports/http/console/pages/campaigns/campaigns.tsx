/** @jsxImportSource hono/jsx */
/** `/campaigns`: attacks that touch several actors, newest first. */
import { page } from "../../page.ts";
import { type Column, PageHead, Table } from "../../parts/list.tsx";
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
      <PageHead
        title="Campaigns"
        sub="Attacks that touch several actors: incidents that share hosts, users, logons or movement."
      />
      <section class="panel list" aria-label="Campaigns" id="list" data-live="*">
        {campaigns.length === 0 ? (
          <Empty icon="network" title="No campaign has been found.">
            <p>Incidents that share nothing stand by themselves.</p>
            <a class="btn" href="/incidents">
              To the incidents
            </a>
          </Empty>
        ) : (
          <Table caption="Campaigns, newest first" columns={columns} rows={campaigns} id={() => null} />
        )}
        <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={campaigns.length} total={total} />
      </section>
    </>
  ),
});

const columns: readonly Column<CampaignRow>[] = [
  {
    head: "Risk",
    cell: (one) => (
      <span class="two">
        <Score value={one.risk_score} level={levelOf(one.risk_level)} />
        <Sev level={levelOf(one.risk_level)} />
      </span>
    ),
  },
  {
    head: "Campaign",
    class: "wide",
    cell: (one) => (
      <span class="two">
        <a class="lead" href={`/campaigns/${one.campaign_id}`}>
          {one.headline ?? one.campaign_id}
        </a>
        <small>
          {one.entity_name} <span class="mono">{one.campaign_id}</span>
        </small>
      </span>
    ),
  },
  { head: "Incidents", class: "r", label: "incidents", cell: (one) => one.incident_count },
  { head: "Open", class: "r", label: "open", cell: (one) => one.open_incident_count },
  { head: "Found", class: "nowrap", cell: (one) => <Time at={one.created_at} /> },
];
