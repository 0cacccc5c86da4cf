/** @jsxImportSource hono/jsx */
/** Its rules, each with its newest event and the raw log one click away. */
import { levels } from "../../../../../core/detection.ts";
import type { Story, ToldEvent } from "../../../../../core/tickets/case/story.ts";
import { Icon } from "../../parts/icon.tsx";
import { levelOf, Sev } from "../../parts/severity.tsx";
import { withParameters } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import type { IncidentDetail, Rights, RuleOfIncident } from "./incident-detail.ts";
import { counted, listed } from "./phrases.ts";

type Order = "level" | "time" | "host";
const orders: readonly (readonly [Order, string])[] = [
  ["level", "By level"],
  ["time", "By time"],
  ["host", "By host"],
];
/** More are shown on request. */
const fewRules = 12;

interface RulesProps {
  incident: IncidentDetail;
  story: Story;
  rights: Rights;
  url: URL;
}

export const Rules = ({ incident, story, rights, url }: RulesProps) => {
  const order = orders.find(([id]) => id === url.searchParams.get("rules"))?.[0] ?? "level";
  const all = sorted(incident.alerts_by_rule, order, [...story.events.keys()]);
  const shown = url.searchParams.get("all") === "1" ? all : all.slice(0, fewRules);
  const rest = all.slice(shown.length);
  if (all.length === 0) return null;
  return (
    <Panel
      title="Rules"
      id="rules"
      class="rules"
      note={`${all.length}, ${order === "level" ? "the most serious first" : order === "time" ? "the newest first" : "by host"}`}
      actions={
        <span class="seg">
          {orders.map(([id, name]) => (
            <a
              href={`${withParameters(url, { rules: id === "level" ? null : id })}#rules`}
              aria-current={id === order ? "true" : undefined}
            >
              {name}
            </a>
          ))}
        </span>
      }
    >
      {shown.map((rule, i) => (
        <Rule rule={rule} event={story.events.get(rule.rule)} open={i === 0} incident={incident} rights={rights} />
      ))}
      {rest.length === 0 ? null : (
        <div class="foot-bar">
          <span>
            {counted(rest.length, "more rule")} with{" "}
            {counted(
              rest.reduce((sum, { count }) => sum + count, 0),
              "detection",
            )}
          </span>
          <a class="btn mini" href={`${withParameters(url, { all: "1" })}#rules`}>
            Show all {all.length}
          </a>
        </div>
      )}
    </Panel>
  );
};

/** `important`: keys of rules, those that the heading is about first. */
function sorted(rules: readonly RuleOfIncident[], order: Order, important: readonly string[]): RuleOfIncident[] {
  if (order === "time") return [...rules].sort((a, b) => (a.last_seen < b.last_seen ? 1 : -1));
  if (order === "host") return [...rules].sort((a, b) => (a.hosts[0] ?? "~").localeCompare(b.hosts[0] ?? "~"));
  const place = new Map(important.map((key, at) => [key, at]));
  const rank = ({ level }: RuleOfIncident) => levels.indexOf(levelOf(level));
  const weight = ({ rule }: RuleOfIncident) => place.get(rule) ?? important.length;
  return [...rules].sort((a, b) => rank(b) - rank(a) || weight(a) - weight(b) || b.count - a.count);
}

interface RuleProps {
  rule: RuleOfIncident;
  event: ToldEvent | undefined;
  open: boolean;
  incident: IncidentDetail;
  rights: Rights;
}

const Rule = ({ rule, event, open, incident, rights }: RuleProps) => {
  const { example } = rule;
  return (
    <details open={open} id={`rule-${example?.alert_hash ?? rule.first_seen}`}>
      <summary>
        <Icon n="chevron-right" />
        <Sev level={levelOf(rule.level)} />
        <b class="any">{rule.rule_title}</b>
        <span class="clip quiet tiny techs">{rule.techniques.join(" ")}</span>
        <span class="r">{rule.count}</span>
        <span class="tiny quiet nowrap">
          <Time at={rule.last_seen} />
        </span>
      </summary>
      <div class="sample">
        <p class="tiny quiet row any">
          Rule {rule.rule}
          {rule.rule_author === null ? "" : ` by ${rule.rule_author}`}
          {rule.hosts.length === 0 ? "" : ` · on ${listed(rule.hosts, 4)}`}
          {rule.techniques.map((technique) => (
            <span class="tag mono">{technique}</span>
          ))}
        </p>
        {event === undefined || event.clause === "" ? null : <p class="small any">{upperFirst(event.clause)}.</p>}
        {event === undefined || event.fields.length === 0 ? null : (
          <dl class="kv">
            {event.fields.map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd class="mono">{value}</dd>
              </>
            ))}
          </dl>
        )}
        {example === null ? (
          <p class="small quiet">Its events are no longer kept.</p>
        ) : (
          <>
            <Log hash={example.alert_hash} />
            <p class="row tiny quiet any">
              <span>
                Alert{" "}
                <a href={`/alerts/${example.alert_hash}`} class="mono">
                  {example.alert_hash}
                </a>
              </span>
              <span>
                {[example.user, example.host ?? example.src_ip].filter((one) => one !== null).join(" on ")},{" "}
                <Time at={example.timestamp} seconds />
              </span>
              {rights.exceptions ? (
                <a
                  class="btn mini push"
                  href={`/incidents/${incident.incident_id}/exception?rule=${encodeURIComponent(example.alert_hash)}`}
                >
                  <Icon n="ban" s={13} />
                  Exception from this
                </a>
              ) : null}
            </p>
          </>
        )}
      </div>
    </details>
  );
};

/** The raw log, fetched when it is opened; without script it is on the alert's own page. */
const Log = ({ hash }: { hash: string }) => (
  <details class="raw" id={`log-${hash}`} data-load={`/alerts/${hash}`}>
    <summary class="small">
      <span class="run">The whole log</span>
    </summary>
    <div data-loaded>
      <a class="small" href={`/alerts/${hash}`}>
        To the alert with its log
      </a>
    </div>
  </details>
);

function upperFirst(text: string): string {
  // Names of programs keep their case.
  return /^\p{Ll}+ /u.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
}
