/** @jsxImportSource hono/jsx */
/** The overview's lists: what needs attention, where things go, and what people and systems changed. */
import type { AttentionLine, AttentionTone } from "../../../../core/console/attention-state.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Person } from "../parts/person.tsx";
import { words } from "../parts/severity.tsx";
import { State } from "../parts/state.tsx";
import { Time } from "../parts/time.tsx";
import { Empty, Panel } from "../parts/words.tsx";
import type { RecentChange } from "../ports.ts";
import type { Destination, Target } from "./overview-state.ts";

const icons: Readonly<Record<AttentionTone, { icon: IconName; tone: string }>> = {
  urgent: { icon: "siren", tone: "critical" },
  broken: { icon: "circle-alert", tone: "bad" },
  waits: { icon: "hourglass", tone: "wait" },
  hint: { icon: "info", tone: "info" },
};

export const Attention = ({ lines }: { lines: readonly AttentionLine[] }) => (
  <Panel
    title="Needs attention"
    id="todo"
    note={lines.length < 2 ? undefined : `${lines.length} things, the most urgent first`}
  >
    {lines.length === 0 ? (
      <Empty icon="shield-check" title="Nothing needs you">
        <p>Feeds and ticket systems are in step, and no incident waits past its time.</p>
      </Empty>
    ) : (
      <ul class="todo">
        {lines.map((line) => (
          <li data-reason={line.reason}>
            <Icon n={icons[line.tone].icon} s={18} c={icons[line.tone].tone} />
            <h3>{line.title}</h3>
            <p>
              {line.means}
              {line.says === null ? null : (
                <>
                  {" "}
                  {line.says.who} says: <code>{line.says.words}</code>
                </>
              )}
              {line.since === null ? null : (
                <>
                  {" "}
                  Since <Time at={line.since} />.
                </>
              )}
            </p>
            <a class="btn" href={line.step.href}>
              {line.step.label}
            </a>
          </li>
        ))}
      </ul>
    )}
  </Panel>
);

export const Feeds = ({
  destinations,
  targets,
}: {
  destinations: readonly Destination[];
  targets: readonly Target[];
}) => (
  <Panel
    title="Feeds and targets"
    id="feeds"
    actions={
      <a class="small" href="/settings/integrations">
        Integrations
      </a>
    }
  >
    {destinations.length + targets.length === 0 ? (
      <Empty icon="plug" title="Nothing is connected yet">
        <p>Alerts and incidents are kept here and can be polled by API.</p>
      </Empty>
    ) : (
      <table class="grid cards flush">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
            <th scope="col">State</th>
            <th scope="col" class="r">
              Waiting
            </th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {destinations.map((one) => (
            <tr>
              <td class="soft drop">{words(one.feed)}</td>
              <td class="lead">{one.name}</td>
              <td>
                {one.connected ? (
                  <State kind="good">Connected</State>
                ) : one.last_error === null ? (
                  <State kind="idle">Nothing sent yet</State>
                ) : (
                  <State kind="bad">Not reachable</State>
                )}
              </td>
              <td class="r" data-label="waiting">
                {one.queued === null ? <span class="quiet">not shown</span> : one.queued}
              </td>
              <td class="nowrap drop">
                {one.last_sent === null ? <span class="quiet">never</span> : <Time at={one.last_sent} />}
              </td>
            </tr>
          ))}
          {targets.map((one) => (
            <tr>
              <td class="soft drop">Tickets</td>
              <td class="lead">{one.name}</td>
              <td>
                {one.standing > 0 ? (
                  <State kind="wait">{one.standing} stand still</State>
                ) : one.waiting > 0 ? (
                  <State kind="run">{one.waiting} under way</State>
                ) : (
                  <State kind="good">In step</State>
                )}
              </td>
              <td class="r" data-label="waiting">
                {one.waiting + one.standing}
              </td>
              <td class="nowrap drop">
                {one.lastSearch === null ? <span class="quiet">never</span> : <Time at={one.lastSearch} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Panel>
);

export const Changes = ({ changes }: { changes: readonly RecentChange[] }) => (
  <ul class="feed">
    {changes.map((change) => (
      <li>
        <Time at={change.at} seconds />
        <span>
          <b>
            <Person login={change.who} />
          </b>{" "}
          {deed(change)} <a href={`/incidents/${change.incidentId}`}>{change.actor}</a>, {change.entity}
        </span>
      </li>
    ))}
  </ul>
);

/** What was done to an incident, up to its name. */
function deed({ action, field, old, new: now }: RecentChange): string {
  switch (action) {
    case "CREATED":
      return `made an incident of level ${now}:`;
    case "PROMOTED":
      return "made an incident by hand:";
    case "ASSIGNED":
      return now === null || now === "" ? "released" : `assigned to ${now}:`;
    case "RISK_LEVEL_CHANGED":
      return `raised or lowered from ${old} to ${now}:`;
    case "NOTES_CHANGED":
      return "wrote a note about";
    case "RULES_ADDED":
      return "found new rules at";
    case "OUTBREAK":
      return "found an outbreak at";
    case "CAMPAIGN_JOINED":
      return `joined to campaign ${now}:`;
    case "EXCEPTION_PROPOSED":
      return "proposed an exception for";
    case "EXCEPTION_APPLIED":
      return "applied an exception to";
    case "EXCEPTION_CHANGED":
      return "changed an exception of";
    case "EXCEPTION_REMOVED":
      return "removed an exception from";
    case "TICKET_RENEWED":
      return "asked for another ticket of";
    default:
      return `changed ${(field ?? "status").replaceAll("_", " ")}${now === null || now === "" ? "" : ` to ${words(now).toLowerCase()}`}:`;
  }
}
