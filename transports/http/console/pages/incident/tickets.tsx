/** @jsxImportSource hono/jsx */
/** Its tickets: one for each system, with every attempt, what each state means, and what comes next. */
import { Step, Steps, Tries } from "../../parts/attempts.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Outside, Panel } from "../../parts/words.tsx";
import type { IncidentData } from "./incident-detail.ts";
import {
  canBeMade,
  type Delivery,
  gateWords,
  type IncidentTicket,
  kindName,
  outcomeOf,
  type RiskUpdate,
  type SystemName,
  stateOf,
  systemNames,
  type ToldIn,
  triesOf,
  whereItStands,
} from "./ticket-detail.ts";

/** Steps of a ticket that are shown without being asked for. */
const fewSteps = 6;

export const Tickets = ({ incident, systems, rights }: IncidentData) => {
  const missing = systems.filter(({ system }) => !incident.tickets.some((ticket) => ticket.system === system));
  const told = incident.told_in ?? [];
  return (
    <Panel
      title="Tickets"
      id="tickets"
      note={
        incident.tickets.length + missing.length === 0
          ? "no ticket system is set up"
          : "one for each system, whatever failed on the way"
      }
    >
      {incident.tickets.length + missing.length === 0 ? (
        <p class="body small soft">
          Once Jira, ServiceNow or Proactive Case is configured and enabled, a ticket can be made here.
        </p>
      ) : (
        <div class="tickets">
          {incident.tickets.map((ticket) => (
            <TicketArticle
              id={incident.incident_id}
              ticket={ticket}
              told={told}
              mayAct={rights.tickets}
              isNewest={incident.tickets.find(({ system }) => system === ticket.system) === ticket}
            />
          ))}
          {missing.map(({ system, answers }) => (
            <article>
              <div class="spread">
                <span class="small soft">{systemNames[system]}</span>
                <State kind="idle">None yet</State>
              </div>
              <p class="small soft">
                {toldWords(told, system) ??
                  (answers
                    ? "No ticket has been made here."
                    : "No ticket has been made here, and the system does not answer at the moment.")}
              </p>
              <TicketButtons id={incident.incident_id} system={system} mayAct={rights.tickets} isOffered />
            </article>
          ))}
        </div>
      )}
    </Panel>
  );
};

function toldWords(told: readonly ToldIn[], system: SystemName): string | null {
  const where = told.find((one) => one.system === system);
  if (where === undefined) return null;
  return `It is told in ${where.ticket_id ?? "the ticket"} of ${where.incident_id}, which leads its campaign.`;
}

interface TicketProps {
  id: string;
  ticket: IncidentTicket;
  told: readonly ToldIn[];
  mayAct: boolean;
  /** Of its system: an older one was replaced. */
  isNewest: boolean;
}

const TicketArticle = ({ id, ticket, told, mayAct, isNewest }: TicketProps) => {
  const name = systemNames[ticket.system];
  const { kind, words } = stateOf(ticket);
  const here = toldWords(ticket.told_in ? [ticket.told_in] : told, ticket.system);
  return (
    <article>
      <div class="spread">
        <span class="small soft">{name}</span>
        <State kind={kind}>{words}</State>
      </div>
      {ticket.ticket_id === null ? null : (
        <p class="row ticket-id">
          <Outside href={ticket.ticket_url ?? ""}>{ticket.ticket_id}</Outside>
          {ticket.last_read_at === null ? null : (
            <span class="push tiny quiet">
              read <Time at={ticket.last_read_at} />
            </span>
          )}
        </p>
      )}
      {ticket.state === "gone" ? (
        <p class="small soft">
          It was deleted in {name}, noticed <Time at={ticket.gone_at} />.{" "}
          {isNewest ? "Another one is made when somebody decides that." : "Another one was made."}
        </p>
      ) : null}
      {ticket.merged_into === null ? null : (
        <p class="small soft any">
          {name} has merged it into {ticket.merged_into}.
        </p>
      )}
      {here === null ? null : <p class="small soft any">{here}</p>}
      {ticket.risk_update === null ? null : <Gate update={ticket.risk_update} />}
      <DeliverySteps id={id} deliveries={ticket.deliveries} name={name} mayAct={mayAct} />
      {ticket.state === "gone" ? (
        mayAct && isNewest ? (
          <div class="row acts">
            <a class="btn mini" href={`/incidents/${id}/renew/${ticket.system}`}>
              <Icon n="ticket" s={13} />
              Make a new ticket…
            </a>
          </div>
        ) : null
      ) : (
        <TicketButtons id={id} system={ticket.system} mayAct={mayAct} isOffered={canBeMade(ticket)} />
      )}
    </article>
  );
};

const Gate = ({ update }: { update: RiskUpdate }) => (
  <p class="tiny soft">
    {gateWords(update)}
    {update.next_at === null || update.push ? null : (
      <>
        {" "}
        at <Time at={update.next_at} />.
      </>
    )}
  </p>
);

interface StepsProps {
  id: string;
  deliveries: readonly Delivery[];
  name: string;
  mayAct: boolean;
}

const DeliverySteps = ({ id, deliveries, name, mayAct }: StepsProps) => {
  const isCalm = ({ state, detail }: Delivery) => state === "confirmed" && detail === null;
  // What went well long ago can wait; how the ticket was made cannot.
  const shown = deliveries.filter((one, at) => at < fewSteps || one.kind === "create" || !isCalm(one));
  const hidden = deliveries.filter((one) => !shown.includes(one));
  return (
    <>
      <Steps>
        {shown.map((one) => (
          <DeliveryStep id={id} delivery={one} name={name} mayAct={mayAct} />
        ))}
      </Steps>
      {hidden.length === 0 ? null : (
        <details id={`more-${name.toLowerCase().replace(/\W/g, "-")}`}>
          <summary class="small">
            <span class="run">{hidden.length} more that went well</span>
          </summary>
          <Steps>
            {hidden.map((one) => (
              <DeliveryStep id={id} delivery={one} name={name} mayAct={mayAct} />
            ))}
          </Steps>
        </details>
      )}
    </>
  );
};

const DeliveryStep = ({ id, delivery, name, mayAct }: Omit<StepsProps, "deliveries"> & { delivery: Delivery }) => {
  const stands = whereItStands(delivery, name);
  const tries = triesOf(delivery);
  const isStuck = delivery.state === "parked" || delivery.state === "dead";
  return (
    <Step kind={outcomeOf(delivery)} what={kindName(delivery.kind)} at={delivery.updated_at}>
      {stands === null ? null : (
        <p>
          {stands}
          {delivery.next_attempt_at === null ? null : (
            <>
              {" "}
              Next at <Time at={delivery.next_attempt_at} seconds />.
            </>
          )}
        </p>
      )}
      {isStuck && mayAct ? <Mend id={id} delivery={delivery} name={name} /> : null}
      {tries.length > 0 && (delivery.kind === "create" || stands !== null) ? <Tries tries={tries} /> : null}
    </Step>
  );
};

/** The next step of what stands still: name the ticket that was made, or send it again. */
const Mend = ({ id, delivery, name }: { id: string; delivery: Delivery; name: string }) => {
  const action = `/console/incidents/${id}/delivery`;
  const mayBeMade = delivery.cause === "made_not_identified" || delivery.cause === "unknown_outcome";
  return (
    <div class="row acts">
      {mayBeMade ? (
        <Form action={action} class="row" label={`Which ticket of ${name} it is`}>
          <input type="hidden" name="delivery" value={delivery.id} />
          <input class="field" name="number" required maxlength={64} placeholder="Its number" aria-label="Its number" />
          <button class="btn mini" name="what" value="identify">
            This is it
          </button>
        </Form>
      ) : null}
      <Form action={action} label={`Send it to ${name} again`}>
        <input type="hidden" name="delivery" value={delivery.id} />
        <input type="hidden" name="seen" value={delivery.updated_at} />
        <button class="btn mini" name="what" value="retry">
          <Icon n="rotate-ccw" s={13} />
          {mayBeMade ? "It is not there: send again" : "Send again"}
        </button>
      </Form>
    </div>
  );
};

interface ButtonsProps {
  id: string;
  system: SystemName;
  mayAct: boolean;
  /** Whether a ticket can be made now. */
  isOffered: boolean;
}

const TicketButtons = ({ id, system, mayAct, isOffered }: ButtonsProps) =>
  !mayAct || !isOffered ? null : (
    <div class="row acts">
      <a class="btn mini" href={`/incidents/${id}/preview/${system}`} data-dialog>
        <Icon n="eye" s={13} />
        Preview for {systemNames[system]}
      </a>
      <Form action={`/console/incidents/${id}/ticket`} label={`Ticket in ${systemNames[system]}`}>
        <input type="hidden" name="system" value={system} />
        <button class="btn mini">
          <Icon n="ticket" s={13} />
          Create in {systemNames[system]}
        </button>
      </Form>
    </div>
  );
