/** @jsxImportSource hono/jsx */
/** The page of a syslog feed: its destinations with how they do, places that were kept, and the pace of the feed. */
import type { Action, AnyPage } from "../../../page.ts";
import { Form } from "../../../parts/form.tsx";
import { Icon } from "../../../parts/icon.tsx";
import type { FieldGroup } from "../../../parts/settings/field-spec.ts";
import { PinnedNotice } from "../../../parts/settings/source.tsx";
import { State } from "../../../parts/state.tsx";
import { Notice, Panel } from "../../../parts/words.tsx";
import { DestinationCells, DestinationWay } from "../feed-panel.tsx";
import type { DestinationState, FeedState } from "../integration-state.ts";
import { type SectionData, sectionPage } from "../section/section-page.tsx";
import { StatusLine, TestButton } from "../status-line.tsx";
import { TestSteps } from "../test-steps.tsx";
import { type Feed, feedPages } from "./destination-fields.ts";
import { destinationPages } from "./destination-pages.tsx";
import { pathOfDestination } from "./destination-view.tsx";
import { removePages } from "./remove-page.tsx";

interface FeedExtra {
  kept: { name: string; queued: number }[];
}

function paceOf({ section }: Feed): FieldGroup {
  return {
    title: "The feed",
    note: "new work goes out within a second; intervals are upper bounds",
    fields: [
      {
        name: "enabled",
        label: "Enabled",
        kind: "switch",
        hint: "Off: nothing is sent, every destination keeps its place, and what comes waits.",
        wide: true,
      },
      { name: "poll_interval_seconds", label: "Look for work every … seconds", kind: "number" },
      ...(section === "alert_syslog"
        ? [
            {
              name: "hourly_interval_minutes",
              label: "Tell a repeated alert again after … minutes",
              kind: "number",
              hint: "Fractions are allowed.",
            } as const,
          ]
        : []),
      { name: "batch_size", label: "Messages handed over at a time", kind: "number" },
      {
        name: "health_port",
        label: "Port of its health",
        kind: "number",
        hint: "GET /health on this machine. Another port counts after the next start.",
      },
    ],
  };
}

function feedPage(feed: Feed): { pages: readonly AnyPage[]; actions: readonly Action[] } {
  const own = sectionPage<FeedExtra>({
    section: feed.section,
    sub:
      feed.section === "alert_syslog"
        ? "Each alert once, and again while it goes on, to any number of receivers."
        : "Incidents and cases as they come and change, to any number of receivers.",
    groups: [paceOf(feed)],
    testable: false,
    load: async ({ ports }) => ({ kept: await ports.destinations.kept(feed.section) }),
    above: (data) => <Destinations feed={feed} data={data} />,
    below: ({ extra: { kept } }) => (kept.length === 0 ? null : <Kept feed={feed} kept={kept} />),
  });
  const ofOne = destinationPages(feed);
  const removal = removePages(feed);
  return {
    pages: [own.page, ...ofOne.pages, ...removal.pages],
    actions: [...own.actions, ...ofOne.actions, ...removal.actions],
  };
}

const feeds = Object.values(feedPages).map(feedPage);
export const feedSettingsPages: readonly AnyPage[] = feeds.flatMap(({ pages }) => pages);
export const feedSettingsActions: readonly Action[] = feeds.flatMap(({ actions }) => actions);

const Destinations = ({ feed, data }: { feed: Feed; data: SectionData<FeedExtra> }) => {
  const { section, integrations } = data;
  const state = integrations.feeds.find((one) => one.section === feed.section);
  if (state === undefined) return null;
  const pinned = section.fields.syslog?.pinned === true;
  const { destinations, last_test } = state;
  const { problems = [] } = section;
  return (
    <Panel
      title="Destinations"
      id="destinations"
      actions={
        <span class="row push">
          {destinations.length === 0 ? null : <TestButton section={feed.section} name={feed.title} to={feed.path} />}
          {pinned ? null : (
            <a class="btn" href={`${feed.path}/add`}>
              <Icon n="plus" s={14} />
              Add destination
            </a>
          )}
        </span>
      }
    >
      <Status state={state} />
      {pinned || problems.length > 0 ? (
        <div class="body stack">
          {problems.map((problem) => (
            <Notice kind="bad">{problem}</Notice>
          ))}
          <PinnedNotice section={section} names={["syslog"]} />
        </div>
      ) : null}
      {destinations.length === 0 ? (
        <p class="body small soft">
          There is none yet. What comes in is kept here meanwhile; a destination begins with what comes from the moment
          it is saved.
        </p>
      ) : (
        <Table feed={feed} destinations={destinations} />
      )}
      {last_test === null ? null : (
        <details class="body sampleline" open={!last_test.ok}>
          <summary class="small run">What the last test found</summary>
          <TestSteps steps={last_test.steps} />
        </details>
      )}
    </Panel>
  );
};

const Status = ({ state: { configured, enabled, last_test, destinations } }: { state: FeedState }) => {
  const count = destinations.length === 1 ? "1 destination" : `${destinations.length} destinations`;
  return (
    <StatusLine
      configured={configured ? <State kind="good">{count}</State> : <State kind="idle">No</State>}
      enabled={enabled}
      test={last_test}
    />
  );
};

const Table = ({ feed, destinations }: { feed: Feed; destinations: readonly DestinationState[] }) => (
  <table class="grid cards dest" id="destination-table" data-live="*">
    <thead>
      <tr>
        <th scope="col">Destination</th>
        <th scope="col">State</th>
        <th scope="col">Last message</th>
        <th scope="col" class="r">
          Waiting
        </th>
        <th scope="col">
          <span class="vh">Actions</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {destinations.map((one) => (
        <tr>
          <td>
            <a class="lead" href={pathOfDestination(feed, one.name)}>
              {one.name}
            </a>
            <DestinationWay one={one} />
          </td>
          <DestinationCells one={one} />
          <td class="wide">
            <span class="row end acts">
              <TryForm feed={feed} name={one.name} button="test" words="Test Connection" />
              <TryForm feed={feed} name={one.name} button="send" words="Send message" />
            </span>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** Does it with the settings in force, and answers with the page of the destination. */
const TryForm = ({ feed, name, button, words }: { feed: Feed; name: string; button: string; words: string }) => (
  <Form action={`/console${pathOfDestination(feed, name)}/${button}`} label={`${words}: ${name}`}>
    <button class="btn mini">{words}</button>
  </Form>
);

const Kept = ({ feed, kept }: { feed: Feed; kept: readonly { name: string; queued: number }[] }) => (
  <Panel title="Places that are kept" id="kept" note="of destinations that are not set any more">
    <table class="grid cards">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="r">
            Waiting
          </th>
          <th scope="col">
            <span class="vh">Action</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {kept.map(({ name, queued }) => (
          <tr>
            <td>
              <b class="lead">{name}</b>
            </td>
            <td class="r" data-label="waiting">
              {queued}
            </td>
            <td class="wide">
              <Form action={`/console${feed.path}/forget`} label={`Forget the place of ${name}`} class="row end">
                <input type="hidden" name="name" value={name} />
                <button class="btn mini">Forget</button>
              </Form>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Panel>
);
