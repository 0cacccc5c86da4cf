/** What the list showed of each incident when somebody ticked it: what others have set since is not overwritten unseen. */
import type { SeenState } from "../../../../../core/incident-change.ts";
import type { FormFields } from "../../form-fields.ts";
import type { IncidentRow } from "../incident-rows.tsx";

/** The name of the field, which comes once for each row. */
export const seenField = "seen";

/** An incident with its status and owner. */
export function seenText({ incident_id: id, status, assigned_analyst: owner }: IncidentRow): string {
  return `${id} ${status} ${owner ?? ""}`;
}

/** What the form's page showed of each incident; none for those that it did not show. */
export function seenIn(form: FormFields): ReadonlyMap<string, SeenState> {
  return new Map(
    form.all(seenField).map((text) => {
      const [, id = "", status = "", owner = ""] = /^(\S+) (\S+) (.*)$/s.exec(text) ?? [];
      return [id, { status, assignedAnalyst: owner }] as const;
    }),
  );
}
