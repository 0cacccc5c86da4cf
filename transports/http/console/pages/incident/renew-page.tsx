/** @jsxImportSource hono/jsx */
/** `/incidents/{id}/renew/{system}`: another ticket for an incident whose ticket was deleted there. A decision of its own, explained. */
import { UsageError } from "../../../../../core/errors.ts";
import { type TicketSystemName, ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { type Action, page } from "../../page.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { Time } from "../../parts/time.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import type { IncidentDetail } from "./incident-detail.ts";
import { type IncidentTicket, systemNames } from "./ticket-detail.ts";

interface Data {
  id: string;
  system: TicketSystemName;
  /** The newest; undefined = there was none. */
  ticket: IncidentTicket | undefined;
}

export const renewPage = page<Data>({
  path: "/incidents/:id/renew/:system",
  permission: "ticket:write",
  at: "/incidents",
  title: ({ system }) => `Another ticket in ${systemNames[system]}`,
  load: async ({ caller, ports, param }) => {
    const system = ticketSystems.find((one) => one === param("system"));
    if (system === undefined) throw new UsageError(`system: one of ${ticketSystems.join(", ")}`);
    const { incident_id: id, tickets } = (await ports.api.investigation.incident(
      caller,
      param("id"),
    )) as unknown as IncidentDetail;
    return { id, system, ticket: tickets.find((one) => one.system === system) };
  },
  view: ({ id, system, ticket }) => {
    const name = systemNames[system];
    return (
      <>
        <nav class="crumbs" aria-label="Where this page is">
          <a href={`/incidents/${id}`}>{id}</a> <span aria-current="page">Another ticket in {name}</span>
        </nav>
        <PageHead title={`Another ticket in ${name}`} sub="For an incident whose ticket was deleted there." />
        {ticket?.state !== "gone" ? (
          <Notice
            kind="idle"
            action={
              <a class="btn mini push" href={`/incidents/${id}#tickets`}>
                To the incident
              </a>
            }
          >
            {ticket === undefined
              ? `This incident has never had a ticket in ${name}: create one on its page.`
              : ticket.ticket_id === null
                ? "Its ticket is on its way: there is nothing to be replaced."
                : `${ticket.ticket_id} is not known to be deleted, and an incident has one ticket in each system.`}
          </Notice>
        ) : (
          <div class="cols">
            <Panel title="What happens" id="what">
              <div class="body stack">
                <p>
                  <b>{ticket.ticket_id}</b> was deleted in {name}; that was noticed <Time at={ticket.gone_at} />.
                  Nothing is made in its place by itself, because somebody may have had a reason.
                </p>
                <ul class="stack">
                  <li>It is looked for once more. If it is back, it is kept in step again and nothing else is made.</li>
                  <li>
                    If the account finds none of its tickets in {name}, it may have lost the right to read them: then
                    nothing is certain, and nothing is made.
                  </li>
                  <li>
                    Otherwise another ticket is made, with a mark of its own, so that the two are never taken for each
                    other. It says what the incident is now; updates that waited for the old one are dropped.
                  </li>
                  <li>
                    Both numbers stay in the ledger. The incident's history has the old number, the new one, your name
                    and the reason.
                  </li>
                </ul>
                <p>
                  <a href={`/incidents/${id}/preview/${system}`}>Preview what the new ticket says</a>
                </p>
              </div>
            </Panel>
            <Panel title="Decide" id="decide">
              <Form class="form one" action={`/console/incidents/${id}/renew`} label={`Another ticket in ${name}`}>
                <input type="hidden" name="system" value={system} />
                <label>
                  <span>Why, for the history (optional)</span>
                  <input class="field" name="reason" maxlength={1_000} autocomplete="off" />
                </label>
                <button class="btn primary">
                  <Icon n="ticket" s={15} />
                  Make a new ticket
                </button>
                <a class="btn plain" href={`/incidents/${id}#tickets`}>
                  Leave it without
                </a>
              </Form>
            </Panel>
          </div>
        )}
      </>
    );
  },
});

export const renewAction: Action = {
  path: "/console/incidents/:id/renew",
  permission: "ticket:write",
  run: async ({ caller, ports, form, param }) => {
    const system = form.oneOf("system", ticketSystems);
    const reason = form.text("reason", 1_000);
    await ports.api.tickets.renew(caller, param("id"), system, reason === "" ? null : reason, null);
    return {
      to: `/incidents/${encodeURIComponent(param("id"))}#tickets`,
      said: `Another ticket is on its way to ${systemNames[system]}.`,
    };
  },
};
