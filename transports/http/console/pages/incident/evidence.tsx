/** @jsxImportSource hono/jsx */
/** What it rests on beside its rules: tactics over time, SIEM alarms, threat cases. */
import { Chain } from "../../parts/charts/chain.tsx";
import { Timeline } from "../../parts/charts/timeline.tsx";
import { levelOf, Sev, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import type { IncidentDetail } from "./incident-detail.ts";
import { counted, listed } from "./phrases.ts";

export const AttackChain = ({ incident }: { incident: IncidentDetail }) =>
  incident.attack_chain.length === 0 ? null : (
    <Panel
      title="Attack chain"
      id="chain"
      note={`${incident.attack_chain.length} of 14 tactics, ${counted(incident.mitre.unique_techniques, "technique")}`}
    >
      <Chain
        steps={incident.attack_chain.map(({ tactic, count, first_seen }) => ({ tactic, count, firstSeen: first_seen }))}
      />
    </Panel>
  );

const dots = ["critical", "high", "medium", "low"] as const;

export const Lanes = ({ incident }: { incident: IncidentDetail }) => {
  const rules = incident.alerts_by_rule.map((rule) => ({
    title: rule.rule_title,
    level: levelOf(rule.level),
    count: rule.count,
    tactics: rule.tactics,
    firstSeen: Date.parse(rule.first_seen),
    lastSeen: Date.parse(rule.last_seen),
  }));
  if (!rules.some(({ tactics }) => tactics.length > 0)) return null;
  const seen = new Set(rules.map(({ level }) => level));
  return (
    <Panel
      title="Timeline"
      id="timeline"
      actions={
        <div class="legend">
          {dots
            .filter((level) => seen.has(level))
            .map((level) => (
              <span>
                <svg width="12" height="12" aria-hidden="true">
                  <circle cx="6" cy="6" r={level === "critical" || level === "high" ? 5 : 4} class={`dot-${level}`} />
                </svg>
                {level}
              </span>
            ))}
          <span>
            <svg width="14" height="12" aria-hidden="true">
              <line x1="7" x2="7" y1="0" y2="12" class="opened" />
            </svg>
            opened
          </span>
        </div>
      }
    >
      <Timeline rules={rules} opened={Date.parse(incident.created_at)} />
    </Panel>
  );
};

export const Alarms = ({ incident }: { incident: IncidentDetail }) =>
  incident.alarms.length === 0 ? null : (
    <Panel title="SIEM alarms" id="alarms" note={`${incident.risk.alarm_count} count towards the score`}>
      <table class="grid cards flush">
        <thead>
          <tr>
            <th scope="col">Alarm</th>
            <th scope="col" class="r">
              Priority
            </th>
            <th scope="col">At</th>
          </tr>
        </thead>
        <tbody>
          {incident.alarms.slice(0, 50).map((alarm) => (
            <tr>
              <td class="any">
                {alarm.name} <span class="tiny quiet mono">{alarm.alarm_id}</span>
              </td>
              <td class="r" data-label="priority">
                {alarm.rbp}
              </td>
              <td class="nowrap">
                <Time at={alarm.timestamp} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );

export const Cases = ({ incident }: { incident: IncidentDetail }) => {
  const { cases } = incident;
  if (cases.length === 0) return null;
  const active = cases.filter(({ status }) => status !== "CLOSED").length;
  return (
    <Panel title="Cases" id="cases" note={`${active} of ${cases.length} active`}>
      <table class="grid cards flush">
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col">Pattern</th>
            <th scope="col">Status</th>
            <th scope="col" class="r">
              Detections
            </th>
            <th scope="col">Hosts</th>
            <th scope="col">From, to</th>
          </tr>
        </thead>
        <tbody>
          {cases.map((one) => (
            <tr>
              <td>
                <Sev level={levelOf(one.severity)} />
              </td>
              <td>
                <a class="lead" href={`/cases/${one.case_id}`}>
                  {words(one.case_type)}
                </a>
              </td>
              <td>
                <Status status={one.status} />
              </td>
              <td class="r" data-label="detections">
                {one.alert_count}
              </td>
              <td class="soft wide names">{listed(one.affected_computers.map(shortName), 4)}</td>
              <td class="nowrap drop">
                <span class="two">
                  <Time at={one.first_alert} />
                  <Time at={one.last_alert} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
};

/** A host without its domain; an address as it is. */
function shortName(host: string): string {
  return /^[\d.:]+$/.test(host) ? host : (host.split(".")[0] ?? host);
}
