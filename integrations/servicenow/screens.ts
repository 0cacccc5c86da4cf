/** Which columns a table has and wants, of a new record and of one that is closed. */

import { closeColumnNames, columnNames } from "../../core/settings/ticket-maps.ts";
import type { FieldScreen, TargetField, TargetScreens } from "../../core/tickets/fields/target-fields.ts";
import { type Column, type MandatoryBy, readColumns } from "./columns.ts";
import { holds } from "./conditions.ts";
import type { RecordSync } from "./record-sync.ts";
import type { ServiceNowSettings, Table } from "./table.ts";

/** A record as it would be written. */
export type Written = Readonly<Record<string, string>>;

/** Read-only columns that an API may write all the same are the instance's to fill. */
const neverSet =
  /^sys_|^(?:number|opened_at|opened_by|closed_at|closed_by|resolved_at|resolved_by|made_sla|activity_due)$/;

interface Known {
  /** The sys_id of the assignment group; null = none. */
  group: string | null;
  sync: Pick<RecordSync, "statusValues">;
}

export async function readScreens(
  table: Table,
  settings: ServiceNowSettings,
  { group, sync }: Known,
): Promise<TargetScreens> {
  // What is mandatory hangs on few columns, so a record that says nothing stands for all.
  const created: Written = {
    ...{ short_description: "-", description: "-", work_notes: "-", impact: "2", urgency: "2" },
    ...{ correlation_id: "-", correlation_display: "RhythmX", state: settings.stateValues.OPEN },
    ...(group === null ? {} : { assignment_group: group }),
  };
  const closed: Written = { ...created, ...sync.statusValues("CLOSED", "-") };
  const read = await readColumns(table, settings.table);
  const { columns, unread } = read;
  if (columns.length === 0) return { screens: [], unread };
  const screen = (setting: string, title: string, record: Written, ours: object): FieldScreen => ({
    setting,
    title,
    of: settings.table,
    fields: columns
      .filter(({ name, readOnly }) => !readOnly && !neverSet.test(name))
      .map((column): TargetField => {
        const by = reasonFor(column, read.mandatory, record);
        return {
          id: column.name,
          label: column.label,
          type: column.type,
          required: by !== null,
          hasDefault: column.hasDefault,
          shape: column.shape,
          isFilled: Object.hasOwn(ours, column.name),
          where: by ?? conditional(column.name, read.mandatory, record),
        };
      }),
  });
  return {
    screens: [
      screen("extra_fields", "New records", created, columnNames.ours),
      screen("close_fields", "Records that are closed", closed, closeColumnNames.ours),
    ],
    unread,
  };
}

/** Why a column is mandatory for this record; null = it is not, or it is not known. */
export function reasonFor({ name, mandatory, hasDefault }: Column, policies: readonly MandatoryBy[], record: Written) {
  const enforced = [...policies].sort((a, b) => Number(b.isEnforced) - Number(a.isEnforced));
  const found = enforced.find(({ column, condition }) => column === name && holds(condition, record) === true);
  if (found !== undefined)
    return `by the ${found.isEnforced ? "data" : "UI"} policy ${found.policy || "without a name"}`;
  return mandatory && !hasDefault ? "by the dictionary" : null;
}

/** Said where a condition cannot be told from what is sent. */
function conditional(name: string, policies: readonly MandatoryBy[], record: Written): string {
  const found = policies.find(({ column, condition }) => column === name && holds(condition, record) === null);
  return found === undefined ? "" : `required where ${found.condition.replace(/\^EQ$/, "").slice(0, 200)}`;
}
