/** The first page after a sign-in. */
import { page } from "../page.ts";
import { longStamp } from "../parts/time.tsx";
import { Panel } from "../parts/words.tsx";
import { HighestRisk, type IncidentRow, readIncidents } from "./incident-rows.tsx";

export const overviewPage = page<{ rows: IncidentRow[]; total: number }>({
  path: "/",
  permission: "read",
  at: "/",
  title: () => "Overview",
  load: (request) => readIncidents(request, { statuses: ["OPEN", "IN_PROGRESS"], limit: 6 }),
  view: ({ rows }, { viewing }) => (
    <>
      <div class="page-head">
        <div class="grow">
          <h1>Overview</h1>
          <p class="sub">
            {longStamp(viewing.now, viewing.zone)} {viewing.zone.replaceAll("_", " ")}
          </p>
        </div>
      </div>
      <div class="stack">
        <Panel
          title="Highest risk"
          id="highest"
          actions={
            <a class="small" href="/incidents">
              All incidents
            </a>
          }
        >
          <HighestRisk rows={rows} />
        </Panel>
      </div>
    </>
  ),
});
