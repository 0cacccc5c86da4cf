/** The newest log of an alert as it came in: what the page of an incident puts in place when somebody opens it. */
import { page } from "../../page.ts";
import { RawLog } from "../../parts/raw-log.tsx";
import { Time } from "../../parts/time.tsx";

interface LogData {
  incidentId: string;
  alert: { hash: string; rule_title: string; last_seen: string; log: string | null };
}

export const logPage = page<LogData>({
  path: "/incidents/:id/log/:hash",
  permission: "read",
  at: "/incidents",
  title: ({ alert }) => `Log of ${alert.rule_title}`,
  load: async ({ caller, ports, param }) => ({
    incidentId: param("id"),
    alert: (await ports.api.investigation.alert(caller, param("hash").toLowerCase())) as unknown as LogData["alert"],
  }),
  view: ({ incidentId, alert }) => (
    <section class="panel" aria-labelledby="log-h">
      <header>
        <h1 id="log-h" class="any">
          {alert.rule_title}
        </h1>
        <span class="small quiet">
          <Time at={alert.last_seen} seconds />
        </span>
        <a class="btn mini" href={`/incidents/${encodeURIComponent(incidentId)}`}>
          Back to the incident
        </a>
      </header>
      <div class="body" data-loaded>
        <RawLog hash={alert.hash} log={alert.log} />
      </div>
    </section>
  ),
});
