/** @jsxImportSource hono/jsx */
/** Everything that the appliance does at a time, with its last run and what failed. */
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import { type LoopRow, paceOf } from "./system-state.ts";

export const Loops = ({ loops }: { loops: readonly LoopRow[] }) => (
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
        {loops.map((loop) => (
          <tr>
            <td>
              <span class="lead">{loop.name}</span>
              <div class="tiny quiet">{paceOf(loop.every_seconds)}</div>
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
            <td class="r drop">{loop.last_duration_ms} ms</td>
            <td class="r drop">{loop.runs}</td>
            <td class="r" data-label="failed">
              {loop.failures}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Panel>
);
