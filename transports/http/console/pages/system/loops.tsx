/** @jsxImportSource hono/jsx */
/** Everything that the appliance does at a time, with its last run and what failed. */
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import { systemName } from "../overview-state.ts";
import { loopWords } from "./loop-words.ts";
import { type LoopRow, paceOf } from "./system-state.ts";

/** When a ticket system is asked for changes: part of the loop of tickets, and at times of its own. */
export interface Polling {
  system: string;
  last: string | null;
  next: string | null;
  error: string | null;
}

interface LoopsProps {
  loops: readonly LoopRow[];
  polling: readonly Polling[];
  /** Whether the person may change settings. */
  maySet: boolean;
}

export const Loops = ({ loops, polling, maySet }: LoopsProps) => (
  <Panel title="Loops" id="loops" note={`${loops.length}, each at least as often as it says`}>
    <table class="grid cards dest flush">
      <thead>
        <tr>
          <th scope="col">Loop</th>
          <th scope="col">State</th>
          <th scope="col">Last run</th>
          <th scope="col">Next</th>
          <th scope="col" class="r">
            Took
          </th>
          <th scope="col" class="r">
            Runs
          </th>
          <th scope="col" class="r">
            Failed
          </th>
        </tr>
      </thead>
      <tbody>
        {loops.flatMap((loop) => [
          <tr>
            <td class="wide any">
              <span class="lead">{loop.name}</span>
              <About loop={loop} maySet={maySet} />
            </td>
            <td class="wide">
              {loop.last_error !== null ? (
                <>
                  <State kind="wait">The last run failed</State>
                  <div class="tiny err">{loop.last_error}</div>
                </>
              ) : loop.last_run === null ? (
                <State kind="idle">Not run yet</State>
              ) : (
                <State kind="good">Runs</State>
              )}
            </td>
            <td class="nowrap" data-label="last run">
              <Time at={loop.last_run} seconds />
            </td>
            <td class="nowrap" data-label="next, at the latest">
              <Time at={loop.next_run} seconds />
            </td>
            <td class="r drop nowrap">{loop.last_duration_ms} ms</td>
            <td class="r drop">{loop.runs}</td>
            <td class="r" data-label="failed">
              {loop.failures}
            </td>
          </tr>,
          ...(loop.name === "tickets" ? polling.map((one) => <PollingRow one={one} maySet={maySet} />) : []),
        ])}
      </tbody>
    </table>
  </Panel>
);

/** What it does, how often, and where that is set or why it is not. */
const About = ({ loop: { name, every_seconds }, maySet }: { loop: LoopRow; maySet: boolean }) => {
  const words = loopWords(name);
  return (
    <div class="tiny quiet">
      {words === null ? null : `${words.does}; `}
      {paceOf(every_seconds)}
      {words?.set === undefined || !maySet ? null : (
        <>
          {", "}
          <a href={words.set.href}>set with {words.set.name}</a>
        </>
      )}
      {words?.why === undefined ? null : `. Not to be set: ${words.why}`}
    </div>
  );
};

const PollingRow = ({ one: { system, last, next, error }, maySet }: { one: Polling; maySet: boolean }) => (
  <tr>
    <td class="wide any">
      <span class="lead">{systemName(system)}</span>
      <div class="tiny quiet">
        looks for tickets that were changed there
        {maySet ? (
          <>
            {", "}
            <a href={`/settings/integrations/${system === "proactive" ? "servicenow" : system}`}>
              set as Look for changes
            </a>
          </>
        ) : null}
      </div>
    </td>
    <td class="wide">
      {error !== null ? (
        <>
          <State kind="wait">The last run failed</State>
          <div class="tiny err">{error}</div>
        </>
      ) : last === null ? (
        <State kind="idle">Not run yet</State>
      ) : (
        <State kind="good">Runs</State>
      )}
    </td>
    <td class="nowrap" data-label="last run">
      <Time at={last} seconds />
    </td>
    <td class="nowrap" data-label="next">
      <Time at={next} seconds />
    </td>
    <td class="r drop" />
    <td class="r drop" />
    <td class="r drop" />
  </tr>
);
