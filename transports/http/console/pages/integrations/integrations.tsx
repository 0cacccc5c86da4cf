/** @jsxImportSource hono/jsx */
/** `/settings/integrations`: where alerts, incidents and tickets go, and whether they arrive. To be read by everybody. */
import { feedSections } from "../../../../../core/settings/sections/feed-section.ts";
import { ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { type Action, page } from "../../page.ts";
import { systemName } from "../overview-state.ts";
import { integrationOf, integrations } from "./catalogue.ts";
import { FeedPanel } from "./feed-panel.tsx";
import { IntegrationsFrame } from "./frame.tsx";
import { type IntegrationsData, readIntegrations } from "./integration-state.ts";
import { SystemPanel } from "./system-panel.tsx";

export const integrationsPage = page<IntegrationsData>({
  path: "/settings/integrations",
  permission: "read",
  at: "/settings/integrations",
  title: () => "Integrations",
  load: readIntegrations,
  view: (data) => {
    const { feeds, systems, mayTest, seesAll } = data;
    return (
      <>
        <div class="page-head">
          <div class="grow">
            <h1>Integrations</h1>
            <p class="sub">
              Where alerts, incidents and tickets go, and whether they arrive. Changes count from the moment they are
              saved.
            </p>
          </div>
        </div>
        <IntegrationsFrame data={data} at={null}>
          <div class="stack" id="integrations" data-live="*">
            {feeds.map((feed) => (
              <FeedPanel feed={feed} title={integrationOf(feed.section)?.title ?? feed.section} mayTest={mayTest} />
            ))}
            {systems.map((one) => (
              <SystemPanel one={one} mayTest={mayTest} seesAll={seesAll} />
            ))}
          </div>
        </IntegrationsFrame>
      </>
    );
  },
});

const sections = [...Object.keys(feedSections), ...ticketSystems];

export const integrationActions: readonly Action[] = [
  {
    path: "/console/integrations/:section/test",
    permission: "administer",
    run: async ({ caller, ports, param, form }) => {
      const section = param("section");
      const { ok, steps } = (await ports.api.settings.test(caller, section, {})) as {
        ok: boolean;
        steps: { ok: boolean; name: string; detail: string }[];
      };
      const failed = steps.find((step) => !step.ok);
      const name = integrationOf(section)?.short ?? systemName(section);
      return {
        // Back to the integration's own page, where it was pressed there.
        to:
          integrations.find(({ path }) => path !== null && path === form.text("to"))?.path ??
          `/settings/integrations#${sections.find((one) => one === section) ?? ""}`,
        said:
          ok || failed === undefined ? `${name}: the test has passed.` : `${name}: ${failed.name}: ${failed.detail}`,
      };
    },
  },
];
