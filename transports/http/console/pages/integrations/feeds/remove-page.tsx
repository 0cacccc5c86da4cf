/** @jsxImportSource hono/jsx */
/** Removing a destination, which asks what becomes of what waits for it; and forgetting places that were kept. */
import { EdgeError } from "../../../../../../core/errors.ts";
import { type Action, type AnyPage, page } from "../../../page.ts";
import { Form } from "../../../parts/form.tsx";
import { versionField, versionSeen } from "../../../parts/settings/settings-form.tsx";
import { Notice, Panel } from "../../../parts/words.tsx";
import { IntegrationHead, IntegrationsFrame } from "../frame.tsx";
import { type IntegrationsData, readIntegrations } from "../integration-state.ts";
import { readSection } from "../section/section-page.tsx";
import type { Feed } from "./destination-fields.ts";
import { destinationIn, saveDestination } from "./destination-request.ts";
import { pathOfDestination } from "./destination-view.tsx";

interface RemoveData {
  integrations: IntegrationsData;
  name: string;
  version: string;
  queued: number;
}

export function removePages(feed: Feed): { pages: readonly AnyPage[]; actions: readonly Action[] } {
  const path = `${feed.path}/destinations/:name/remove`;
  const removal = page<RemoveData>({
    ...{ path, at: "/settings/integrations", permission: "administer" },
    title: ({ name }) => `Remove ${name}`,
    load: async (request) => {
      const name = request.param("name");
      const set = destinationIn(feed, await readSection(request, feed.section), name);
      if (set === null) throw new EdgeError("destination_unknown", `there is no destination ${name.slice(0, 64)}`);
      if (set.pinned) throw new EdgeError("setting_pinned", `${name}: it is set in ${set.source}; take it out there`);
      const place = await request.ports.destinations.place(feed.section, name);
      return { integrations: await readIntegrations(request), name, version: set.version, queued: place?.queued ?? 0 };
    },
    view: (data) => <RemoveView feed={feed} data={data} />,
  });
  return {
    pages: [removal],
    actions: [
      {
        path: `/console${path}`,
        permission: "administer",
        run: async (request) => {
          const { form, caller, ports } = request;
          const name = request.param("name");
          const what = form.oneOf("place", ["keep", "forget"]);
          const collides = ({ version }: { version: string }) => version !== versionSeen(form);
          await saveDestination(request, feed, { from: name, collides, change: () => null });
          if (what === "keep") return { to: feed.path, said: `${name} is removed; its place is kept.` };
          const queued = await ports.destinations.forget(caller, feed.section, name);
          return { to: feed.path, said: `${name} is removed, and ${messages(queued)} with it.` };
        },
      },
      {
        path: `/console${feed.path}/forget`,
        permission: "administer",
        run: async ({ form, caller, ports }) => {
          const name = form.required("name");
          const queued = await ports.destinations.forget(caller, feed.section, name);
          return { to: feed.path, said: `The place of ${name} is forgotten, and ${messages(queued)} with it.` };
        },
      },
    ],
  };
}

function messages(count: number): string {
  return count === 1 ? "1 message that waited" : `${count} messages that waited`;
}

const RemoveView = ({ feed, data: { integrations, name, version, queued } }: { feed: Feed; data: RemoveData }) => (
  <>
    <IntegrationHead
      title={`Remove ${name}`}
      sub="Nothing more is sent to it from the moment it is removed."
      above={[
        [feed.path, feed.title],
        [pathOfDestination(feed, name), name],
      ]}
    />
    <IntegrationsFrame data={integrations} at={feed.section}>
      <Panel title="What becomes of what waits?" id="waits">
        <Form action={`/console${pathOfDestination(feed, name)}/remove`} class="form one" label={`Remove ${name}`}>
          <input type="hidden" name={versionField} value={version} />
          <Notice kind={queued === 0 ? "idle" : "wait"}>
            {queued === 0
              ? "Nothing waits for it at the moment."
              : `${queued === 1 ? "1 message waits" : `${queued} messages wait`} for it that it has not got yet.`}
          </Notice>
          <label class="row small">
            <input type="radio" name="place" value="keep" checked />
            Its place is kept: a destination of the same name goes on from there, as long as retention has not taken
            what waits
          </label>
          <label class="row small">
            <input type="radio" name="place" value="forget" />
            Its place is forgotten: what waits is never sent to it
          </label>
          <span class="row">
            <button class="btn primary">Remove</button>
            <a class="btn plain" href={pathOfDestination(feed, name)}>
              Cancel
            </a>
          </span>
        </Form>
      </Panel>
    </IntegrationsFrame>
  </>
);
