/** @jsxImportSource hono/jsx */
/** What is done with several incidents at once, and what became of each. */
import { UsageError } from "../../../../../core/errors.ts";
import { type IncidentStatus, incidentStatuses } from "../../../../../core/incident.ts";
import type { ChangedField, IncidentRequest } from "../../../../../core/incident-change.ts";
import { sentence } from "../../answer.tsx";
import type { FormFields } from "../../form-fields.ts";
import { safeReturn } from "../../origin.ts";
import type { Action, ActionRequest, Done, Shown } from "../../page.ts";
import { changedWords } from "../expect-seen.ts";
import { type IncidentRow, readIncidents } from "../incident-rows.tsx";
import { Outcomes } from "./outcomes.tsx";
import { seenIn } from "./seen.ts";

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
  const nameOf = (login: string | null) =>
    login === null ? "nobody" : (viewing.people.get(login.toLowerCase()) ?? login);
  const name = nameOf(owner);
  const rows = await readChosen(request, ids);
  const mayNot = rows.filter((row) => owner !== null && !ports.incidents.assignable(row.entity_name).includes(owner));
  return change(request, ids, {
    wanted: { assignedAnalyst: owner },
    became: owner === null ? "without an owner" : owner === viewing.user ? "yours" : `assigned to ${name}`,
    nameOf,
    refusedBefore: mayNot.map((row) => ({
      id: row.incident_id,
      why: `${name} cannot work on incidents of ${row.entity_name}`,
    })),
  });
}

const statusWords: Readonly<Record<IncidentStatus, string>> = {
  OPEN: "open",
  IN_PROGRESS: "in progress",
  CLOSED: "closed",
  FALSE_POSITIVE: "marked as false positive",
};

async function setStatus(request: ActionRequest): Promise<Done | Shown> {
  const { form } = request;
  const status = form.oneOf("status", incidentStatuses);
  const notes = form.text("notes", 10_000) || null;
  return change(request, chosenIds(form), { wanted: { status, notes }, became: statusWords[status] });
}

interface Refused {
  id: string;
  why: string;
}

interface Change {
  wanted: IncidentRequest;
  /** What they are then. */
  became: string;
  /** What an owner is called. */
  nameOf?: (login: string) => string;
  /** Those of them that are left as they are. */
  refusedBefore?: readonly Refused[];
}

async function change(
  request: ActionRequest,
  ids: readonly string[],
  { wanted, became, nameOf, refusedBefore = [] }: Change,
): Promise<Done | Shown> {
  const { caller, ports, form } = request;
  const left = new Set(refusedBefore.map(({ id }) => id));
  const changeable = ids.filter((id) => !left.has(id));
  const results = await ports.api.investigation.changeIncidents(caller, changeable, wanted, seenIn(form));
  const why = ({ detail, changed }: { detail: string; changed?: ChangedField }) =>
    changed === undefined ? detail : `${changedWords(changed, nameOf)}: look again, then decide`;
  const done = results.flatMap((one) => ("row" in one ? [one.id] : []));
  const refused = [
    ...refusedBefore,
    ...results.flatMap((one) => ("refused" in one ? [{ id: one.id, why: why(one.refused) }] : [])),
  ];
  const said = saidOf(done, became);
  if (refused.length === 0) return { to: backOf(form), said };
  if (ids.length === 1) throw new UsageError(refused[0]?.why ?? "");
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
