/** @jsxImportSource hono/jsx */
/** Deliveries as rows: what, about which incident, its state with the target's words, and its last attempt. */
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { systemName } from "../overview-state.ts";
import {
  causeWords,
  type DeliveryRow,
  isUndecided,
  kindName,
  outcomeWords,
  standsStill,
  stateNames,
} from "./delivery-rows.ts";

export const DeliveryTable = (props: { rows: readonly DeliveryRow[]; caption: string; mayWrite: boolean }) => (
  <table class="grid cards dest" data-rows>
    <caption class="vh">{props.caption}</caption>
    <thead>
      <tr>
        <th scope="col">Delivery</th>
        <th scope="col">State</th>
        <th scope="col">Last attempt</th>
        <th scope="col">Since</th>
        <th scope="col">
          <span class="vh">Actions</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {props.rows.map((row) => (
        <Row row={row} mayWrite={props.mayWrite} />
      ))}
    </tbody>
  </table>
);

const Row = ({ row, mayWrite }: { row: DeliveryRow; mayWrite: boolean }) => {
  const { id, system, kind, state, cause, detail, incident_id, entity_name, next_attempt_at, updated_at } = row;
  const last = row.attempt_history.at(-1);
  return (
    <tr id={id}>
      <td>
        <span class="two">
          <a class="lead" href={`/deliveries/${id}`}>
            {kindName(kind)} in {systemName(system)}
          </a>
          <small>
            <a class="mono" href={`/incidents/${incident_id}`}>
              {incident_id}
            </a>{" "}
            {entity_name}
          </small>
        </span>
      </td>
      <td class="wide">
        <State kind={stateNames[state].kind}>{stateNames[state].name}</State>
        {cause === null ? null : <div class="tiny soft">{causeWords(cause).name}</div>}
        {detail === null || detail === "" ? null : <code class="tiny said-there">{detail}</code>}
        {next_attempt_at === null ? null : (
          <div class="tiny quiet">
            Not before <Time at={next_attempt_at} seconds />
          </div>
        )}
      </td>
      <td class="wide tiny">
        {last === undefined ? (
          <span class="quiet">No attempt yet</span>
        ) : (
          <>
            <b>{last.status ?? "no answer"}</b> {outcomeWords(last.outcome)}
            <div class="quiet">
              {row.attempt_history.length === 1 ? "1 attempt" : `${row.attempt_history.length} attempts`}, the last at{" "}
              <Time at={last.at} seconds />
            </div>
          </>
        )}
      </td>
      <td class="nowrap drop">
        <Time at={updated_at} />
      </td>
      <td>
        {mayWrite && standsStill(row) ? (
          isUndecided(row) ? (
            <a class="btn mini" href={`/deliveries/${id}#decide`}>
              Name the ticket
            </a>
          ) : cause === "ticket_gone" ? (
            <a class="btn mini" href={`/incidents/${incident_id}/renew/${system}`}>
              New ticket…
            </a>
          ) : (
            <Form action={`/console/deliveries/${id}/retry`} label={`Retry ${id}`}>
              <input type="hidden" name="seen" value={updated_at} />
              <button class="btn mini">
                <Icon n="rotate-ccw" s={13} />
                Retry
              </button>
            </Form>
          )
        ) : null}
      </td>
    </tr>
  );
};
