/** @jsxImportSource hono/jsx */
/** `/alerts/{hash}`: one alert with its newest log. */
import { page } from "../../page.ts";
import { RawLog } from "../../parts/raw-log.tsx";
import { Sev } from "../../parts/severity.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty, Panel } from "../../parts/words.tsx";
import { type AlertDetail, alertsWith } from "./alert-rows.ts";

export const alertPage = page<AlertDetail>({
  path: "/alerts/:hash",
  permission: "read",
  at: "/alerts",
  title: ({ rule_title }) => rule_title,
  load: async ({ caller, ports, param }) =>
    (await ports.api.investigation.alert(caller, param("hash").toLowerCase())) as unknown as AlertDetail,
  view: (alert) => (
    <>
      <nav class="crumbs" aria-label="Where this page is">
        <a href="/alerts">Alerts</a> <span class="mono">{alert.hash}</span>
      </nav>
      <div class="page-head">
        <div class="grow">
          <h1>{alert.rule_title}</h1>
          <p class="sub row">
            <Sev level={alert.level} />
            <span>
              {alert.count} {alert.count === 1 ? "detection" : "detections"}, risk {alert.risk}
            </span>
          </p>
        </div>
        {alert.incident_id === null ? null : (
          <a class="btn primary" href={`/incidents/${alert.incident_id}`}>
            Open its incident
          </a>
        )}
      </div>
      <div class="cols">
        <Panel title="Newest log" id="log">
          <div class="body" data-loaded>
            {alert.log === null ? (
              <Empty icon="file-text" title="The log is no longer kept">
                <p>Retention removes logs; what was counted stays.</p>
              </Empty>
            ) : (
              <RawLog log={alert.log} id={`raw-${alert.hash}`} />
            )}
          </div>
        </Panel>
        <Panel title="About" id="about">
          <div class="body">
            <Facts alert={alert} />
          </div>
        </Panel>
      </div>
    </>
  ),
});

const Facts = ({ alert }: { alert: AlertDetail }) => {
  const { user, host, src_ip, rule_id, rule_author, entity_name } = alert;
  return (
    <dl class="kv">
      <dt>User</dt>
      <dd>{user === null ? <span class="quiet">none</span> : <a href={alertsWith({ user })}>{user}</a>}</dd>
      <dt>Host</dt>
      <dd>{host === null ? <span class="quiet">none</span> : <a href={alertsWith({ host })}>{host}</a>}</dd>
      <dt>Address</dt>
      <dd>{src_ip ?? <span class="quiet">none</span>}</dd>
      <dt>Entity</dt>
      <dd>{entity_name}</dd>
      <dt>First</dt>
      <dd>
        <Time at={alert.first_seen} seconds />
      </dd>
      <dt>Last</dt>
      <dd>
        <Time at={alert.last_seen} seconds />
      </dd>
      <dt>Rule</dt>
      <dd>
        <a href={alertsWith({ rule: rule_id ?? alert.rule_title })}>All alerts of this rule</a>
      </dd>
      {rule_id === null ? null : (
        <>
          <dt>Rule id</dt>
          <dd class="mono">{rule_id}</dd>
        </>
      )}
      {rule_author === null ? null : (
        <>
          <dt>Author</dt>
          <dd>{rule_author}</dd>
        </>
      )}
      <dt>Tags</dt>
      <dd class="mono">{alert.tags.length === 0 ? <span class="quiet">none</span> : alert.tags.join(", ")}</dd>
      <dt>Incident</dt>
      <dd>
        {alert.incident_id === null ? (
          <span class="quiet">counts for none</span>
        ) : (
          <a class="mono" href={`/incidents/${alert.incident_id}`}>
            {alert.incident_id}
          </a>
        )}
      </dd>
    </dl>
  );
};
