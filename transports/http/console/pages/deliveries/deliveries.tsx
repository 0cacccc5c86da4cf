/** @jsxImportSource hono/jsx */
/** `/deliveries`: what goes to ticket systems: the queue, what stands still by cause, and what is done. */
import { may } from "../../../../../core/access/caller.ts";
import { type DeliveryState, ticketSystems } from "../../../../../core/tickets/ticket.ts";
import { type PageRequest, page } from "../../page.ts";
import { Select } from "../../parts/field.tsx";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { PageFoot, Views, withParameters } from "../../parts/table.tsx";
import { Empty } from "../../parts/words.tsx";
import { pageNumber, pageSize, parameter } from "../listing.ts";
import { systemName } from "../overview-state.ts";
import { causeWords, type DeliveryRow, type StandingGroup, undecidedCauses } from "./delivery-rows.ts";
import { DeliveryTable } from "./delivery-table.tsx";
import { Standing } from "./standing.tsx";

interface View {
  /** In the address. */
  id: string;
  name: string;
  states: readonly DeliveryState[];
  causes?: readonly string[];
  empty: string;
}

const views: readonly View[] = [
  { id: "", name: "Stand still", states: ["parked", "dead"], empty: "Nothing stands still." },
  { id: "queue", name: "Queue", states: ["planned", "sending", "unknown"], empty: "Nothing waits to be sent." },
  {
    id: "unidentified",
    name: "Made, not identified",
    states: ["parked"],
    causes: undecidedCauses,
    empty: "No ticket waits to be named.",
  },
  { id: "parked", name: "Parked", states: ["parked"], empty: "Nothing is parked." },
  { id: "dead", name: "Dead", states: ["dead"], empty: "Nothing is dead." },
  { id: "done", name: "Done", states: ["confirmed", "discarded"], empty: "Nothing has been sent yet." },
];

interface Data {
  view: View;
  asked: { system: string; cause: string; incident: string };
  groups: StandingGroup[];
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
    const { view, asked, groups, rows, total, counts } = data;
    const mayWrite = may(caller, "ticket:write");
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
          {shown.length === 0 ? null : <Standing groups={shown} mayWrite={mayWrite} />}
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
              {view.states.some((state) => state === "parked" || state === "dead") ? (
                <Select bare label="Cause" name="cause" value={asked.cause} options={causeOptions(data)} />
              ) : null}
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
              <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={rows.length} total={total} />
            </div>
          </section>
        </div>
      </>
    );
  },
});

async function load(request: PageRequest): Promise<Data> {
  const { caller, ports, url } = request;
  const { tickets } = ports.api;
  const view = views.find(({ id }) => id === parameter(url, "state")) ?? (views[0] as View);
  const asked = {
    system: ticketSystems.find((one) => one === parameter(url, "system")) ?? "",
    cause: parameter(url, "cause"),
    incident: parameter(url, "incident")
      .toUpperCase()
      .replace(/^INC-(.*)$/, (_, id: string) => `INC-${id.toLowerCase()}`),
  };
  const choose = ({ states, causes }: View, limit: number, offset = 0) => {
    const wanted = causesOf(causes, states.includes("planned") || states.includes("confirmed") ? "" : asked.cause);
    return tickets.deliveries(caller, {
      states,
      ...(asked.system === "" ? {} : { system: asked.system }),
      ...(asked.incident === "" ? {} : { incidentId: asked.incident }),
      ...(wanted === null ? {} : { causes: wanted }),
      limit,
      offset,
    }) as Promise<unknown> as Promise<{ deliveries: DeliveryRow[]; total: number }>;
  };
  const [found, groups, ...counted] = await Promise.all([
    choose(view, pageSize, (pageNumber(url) - 1) * pageSize),
    tickets.deadLetters(caller) as Promise<StandingGroup[]>,
    ...views.map((one) => choose(one, 0)),
  ]);
  return { view, asked, groups, rows: found.deliveries, total: found.total, counts: counted.map(({ total }) => total) };
}

/** The causes of a view, narrowed to the one that is asked for; null = any. */
function causesOf(ofView: readonly string[] | undefined, asked: string): readonly string[] | null {
  if (asked === "") return ofView ?? null;
  return ofView === undefined || ofView.includes(asked) ? [asked] : [];
}

/** Groups tell of all incidents, so one incident's list has none. */
function isAsked({ system, cause, state }: StandingGroup, { view, asked }: Data): boolean {
  return (
    asked.incident === "" &&
    view.states.includes(state) &&
    (view.causes?.includes(cause) ?? true) &&
    (asked.system === "" || asked.system === system) &&
    (asked.cause === "" || asked.cause === cause)
  );
}

function isNarrowed({ system, cause, incident }: Data["asked"]): boolean {
  return system !== "" || cause !== "" || incident !== "";
}

function causeOptions({ groups, asked }: Data): (readonly [string, string])[] {
  const known = new Set([...groups.map(({ cause }) => cause), asked.cause].filter((cause) => cause !== ""));
  return [["", "Any cause"], ...[...known].sort().map((cause) => [cause, causeWords(cause).name] as const)];
}
