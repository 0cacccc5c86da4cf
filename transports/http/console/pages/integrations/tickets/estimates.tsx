/** @jsxImportSource hono/jsx */
/** What settings of retries and of the cadence would have meant for the last week, with what is in the form. */
import type { CadenceEstimate, RetryEstimate } from "../../../../api/shapes/estimate-shapes.ts";
import type { FormFields } from "../../../form-fields.ts";
import type { PageRequest } from "../../../page.ts";
import type { FieldGroup } from "../../../parts/settings/field-spec.ts";
import { readFields } from "../../../parts/settings/read-fields.ts";
import { Time } from "../../../parts/time.tsx";
import { Panel } from "../../../parts/words.tsx";
import { systemName } from "../../overview-state.ts";
import { inForm, type SectionData } from "../section/section-page.tsx";

type Json = Record<string, unknown>;

/** What was typed, without what is wrong: that is told at its field. `only`: nothing but these fields. */
export async function rightOf(
  { ports }: PageRequest,
  section: string,
  groups: readonly FieldGroup[],
  form: FormFields | null,
  only: readonly string[] | null = null,
): Promise<Json> {
  if (form === null) return {};
  const specs = groups.flatMap(({ fields }) => fields).filter(({ name }) => only?.includes(name) ?? true);
  const { changes } = readFields(form, specs);
  const problems = await ports.api.settings.check(section, changes);
  return Object.fromEntries(Object.entries(changes).filter(([name]) => !problems.some((one) => one.name === name)));
}

/** When retries come with what is in the form, each counted from the first attempt, and what outages would mean. */
export const RetryCourse = ({ data }: { data: SectionData<RetryEstimate> }) => {
  const { section, state } = data;
  const isWrong = (name: string) => state.problems.some((one) => one.name === name);
  // Like the table below: what is typed, or what is in force where that is wrong.
  const [retries, base, most] = ["max_retries", "base_delay_seconds", "max_delay_seconds"].map((name) =>
    Number(isWrong(name) ? section.fields[name]?.value : inForm(data, name)),
  );
  const waits = retryWaits(retries ?? 0, base ?? 0, most ?? 0);
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  const { outages, dead_after_seconds: deadAfter } = data.extra;
  return (
    <Panel title="What that means" id="course">
      <div class="body stack" id="course-words" data-part>
        <p>
          {waits.length === 0
            ? "Nothing is tried again by itself: what fails once waits for a person."
            : `Tried again ${waits.map(duration).join(", then ")} later; after ${duration(total)} in all a person has to look. With the schedule that is ${duration(deadAfter)} from now on. While a whole system is away nothing is used up: what is to be sent waits until it answers.`}
        </p>
      </div>
      <table class="grid cards" id="outages" data-part>
        <thead>
          <tr>
            <th scope="col">An outage of</th>
            <th scope="col">One ticket alone is refused</th>
            <th scope="col">The whole system is away</th>
          </tr>
        </thead>
        <tbody>
          {outages.map(({ hours, alone, probes, most_probes_in_hour, goes_on_within_seconds }) => (
            <tr>
              <td>
                <b class="lead">{hours < 48 ? `${hours} h` : `${hours / 24} days`}</b>
              </td>
              <td data-label="one ticket">
                {alone.attempts.length === 1 ? "1 attempt" : `${alone.attempts.length} attempts`},{" "}
                {alone.end === "delivered"
                  ? `delivered after ${duration(alone.after_seconds)}`
                  : `dead after ${duration(alone.after_seconds)}`}
              </td>
              <td class="wide" data-label="the system">
                {probes} probes, at most {most_probes_in_hour} an hour; goes on within{" "}
                {duration(goes_on_within_seconds)} of its end, nothing is dead
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
};

/** The failures of the last week, with the present settings and with those in the form. */
export const RetryWeek = ({ estimate }: { estimate: RetryEstimate }) => {
  const { days, deliveries, is_whole, present, meant, sooner, later, examples } = estimate;
  const rows = [
    ["Attempts", present.attempts, meant.attempts],
    ["Attempts in the fullest hour", present.most_in_hour, meant.most_in_hour],
    ["Delivered", present.delivered, meant.delivered],
    ["Given up as dead", present.dead, meant.dead],
    ["Still waiting", present.waiting, meant.waiting],
  ] as const;
  return (
    <Panel
      title={`The last ${days} days`}
      id="week"
      note="as if what failed had failed up to its last failure, and gone through after it"
    >
      <div id="week-figures" data-part>
        {deliveries === 0 ? (
          <p class="body">Everything was taken at its first attempt, or waits for a person whatever is set here.</p>
        ) : (
          <>
            <p class="body">
              <b>
                {deliveries === 1 ? "1 delivery was" : `${deliveries} deliveries were`} not taken at the first attempt.
              </b>{" "}
              {is_whole ? "" : "There were more; these are the newest. "}
              {sooner + later === 0
                ? "All would have been delivered at the same time as with the settings in force."
                : `${sooner} would have been delivered sooner (by ${duration(estimate.most_sooner_seconds)} at most), ${later} later (by ${duration(estimate.most_later_seconds)} at most) than with the settings in force.`}
            </p>
            <table class="grid cards">
              <thead>
                <tr>
                  <th scope="col">Of these</th>
                  <th scope="col" class="r">
                    In force
                  </th>
                  <th scope="col" class="r">
                    As typed
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map(([words, one, other]) => (
                  <tr>
                    <td>{words}</td>
                    <td class="r" data-label="in force">
                      {one}
                    </td>
                    <td class="r" data-label="as typed">
                      {other}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <details class="body">
              <summary class="small run">When each would have been tried</summary>
              {examples.map((one) => (
                <p class="small">
                  <a href={`/incidents/${one.incident_id}`}>{one.incident_id}</a>, {one.kind} in{" "}
                  {systemName(one.system)}:{" "}
                  {one.meant.attempts.map((at, index) => (
                    <>
                      {index === 0 ? "" : ", "}
                      <Time at={at} seconds />
                    </>
                  ))}
                  , then {one.meant.end} (in force: <Time at={one.present.at} seconds />, {one.present.end})
                </p>
              ))}
            </details>
          </>
        )}
      </div>
    </Panel>
  );
};

/** How many updates tickets would have got. */
export const CadenceWeek = ({ estimate }: { estimate: CadenceEstimate }) => {
  const { days, tickets, changes, present, meant, examples } = estimate;
  return (
    <Panel
      title={`Updates of risk in the last ${days} days`}
      id="cadence"
      note="by the hours between two updates, in Jira too"
    >
      <div class="body stack" id="cadence-figures" data-part>
        {tickets === 0 ? (
          <p>No ticket's incident changed its level in this time.</p>
        ) : (
          <>
            <p>
              <b>
                {tickets === 1 ? "1 ticket" : `${tickets} tickets`}, whose levels changed{" "}
                {changes === 1 ? "once" : `${changes} times`}, would have got {meant.updates}{" "}
                {meant.updates === 1 ? "update" : "updates"}, one of them {meant.most_of_one} at most.
              </b>{" "}
              With the cadence in force: {present.updates}, {present.most_of_one} at most.
            </p>
            <dl class="kv">
              {examples.map((one) => (
                <>
                  <dt>
                    <a href={`/incidents/${one.incident_id}`}>{one.incident_id}</a>, {systemName(one.system)}
                  </dt>
                  <dd>
                    {one.meant} (in force: {one.present})
                  </dd>
                </>
              ))}
            </dl>
          </>
        )}
      </div>
    </Panel>
  );
};

/** Seconds before each retry: doubled from one to the next. */
function retryWaits(retries: number, base: number, most: number): number[] {
  if (!Number.isInteger(retries) || retries < 0 || retries > 20 || !(base > 0) || !(most > 0)) return [];
  return Array.from({ length: retries }, (_, n) => Math.min(most, base * 2 ** n));
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
}
