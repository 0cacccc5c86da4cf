/** @jsxImportSource hono/jsx */
/** The tickets that a create may have made, as its target shows them: one is picked, or it is said why there is none. */
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Time } from "../../parts/time.tsx";
import { Notice, Outside } from "../../parts/words.tsx";
import { systemName } from "../overview-state.ts";
import type { DeliveryDetail } from "./delivery-rows.ts";

/** What `TicketPort.candidates` answers. */
export interface Candidates {
  candidates: {
    number: string;
    url: string;
    title: string;
    status: string;
    /** ISO 8601; null = the target does not say. */
    made_at: string | null;
    /** The incident whose ticket it is already; null = none. */
    ticket_of: string | null;
  }[];
  /** Why that is not all there may be, or nothing; null = it is. */
  doubt: string | null;
}

interface CandidatesProps {
  one: DeliveryDetail;
  /** Null: nobody has looked yet. */
  found: Candidates | null;
}

export const CandidateList = ({ one: { id, system, correlation }, found }: CandidatesProps) => {
  const name = systemName(system);
  if (system === "proactive")
    return (
      <p class="small soft">
        The Proactive Case API lists no cases to choose from: look there for <code>{correlation}</code>, and type the
        number.
      </p>
    );
  return (
    <div class="stack" id="candidates">
      {found === null ? null : <Found {...{ id, name, correlation, found }} />}
      <Form action={`/console/deliveries/${id}/candidates`} label={`Look in ${name}`}>
        <button class={found === null ? "btn primary" : "btn"}>
          <Icon n="search" s={15} />
          {found === null ? `Look for it in ${name}` : "Look again"}
        </button>
      </Form>
    </div>
  );
};

interface FoundProps {
  id: string;
  name: string;
  correlation: string | null;
  found: Candidates;
}

const Found = ({ id, name, correlation, found: { candidates, doubt } }: FoundProps) => (
  <>
    <Notice kind={candidates.length === 1 ? "good" : "wait"}>
      <b>
        {candidates.length === 0
          ? `${name} shows no ticket with it.`
          : candidates.length === 1
            ? `${name} has one ticket with it.`
            : `${name} has ${candidates.length} tickets with it: pick the one that is to be kept in step.`}
      </b>{" "}
      {doubt ?? (candidates.length > 1 ? "The others stay there as they are." : null)}
    </Notice>
    {candidates.length === 0 ? null : (
      <ul class="stack" aria-label={`Tickets with ${correlation}`}>
        {candidates.map(({ number, url, title, status, made_at, ticket_of }) => (
          <li class="stack tight">
            <span class="row">
              <Outside href={url}>{number}</Outside>
              {status === "" ? null : <span class="quiet">{status}</span>}
              {made_at === null ? null : (
                <span class="quiet">
                  made <Time at={made_at} seconds />
                </span>
              )}
            </span>
            {title === "" ? null : <span class="small any">{title}</span>}
            {ticket_of === null ? (
              <Form action={`/console/deliveries/${id}/identify`} label={`It is ${number}`}>
                <input type="hidden" name="number" value={number} />
                <button class={candidates.length === 1 ? "btn mini primary" : "btn mini"}>It is {number}</button>
              </Form>
            ) : (
              <span class="small soft">
                It is the ticket of{" "}
                <a class="mono" href={`/incidents/${ticket_of}`}>
                  {ticket_of}
                </a>
                .
              </span>
            )}
          </li>
        ))}
      </ul>
    )}
  </>
);
