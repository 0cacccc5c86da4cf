/** What people do with an incident. A change that somebody else has made since the page was shown is not overwritten unseen. */
import { EdgeError, UsageError } from "../../../../../core/errors.ts";
import { incidentStatuses, isOpen } from "../../../../../core/incident.ts";
import { ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { isForScript } from "../../answer.tsx";
import type { Action, ActionRequest, Done } from "../../page.ts";
import { words } from "../../parts/severity.tsx";
import { readException } from "../exceptions/exception-fields.ts";
import type { IncidentRow } from "../incident-rows.tsx";
import type { IncidentDetail } from "./incident-detail.ts";
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
      const row = await rowOf(request);
      expectSeen("status", words(row.status), words(form.text("seen")), words(status));
      await ports.api.investigation.changeIncident(caller, param("id"), { status, notes: notes === "" ? null : notes });
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
      expectSeen("owner", row.assigned_analyst ?? "nobody", form.text("seen") || "nobody", owner || "nobody");
      await ports.api.investigation.changeIncident(caller, param("id"), {
        assignedAnalyst: owner === "" ? null : owner,
      });
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
      const row = await rowOf(request);
      if (isOpen(row.status)) await ports.api.investigation.changeIncident(caller, param("id"), { notes: text });
      else {
        // Of a closed one, notes with a status would be its resolution.
        const detail = (await ports.api.investigation.incident(caller, param("id"))) as unknown as IncidentDetail;
        const before = detail.investigation_notes;
        await ports.api.investigation.changeIncident(caller, param("id"), {
          investigationNotes: before === null ? text : `${before}\n${text}`,
        });
      }
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
        await ports.api.tickets.retry(caller, delivery, null);
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
      await ports.api.exceptions.add(
        caller,
        readException((name) => form.text(name, 5_000)),
      );
      return back(request, "The exception holds from now on. What it takes out of the evidence no longer counts.");
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

/** @throws EdgeError incident_changed where it is neither what the person has seen nor what they want */
function expectSeen(what: string, now: string, seen: string, wanted: string): void {
  if (now === seen || now === wanted) return;
  throw new EdgeError(
    "incident_changed",
    `nothing was changed: meanwhile somebody has set the ${what} to ${now}. Look again, then decide`,
  );
}
