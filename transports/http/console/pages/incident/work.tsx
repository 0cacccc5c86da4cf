/** @jsxImportSource hono/jsx */
/** What people do with it: status, owner, service level, notes. Who may only read sees how it stands. */
import { incidentStatuses } from "../../../../../core/incident.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Person, Who } from "../../parts/person.tsx";
import { Bar, words } from "../../parts/severity.tsx";
import { State, Status } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { useViewing } from "../../parts/viewing.ts";
import { NotesPanel } from "./history.tsx";
import type { IncidentData, IncidentDetail } from "./incident-detail.ts";
import { spanOf } from "./phrases.ts";
import { Proposals } from "./proposals.tsx";

export const Work = (data: IncidentData) => {
  const { incident, rights } = data;
  const id = incident.incident_id;
  return (
    <>
      <section class="panel" aria-label="Status, owner and service level" id="work" data-live={id}>
        <div class="body">
          <StatusControl {...data} />
          <OwnerControl {...data} />
          <ServiceLevel incident={incident} />
        </div>
      </section>
      <Proposals {...data} />
      <NotesPanel incident={incident}>
        {rights.change ? (
          <Form action={`/console/incidents/${id}/notes`} label="Add a note" optimistic="#note-state">
            <label>
              Add a note
              <textarea
                class="field"
                name="text"
                rows={3}
                required
                maxlength={60_000}
                placeholder={
                  incident.tickets.some(({ state }) => state === "there")
                    ? "Goes to its tickets as an internal note"
                    : undefined
                }
              />
            </label>
            <button class="btn" data-said="Adding it …">
              Add note
            </button>
          </Form>
        ) : null}
      </NotesPanel>
    </>
  );
};

const StatusControl = ({ incident, rights }: IncidentData) => {
  const shown = (
    <span id="status-shown">
      <Status status={incident.status} />
    </span>
  );
  if (!rights.change)
    return (
      <p class="small row">
        <span class="quiet">Status</span> {shown}
      </p>
    );
  return (
    <Form
      action={`/console/incidents/${incident.incident_id}/status`}
      label="Status"
      optimistic="#status-shown"
      class="stack tight-form"
    >
      <input type="hidden" name="seen" value={incident.status} />
      <label>
        <span class="spread">
          <span>Status</span>
          {shown}
        </span>
        <select class="field" name="status" data-key="s">
          {incidentStatuses.map((status) => (
            <option value={status} selected={status === incident.status} data-said={words(status)}>
              {words(status)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Why
        <textarea
          class="field"
          name="notes"
          rows={2}
          maxlength={60_000}
          placeholder="Becomes the resolution when it closes it"
        />
      </label>
      <button class="btn">Set status</button>
    </Form>
  );
};

const OwnerControl = ({ incident, people, rights }: IncidentData) => {
  const { user } = useViewing();
  const owner = incident.assigned_analyst;
  const shown = (
    <span class="row one" id="owner-shown">
      <Who login={owner} />
      {owner === null ? "nobody" : <Person login={owner} />}
    </span>
  );
  if (!rights.change)
    return (
      <p class="small row">
        <span class="quiet">Owner</span> {shown}
      </p>
    );
  const action = `/console/incidents/${incident.incident_id}/owner`;
  const seen = <input type="hidden" name="seen" value={owner ?? ""} />;
  const others = people.filter((login) => login !== owner);
  return (
    <div class="stack tight-form">
      <p class="spread small">
        <span class="tiny quiet">Owner</span>
        {shown}
      </p>
      <div class="row">
        {owner === user ? (
          <Form action={action} label="Release" optimistic="#owner-shown">
            {seen}
            <input type="hidden" name="owner" value="" />
            <button class="btn mini" data-said="nobody">
              <Icon n="user-x" s={13} />
              Release
            </button>
          </Form>
        ) : (
          <Form action={action} label="To me" optimistic="#owner-shown">
            {seen}
            <input type="hidden" name="owner" value={user} />
            <button class="btn mini" data-said={user} data-key="a">
              <Icon n="user-check" s={13} />
              To me
            </button>
          </Form>
        )}
      </div>
      {others.length === 0 ? null : (
        <Form action={action} label="To a person" optimistic="#owner-shown" class="row nowrap one">
          {seen}
          <select class="field" name="owner" aria-label="To a person">
            {owner === null || owner === user ? null : (
              <option value="" data-said="nobody">
                nobody
              </option>
            )}
            {others.map((login) => (
              <PersonOption login={login} />
            ))}
          </select>
          <button class="btn">Assign</button>
        </Form>
      )}
    </div>
  );
};

const PersonOption = ({ login }: { login: string }) => {
  const name = useViewing().people.get(login.toLowerCase()) ?? login;
  return (
    <option value={login} data-said={name}>
      {name === login ? login : `${name} (${login})`}
    </option>
  );
};

const tones = { on_track: "good", at_risk: "wait", breached: "bad" } as const;
const fills = { on_track: "f-good", at_risk: "f-medium", breached: "f-critical" } as const;

const ServiceLevel = ({ incident }: { incident: IncidentDetail }) => {
  const { now } = useViewing();
  const { target_minutes: target, percent, status, due_at: due } = incident.service_level;
  const of = spanOf(target * 60_000);
  const left = Date.parse(due) - now;
  const isOpen = incident.closed_at === null;
  return (
    <>
      <p class="small row">
        <State kind={isOpen || status === "breached" ? tones[status] : "good"}>
          {isOpen
            ? status === "breached"
              ? `Service level missed by ${spanOf(-left)}`
              : `Service level: ${spanOf(left)} left of ${of}`
            : status === "breached"
              ? `Closed after its service level of ${of}`
              : `Closed within its service level of ${of}`}
        </State>
      </p>
      <Bar of={100} value={percent} tone={fills[status]} />
      {isOpen ? (
        <p class="tiny quiet">
          Due <Time at={due} />, {percent} % of the time used
        </p>
      ) : null}
    </>
  );
};
