/** What people do with an incident. A change that somebody else has made since the page was shown is not overwritten unseen. */
import { EdgeError, UsageError } from "../../../../../core/errors.ts";
import { incidentStatuses } from "../../../../../core/incident.ts";
import { ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { isForScript } from "../../answer.tsx";
import type { Action, ActionRequest, Done } from "../../page.ts";
import { words } from "../../parts/severity.tsx";
import { madeOnce } from "../../sent-forms.ts";
import { seenAt } from "../deliveries/delivery-actions.ts";
import { readException } from "../exceptions/exception-fields.ts";
import { unlessChanged } from "../expect-seen.ts";
import type { IncidentRow } from "../incident-rows.tsx";
import { systemNames } from "./ticket-detail.ts";

const longestNote = 64 * 1024;

export const incidentActions: readonly Action[] = [
  {
    path: "/console/incidents/:id/status",
    permission: "incident:write",
    run: async (request) => {
      const { caller, ports, form, param } = request;
      const status = form.oneOf("status", incidentStatuses);
      const notes = form.text("notes", longestNote);
      const wanted = { status, notes: notes === "" ? null : notes, seen: { status: form.text("seen") } };
      await unlessChanged(ports.api.investigation.changeIncident(caller, param("id"), wanted));
      const said =
        status === "FALSE_POSITIVE"
          ? "Marked as a false positive. What would keep these detections from coming back is proposed beside it."
          : `Status: ${words(status)}.`;
      return back(request, said);
    },
  },
  {
    path: "/console/incidents/:id/owner",
    permission: "incident:write",
    run: async (request) => {
      const { caller, ports, form, param } = request;
      const owner = form.text("owner");
      const row = await rowOf(request);
      if (owner !== "" && owner !== caller.name && !ports.incidents.assignable(row.entity_name).includes(owner))
        throw new UsageError("owner: nobody of this name can work on incidents of this entity");
      const wanted = { assignedAnalyst: owner === "" ? null : owner, seen: { assignedAnalyst: form.text("seen") } };
      await unlessChanged(ports.api.investigation.changeIncident(caller, param("id"), wanted));
      return back(
        request,
        owner === "" ? "Nobody owns it now." : owner === caller.name ? "It is yours." : `Assigned to ${owner}.`,
      );
    },
  },
  {
    path: "/console/incidents/:id/notes",
    permission: "incident:write",
    run: async (request) => {
      const { caller, ports, form, param } = request;
      const text = form.required("text", longestNote);
      // Without a status they join the notes that there are, of a closed one too, whatever others have written meanwhile.
      await ports.api.investigation.changeIncident(caller, param("id"), { notes: text });
      return back(request, "Note added.");
    },
  },
  {
    path: "/console/incidents/:id/ticket",
    permission: "ticket:write",
    run: async (request) => {
      const { c, caller, ports, form, param } = request;
      const system = form.oneOf("system", ticketSystems);
      const seen = form.text("payload_sha256", 64);
      try {
        const made = await ports.api.tickets.create(caller, param("id"), system, seen === "" ? null : seen);
        const name = systemNames[system];
        return back(
          request,
          "ticket" in made
            ? `There is ${String(made.ticket.ticket_id)} in ${name} already: nothing was sent.`
            : `The ticket is on its way to ${name}. What becomes of it is shown with its attempts.`,
          "#tickets",
        );
      } catch (error) {
        if (!(error instanceof EdgeError) || error.code !== "preview_outdated" || isForScript(c)) throw error;
        return {
          to: `/incidents/${param("id")}/preview/${system}`,
          said: "Nothing was sent: the incident has changed since. This is what its ticket says now; look at it again.",
        };
      }
    },
  },
  {
    path: "/console/incidents/:id/delivery",
    permission: "ticket:write",
    run: async (request) => {
      const { caller, ports, form } = request;
      const delivery = form.required("delivery", 64);
      if (form.oneOf("what", ["retry", "identify"]) === "retry") {
        await ports.api.tickets.retry(caller, delivery, null, seenAt(form));
        return back(request, "It is sent again.", "#tickets");
      }
      const number = form.required("number", 64);
      await ports.api.tickets.identify(caller, delivery, number);
      return back(request, `The ticket is ${number}.`, "#tickets");
    },
  },
  {
    path: "/console/incidents/:id/exception",
    permission: "exceptions:write",
    run: async (request) => {
      const { caller, ports, form } = request;
      await rowOf(request);
      return madeOnce(request, async () => {
        await ports.api.exceptions.add(
          caller,
          readException((name) => form.text(name, 5_000)),
        );
        return back(request, "The exception holds from now on. What it takes out of the evidence no longer counts.");
      });
    },
  },
];

function back({ param }: ActionRequest, said: string, place = ""): Done {
  return { to: `/incidents/${param("id")}${place}`, said };
}

/** The row as it is now; a request for no change at all changes nothing. @throws EdgeError incident_unknown */
async function rowOf({ caller, ports, param }: ActionRequest): Promise<IncidentRow> {
  return JSON.parse(await ports.api.investigation.changeIncident(caller, param("id"), {})) as IncidentRow;
}
