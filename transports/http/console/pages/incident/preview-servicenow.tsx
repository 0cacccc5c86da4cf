/** @jsxImportSource hono/jsx */
/** A record as ServiceNow's form shows it: fields, then texts with their lines. */

const names: ReadonlyMap<string, string> = new Map([
  ["short_description", "Short description"],
  ["correlation_id", "Correlation ID"],
  ["correlation_display", "Correlation display"],
  ["assignment_group", "Assignment group"],
  ["impact", "Impact"],
  ["urgency", "Urgency"],
]);
const degrees: ReadonlyMap<string, string> = new Map([
  ["1", "1 - High"],
  ["2", "2 - Medium"],
  ["3", "3 - Low"],
]);

/** `priority`: that the instance makes of impact and urgency. */
export const ServiceNowRecord = (props: { payload: Record<string, unknown>; priority: string | null }) => {
  const { short_description: title, description, work_notes: notes, ...others } = props.payload;
  return (
    <div class="issue">
      <div>
        <p class="tiny quiet">New record</p>
        <h2 class="any">{textOf(title)}</h2>
        <h3>Description</h3>
        <p class="notes any">{textOf(description)}</p>
        {notes === undefined ? null : (
          <>
            <h3>Work notes</h3>
            <p class="notes any worknote">{textOf(notes)}</p>
          </>
        )}
      </div>
      <div>
        <dl class="kv">
          <dt>Priority</dt>
          <dd>{props.priority ?? "by the instance's table"}</dd>
          {Object.entries(others).map(([name, value]) => (
            <>
              <dt class="any">{names.get(name) ?? name}</dt>
              <dd class="any">
                {name === "impact" || name === "urgency"
                  ? (degrees.get(textOf(value)) ?? textOf(value))
                  : textOf(value)}
              </dd>
            </>
          ))}
        </dl>
      </div>
    </div>
  );
};

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
