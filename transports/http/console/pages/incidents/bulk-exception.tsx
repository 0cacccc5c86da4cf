/** @jsxImportSource hono/jsx */
/** Exceptions from several incidents: first what they could cover is shown to choose from, then those are made. */
import * as v from "valibot";
import { EdgeError, UsageError } from "../../../../../core/errors.ts";
import { sentence } from "../../answer.tsx";
import type { Action, ActionRequest, Done, Shown } from "../../page.ts";
import { madeOnce, newOnce } from "../../sent-forms.ts";
import { backOf, chosenIds, readChosen } from "./bulk-change.tsx";
import { ExceptionChoice, type Scope, type ScopeOfRule } from "./exception-choice.tsx";
import { Outcomes } from "./outcomes.tsx";

/** Rules are read from so many incidents, and the most frequent are offered. */
const mostRead = 25;
const mostRules = 12;
/** Each takes a look at the evidence that is there already. */
const mostMade = 20;
const dayMs = 24 * 3_600_000;

export const exceptionChoiceAction: Action = {
  path: "/console/incidents/exception",
  permission: "exceptions:write",
  run: async (request) => {
    const { form, caller, ports } = request;
    const ids = chosenIds(form);
    const rows = await readChosen(request, ids);
    if (rows.length === 0)
      throw new EdgeError("incident_unknown", "none of the selected incidents is there any longer");
    // Of one alone it is tried before it is made.
    const [one, ...others] = rows;
    if (one !== undefined && others.length === 0) return { to: `/incidents/${one.incident_id}/exception` };
    const details = await Promise.all(
      rows.slice(0, mostRead).map((row) => ports.api.investigation.incident(caller, row.incident_id).catch(() => null)),
    );
    const rules = rulesOf(details.filter((one) => one !== null) as unknown as Detail[]);
    const actors = new Map(
      rows.map((row) => {
        const scope = { entity: row.entity_name, actor: row.group_key, rule: "" };
        return [JSON.stringify(scope), { ...scope, incidentId: row.incident_id }];
      }),
    );
    return {
      title: "Exceptions from the selected incidents",
      at: "/incidents",
      view: <ExceptionChoice actors={[...actors.values()]} rules={rules} back={backOf(form)} once={newOnce()} />,
    };
  },
};

/** Of an incident in full (api/shapes.ts). */
interface Detail {
  entity_name: string;
  alerts_by_rule: { rule: string; rule_title: string; count: number }[];
}

function rulesOf(details: readonly Detail[]): ScopeOfRule[] {
  const found = new Map<string, ScopeOfRule>();
  for (const { entity_name: entity, alerts_by_rule } of details)
    for (const { rule, rule_title: title, count } of alerts_by_rule) {
      const key = JSON.stringify([entity, rule]);
      const known = found.get(key);
      const { incidents = 0, detections = 0 } = known ?? {};
      found.set(key, { entity, rule, actor: "", title, incidents: incidents + 1, detections: detections + count });
    }
  return [...found.values()]
    .sort((a, b) => b.incidents - a.incidents || b.detections - a.detections)
    .slice(0, mostRules);
}

const scopeShape = v.object({ entity: v.string(), rule: v.string(), actor: v.string() });

export const exceptionsAction: Action = {
  path: "/console/incidents/exceptions",
  permission: "exceptions:write",
  run: (request) => madeOnce(request, () => makeAll(request)),
};

async function makeAll({ form, caller, ports, viewing }: ActionRequest): Promise<Done | Shown> {
  const scopes = form.all("scope").map(scopeOf);
  if (scopes.length === 0) throw new UsageError("choose at least one actor or rule");
  if (scopes.length > mostMade) throw new UsageError(`at most ${mostMade} exceptions can be made at once`);
  const reason = form.required("reason", 500);
  const days = Number(form.oneOf("days", ["7", "30", "90", "0"]));
  const until = days === 0 ? null : viewing.now + days * dayMs;
  const refused: { name: string; href: null; why: string }[] = [];
  for (const scope of scopes) {
    try {
      const request = { ...scope, host: "", process: "", commandLine: "", hash: "", until, reason };
      await ports.api.exceptions.add(caller, request);
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      refused.push({ name: scope.actor || scope.rule, href: null, why: sentence(error.message) });
    }
  }
  const made = scopes.length - refused.length;
  const said = `${made} ${made === 1 ? "exception holds" : "exceptions hold"}: what they match is still sent as alerts and no longer counts.`;
  if (refused.length === 0) return { to: backOf(form), said };
  return {
    title: "Not all exceptions were made",
    at: "/incidents",
    view: <Outcomes title="Not all exceptions were made" done={said} refused={refused} back={backOf(form)} />,
  };
}

/** @throws UsageError for what no page of ours offers */
function scopeOf(text: string): Scope {
  try {
    return v.parse(scopeShape, JSON.parse(text));
  } catch {
    throw new UsageError("scope: choose from those that are offered");
  }
}
