/** @jsxImportSource hono/jsx */
/** What was changed, by whom and from where; and notes as the conversation that they are. */
import type { Child } from "hono/jsx";
import { Person, Who } from "../../parts/person.tsx";
import { levelOf, Sev, words } from "../../parts/severity.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import type { HistoryEntry, IncidentDetail } from "./incident-detail.ts";

const fewEntries = 40;

export const History = ({ incident }: { incident: IncidentDetail }) => {
  const newest = [...incident.history].reverse();
  const hidden = newest.slice(fewEntries);
  return (
    <section class="panel" aria-labelledby="history-h" id="history" data-live={incident.incident_id}>
      <header>
        <h2 id="history-h">History</h2>
        {incident.history_total > incident.history.length ? (
          <span class="small quiet">
            the newest {incident.history.length} of {incident.history_total}
          </span>
        ) : null}
      </header>
      <ul class="changes">
        {newest.slice(0, fewEntries).map((entry) => (
          <Entry entry={entry} />
        ))}
      </ul>
      {hidden.length === 0 ? null : (
        <details id="older">
          <summary class="body small">
            <span class="run">{hidden.length} older</span>
          </summary>
          <ul class="changes">
            {hidden.map((entry) => (
              <Entry entry={entry} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
};

const Entry = ({ entry }: { entry: HistoryEntry }) => (
  <li>
    <span class="tiny quiet any">
      <Time at={entry.at} seconds /> · <Person login={entry.who} />
      {["correlation", "console"].includes(entry.source) ? null : ` (${entry.source})`}
    </span>
    <span class="any">{told(entry)}</span>
  </li>
);

/** Texts are shown up to so many characters: notes stand in full beside it. */
const longest = 300;

function told(entry: HistoryEntry): Child {
  const { action, field, old, new: now } = entry;
  switch (action) {
    case "CREATED":
      return (
        <>
          Opened with level <Sev level={levelOf(now)} />
        </>
      );
    case "PROMOTED":
      return <>Opened by hand: {short(now)}</>;
    case "RISK_LEVEL_CHANGED":
      return (
        <>
          Level {old} → <Sev level={levelOf(now)} />
        </>
      );
    case "STATUS_CHANGED":
      return <Change name="Status" old={words(old ?? "")} now={words(now ?? "")} />;
    case "ASSIGNED":
      return <Change name="Owner" old={old ?? "nobody"} now={now ?? "nobody"} />;
    case "NOTES_CHANGED":
      return (
        <>
          {field === "resolution_notes" ? "Resolution" : "Note"}: {short(now)}
        </>
      );
    case "TICKET_LINKED":
      return (
        <>
          Ticket <b>{now}</b> linked
        </>
      );
    case "RULES_ADDED":
      return <>New rules: {short(now)}</>;
    case "OUTBREAK":
      return <>Outbreak: {short(now)}</>;
    case "CAMPAIGN_JOINED":
      return <>Campaign: {short(now)}</>;
    case "EXCEPTION_PROPOSED":
      return <>Exceptions proposed: {short(now)}</>;
    case "EXCEPTION_APPLIED":
      return <>Exception applied: {short(now)}</>;
    case "EXCEPTION_CHANGED":
      return <>Exception changed: {short(now)}</>;
    case "EXCEPTION_REMOVED":
      return <>Exception removed: {short(now)}</>;
    case "DELIVERY_GIVEN_UP":
      return (
        <>
          Not sent, {words(field ?? "").toLowerCase()}: {short(now)}
        </>
      );
    case "TICKET_RENEWED":
      return (
        <>
          Another ticket in the place of {short(old)}
          {now === null ? "" : `: ${short(now)}`}
        </>
      );
    case "EXTERNAL_SYNC":
      return <Change name={`From the ticket, ${words(field ?? "").toLowerCase()}`} old={short(old)} now={short(now)} />;
    default:
      return <Change name={words(action)} old={short(old)} now={short(now)} />;
  }
}

function short(text: string | null): string {
  if (text === null) return "nothing";
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;
}

const Change = ({ name, old, now }: { name: string; old: string; now: string }) => (
  <>
    {name}: {old} → <b>{now}</b>
  </>
);

/** Each note with who wrote it, where the history tells it of all of them; else the text as it is. */
const Notes = ({ incident }: { incident: IncidentDetail }) => {
  const { investigation_notes: notes, resolution_notes: resolution } = incident;
  const written = incident.history.filter(({ field, new: now }) => field === "investigation_notes" && now !== null);
  const isWhole = notes !== null && written.map((entry) => entry.new).join("\n") === notes;
  return (
    <>
      {notes === null && resolution === null ? <p class="small quiet">There are none yet.</p> : null}
      {isWhole
        ? written.map((entry) => (
            <div class="small">
              <p class="row tiny quiet">
                <Who login={entry.who} />
                <span class="any">
                  <Person login={entry.who} /> · <Time at={entry.at} />
                </span>
              </p>
              <p class="notes any">{entry.new}</p>
            </div>
          ))
        : notes !== null && <p class="notes any">{notes}</p>}
      {resolution === null ? null : (
        <div class="small">
          <p class="tiny quiet">Resolution</p>
          <p class="notes any">{resolution}</p>
        </div>
      )}
    </>
  );
};

export const NotesPanel = ({ incident, children }: { incident: IncidentDetail; children?: Child }) => (
  <Panel title="Notes" id="notes">
    <div class="body">
      <div class="thread" id="notes-thread" data-live={incident.incident_id}>
        <Notes incident={incident} />
        <p class="tiny quiet" id="note-state" />
      </div>
      {children}
    </div>
  </Panel>
);
