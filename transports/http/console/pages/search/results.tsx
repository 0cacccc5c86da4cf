/** @jsxImportSource hono/jsx */
/** What was found: each kind with a link to all of it. */
import type { Child } from "hono/jsx";
import { Icon } from "../../parts/icon.tsx";
import { levelOf, Score, Sev, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty, Panel } from "../../parts/words.tsx";
import type { Found } from "./found.ts";

export const Results = ({ text, found }: { text: string; found: Found }) => {
  const { incidents, cases, alerts, hosts, users } = found;
  const query = encodeURIComponent(text);
  if (incidents.total + cases.total + alerts.total === 0)
    return (
      <section class="panel">
        <Empty title="Nothing is found.">
          <p>Every word has to occur, at least by its beginning: try fewer of them.</p>
        </Empty>
      </section>
    );
  return (
    <>
      <Kind title="Incidents" id="incidents" of={incidents} href={`/incidents?view=all&q=${query}`}>
        {incidents.rows.map((row) => (
          <tr>
            <td>
              <Score value={row.risk_score} level={levelOf(row.risk_level)} />
            </td>
            <td class="wide">
              <Lead href={`/incidents/${row.incident_id}`} name={row.headline ?? row.group_key}>
                {row.group_key} · {row.entity_name} · {row.incident_id}
              </Lead>
            </td>
            <td>
              <Status status={row.status} />
            </td>
            <td class="nowrap drop">
              <Time at={row.last_alarm_time} relative />
            </td>
          </tr>
        ))}
      </Kind>
      {hosts.length + users.length === 0 ? null : (
        <Panel title="Hosts and users" id="names">
          <p class="body row">
            {hosts.map((name) => (
              <a class="tag" href={`/alerts?host=${encodeURIComponent(name)}`}>
                <Icon n="monitor" s={12} />
                {name}
              </a>
            ))}
            {users.map((name) => (
              <a class="tag" href={`/alerts?user=${encodeURIComponent(name)}`}>
                <Icon n="user" s={12} />
                {name}
              </a>
            ))}
          </p>
        </Panel>
      )}
      <Kind title="Cases" id="cases" of={cases} href={`/cases?actor=${query}`}>
        {cases.rows.map((row) => (
          <tr>
            <td>
              <Sev level={levelOf(row.severity)} />
            </td>
            <td class="wide">
              <Lead href={`/cases/${row.case_id}`} name={words(row.case_type)}>
                {row.primary_user} · {row.entity_name} · {row.case_id}
              </Lead>
            </td>
            <td>
              <Status status={row.status} />
            </td>
            <td class="nowrap drop">
              <Time at={row.last_alert} relative />
            </td>
          </tr>
        ))}
      </Kind>
      <Kind title="Alerts" id="alerts" of={alerts} href={`/alerts?q=${query}`}>
        {alerts.rows.map((row) => (
          <tr>
            <td>
              <Sev level={levelOf(row.level)} />
            </td>
            <td class="wide">
              <Lead href={`/alerts/${row.hash}`} name={row.rule_title}>
                {[row.user, row.host, row.entity_name].filter(Boolean).join(" · ")}
              </Lead>
            </td>
            <td class="r" data-label="seen">
              {row.count}
            </td>
            <td class="nowrap drop">
              <Time at={row.last_seen} relative />
            </td>
          </tr>
        ))}
      </Kind>
    </>
  );
};

const Lead = ({ href, name, children }: { href: string; name: string; children: Child }) => (
  <>
    <a class="lead any" href={href}>
      {name}
    </a>
    <div class="tiny quiet any">{children}</div>
  </>
);

interface KindProps {
  title: string;
  id: string;
  of: { total: number; totalIsLeast: boolean };
  /** The list with this filter. */
  href: string;
  children: Child;
}

const Kind = ({ title, id, of: { total, totalIsLeast }, href, children }: KindProps) =>
  total === 0 ? null : (
    <Panel
      title={title}
      id={id}
      actions={
        <a class="small" href={href}>
          {totalIsLeast ? `More than ${total}` : `All ${total}`}
        </a>
      }
    >
      <table class="grid cards flush found">
        <thead class="vh">
          <tr>
            <th scope="col">Level</th>
            <th scope="col">What</th>
            <th scope="col">State</th>
            <th scope="col">Last activity</th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Panel>
  );
