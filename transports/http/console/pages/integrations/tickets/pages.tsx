/** @jsxImportSource hono/jsx */
/** The pages where ticket systems are set up, and what is pushed to them and tried again. */

import type { PushEstimate } from "../../../../api/settings/settings-port.ts";
import type { CadenceEstimate, RetryEstimate } from "../../../../api/shapes/estimate-shapes.ts";
import type { Action, AnyPage } from "../../../page.ts";
import { State } from "../../../parts/state.tsx";
import { Panel } from "../../../parts/words.tsx";
import { systemName } from "../../overview-state.ts";
import type { IntegrationsData } from "../integration-state.ts";
import { inForm, type SectionData, sectionPage } from "../section/section-page.tsx";
import { StatusLine } from "../status-line.tsx";
import { Remarks } from "../system-panel.tsx";
import { TestSteps } from "../test-steps.tsx";
import { CadenceWeek, RetryCourse, RetryWeek, rightOf } from "./estimates.tsx";
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
  sectionPage<{ origin: string; cadence: CadenceEstimate }>({
    section: "servicenow",
    sub: "A ticket for an incident in the Table API, made once, and both kept in step.",
    groups: serviceNowGroups,
    testable: true,
    testedFirst: true,
    picksFrom: "ServiceNow",
    load: async (request, _, form) => ({
      origin: request.url.origin,
      cadence: await request.ports.api.settings.cadenceEstimate(
        await rightOf(request, "servicenow", serviceNowGroups, form, ["snow_update_cadence_hours"]),
      ),
    }),
    above: ({ integrations }) => <Standing data={integrations} system="servicenow" />,
    preview: ({ extra }) => <CadenceWeek estimate={extra.cadence} />,
    below: ({ extra }) => <Webhooks system="servicenow" origin={extra.origin} />,
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
    preview: (data) => <Estimate data={data} />,
  }),
  sectionPage<RetryEstimate>({
    section: "retry",
    sub: "How often and when what a ticket system did not take is sent again.",
    groups: retryGroups,
    testable: false,
    load: async (request, _, form) =>
      request.ports.api.settings.retryEstimate(await rightOf(request, "retry", retryGroups, form)),
    preview: (data) => (
      <>
        <RetryCourse data={data} />
        <RetryWeek estimate={data.extra} />
      </>
    ),
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
