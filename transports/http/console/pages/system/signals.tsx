/** @jsxImportSource hono/jsx */
/** What the appliance tells of itself: the level of its log, and the heartbeats of its destinations. */
import { Select } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import type { HeartbeatState, LogState } from "./administration-state.ts";

const levels = [
  ["debug", "debug: everything"],
  ["info", "info: what happens"],
  ["warn", "warn: what is odd"],
  ["error", "error: what is broken"],
] as const;

export const LogPanel = ({ log }: { log: LogState | null }) => (
  <Panel title="Log" id="log">
    {log === null ? (
      <p class="body small soft">The level of this appliance's log is that of its start.</p>
    ) : (
      <Form class="form one" action="/console/system/log-level" label="Level of the log">
        <p class="small soft">
          {log.temporary ? (
            <>
              <b>{log.level}</b> until the next restart; then <code>{log.configured}</code> again, as the settings say.
            </>
          ) : (
            <>
              <b>{log.level}</b>, as the settings say.
            </>
          )}
        </p>
        <Select label="From which level on" name="level" value={log.level} options={levels} />
        <div class="row">
          <button class="btn">Use it until the next restart</button>
          {log.temporary ? (
            <button class="btn plain" name="back" value="yes">
              Back to {log.configured}
            </button>
          ) : null}
        </div>
        <p class="tiny quiet">
          It counts at once and ends with a restart. For good it is saved in the{" "}
          <a href="/settings/logging">settings of the log</a>.
        </p>
      </Form>
    )}
  </Panel>
);

export const HeartbeatPanel = ({ heartbeats }: { heartbeats: readonly HeartbeatState[] }) => (
  <Panel title="Heartbeats" id="heartbeats" note="so that quiet can be told from dead">
    {heartbeats.length === 0 ? (
      <p class="body small soft">
        No syslog destination sends. <a href="/settings/integrations">Set one up</a>
      </p>
    ) : (
      <ul class="body stack">
        {heartbeats.map(({ feed, name, every_minutes, last_sent, next, waits }) => (
          <li class="spread">
            <span class="any">
              <a
                href={`/settings/integrations/${feed === "alerts" ? "alert" : "incident"}-syslog/destinations/${encodeURIComponent(name)}`}
              >
                {feed}/{name}
              </a>
              <div class="tiny quiet">
                {every_minutes === 0 ? "none by itself" : `every ${every_minutes} min`}, last{" "}
                <Time at={last_sent} seconds />
                {next === null ? null : (
                  <>
                    , next <Time at={next} seconds />
                  </>
                )}
              </div>
              {waits ? <State kind="wait">One waits for the receiver</State> : null}
            </span>
            <Form
              action={`/console/system/heartbeats/${feed}/${encodeURIComponent(name)}`}
              label={`Heartbeat to ${feed}/${name}`}
            >
              <button class="btn mini nowrap" disabled={waits}>
                <Icon n="activity" s={13} />
                Send one now
              </button>
            </Form>
          </li>
        ))}
      </ul>
    )}
  </Panel>
);
