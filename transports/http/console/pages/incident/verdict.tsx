/** @jsxImportSource hono/jsx */
/** What happened and how sure that is: the story, the score, and what it is made of. */
import type { Story } from "../../../../../core/tickets/case/story.ts";
import { Gauge } from "../../parts/charts/gauge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { levelOf, percent, toneOf, words } from "../../parts/severity.tsx";
import type { Factor, IncidentDetail } from "./incident-detail.ts";

const factorNames: ReadonlyMap<string, string> = new Map([
  ["attack_breadth", "ATT&CK breadth"],
  ["alarm_priority", "SIEM alarm priority"],
  ["alarm_volume", "SIEM alarm volume"],
]);

function factorName(name: string): string {
  return factorNames.get(name) ?? words(name);
}

export const Verdict = ({ incident, story }: { incident: IncidentDetail; story: Story }) => {
  const { risk } = incident;
  const factors = [...risk.factors].sort((a, b) => b.points - a.points);
  const most = Math.max(...factors.map(({ weight }) => weight), risk.floor === null ? 1 : 100);
  return (
    <section class="panel" aria-labelledby="risk-h" id="risk" data-live={incident.incident_id}>
      <h2 class="vh" id="risk-h">
        Risk
      </h2>
      <div class="verdict">
        <Gauge score={risk.score} level={levelOf(risk.level)}>
          <p class="tiny soft">
            {risk.trend === "steady" || risk.previous_score === 0 ? null : (
              <span class={risk.trend === "rising" ? "critical" : "good"}>
                <Icon n={risk.trend === "rising" ? "trending-up" : "trending-down"} s={12} c="inl" />
              </span>
            )}
            {risk.previous_score === 0 ? "Its first score" : `${risk.previous_score} before`}
          </p>
          {risk.confidence === null ? null : (
            <p class="tiny soft">
              Confidence {risk.confidence.word}, {risk.confidence.percent} %
            </p>
          )}
        </Gauge>
        <div>
          <p class="story">{story.summary}</p>
          {risk.confidence === null ? null : (
            <p class="small soft why">How sure: {risk.confidence.why.replace(", four or more of them", "")}</p>
          )}
          <dl class="facts">
            <Fact name="Detections" value={risk.sigma_alert_count} />
            <Fact name="High and up" value={risk.sigma_high_sev_count} />
            <Fact name="Rules" value={risk.sigma_unique_rules} />
            <Fact name="Hosts" value={incident.assets.hosts.length} />
            <Fact name="Threat cases" value={risk.threat_case_count} />
            <Fact name="SIEM alarms" value={risk.alarm_count} />
          </dl>
        </div>
      </div>
      <details class="told" id="told">
        <summary class="small">
          <span class="run">How it went, step by step</span>
        </summary>
        {story.analysis.map((paragraph) => (
          <p class="small soft">{paragraph}</p>
        ))}
      </details>
      <ul class="factors">
        {risk.floor === null ? null : (
          <FactorRow
            factor={{ name: "floor", points: Math.round(risk.floor.points), weight: 100, why: risk.floor.why }}
            title="Floor"
            most={most}
            tone={Math.round(risk.floor.points) >= risk.score ? `f-${toneOf(levelOf(risk.level))}` : "f-accent"}
            before={`${risk.floor.rule}: `}
          />
        )}
        {factors.map((factor) => (
          <FactorRow
            factor={factor}
            title={factorName(factor.name)}
            most={most}
            tone={factor.name === risk.primary_driver ? `f-${toneOf(levelOf(risk.level))}` : "f-accent"}
          />
        ))}
      </ul>
    </section>
  );
};

const Fact = ({ name, value }: { name: string; value: number }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value.toLocaleString("en")}</dd>
  </div>
);

const FactorRow = (props: { factor: Factor; title: string; most: number; tone: string; before?: string }) => {
  const { factor, title, most, tone, before = "" } = props;
  return (
    <li class={factor.points === 0 ? "factor zero" : "factor"}>
      <b>{title}</b>
      <span class="bar">
        <svg width="100%" height="8" aria-hidden="true">
          <rect width={`${percent(factor.weight, most)}%`} height="8" rx="2" class="f-track" />
          <rect width={`${percent(factor.points, most)}%`} height="8" rx="2" class={tone} />
        </svg>
      </span>
      <span class="pts">
        <b>{factor.points}</b> <span class="quiet">of {factor.weight}</span>
      </span>
      <p>
        {before}
        {factor.why}
      </p>
    </li>
  );
};
