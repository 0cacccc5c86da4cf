/** @jsxImportSource hono/jsx */
/** `/cases/{id}`: one attack pattern with the rules that fulfil it; owner, status and notes. */
import { may } from "../../../../../core/access/caller.ts";
import { longestNotes } from "../../../../../core/incident-change.ts";
import { caseStatuses } from "../../../../../core/threat-case.ts";
import { type Action, page } from "../../page.ts";
import { Select } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Person, Who } from "../../parts/person.tsx";
import { levelOf, Sev, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Panel } from "../../parts/words.tsx";
import type { ConsoleCaller } from "../../ports.ts";
import { unlessChanged } from "../expect-seen.ts";
import type { CaseDetail } from "./case-rows.ts";

export const casePage = page<CaseDetail>({
  path: "/cases/:id",
  permission: "read",
  at: "/cases",
  title: (one) => `${words(one.case_type)}: ${one.primary_user}`,
  load: async ({ caller, ports, param }) =>
    (await ports.api.investigation.threatCase(caller, param("id"))) as unknown as CaseDetail,
  view: (one, { caller }) => (
    <div id="case" data-live={one.case_id}>
      <nav class="crumbs" aria-label="Where this page is">
        <a href="/cases">Cases</a> <span class="mono">{one.case_id}</span>
      </nav>
      <div class="page-head">
        <div class="grow">
          <h1>
            {words(one.case_type)}: {one.primary_user}
          </h1>
          <p class="sub row">
            <Sev level={levelOf(one.severity)} />
            <Status status={one.status} />
            <span>{one.entity_name}</span>
          </p>
        </div>
        {one.related_incident === null ? null : (
          <a class="btn primary" href={`/incidents/${one.related_incident.incident_id}`}>
            Open its incident
          </a>
        )}
      </div>
      <div class="cols">
        <div class="stack">
          <Panel
            title="What fulfils the pattern"
            id="rules"
            note={`${one.rule_count} rules, ${one.alert_count} detections, highest risk ${one.max_risk_score}`}
          >
            <Rules rules={one.alerts_by_rule} />
          </Panel>
          <Panel title="Alerts" id="alerts">
            <ul class="feed">
              {one.alerts.slice(0, mostAlerts).map((alert) => (
                <li>
                  <Time at={alert.last_seen} />
                  <span>
                    <a href={`/alerts/${alert.hash}`}>{alert.rule_title}</a> on{" "}
                    <span class="mono">{alert.host ?? alert.src_ip ?? "no host"}</span>,{" "}
                    {alert.count === 1 ? "once" : `${alert.count} times`}
                  </span>
                </li>
              ))}
            </ul>
            {one.alerts.length > mostAlerts ? (
              <p class="body small quiet">and {one.alerts.length - mostAlerts} more alerts</p>
            ) : null}
          </Panel>
        </div>
        <div class="stack">
          <Work one={one} caller={caller} />
          <Panel title="Hosts" id="hosts">
            <ul class="body plain mono small">
              {one.affected_computers.map((host) => (
                <li>
                  <a href={`/alerts?${new URLSearchParams({ host })}`}>{host}</a>
                </li>
              ))}
            </ul>
          </Panel>
          <Panel
            title="History"
            id="history"
            note={one.history_total === 1 ? "1 entry" : `${one.history_total} entries`}
          >
            <ul class="feed">
              {one.history.toReversed().map((entry) => (
                <li>
                  <Time at={entry.at} />
                  <span>
                    <b>
                      <Person login={entry.who} />
                    </b>{" "}
                    {words(entry.action).toLowerCase()}
                    {entry.new === null || entry.field === "investigation_notes" ? null : (
                      <>
                        {" "}
                        <span class="quiet">{entry.old === null ? "" : `${entry.old} → `}</span>
                        {entry.new}
                      </>
                    )}{" "}
                    <span class="quiet">({entry.source})</span>
                  </span>
                </li>
              ))}
            </ul>
          </Panel>
        </div>
      </div>
    </div>
  ),
});

const mostAlerts = 50;

const Rules = ({ rules }: { rules: CaseDetail["alerts_by_rule"] }) => (
  <table class="grid cards flush">
    <thead>
      <tr>
        <th scope="col">Level</th>
        <th scope="col">Rule</th>
        <th scope="col">Techniques</th>
        <th scope="col" class="r">
          Detections
        </th>
        <th scope="col">First to last</th>
      </tr>
    </thead>
    <tbody>
      {rules.map((rule) => (
        <tr>
          <td>
            <Sev level={levelOf(rule.level)} />
          </td>
          <td class="wide">
            <a class="lead" href={`/alerts?${new URLSearchParams({ rule: rule.rule_title })}`}>
              {rule.rule_title}
            </a>
            <div class="tiny quiet mono">{rule.hosts.slice(0, 3).join(", ")}</div>
          </td>
          <td class="mono tiny">{rule.techniques.join(" ")}</td>
          <td class="r" data-label="detections">
            {rule.count}
          </td>
          <td class="nowrap">
            <Time at={rule.first_seen} />
            {rule.first_seen === rule.last_seen ? null : (
              <>
                {" to "}
                <Time at={rule.last_seen} />
              </>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const Work = ({ one, caller }: { one: CaseDetail; caller: ConsoleCaller }) => {
  const mayChange = may(caller, "incident:write");
  const isMine = one.assigned_analyst?.toLowerCase() === caller.name.toLowerCase();
  return (
    <Panel title="Work" id="work">
      <div class="stack">
        <div class="body row nowrap">
          <Who login={one.assigned_analyst} />
          {one.assigned_analyst === null ? (
            <span class="quiet">Nobody works on it</span>
          ) : (
            <Person login={one.assigned_analyst} />
          )}
          {mayChange ? (
            <Form class="push" action={`/console/cases/${one.case_id}/owner`} label="Owner">
              <input type="hidden" name="seen" value={one.assigned_analyst ?? ""} />
              <button class="btn mini" name="owner" value={isMine ? "" : caller.name}>
                <Icon n={isMine ? "user-x" : "user-check"} s={13} />
                {isMine ? "Release" : "Take"}
              </button>
            </Form>
          ) : null}
        </div>
        {mayChange ? (
          <Form class="form one" action={`/console/cases/${one.case_id}/status`} label="Status">
            <input type="hidden" name="seen" value={one.status} />
            <Select
              label="Status"
              name="status"
              value={one.status}
              options={caseStatuses.map((status) => [status, words(status)] as const)}
            />
            <label>
              <span>Why (joins the notes)</span>
              <input class="field" name="notes" maxlength={2_000} autocomplete="off" />
            </label>
            <button class="btn">Save status</button>
          </Form>
        ) : null}
        <div class="body">
          <h3 class="small">Notes</h3>
          <p class="notes">{one.investigation_notes ?? <span class="quiet">No notes yet</span>}</p>
        </div>
        {mayChange ? (
          <Form class="form one" action={`/console/cases/${one.case_id}/note`} label="Note">
            <label>
              <span>Add a note</span>
              <textarea class="field" name="note" rows={3} maxlength={20_000} required></textarea>
            </label>
            <button class="btn">Add note</button>
          </Form>
        ) : null}
      </div>
    </Panel>
  );
};

const common = { permission: "incident:write" } as const;
const backTo = (id: string) => `/cases/${encodeURIComponent(id)}`;

export const caseActions: readonly Action[] = [
  {
    ...common,
    path: "/console/cases/:id/status",
    run: async (request) => {
      const { caller, ports, form, param } = request;
      const status = form.oneOf("status", caseStatuses);
      const notes = form.text("notes", 2_000);
      const wanted = { status, seen: { status: form.text("seen") }, ...(notes === "" ? {} : { notes }) };
      await unlessChanged(ports.api.investigation.changeCase(caller, param("id"), wanted));
      return { to: backTo(param("id")), said: `The case is ${words(status).toLowerCase()}.` };
    },
  },
  {
    ...common,
    path: "/console/cases/:id/owner",
    run: async (request) => {
      const { caller, ports, form, param } = request;
      const owner = form.text("owner");
      const wanted = { assignedAnalyst: owner === "" ? null : owner, seen: { assignedAnalyst: form.text("seen") } };
      await unlessChanged(ports.api.investigation.changeCase(caller, param("id"), wanted));
      return { to: backTo(param("id")), said: owner === "" ? "Nobody works on the case now." : "The case is yours." };
    },
  },
  {
    ...common,
    path: "/console/cases/:id/note",
    run: async ({ caller, ports, form, param }) => {
      const note = form.required("note", longestNotes);
      // It joins the notes that there are, whatever others have written meanwhile.
      await ports.api.investigation.changeCase(caller, param("id"), { notes: note });
      return { to: backTo(param("id")), said: "The note is added." };
    },
  },
];
