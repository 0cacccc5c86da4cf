/** @jsxImportSource hono/jsx */
/** What to do now, as its tickets say it, and what would keep a false positive from coming back. */
import { Icon } from "../../parts/icon.tsx";
import { State } from "../../parts/state.tsx";
import { Panel } from "../../parts/words.tsx";
import type { IncidentData, Proposal } from "./incident-detail.ts";

export const Proposals = ({ incident, proposals, rights }: IncidentData) => {
  const id = incident.incident_id;
  const isFalse = incident.status === "FALSE_POSITIVE";
  if (!rights.exceptions) return <span id="proposals" data-live={id} hidden />;
  return (
    <section class="panel" aria-label="Exceptions" id="proposals" data-live={id}>
      <div class="body">
        <p class="small soft">
          {isFalse
            ? "So that it does not come back: an exception keeps matching detections out of the score. They are still sent as alerts."
            : "Not again? An exception keeps matching detections out of the score; they are still sent as alerts."}
        </p>
        {proposals.length === 0 ? (
          <a class="btn" href={`/incidents/${id}/exception`}>
            <Icon n="ban" />
            New exception…
          </a>
        ) : (
          <ul class="stack small">
            {proposals.map((proposal, at) => (
              <ProposalItem id={id} proposal={proposal} at={at} />
            ))}
          </ul>
        )}
      </div>
    </section>
  );
};

const ProposalItem = ({ id, proposal, at }: { id: string; proposal: Proposal; at: number }) => (
  <li class="any">
    <b>{proposal.rule_title}</b>
    <p class="tiny soft">{proposal.why}</p>
    {proposal.covered_by === null ? (
      <a class="btn mini" href={`/incidents/${id}/exception?proposal=${at}`}>
        <Icon n="ban" s={13} />
        See what it would suppress
      </a>
    ) : (
      <a href={`/exceptions/${proposal.covered_by}`}>
        <State kind="good">There is an exception for it</State>
      </a>
    )}
  </li>
);

/** What to do first, as its tickets say it. */
export const Steps = ({ steps }: { steps: readonly string[] }) =>
  steps.length === 0 ? null : (
    <Panel title="Do now" id="steps">
      <ol class="body small numbered any">
        {steps.slice(0, 3).map((step) => (
          <li>{step}</li>
        ))}
      </ol>
    </Panel>
  );
