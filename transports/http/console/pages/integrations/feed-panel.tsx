/** @jsxImportSource hono/jsx */
/** One syslog feed: its destinations, whether they are reached, what waits and what the last trouble was. */
import { Icon } from "../../parts/icon.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import type { DestinationState, FeedState } from "./integration-state.ts";
import { SetUpLink, StatusLine, TestButton } from "./status-line.tsx";
import { TestSteps } from "./test-steps.tsx";

export const FeedPanel = ({ feed, title, mayTest }: { feed: FeedState; title: string; mayTest: boolean }) => {
  const { section, configured, enabled, destinations, last_test, pinned, source } = feed;
  const count = destinations.length === 1 ? "1 destination" : `${destinations.length} destinations`;
  return (
    <Panel
      title={title}
      id={section}
      actions={
        <span class="row push">
          {mayTest && configured ? <TestButton section={section} name={title} /> : null}
          <SetUpLink id={section} mayTest={mayTest} configured={configured} />
        </span>
      }
    >
      <StatusLine
        configured={configured ? <State kind="good">{count}</State> : <State kind="idle">No</State>}
        enabled={enabled}
        test={last_test}
      >
        {pinned ? (
          <span class="pin" title="Set outside of the console, so it is changed there">
            <Icon n="lock" s={12} />
            {source.startsWith("/") ? (
              <>
                file, <code>{source.split("/").at(-1)}</code>
              </>
            ) : (
              source
            )}
          </span>
        ) : null}
      </StatusLine>
      {destinations.length === 0 ? (
        <p class="body small soft">
          No receiver is set. What comes in is kept here and can be polled by API; a destination added later begins with
          what comes from then on.
        </p>
      ) : (
        <Destinations destinations={destinations} />
      )}
      {last_test === null || last_test.ok ? null : (
        <div class="body">
          <TestSteps steps={last_test.steps} />
        </div>
      )}
    </Panel>
  );
};

const Destinations = ({ destinations }: { destinations: readonly DestinationState[] }) => (
  <table class="grid cards dest">
    <thead>
      <tr>
        <th scope="col">Destination</th>
        <th scope="col">State</th>
        <th scope="col">Last message</th>
        <th scope="col" class="r">
          Waiting
        </th>
      </tr>
    </thead>
    <tbody>
      {destinations.map((one) => (
        <tr>
          <td>
            <b class="lead">{one.name}</b>
            <DestinationWay one={one} />
          </td>
          <DestinationCells one={one} />
        </tr>
      ))}
    </tbody>
  </table>
);

/** How messages travel: `TCP, LF · preset splunk · risk 70 and above`. */
function wayOf({ protocol, encrypted, framing, preset, min_risk, entities }: DestinationState): string {
  const few = typeof entities === "number" ? entities : entities.length;
  return [
    [
      protocol === "relp" && encrypted ? "RELP over TLS" : protocol.toUpperCase(),
      ...(framing === null ? [] : [framing === "lf" ? "LF" : "counted frames"]),
    ].join(", "),
    ...(preset === null ? [] : [`preset ${preset}`]),
    ...(min_risk === 0 ? [] : [`risk ${min_risk} and above`]),
    ...(few === 0 ? [] : [few === 1 ? "1 entity" : `${few} entities`]),
  ].join(" · ");
}

const Reached = ({ one: { connected, last_error, queued } }: { one: DestinationState }) => {
  if (connected)
    return (
      <>
        <State kind="good">Connected</State>
        {last_error === null ? null : <div class="tiny quiet">Last trouble: {last_error}</div>}
      </>
    );
  if (last_error === null) return <State kind="idle">Nothing sent yet</State>;
  return (
    <>
      <State kind="bad">Not reachable</State>
      <div class="tiny err">{last_error}</div>
      <div class="tiny soft">
        {queued === null ? "What was accepted waits" : `${queued} ${queued === 1 ? "message waits" : "messages wait"}`}{" "}
        on the disk and nothing is lost.
      </div>
    </>
  );
};

/** Below its name: address and transport. */
export const DestinationWay = ({ one }: { one: DestinationState }) => (
  <>
    {one.address === null ? null : <div class="tiny quiet mono">{one.address}</div>}
    <div class="tiny soft">{wayOf(one)}</div>
  </>
);

/** Whether it is reached, its last message, what waits. */
export const DestinationCells = ({ one }: { one: DestinationState }) => (
  <>
    <td class="wide">
      <Reached one={one} />
    </td>
    <td class="nowrap" data-label="last message">
      <Time at={one.last_sent} seconds />
    </td>
    <td class="r" data-label="waiting">
      {one.queued === null ? <span class="quiet">not shown</span> : one.queued > 0 ? <b>{one.queued}</b> : 0}
    </td>
  </>
);
