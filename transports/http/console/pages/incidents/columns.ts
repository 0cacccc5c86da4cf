/** Which columns of the list a person wants to see, kept in the browser. */
import { setHiddenColumns } from "../../cookies.ts";
import { safeReturn } from "../../origin.ts";
import type { Action } from "../../page.ts";

/** Those that may be left out. */
export const columns = {
  evidence: "Evidence",
  activity: "Activity",
  sla: "Service level",
  owner: "Owner and status",
  ticket: "Ticket",
} as const;
export type Column = keyof typeof columns;
export const columnNames = Object.keys(columns) as Column[];

export const columnsAction: Action = {
  path: "/console/incidents/columns",
  permission: "read",
  run: async ({ c, form }) => {
    const wanted = form.all("column");
    setHiddenColumns(
      c,
      columnNames.filter((name) => !wanted.includes(name)),
    );
    return { to: safeReturn(form.text("to", 2_000)) };
  },
};
