/** @jsxImportSource hono/jsx */
/** What stands still, by cause: how many, what it means, the target's own words, and what can be done with all of them. */
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Time } from "../../parts/time.tsx";
import { useViewing } from "../../parts/viewing.ts";
import { Panel } from "../../parts/words.tsx";
import { systemName } from "../overview-state.ts";
import { causeWords, type StandingGroup, undecidedCauses } from "./delivery-rows.ts";
import { mendPlace } from "./mend.ts";

interface Rights {
  mayWrite: boolean;
  /** Whether the person may change settings. */
  mayMend: boolean;
}

export const Standing = ({ groups, ...rights }: Rights & { groups: readonly StandingGroup[] }) => (
  <Panel title="Stands still, by cause" id="standing" note="kept until it goes or somebody gives it up">
    <ul class="todo">
      {groups.map((group) => (
        <Group group={group} {...rights} />
      ))}
    </ul>
  </Panel>
);

const Group = ({ group, mayWrite, mayMend }: Rights & { group: StandingGroup }) => {
  const { system, state, cause, count, oldest, detail } = group;
  const { name, means } = causeWords(cause);
  const isUndecided = undecidedCauses.includes(cause);
  const isGone = cause === "ticket_gone";
  const mend = mendPlace(system, cause);
  const query = new URLSearchParams({ system, cause, state: isUndecided ? "unidentified" : state });
  return (
    <li data-cause={cause}>
      <Icon n={isUndecided ? "circle-help" : "circle-alert"} s={18} c={isUndecided ? "wait" : "bad"} />
      <h3>
        {systemName(system)}: {name}, {count} {state}
      </h3>
      <p>
        {means}
        {detail === "" ? null : (
          <>
            {" "}
            {systemName(system)} says: <code>{detail}</code>
          </>
        )}{" "}
        Since <Time at={oldest} />.
        {mend === null || mayMend ? null : ` An administrator mends ${mend.name} under Integrations.`}
      </p>
      <div class="row does">
        <a class="btn mini" href={`/deliveries?${query}`}>
          {isUndecided ? "Name the ticket" : "Show them"}
        </a>
        {mend === null || !mayMend ? null : (
          <a class="btn mini" href={mend.href}>
            <Icon n="settings" s={13} />
            Mend {mend.name}
          </a>
        )}
        {isGone && mayWrite ? (
          <a class="btn mini" href={`/incidents/${group.incident_id}/renew/${system}`}>
            <Icon n="ticket" s={13} />
            {count === 1 ? "Make a new ticket…" : "Make a new ticket for the newest…"}
          </a>
        ) : null}
        {mayWrite && !isUndecided && !isGone ? (
          <Form action="/console/deliveries/retry" label={`Retry all of ${systemName(system)}: ${name}`}>
            <Choice group={group} />
            <button class="btn mini">
              <Icon n="rotate-ccw" s={13} />
              {count === 1 ? "Retry it" : `Retry all ${count}`}
            </button>
          </Form>
        ) : null}
        {mayWrite ? (
          <details class="giveup">
            <summary class="btn mini">Discard…</summary>
            <Form
              class="row"
              action="/console/deliveries/discard"
              label={`Discard all of ${systemName(system)}: ${name}`}
            >
              <Choice group={group} />
              <ShownAt />
              <input
                class="field"
                name="reason"
                required
                maxlength={1_000}
                placeholder="Why"
                aria-label="Why"
                autocomplete="off"
              />
              <button class="btn mini">{count === 1 ? "Give it up" : `Give up all ${count}`}</button>
            </Form>
          </details>
        ) : null}
      </div>
    </li>
  );
};

/** What comes to stand still after this was not seen, and is not given up with the rest. */
const ShownAt = () => <input type="hidden" name="shown_at" value={String(useViewing().now)} />;

/** What of it is meant, so that nothing else goes with it. */
const Choice = ({ group: { system, state, cause } }: { group: StandingGroup }) => (
  <>
    <input type="hidden" name="system" value={system} />
    <input type="hidden" name="state" value={state} />
    <input type="hidden" name="cause" value={cause} />
  </>
);
