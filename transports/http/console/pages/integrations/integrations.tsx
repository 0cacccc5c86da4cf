/** @jsxImportSource hono/jsx */
/** `/settings/integrations`: where alerts, incidents and tickets go, and whether they arrive. To be read by everybody. */
import { feedSections } from "../../../../../core/settings/feed-section.ts";
import { ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { type Action, page } from "../../page.ts";
import { systemName } from "../overview-state.ts";
import { FeedPanel } from "./feed-panel.tsx";
import {
  type Health,
  healthOfFeed,
  healthOfSystem,
  type IntegrationsData,
  readIntegrations,
} from "./integration-state.ts";
import { SystemPanel } from "./system-panel.tsx";

const feedTitles: Readonly<Record<string, string>> = {
  alert_syslog: "Alert Syslog Forwarding",
  incident_syslog: "Incident/Case Syslog Forwarding",
};
const shortTitles: Readonly<Record<string, string>> = {
  alert_syslog: "Alert syslog",
  incident_syslog: "Incident syslog",
};
const healthWords: Readonly<Record<Health, string>> = {
  ok: "works",
  no: "does not work",
  some: "works, with something to mend",
  "": "not set up",
};

export const integrationsPage = page<IntegrationsData>({
  path: "/settings/integrations",
  permission: "read",
  at: "/settings/integrations",
  title: () => "Integrations",
  load: readIntegrations,
  view: ({ feeds, systems, mayTest, seesAll }) => {
    const contents: [string, string, Health][] = [
      ...feeds.map((feed): [string, string, Health] => [
        feed.section,
        shortTitles[feed.section] ?? feed.section,
        healthOfFeed(feed),
      ]),
      ...systems.map((one): [string, string, Health] => [one.system, systemName(one.system), healthOfSystem(one)]),
    ];
    return (
      <>
        <div class="page-head">
          <div class="grow">
            <h1>Integrations</h1>
            <p class="sub">Where alerts, incidents and tickets go, and whether they arrive.</p>
          </div>
        </div>
        <div class="sets" id="integrations" data-live="*">
          <nav class="toc" aria-label="On this page">
            {contents.map(([id, name, health]) => (
              <a href={`#${id}`}>
                {name}
                <i class={health === "" ? undefined : health} />
                <span class="vh">{healthWords[health]}</span>
              </a>
            ))}
          </nav>
          <div class="stack">
            {feeds.map((feed) => (
              <FeedPanel feed={feed} title={feedTitles[feed.section] ?? feed.section} mayTest={mayTest} />
            ))}
            {systems.map((one) => (
              <SystemPanel one={one} mayTest={mayTest} seesAll={seesAll} />
            ))}
          </div>
        </div>
      </>
    );
  },
});

const sections = [...Object.keys(feedSections), ...ticketSystems];

export const integrationActions: readonly Action[] = [
  {
    path: "/console/integrations/:section/test",
    permission: "administer",
    run: async ({ caller, ports, param }) => {
      const section = param("section");
      const { ok, steps } = (await ports.api.settings.test(caller, section, {})) as {
        ok: boolean;
        steps: { ok: boolean; name: string; detail: string }[];
      };
      const failed = steps.find((step) => !step.ok);
      const name = shortTitles[section] ?? systemName(section);
      return {
        to: `/settings/integrations#${sections.find((one) => one === section) ?? ""}`,
        said:
          ok || failed === undefined ? `${name}: the test has passed.` : `${name}: ${failed.name}: ${failed.detail}`,
      };
    },
  },
];
