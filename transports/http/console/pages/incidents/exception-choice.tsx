/** @jsxImportSource hono/jsx */
/** Which exceptions are made of the selected incidents. */
import { Form } from "../../parts/form.tsx";
import { Panel } from "../../parts/words.tsx";
import { onceField } from "../../sent-forms.ts";

/** What an exception covers; "" = any. */
export interface Scope {
  entity: string;
  rule: string;
  actor: string;
}

export interface ScopeOfRule extends Scope {
  title: string;
  /** Of the selected incidents. */
  incidents: number;
  detections: number;
}

interface ChoiceProps {
  actors: readonly (Scope & { incidentId: string })[];
  rules: readonly ScopeOfRule[];
  back: string;
  /** Of this form alone. */
  once: string;
}

const ends = [
  ["30", "in 30 days"],
  ["7", "in 7 days"],
  ["90", "in 90 days"],
  ["0", "when somebody removes it"],
] as const;

export const ExceptionChoice = ({ actors, rules, back, once }: ChoiceProps) => (
  <>
    <div class="page-head">
      <div class="grow">
        <h1>Exceptions from the selected incidents</h1>
        <p class="sub">What an exception matches is still sent as alerts, and no longer counts towards a score.</p>
      </div>
    </div>
    <Form action="/console/incidents/exceptions" class="stack">
      <input type="hidden" name="to" value={back} />
      <input type="hidden" name={onceField} value={once} />
      <Panel title="Everything of an actor" id="actors">
        <ul class="choices">
          {actors.map(({ incidentId, ...scope }) => (
            <Choice scope={scope} name={scope.actor} note={`${scope.entity} · ${incidentId}`} />
          ))}
        </ul>
      </Panel>
      {rules.length === 0 ? null : (
        <Panel title="A rule, whoever the actor is" id="rules">
          <ul class="choices">
            {rules.map(({ title, incidents, detections, ...scope }) => (
              <Choice
                scope={scope}
                name={title}
                note={[
                  scope.entity,
                  ...(scope.rule === title.toLowerCase() ? [] : [scope.rule]),
                  `${detections === 1 ? "1 detection" : `${detections} detections`} in ${incidents} of the selected`,
                ].join(" · ")}
              />
            ))}
          </ul>
        </Panel>
      )}
      <Panel title="For how long, and why" id="why">
        <div class="form">
          <label>
            <span>It ends</span>
            <select class="field" name="days">
              {ends.map(([days, text]) => (
                <option value={days}>{text}</option>
              ))}
            </select>
          </label>
          <label class="wide">
            <span>Why</span>
            <textarea class="field" name="reason" rows={2} maxlength={500} required></textarea>
          </label>
        </div>
      </Panel>
      <p class="row">
        <button class="btn primary">Make exceptions</button>
        <a class="btn plain" href={back}>
          Back to the incidents
        </a>
      </p>
    </Form>
  </>
);

const Choice = ({ scope, name, note }: { scope: Scope; name: string; note: string }) => (
  <li>
    <label class="choice">
      <input type="checkbox" name="scope" value={JSON.stringify(scope)} />
      <span>
        <b>{name}</b>
        <small>{note}</small>
      </span>
    </label>
  </li>
);
