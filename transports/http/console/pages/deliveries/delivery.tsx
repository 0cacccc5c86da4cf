/** @jsxImportSource hono/jsx */
/** `/deliveries/{id}`: one delivery with the request beside the answer of each attempt, and what a person can decide. */
import { may } from "../../../../../core/access/caller.ts";
import { type Action, type PageRequest, page } from "../../page.ts";
import { Icon } from "../../parts/icon.tsx";
import { Person } from "../../parts/person.tsx";
import { readableLog } from "../../parts/raw-log.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty, Notice, Panel } from "../../parts/words.tsx";
import { systemName } from "../overview-state.ts";
import type { Candidates } from "./candidates.tsx";
import { Decide } from "./decide.tsx";
import {
  causeWords,
  type DeliveryDetail,
  isGoodOutcome,
  kindName,
  outcomeWords,
  standsStill,
  stateNames,
} from "./delivery-rows.ts";

interface Data {
  one: DeliveryDetail;
  /** The tickets that the target shows, once somebody has asked for them. */
  found: Candidates | null;
}

const at = "/deliveries";
const titleOf = ({ one: { kind, system } }: Data) => `${kindName(kind)} in ${systemName(system)}`;

async function load({ caller, ports, param }: PageRequest): Promise<Data> {
  const one = (await ports.api.tickets.delivery(caller, param("id"))) as unknown as DeliveryDetail;
  return { one, found: null };
}

export const deliveryPage = page<Data>({
  path: "/deliveries/:id",
  permission: "read",
  at,
  title: titleOf,
  load,
  view: (data, request) => <DeliveryView data={data} request={request} />,
});

/** Asks the target for the tickets that may be the one, and shows them on the delivery's page. */
export const candidatesAction: Action = {
  path: "/console/deliveries/:id/candidates",
  permission: "ticket:write",
  run: async (request) => {
    const { ports, caller, param } = request;
    const found = (await ports.api.tickets.candidates(caller, param("id"))) as unknown as Candidates;
    const data = { ...(await load(request)), found };
    return { title: titleOf(data), at, view: <DeliveryView data={data} request={request} /> };
  },
};

const DeliveryView = ({ data: { one, found }, request: { caller } }: { data: Data; request: PageRequest }) => (
  // What was looked up stays until somebody has chosen.
  <div id="delivery" data-live={found === null ? one.incident_id : undefined}>
    <nav class="crumbs" aria-label="Where this page is">
      <a href="/deliveries">Deliveries</a> <span class="mono">{one.id}</span>
    </nav>
    <div class="page-head">
      <div class="grow">
        <h1>
          {kindName(one.kind)} in {systemName(one.system)}
        </h1>
        <p class="sub row">
          <State kind={stateNames[one.state].kind}>{stateNames[one.state].name}</State>
          <span>{one.entity_name}</span>
        </p>
      </div>
      <a class="btn" href={`/incidents/${one.incident_id}`}>
        Open its incident
      </a>
    </div>
    <div class="cols">
      <div class="stack">
        {one.cause === null ? null : <Cause one={one} />}
        <Panel
          title="Attempts"
          id="attempts"
          note={one.attempt_history.length > 1 ? `${one.attempt_history.length}, the newest first` : undefined}
        >
          {one.attempt_history.length === 0 ? (
            <Empty icon="hourglass" title="No attempt yet">
              <p>Each request is listed here beside its answer.</p>
            </Empty>
          ) : (
            <div class="rules">
              {one.attempt_history.toReversed().map((attempt, at) => AttemptOf(attempt, at === 0))}
            </div>
          )}
        </Panel>
      </div>
      <div class="stack">
        {may(caller, "ticket:write") && (standsStill(one) || one.state === "planned") ? (
          <Decide one={one} found={found} />
        ) : null}
        <Panel title="About" id="about">
          <div class="body">
            <Facts one={one} />
          </div>
        </Panel>
      </div>
    </div>
  </div>
);

const Cause = ({ one: { cause, detail, system, state } }: { one: DeliveryDetail }) => {
  const { name, means } = causeWords(cause ?? "");
  const isOver = state === "confirmed" || state === "discarded";
  return (
    <Notice kind={isOver ? "idle" : "wait"}>
      <b>{name}.</b> {isOver ? "" : means}
      {detail === null || detail === "" ? null : (
        <>
          {" "}
          {systemName(system)} says: <code>{detail}</code>
        </>
      )}
    </Notice>
  );
};

const AttemptOf = (attempt: DeliveryDetail["attempt_history"][number], isOpen: boolean) => {
  const { at, status, outcome, action, request, duration_ms, words, request_body, answer_body } = attempt;
  const isGood = status !== null && status < 300 && isGoodOutcome(outcome);
  return (
    <details open={isOpen} class="attempt">
      <summary>
        <Icon
          n={isGood ? "circle-check" : action === "lookup" ? "search" : "circle-alert"}
          c={isGood ? "good" : "wait"}
        />
        <b>
          {status ?? "no answer"} {outcomeWords(outcome)}
        </b>
        <span class="quiet">
          {action === "lookup" ? "Looked up" : "Sent"} <Time at={at} seconds />, {duration_ms} ms
        </span>
        <code class="mono">{request}</code>
      </summary>
      <div class="sample">
        {words === "" ? null : (
          <p class="small">
            It says: <code>{words}</code>
          </p>
        )}
        <div class="halves">
          <Body title="Request" text={request_body} none="No body was sent, or it is no longer kept." />
          <Body title="Answer" text={answer_body} none="Nothing was answered, or it is no longer kept." />
        </div>
      </div>
    </details>
  );
};

const Body = ({ title, text, none }: { title: string; text: string | null; none: string }) => (
  <div>
    <h3 class="small">{title}</h3>
    {text === null || text === "" ? (
      <p class="small quiet">{none}</p>
    ) : (
      <pre class="log mono" tabindex={0}>
        {readableLog(text)}
      </pre>
    )}
  </div>
);

const Facts = ({ one }: { one: DeliveryDetail }) => (
  <dl class="kv">
    <dt>Incident</dt>
    <dd>
      <a class="mono" href={`/incidents/${one.incident_id}`}>
        {one.incident_id}
      </a>
    </dd>
    <dt>Began</dt>
    <dd>
      {one.trigger === "manual" ? "by hand: " : "by itself: "}
      <Person login={one.who} />
    </dd>
    <dt>Planned</dt>
    <dd>
      <Time at={one.created_at} seconds />
    </dd>
    <dt>Changed</dt>
    <dd>
      <Time at={one.updated_at} seconds />
    </dd>
    <dt>Failed</dt>
    <dd>{one.attempts === 0 ? "not once" : one.attempts === 1 ? "once" : `${one.attempts} times`}</dd>
    {one.next_attempt_at === null ? null : (
      <>
        <dt>Not before</dt>
        <dd>
          <Time at={one.next_attempt_at} seconds />
        </dd>
      </>
    )}
    <dt>Secrets</dt>
    <dd class="quiet">masked in what is kept, at most 65,536 characters of the newest ten attempts</dd>
  </dl>
);
