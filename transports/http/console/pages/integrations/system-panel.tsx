/** @jsxImportSource hono/jsx */
/** One ticket system: its last test, what waits and stands still, and how the two sides are kept in step. */
import type { Child } from "hono/jsx";
import type { FieldPolicy } from "../../../../../core/tickets/policy.ts";
import { words } from "../../parts/severity.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { causeWords } from "../deliveries/delivery-rows.ts";
import { systemName } from "../overview-state.ts";
import type { SystemState } from "./integration-state.ts";
import { SetUpLink, StatusLine, TestButton } from "./status-line.tsx";
import { TestSteps } from "./test-steps.tsx";

interface SystemProps {
  one: SystemState;
  mayTest: boolean;
  seesAll: boolean;
}

export const SystemPanel = ({ one, mayTest, seesAll }: SystemProps) => {
  const { system, configured, enabled, last_test, tickets, sync, warnings } = one;
  const name = systemName(system);
  return (
    <Panel
      title={name}
      id={system}
      actions={
        <span class="row push">
          {mayTest && configured ? <TestButton section={system} name={name} /> : null}
          <SetUpLink id={system} mayTest={mayTest} configured={configured} />
        </span>
      }
    >
      <StatusLine
        configured={configured ? <State kind="good">Yes</State> : <State kind="idle">No</State>}
        enabled={enabled}
        test={last_test}
      >
        {seesAll && enabled ? (
          <span class="small soft">
            {tickets.known === 0 ? (
              "no ticket yet"
            ) : (
              <>
                {tickets.known === 1 ? "1 ticket" : `${tickets.known} tickets`} in step, read{" "}
                <Time at={sync.last_good_search} />
              </>
            )}
          </span>
        ) : undefined}
      </StatusLine>
      {configured || enabled ? (
        <div class="body stack">
          <Remarks one={one} />
          {warnings.length === 0 ? null : (
            <ul class="stack">
              {warnings.map((warning) => (
                <li>
                  <Notice kind="wait">{warning}</Notice>
                </li>
              ))}
            </ul>
          )}
          {last_test === null ? null : <TestSteps steps={last_test.steps} />}
          <Facts one={one} seesAll={seesAll} />
        </div>
      ) : (
        <p class="body small soft">Nothing is set up. Tickets are not made here, and nothing waits.</p>
      )}
    </Panel>
  );
};

/** What keeps tickets from being made, each with its cause, the target's words and the way to it. */
export const Remarks = ({ one: { system, standing, answers, enabled, sync } }: { one: SystemState }) => {
  const name = systemName(system);
  return (
    <>
      {enabled && !answers ? (
        <Notice kind="bad">
          <b>{name} does not answer.</b> Nothing is sent until it does; what is to be sent is kept.
        </Notice>
      ) : null}
      {standing.map(({ cause, count, detail }) => (
        <Notice
          kind="wait"
          action={
            <a class="btn mini" href={`/deliveries?${new URLSearchParams({ system, cause })}`}>
              Show them
            </a>
          }
        >
          <b>
            {count === 1 ? "1 delivery stands still." : `${count} deliveries stand still.`} {causeWords(cause).name}.
          </b>
          {detail === "" ? null : (
            <>
              {" "}
              {name} says: <code>{detail}</code>
            </>
          )}
        </Notice>
      ))}
      {sync.error === null ? null : (
        <Notice kind="wait">
          <b>Changes made there do not come in.</b> {name} says: <code>{sync.error}</code>
        </Notice>
      )}
    </>
  );
};

const policies: Readonly<Record<FieldPolicy, string>> = {
  two_way: "both ways",
  ours: "from here alone",
  once: "only when the ticket is made",
};

const Facts = ({ one, seesAll }: { one: SystemState; seesAll: boolean }) => {
  const { waiting, tickets, sync, webhooks, fields } = one;
  const rows: [string, Child][] = [
    ["To be sent", waiting],
    ["Last search", <Time at={sync.last_search} seconds />],
    ["Next search", <Time at={sync.next_search} seconds />],
    ["Webhooks", webhooks ? "taken: changes come in at once" : "no secret is set: changes come in by polling"],
    [
      "Kept in step",
      Object.entries(fields)
        .map(([field, how]) => fieldWords(field, how))
        .join("; "),
    ],
  ];
  if (seesAll && tickets.gone + tickets.unreadable > 0)
    rows.push(["Not to be read", `${tickets.gone} deleted there, ${tickets.unreadable} not readable by the account`]);
  return (
    <dl class="kv">
      {rows.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
};

function fieldWords(field: string, { policy, winner }: SystemState["fields"][string]): string {
  const wins = policy === "two_way" ? `, ${winner === "ticket" ? "the ticket" : "our value"} stays` : "";
  return `${words(field).toLowerCase()} ${policies[policy]}${wins}`;
}
