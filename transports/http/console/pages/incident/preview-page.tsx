/** @jsxImportSource hono/jsx */
/** Preview Ticket: what the target would show, and the exact request with its hash, which Create Ticket then holds. */
import type { Child } from "hono/jsx";
import { UsageError } from "../../../../../core/errors.ts";
import { type TicketSystemName, ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { page } from "../../page.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { type IncidentDetail, systemsInUse } from "./incident-detail.ts";
import { JiraIssue } from "./preview-jira.tsx";
import { ProactiveCase } from "./preview-proactive.tsx";
import { ServiceNowRecord } from "./preview-servicenow.tsx";
import { canBeMade, type IncidentTicket, type SystemName, stateOf, systemNames } from "./ticket-detail.ts";

interface Preview {
  system: SystemName;
  priority: string | null;
  payload: Record<string, unknown>;
  payload_text: string;
  payload_sha256: string;
}

interface Data {
  id: string;
  systems: SystemName[];
  preview: Preview;
  ticket: IncidentTicket | undefined;
  isExact: boolean;
}

export const previewPage = page<Data>({
  path: "/incidents/:id/preview/:system",
  permission: "ticket:write",
  at: "/incidents",
  title: ({ preview }) => `Preview Ticket: ${systemNames[preview.system]}`,
  load: async (request) => {
    const { caller, ports, param, url } = request;
    const id = param("id");
    const system = systemNamed(param("system"));
    const preview = (await ports.api.tickets.preview(caller, id, system)) as unknown as Preview;
    const [systems, { tickets }] = await Promise.all([
      systemsInUse(request),
      ports.api.investigation.incident(caller, id) as unknown as Promise<IncidentDetail>,
    ]);
    return {
      id,
      systems: systems.map((one) => one.system),
      preview,
      ticket: tickets.find((one) => one.system === preview.system),
      isExact: url.searchParams.get("as") === "sent",
    };
  },
  view: ({ id, systems, preview, ticket, isExact }) => {
    const at = `/incidents/${id}/preview`;
    return (
      <>
        <header class="preview-bar">
          <h1>Preview Ticket</h1>
          <span class="seg">
            {systems.map((system) => (
              <a
                href={`${at}/${system}`}
                data-dialog
                aria-current={system === preview.system && !isExact ? "true" : undefined}
              >
                {systemNames[system]}
              </a>
            ))}
            <a href={`${at}/${preview.system}?as=sent`} data-dialog aria-current={isExact ? "true" : undefined}>
              Exact request
            </a>
          </span>
          <form method="dialog" class="push in-dialog">
            <button class="btn plain" aria-label="Close">
              <Icon n="x" s={18} />
            </button>
          </form>
          <a class="btn mini push on-page" href={`/incidents/${id}`}>
            Back to the incident
          </a>
        </header>
        {isExact ? <Exact preview={preview} /> : shownAs(preview)}
        <footer class="preview-bar">
          <span class="tiny quiet mono clip" title={preview.payload_sha256}>
            SHA-256 {preview.payload_sha256.slice(0, 24)}…
          </span>
          <CreateForm id={id} preview={preview} ticket={ticket} />
        </footer>
      </>
    );
  },
});

/** @throws UsageError */
function systemNamed(text: string): TicketSystemName {
  const found = ticketSystems.find((one) => one === text);
  if (found === undefined) throw new UsageError(`system: one of ${ticketSystems.join(", ")}`);
  return found;
}

function shownAs({ system, payload, priority }: Preview): Child {
  if (system === "jira") return <JiraIssue payload={payload} priority={priority} />;
  if (system === "servicenow") return <ServiceNowRecord payload={payload} priority={priority} />;
  return <ProactiveCase payload={payload} />;
}

const Exact = ({ preview }: { preview: Preview }) => (
  <div class="body exact">
    <p class="row tiny quiet">
      <span>{preview.payload_text.length.toLocaleString("en")} characters, byte for byte as it would be sent</span>
      <button type="button" class="btn mini push" data-copy="#payload">
        <Icon n="copy" s={13} />
        Copy request
      </button>
    </p>
    <pre class="log" id="payload" tabindex={0}>
      {preview.payload_text}
    </pre>
    <p class="tiny quiet mono any">SHA-256 {preview.payload_sha256}</p>
  </div>
);

const CreateForm = ({ id, preview, ticket }: { id: string; preview: Preview; ticket: IncidentTicket | undefined }) => {
  const name = systemNames[preview.system];
  if (ticket !== undefined && !canBeMade(ticket))
    return (
      <span class="tiny soft any push">
        {ticket.ticket_id === null
          ? `${name}: ${stateOf(ticket).words.toLowerCase()}. Nothing else would be sent.`
          : `The incident has ${ticket.ticket_id}: nothing would be sent.`}
      </span>
    );
  return (
    <Form action={`/console/incidents/${id}/ticket`} label={`Ticket in ${name}`} class="row push">
      <input type="hidden" name="system" value={preview.system} />
      <input type="hidden" name="payload_sha256" value={preview.payload_sha256} />
      <a class="btn plain" href={`/incidents/${id}/preview/${preview.system}`} data-dialog>
        Look again
      </a>
      <button class="btn primary">
        <Icon n="ticket" />
        Create Ticket
      </button>
    </Form>
  );
};
