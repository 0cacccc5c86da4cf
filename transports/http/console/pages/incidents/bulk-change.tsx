/** @jsxImportSource hono/jsx */
/** What is done with several incidents at once, and what became of each. */
import { UsageError } from "../../../../../core/errors.ts";
import { type IncidentStatus, incidentStatuses } from "../../../../../core/incident.ts";
import type { IncidentRequest } from "../../../../../core/incident-change.ts";
import { sentence } from "../../answer.tsx";
import type { FormFields } from "../../form-fields.ts";
import { safeReturn } from "../../origin.ts";
import type { Action, ActionRequest, Done, Shown } from "../../page.ts";
import { type IncidentRow, readIncidents } from "../incident-rows.tsx";
import { Outcomes } from "./outcomes.tsx";

const mostAtOnce = 200;

export const bulkChangeAction: Action = {
  path: "/console/incidents/change",
  permission: "incident:write",
  run: async (request) => {
    const { form, caller } = request;
    switch (form.oneOf("do", ["mine", "assign", "status"])) {
      case "mine":
        return assign(request, caller.name);
      case "assign":
        return assign(request, form.text("owner") || null);
      case "status":
        return setStatus(request);
    }
  },
};

/** The incidents that are ticked. @throws UsageError for none, or too many */
export function chosenIds(form: FormFields): string[] {
  const ids = [...new Set(form.all("id"))].filter((id) => /^INC-[0-9a-f]{8}$/.test(id));
  if (ids.length === 0) throw new UsageError("select at least one incident: tick its box, or press x");
  if (ids.length > mostAtOnce) throw new UsageError(`at most ${mostAtOnce} incidents can be changed at once`);
  return ids;
}

/** Those of them that the person may see. */
export async function readChosen(request: ActionRequest, ids: readonly string[]): Promise<IncidentRow[]> {
  return (await readIncidents(request, { filters: { ids }, limit: ids.length })).rows;
}

/** The list from which the form came. */
export function backOf(form: FormFields): string {
  const to = safeReturn(form.text("to", 2_000));
  return to === "/" ? "/incidents" : to;
}

/** Only people who may work on an incident's entity get it. */
async function assign(request: ActionRequest, owner: string | null): Promise<Done | Shown> {
  const { form, ports, viewing } = request;
  const ids = chosenIds(form);
  const name = owner === null ? "nobody" : (viewing.people.get(owner.toLowerCase()) ?? owner);
  const rows = owner === null ? [] : await readChosen(request, ids);
  const refused = rows.filter((row) => !ports.incidents.assignable(row.entity_name).includes(owner ?? ""));
  const left = new Set(refused.map((row) => row.incident_id));
  return change(
    request,
    ids.filter((id) => !left.has(id)),
    { assignedAnalyst: owner },
    owner === null ? "without an owner" : owner === viewing.user ? "yours" : `assigned to ${name}`,
    refused.map((row) => ({ id: row.incident_id, why: `${name} cannot work on incidents of ${row.entity_name}` })),
  );
}

const statusWords: Readonly<Record<IncidentStatus, string>> = {
  OPEN: "open",
  IN_PROGRESS: "in progress",
  CLOSED: "closed",
  FALSE_POSITIVE: "marked as false positive",
};

function setStatus(request: ActionRequest): Promise<Done | Shown> {
  const { form } = request;
  const status = form.oneOf("status", incidentStatuses);
  const notes = form.text("notes", 10_000) || null;
  return change(request, chosenIds(form), { status, notes }, statusWords[status], []);
}

interface Refused {
  id: string;
  why: string;
}

async function change(
  request: ActionRequest,
  ids: readonly string[],
  wanted: IncidentRequest,
  became: string,
  refusedBefore: readonly Refused[],
): Promise<Done | Shown> {
  const { caller, ports, form } = request;
  const results = await ports.api.investigation.changeIncidents(caller, ids, wanted);
  const done = results.flatMap((one) => ("row" in one ? [one.id] : []));
  const refused = [
    ...refusedBefore,
    ...results.flatMap((one) => ("refused" in one ? [{ id: one.id, why: one.refused.detail }] : [])),
  ];
  const said = saidOf(done, became);
  if (refused.length === 0) return { to: backOf(form), said };
  if (ids.length + refusedBefore.length === 1) throw new UsageError(refused[0]?.why ?? "");
  return {
    title: "Not all could be changed",
    at: "/incidents",
    view: (
      <Outcomes
        title="Not all could be changed"
        done={done.length === 0 ? "None was changed." : said}
        refused={refused.map(({ id, why }) => ({ name: id, href: `/incidents/${id}`, why: sentence(why) }))}
        back={backOf(form)}
      />
    ),
  };
}

function saidOf(ids: readonly string[], became: string): string {
  return ids.length === 1 ? `${ids[0]} is ${became}.` : `${ids.length} incidents are ${became}.`;
}
