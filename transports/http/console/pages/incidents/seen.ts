/** What the list showed of each incident when somebody ticked it: what others have set since is not overwritten unseen. */
import type { FormFields } from "../../form-fields.ts";
import type { IncidentRow } from "../incident-rows.tsx";

/** The name of the field, which comes once for each row. */
export const seenField = "seen";

/** An incident with its status and owner. */
export function seenText({ incident_id: id, status, assigned_analyst: owner }: IncidentRow): string {
  return `${id} ${status} ${owner ?? ""}`;
}

/** The incidents whose status or owner is neither what the form's page showed nor what is wanted. */
export function changedSince(
  form: FormFields,
  rows: readonly IncidentRow[],
  field: "status" | "assigned_analyst",
  wanted: string | null,
): IncidentRow[] {
  const seen = new Map(
    form.all(seenField).map((text) => {
      const [, id = "", status = "", owner = ""] = /^(\S+) (\S+) (.*)$/s.exec(text) ?? [];
      return [id, { status, assigned_analyst: owner }] as const;
    }),
  );
  return rows.filter((row) => {
    const shown = seen.get(row.incident_id);
    const now = row[field] ?? "";
    return shown !== undefined && now !== shown[field] && now !== (wanted ?? "");
  });
}
