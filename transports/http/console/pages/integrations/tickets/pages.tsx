/** @jsxImportSource hono/jsx */
/** The pages where ticket systems are set up, and what is pushed to them and tried again. */

import type { PushEstimate } from "../../../../api/settings/settings-port.ts";
import type { Action, AnyPage } from "../../../page.ts";
import { State } from "../../../parts/state.tsx";
import { Panel } from "../../../parts/words.tsx";
import { systemName } from "../../overview-state.ts";
import type { IntegrationsData } from "../integration-state.ts";
import { inForm, type SectionData, sectionPage } from "../section/section-page.tsx";
import { StatusLine } from "../status-line.tsx";
import { Remarks } from "../system-panel.tsx";
import { TestSteps } from "../test-steps.tsx";
import { jiraGroups } from "./jira-fields.ts";
import { autoPushGroups, retryGroups } from "./push-fields.ts";
import { proactiveGroups, serviceNowGroups } from "./servicenow-fields.ts";
import { Webhooks } from "./webhooks.tsx";

/** Nothing beside the section itself. */
const nothing = async () => null;

const settings = [
  sectionPage<string>({
    section: "jira",
    sub: "A ticket for an incident, made once, and both kept in step.",
    groups: jiraGroups,
    testable: true,
    testedFirst: true,
    picksFrom: "Jira",
    load: async ({ url }) => url.origin,
    above: ({ integrations }) => <Standing data={integrations} system="jira" />,
    below: ({ extra }) => <Webhooks system="jira" origin={extra} />,
  }),
  sectionPage<string>({
    section: "servicenow",
    sub: "A ticket for an incident in the Table API, made once, and both kept in step.",
    groups: serviceNowGroups,
    testable: true,
    testedFirst: true,
    picksFrom: "ServiceNow",
    load: async ({ url }) => url.origin,
    above: ({ integrations }) => <Standing data={integrations} system="servicenow" />,
    below: ({ extra }) => <Webhooks system="servicenow" origin={extra} />,
  }),
  sectionPage<null>({
    section: "proactive",
    sub: "An enriched case for an incident, in ServiceNow's place.",
    groups: proactiveGroups,
    testable: true,
    testedFirst: true,
    load: nothing,
    above: ({ integrations }) => <Standing data={integrations} system="proactive" />,
  }),
  sectionPage<PushEstimate>({
    section: "auto_push",
    sub: "Which incidents get a ticket without anybody asking for it.",
    groups: autoPushGroups,
    testable: false,
    load: async ({ ports }) => ports.api.settings.pushEstimate(),
    above: (data) => <Estimate data={data} />,
  }),
  sectionPage<null>({
    section: "retry",
    sub: "How often and when what a ticket system did not take is sent again.",
    groups: retryGroups,
    testable: false,
    load: nothing,
    above: (data) => <Course data={data} />,
  }),
];

export const ticketSettingsPages: readonly AnyPage[] = settings.map(({ page }) => page);
export const ticketSettingsActions: readonly Action[] = settings.flatMap(({ actions }) => actions);

/** How the system does at present. */
const Standing = ({ data, system }: { data: IntegrationsData; system: string }) => {
  const one = data.systems.find((other) => other.system === system);
  if (one === undefined) return null;
  const { configured, enabled, last_test, tickets } = one;
  return (
    <Panel title={`${systemName(system)} now`} id="now">
      <StatusLine
        configured={configured ? <State kind="good">Yes</State> : <State kind="idle">No</State>}
        enabled={enabled}
        test={last_test}
      >
        {enabled ? (
          <span class="small soft">{tickets.known === 1 ? "1 ticket" : `${tickets.known} tickets`}</span>
        ) : undefined}
      </StatusLine>
      {last_test !== null || (enabled && !one.answers) || one.standing.length > 0 || one.sync.error !== null ? (
        <div class="body stack">
          <Remarks one={one} />
          {last_test === null ? null : <TestSteps steps={last_test.steps} />}
        </div>
      ) : null}
    </Panel>
  );
};

const thresholds = [
  ["CRITICAL", "Critical"],
  ["HIGH", "High and critical"],
  ["MEDIUM", "Medium and above"],
  ["LOW", "All"],
] as const;

/** What each choice would have meant in the last days. */
const Estimate = ({ data }: { data: SectionData<PushEstimate> }) => {
  const { days, incidents, by_min_severity: reached } = data.extra;
  const chosen = inForm(data, "min_severity").toUpperCase();
  const count = reached[thresholds.find(([id]) => id === chosen)?.[0] ?? "CRITICAL"];
  return (
    <Panel title="What it would have meant" id="estimate" note={`incidents of the last ${days} days`}>
      <div class="body stack" id="estimated" data-part>
        {incidents === 0 ? (
          <p>There was no incident in the last {days} days.</p>
        ) : (
          <>
            <p>
              <b>
                {count} of {incidents} {incidents === 1 ? "incident" : "incidents"} of the last {days} days would have
                been pushed.
              </b>
            </p>
            <dl class="kv">
              {thresholds.map(([id, words]) => (
                <>
                  <dt>{words}</dt>
                  <dd>{reached[id]}</dd>
                </>
              ))}
            </dl>
          </>
        )}
      </div>
    </Panel>
  );
};

/** When retries come with what is in the form, each counted from the first attempt. */
const Course = ({ data }: { data: SectionData<null> }) => {
  const [retries, base, most] = ["max_retries", "base_delay_seconds", "max_delay_seconds"].map((name) =>
    Number(inForm(data, name)),
  );
  const waits = retryWaits(retries ?? 0, base ?? 0, most ?? 0);
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  return (
    <Panel title="What that means" id="course">
      <p class="body" id="course-words" data-part>
        {waits.length === 0
          ? "Nothing is tried again by itself: what fails once waits for a person."
          : `Tried again ${waits.map(duration).join(", then ")} later; after ${duration(total)} in all a person has to look. While a whole system is away nothing is used up: what is to be sent waits until it answers.`}
      </p>
    </Panel>
  );
};

/** Seconds before each retry: doubled from one to the next. Nothing for values that are none, which the check names. */
function retryWaits(retries: number, base: number, most: number): number[] {
  if (!Number.isInteger(retries) || retries < 0 || retries > 20 || !(base > 0) || !(most > 0)) return [];
  return Array.from({ length: retries }, (_, n) => Math.min(most, base * 2 ** n));
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
}
