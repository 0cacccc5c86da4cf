/** Incidents that the search has to learn anew. */
import { forRows } from "../database/insert-sql.ts";
import type { Statement } from "../database/statement.ts";

/** Has the search learn anew by which hosts, rules and cases incidents are found; what stands in their rows, triggers tell it. */
export function searchAnew(
  concluded: readonly {
    period: { incidentId: string | null };
    create: boolean;
    regrouped?: boolean;
    assessment: { opened: readonly unknown[] };
  }[],
): Statement[] {
  const rows = concluded.flatMap(({ period: { incidentId }, create, regrouped, assessment }) =>
    incidentId !== null && !create && (regrouped === true || assessment.opened.length > 0) ? [[incidentId]] : [],
  );
  return forRows("insert into search_pending values (?) on conflict do nothing", rows);
}
