/** @jsxImportSource hono/jsx */
/** What settings would mean before they are saved: with script they follow what is typed, without it the button shows them. */
import type { Child } from "hono/jsx";
import type {
  AccountsPreview,
  MaskingPreview,
  RetentionPreview,
  RoutingPreview,
} from "../../../api/settings/settings-port.ts";
import { Panel } from "../../parts/words.tsx";

/** The field with the text to try masking on; it is no setting. */
export const sampleField = "sample";

interface PreviewProps {
  id: string;
  title: string;
  note?: string;
  /** Of the page: `/console${path}/check` shows the page with the preview of what is typed. */
  path: string;
  above?: Child;
  children: Child;
}

const Preview = ({ id, title, note, path, above, children }: PreviewProps) => (
  <Panel
    title={title}
    id={id}
    note={note}
    actions={
      <button class="btn mini push" formaction={`/console${path}/check`}>
        Show for what is typed
      </button>
    }
  >
    <div class="body stack">
      {above}
      <div class="stack" id={`${id}-shown`} data-part>
        {children}
      </div>
    </div>
  </Panel>
);

const mask = "********";

interface MaskingProps {
  path: string;
  sample: string;
  shown: MaskingPreview;
  /** What is typed is wrong, so that what is saved is tried. */
  isWrong: boolean;
}

export const MaskingTrial = ({ path, sample, shown, isWrong }: MaskingProps) => (
  <Preview
    id="trial"
    title="Try it"
    note="nothing of it is kept"
    path={path}
    above={
      <label class="stack">
        A text as it could stand in a detection or note
        <textarea class="field mono" name={sampleField} rows={4} maxlength={4_000} spellcheck={false}>
          {sample}
        </textarea>
      </label>
    }
  >
    {sample === "" ? (
      <p class="soft">Paste a command line or a note: it is shown here as tickets would have it.</p>
    ) : (
      <>
        <p>
          {isWrong
            ? "A pattern above is wrong. With the ones that are saved tickets would have it so."
            : shown.masked === sample
              ? "Nothing in it is masked."
              : shown.masked === shown.without_patterns
                ? "Tickets would have it so; the patterns above match nothing in it."
                : "Tickets would have it so; the patterns above mask more than is masked anyway."}
        </p>
        <pre class="log mono" tabindex={0}>
          {shown.masked.split(mask).map((part, index) => (
            <>
              {index === 0 ? null : <mark>{mask}</mark>}
              {part}
            </>
          ))}
        </pre>
      </>
    )}
  </Preview>
);

export const RoutingTrial = ({ path, entity, shown }: { path: string; entity: string; shown: RoutingPreview }) => {
  const { days, entities, never_seen: neverSeen } = shown;
  const isKnown = entities.some((one) => one.entity.toLowerCase() === entity.trim().toLowerCase());
  const cell = (value: string | null) =>
    value === null ? <span class="quiet">not in use</span> : value === "" ? <span class="quiet">none</span> : value;
  return (
    <Preview id="trial" title="Where tickets would go" note={`entities of the last ${days} days`} path={path}>
      {entities.length === 0 ? (
        <p class="soft">No detections came in the last {days} days.</p>
      ) : (
        <>
          <table class="grid cards" aria-label="Entities and where their tickets would go">
            <thead>
              <tr>
                <th scope="col">Entity</th>
                <th scope="col" class="r">
                  Detections
                </th>
                <th scope="col">Jira project</th>
                <th scope="col">Assignment group</th>
                <th scope="col">Service identifier</th>
              </tr>
            </thead>
            <tbody>
              {entities.map((one) => (
                <tr>
                  <td class="wide">
                    <b>{one.entity}</b>
                    {one.is_routed ? null : <span class="tiny quiet"> no row of its own</span>}
                  </td>
                  <td class="r" data-label="detections">
                    {one.detections}
                  </td>
                  <td data-label="Jira">{cell(one.jira_project)}</td>
                  <td data-label="group">{cell(one.assignment_group)}</td>
                  <td data-label="service">{cell(one.service_identifier)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {isKnown ? null : (
            <p>
              No detection of the default entity <b>{entity}</b> came in these days: the first record that names no
              entity makes it.
            </p>
          )}
        </>
      )}
      {neverSeen.length === 0 ? null : (
        <p>
          Rows of entities of which nothing came in these days: {neverSeen.join(", ")}. Look whether the names are
          spelled as in the records.
        </p>
      )}
    </Preview>
  );
};

export const AccountsTrial = ({ path, shown }: { path: string; shown: AccountsPreview }) => {
  const { days, count, actors } = shown;
  return (
    <Preview id="trial" title="Shared accounts among the actors" note={`of the last ${days} days`} path={path}>
      {count === 0 ? (
        <p class="soft">None of the users that were actors is one of these accounts.</p>
      ) : (
        <>
          <p>
            <b>
              {count === 1 ? "1 user that was an actor is" : `${count} users that were actors are`} among these
              accounts:
            </b>{" "}
            what comes of them from now on is their hosts'. Their incidents stay.
          </p>
          <ul class="plain">
            {actors.map(({ entity, name }) => (
              <li>
                <code>{name}</code> <span class="small soft">{entity}</span>
              </li>
            ))}
          </ul>
          {count > actors.length ? <p class="small soft">And {count - actors.length} more.</p> : null}
        </>
      )}
    </Preview>
  );
};

/** What retention would remove, in words; null = nothing. */
export function removalWords(removal: RetentionPreview): string | null {
  const { alerts, closed_incidents: incidents, deliveries, alarms, events, audit_entries: entries } = removal;
  const parts = [
    counted(alerts, "alert"),
    counted(incidents, "closed incident", "closed incidents"),
    counted(deliveries, "delivery", "deliveries"),
    counted(alarms, "alarm"),
    counted(events, "event", "events", Number.POSITIVE_INFINITY),
    counted(entries, "audit entry", "audit entries"),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(", ");
}

/** `most`: where counting ends. */
function counted(n: number, one: string, many = `${one}s`, most = 100_000): string | null {
  const more = n >= most ? " or more" : "";
  return n === 0 ? null : `${n.toLocaleString("en")}${more} ${n === 1 ? one : many}`;
}

/** Readers that would lose something. */
export const UnreadWords = ({ unread }: Pick<RetentionPreview, "unread">) =>
  unread.length === 0 ? null : (
    <span>
      <b>Not delivered yet:</b>{" "}
      {unread
        .map(({ reader, events }) => `${reader} has not read ${events.toLocaleString("en")} of these events`)
        .join("; ")}
      . What it does not read by then it never gets.
    </span>
  );

export const RemovalTrial = ({ path, shown }: { path: string; shown: RetentionPreview }) => {
  const words = removalWords(shown);
  return (
    <Preview id="trial" title="What will be removed" note="at the next pass" path={path}>
      <p>
        With {shown.days} {shown.days === 1 ? "day" : "days"} of data and {shown.audit_days} of the audit log:{" "}
        {words === null ? "nothing." : <b>{words}.</b>}
      </p>
      {shown.unread.length === 0 ? null : (
        <p>
          <UnreadWords unread={shown.unread} />
        </p>
      )}
    </Preview>
  );
};
