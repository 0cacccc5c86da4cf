/** @jsxImportSource hono/jsx */
/** What the database keeps of each kind, and what retention removes next; also for another number of days, without changing anything. */
import { Time } from "../../parts/time.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import type { RetentionState } from "./administration-state.ts";
import { sizeOf } from "./system-state.ts";

const kinds: Readonly<Record<string, readonly [name: string, what: string]>> = {
  events: ["Events", "the log that destinations and pollers read, with raw logs"],
  alerts: ["Alerts", "with their newest log; forgotten once unseen for so long"],
  incidents: ["Incidents", "closed ones, with cases, evidence and history"],
  deliveries: ["Deliveries", "of finished tickets, with their incidents"],
  alarms: ["Alarms", "of the SIEM"],
  audit: ["Audit log", "by its own number of days"],
};

export const Retention = ({ state }: { state: RetentionState }) => {
  const { days, configured_days, audit_days, next_run, waits_for_clock } = state;
  const isTrial = days !== configured_days;
  return (
    <Panel
      title="Retention"
      id="retention"
      note={
        <>
          {configured_days} days, the audit log {audit_days}; next pass <Time at={next_run} />
        </>
      }
    >
      <div class="body stack">
        {waits_for_clock ? (
          <Notice kind="wait">
            Nothing is removed until the clock has been steady for a day, so that a wrong one removes nothing.
          </Notice>
        ) : null}
        {isTrial ? (
          <Notice
            kind="idle"
            action={
              <a class="btn mini push" href="/system#retention">
                Back to {configured_days} days
              </a>
            }
          >
            What {days === 1 ? "1 day" : `${days} days`} would remove at the next pass. Nothing is changed by looking;
            data is kept for {configured_days} days.
          </Notice>
        ) : null}
      </div>
      <table class="grid cards dest flush">
        <caption class="vh">What is kept, by kind</caption>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col" class="r">
              Rows
            </th>
            <th scope="col" class="r">
              About
            </th>
            <th scope="col">Oldest</th>
            <th scope="col" class="r">
              {isTrial ? "Would go" : "Go next"}
            </th>
          </tr>
        </thead>
        <tbody>
          {state.kinds.map((one) => {
            const [name, what] = kinds[one.kind] ?? [one.kind, ""];
            return (
              <tr>
                <td class="wide">
                  <span class="lead">{name}</span>
                  <div class="tiny quiet">{what}</div>
                </td>
                <td class="r" data-label="rows">
                  {grouped(one.rows)}
                </td>
                <td class="r nowrap" data-label="about">
                  {sizeOf(one.bytes)}
                </td>
                <td class="nowrap" data-label="oldest">
                  <Time at={one.oldest} />
                </td>
                <td class="r" data-label={isTrial ? "would go" : "go next"}>
                  {one.removes === 0 ? (
                    <span class="quiet">none</span>
                  ) : (
                    <>
                      {one.removes_at_least ? "at least " : ""}
                      {grouped(one.removes)}
                      <div class="tiny quiet">{sizeOf(one.removes_bytes)}</div>
                    </>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <form class="row body small" action="/system#retention" aria-label="Another number of days">
        <span>What would</span>
        <input
          class="field days"
          type="number"
          name="days"
          min={1}
          max={36_500}
          required
          value={String(days)}
          aria-label="Days"
        />
        <span>days remove?</span>
        <button class="btn mini" type="submit">
          Look
        </button>
        <a class="push" href="/settings/retention">
          Set it for good
        </a>
      </form>
    </Panel>
  );
};

function grouped(count: number): string {
  return count.toLocaleString("en");
}
