/** @jsxImportSource hono/jsx */
/** What a person can do with a delivery that waits: name its ticket, send it again, mend it first, give it up. */
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import { systemName } from "../overview-state.ts";
import { CandidateList, type Candidates } from "./candidates.tsx";
import { type DeliveryDetail, isUndecided, standsStill } from "./delivery-rows.ts";

/** `found`: the tickets that the target shows, once somebody has asked for them. */
export const Decide = ({ one, found }: { one: DeliveryDetail; found: Candidates | null }) => {
  const undecided = isUndecided(one);
  const isGone = one.cause === "ticket_gone";
  const isMade = one.cause === "made_not_identified";
  const action = (deed: string) => `/console/deliveries/${one.id}/${deed}`;
  // What somebody else decides meanwhile is not overruled unseen.
  const seen = <input type="hidden" name="seen" value={one.updated_at} />;
  return (
    <Panel title="What happens with it" id="decide">
      {undecided ? (
        <>
          <div class="form one">
            <Traces one={one} />
            <CandidateList one={one} found={found} />
          </div>
          <Form class="form one" action={action("identify")} label="Name the ticket">
            <label>
              <span>Number in {systemName(one.system)}</span>
              <input class="field mono" name="number" required maxlength={64} autocomplete="off" spellcheck={false} />
              <span class="hint">
                As people see it there, such as SEC-12 or INC0010023. It is read and compared first.
              </span>
            </label>
            <button class="btn">Name the ticket</button>
          </Form>
        </>
      ) : null}
      {isGone ? (
        <div class="form one">
          <p class="small soft">
            Its ticket was deleted in {systemName(one.system)}. It goes when the ticket is back, or is dropped with the
            decision for another one.
          </p>
          <a class="btn primary" href={`/incidents/${one.incident_id}/renew/${one.system}`}>
            <Icon n="ticket" s={15} />
            Make a new ticket…
          </a>
        </div>
      ) : null}
      {standsStill(one) && !isGone ? (
        <Form class="form one" action={action("retry")} label="Retry">
          {seen}
          <p class="small soft">
            {undecided
              ? "If it is not there: it is looked up once more, then made as another ticket."
              : "It takes its turn at once."}
          </p>
          {isMade || !["create", "comment"].includes(one.kind) ? null : (
            <details>
              <summary class="small run">Mend the request first</summary>
              <label>
                <span>Fields to replace, as JSON</span>
                <textarea class="field mono" name="fields" rows={3} maxlength={20_000} spellcheck={false}></textarea>
                <span class="hint">{`{"customfield_10010": {"value": "SOC"}}; null takes a field away`}</span>
              </label>
            </details>
          )}
          <button class={undecided ? "btn" : "btn primary"}>
            <Icon n="rotate-ccw" s={15} />
            {undecided ? "It was not made: make it" : "Retry"}
          </button>
        </Form>
      ) : null}
      <Form class="form one" action={action("discard")} label="Give up">
        {seen}
        <label>
          <span>Why it is given up</span>
          <input class="field" name="reason" required maxlength={1_000} autocomplete="off" />
        </label>
        <button class="btn">Discard</button>
      </Form>
    </Panel>
  );
};

/** How a person finds in the target what its answer did not name. */
const Traces = ({ one: { system, correlation, attempt_history: attempts } }: { one: DeliveryDetail }) => {
  const sent = attempts.findLast(({ action }) => action === "send");
  if (sent === undefined || correlation === null) return null;
  return (
    <p class="small soft">
      Look in {systemName(system)} for what was made <Time at={sent.at} seconds /> with the{" "}
      {system === "jira" ? "label" : "correlation ID"} <code>{correlation}</code>. Its title stands in the request.
    </p>
  );
};
