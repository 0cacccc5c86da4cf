/** @jsxImportSource hono/jsx */
/** `/deliveries`: what goes to ticket systems: the queue, what stands still by cause, and what is done. */
import { may } from "../../../../../core/access/caller.ts";
import { ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { type PageRequest, page } from "../../page.ts";
import { Day, Select } from "../../parts/field.tsx";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { EntityChoice } from "../../parts/list.tsx";
import { PageFoot, Views, withParameters } from "../../parts/table.tsx";
import { Empty } from "../../parts/words.tsx";
import { pageNumber, pageSize, parameter } from "../listing.ts";
import { systemName } from "../overview-state.ts";
import {
  type Asked,
  addressOf,
  askedOf,
  causesOf,
  isNarrowed,
  isStanding,
  narrowed,
  type View,
  viewOf,
  views,
} from "./asked.ts";
import { causeWords, type DeliveryRow, type StandingGroup } from "./delivery-rows.ts";
import { DeliveryTable } from "./delivery-table.tsx";
import { Standing } from "./standing.tsx";

interface Data {
  view: View;
  asked: Asked;
  groups: StandingGroup[];
  /** Those that the person may choose from. */
  entities: string[] | null;
  rows: DeliveryRow[];
  total: number;
  counts: number[];
}

export const deliveriesPage = page<Data>({
  path: "/deliveries",
  permission: "read",
  at: "/deliveries",
  title: () => "Deliveries",
  load,
  view: (data, { url, caller }) => {
    const { view, asked, groups, entities, rows, total, counts } = data;
    const [mayWrite, mayMend] = [may(caller, "ticket:write"), may(caller, "administer")];
    const shown = groups.filter((group) => isAsked(group, data));
    return (
      <>
        <div class="page-head">
          <div class="grow">
            <h1>Deliveries</h1>
            <p class="sub">What goes to ticket systems, with every attempt and the target's own words.</p>
          </div>
        </div>
        <Views
          views={views.map(({ id, name }, i) => ({
            name,
            count: counts[i] ?? 0,
            here: id === view.id,
            href: withParameters(url, {
              state: id,
              page: null,
              ...(id === "queue" || id === "done" ? { cause: null } : {}),
            }),
          }))}
        />
        <div class="stack after-tabs" id="deliveries" data-live="*">
          {shown.length === 0 ? null : <Standing groups={shown} mayWrite={mayWrite} mayMend={mayMend} />}
          <section class="panel list" aria-label="Deliveries">
            <Filters action="/deliveries" label="Deliveries" list="list" keep={{ state: view.id }}>
              <SearchField name="incident" value={asked.incident} label="Incident (INC-…)" />
              <Select
                bare
                label="System"
                name="system"
                value={asked.system}
                options={[["", "Any system"], ...ticketSystems.map((one) => [one, systemName(one)] as const)]}
              />
              {isStanding(view) ? (
                <Select bare label="Cause" name="cause" value={asked.cause} options={causeOptions(data)} />
              ) : null}
              <EntityChoice value={asked.entity} entities={entities} />
              <Day name="from" label="From day" value={asked.from} />
              <Day name="to" label="To day" value={asked.to} />
            </Filters>
            <div id="list">
              {rows.length === 0 ? (
                <Empty icon="send" title={isNarrowed(asked) ? "No delivery matches." : view.empty}>
                  {isNarrowed(asked) ? (
                    <a class="btn" href="/deliveries">
                      Reset the filters
                    </a>
                  ) : null}
                </Empty>
              ) : (
                <DeliveryTable rows={rows} caption={`${view.name}, newest first`} mayWrite={mayWrite} />
              )}
              {mayWrite && isStanding(view) && total > 0 ? (
                <div class="foot-bar">
                  <a class="btn mini" href={addressOf("/deliveries/all", asked)}>
                    Retry or give up all that match…
                  </a>
                </div>
              ) : null}
              <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={rows.length} total={total} />
            </div>
          </section>
        </div>
      </>
    );
  },
});

async function load(request: PageRequest): Promise<Data> {
  const { caller, ports, url, preferences } = request;
  const { tickets } = ports.api;
  const asked = askedOf((name) => parameter(url, name));
  const view = viewOf(asked);
  const choose = (one: View, limit: number, offset = 0) => {
    const wanted = causesOf(one.causes, isStanding(one) ? asked.cause : "");
    return tickets.deliveries(caller, {
      ...narrowed(asked, preferences.zone),
      states: one.states,
      ...(wanted === null ? {} : { causes: wanted }),
      limit,
      offset,
    }) as Promise<unknown> as Promise<{ deliveries: DeliveryRow[]; total: number }>;
  };
  const [found, groups, entities, ...counted] = await Promise.all([
    choose(view, pageSize, (pageNumber(url) - 1) * pageSize),
    tickets.deadLetters(caller) as Promise<StandingGroup[]>,
    ports.overview.entities(caller),
    ...views.map((one) => choose(one, 0)),
  ]);
  return {
    view,
    asked,
    groups,
    entities,
    rows: found.deliveries,
    total: found.total,
    counts: counted.map(({ total }) => total),
  };
}

/** Groups tell of all incidents and times, so a list that is narrowed to some has none. */
function isAsked({ system, cause, state }: StandingGroup, { view, asked }: Data): boolean {
  return (
    [asked.incident, asked.entity, asked.from, asked.to].every((one) => one === "") &&
    view.states.includes(state) &&
    (view.causes?.includes(cause) ?? true) &&
    (asked.system === "" || asked.system === system) &&
    (asked.cause === "" || asked.cause === cause)
  );
}

function causeOptions({ groups, asked }: Data): (readonly [string, string])[] {
  const known = new Set([...groups.map(({ cause }) => cause), asked.cause].filter((cause) => cause !== ""));
  return [["", "Any cause"], ...[...known].sort().map((cause) => [cause, causeWords(cause).name] as const)];
}
