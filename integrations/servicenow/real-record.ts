/** Holds a real ticket against what the table wants when it is made, and when it is closed in either way. */
import type { TestFinding, TestSteps } from "../test-steps.ts";
import { readColumns, type TableColumns } from "./columns.ts";
import { columnText, type RecordSync } from "./record-sync.ts";
import { reasonFor, type Written } from "./screens.ts";
import type { ServiceNowSettings, Table } from "./table.ts";

interface Parts {
  table: Table;
  settings: ServiceNowSettings;
  sync: Pick<RecordSync, "statusValues">;
}

const ways = [
  ["Closing", "CLOSED"],
  ["Closing a false positive", "FALSE_POSITIVE"],
] as const;

/** `render`: the body of a create. */
export async function testReal(
  steps: TestSteps,
  { table, settings, sync }: Parts,
  render: () => Promise<string>,
): Promise<void> {
  const seen: { columns: TableColumns; created: Written }[] = [];
  await steps.take("A real ticket", async () => {
    const rendered = Object.entries(JSON.parse(await render()) as Record<string, unknown>);
    const texts = rendered.map(([name, value]) => [name, columnText(value)]);
    const created: Written = { state: settings.stateValues.OPEN, ...Object.fromEntries(texts) };
    const columns = await readColumns(table, settings.table);
    seen.push({ columns, created });
    return held(columns, created, "SERVICENOW_EXTRA_FIELDS");
  });
  for (const { columns, created } of seen) {
    if (columns.columns.length === 0) return;
    for (const [name, status] of ways)
      await steps.take(name, async () => {
        const closed = { ...created, ...sync.statusValues(status, "Closed in RhythmX Edge.") };
        // What could not be read was said by the step before.
        return held({ ...columns, unread: [] }, closed, "SERVICENOW_CLOSE_FIELDS");
      });
  }
}

interface Findings {
  /** Enforced: the API refuses the record. */
  refused: string[];
  /** Forms ask for it: whoever opens the record has to fill it. */
  asked: string[];
  /** Values that are none of the instance's choices. */
  strange: string[];
}

/** Holds a real record against what the table wants. @throws Error: the API would refuse it */
function held(read: TableColumns, record: Written, settings: string): TestFinding {
  const { columns, mandatory, unread } = read;
  if (columns.length === 0)
    return {
      detail: `what the table requires cannot be read, so the first ticket shows it: ${unread.map(({ why }) => why).join("; ")}`,
      warning: true,
    };
  const found: Findings = { refused: [], asked: [], strange: [] };
  const isEmpty = (name: string) => (record[name] ?? "") === "";
  for (const column of columns) {
    const { name, label, shape } = column;
    const shown = `${label} (${name})`;
    const by = reasonFor(column, mandatory, record);
    if (by !== null && isEmpty(name))
      (by.startsWith("by the data") ? found.refused : found.asked).push(`${shown} ${by}`);
    if (isEmpty(name) || shape.kind !== "one" || !shape.isWhole) continue;
    const value = record[name] ?? "";
    if (!shape.allowed.some(({ id, label: choice }) => id === value || choice === value))
      found.strange.push(`${shown} has no choice ${JSON.stringify(value.slice(0, 40))}: ${choicesOf(shape.allowed)}`);
  }
  const unknown =
    columns.length < 2 ? [] : Object.keys(record).filter((name) => !columns.some((one) => one.name === name));
  if (found.refused.length > 0)
    throw new Error(`the instance refuses it without ${found.refused.join(", ")}: fill it in ${settings}`);
  const said = [
    ...(found.asked.length === 0 ? [] : [`forms will ask for ${found.asked.join(", ")}: fill it in ${settings}`]),
    ...found.strange,
    ...(unknown.length === 0 ? [] : [`the table has no column ${unknown.join(", ")}: it is dropped`]),
    ...unread.map(({ what, why }) => `${what} cannot be read: ${why}`),
  ];
  if (said.length > 0)
    return { detail: said.join("; "), warning: true, ...(found.asked.length > 0 ? { asks: true } : {}) };
  return `${Object.keys(record).length} columns are sent, every required one is among them`;
}

function choicesOf(allowed: readonly { label: string }[]): string {
  const named = allowed.slice(0, 8).map(({ label }) => label);
  return `${named.join(", ")}${allowed.length > named.length ? ` and ${allowed.length - named.length} more` : ""}`;
}
