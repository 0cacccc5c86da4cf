/** @jsxImportSource hono/jsx */
/** `/exceptions`: what is no evidence, why, by whom and until when, and what each has kept out of scores. */
import { may } from "../../../../../core/access/caller.ts";
import { page } from "../../page.ts";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Icon } from "../../parts/icon.tsx";
import { type Column, EntityChoice, NoMatch, PageHead, Table } from "../../parts/list.tsx";
import { Person } from "../../parts/person.tsx";
import { State } from "../../parts/state.tsx";
import { PageFoot, RowKeys, Views, withParameters } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { useViewing } from "../../parts/viewing.ts";
import { Empty } from "../../parts/words.tsx";
import type { Proposal } from "../incident/incident-detail.ts";
import { pageNumber, pageSize, parameter } from "../listing.ts";
import { exceptionFields } from "./exception-fields.ts";
import { type ExceptionRow, isOver, readExceptions, scopeOf } from "./exception-rows.ts";

const views = [
  { id: "", name: "In force" },
  { id: "expired", name: "Expired" },
  { id: "idle", name: "Suppressing nothing" },
  { id: "proposed", name: "Proposed" },
] as const;
type ViewId = (typeof views)[number]["id"];
type Proposed = Proposal & { incident_id: string };

interface Data {
  view: ViewId;
  asked: { q: string; entity: string };
  entities: string[] | null;
  rows: ExceptionRow[];
  /** Proposals are counted where they are shown: making them reads the evidence of false positives. */
  counts: Record<Exclude<ViewId, "proposed">, number> & { proposed?: number };
  proposals: Proposed[];
  mayWrite: boolean;
}

export const exceptionsPage = page<Data>({
  path: "/exceptions",
  permission: "read",
  at: "/exceptions",
  title: () => "Exceptions",
  load: async (request) => {
    const { caller, ports, url, viewing } = request;
    const view = views.find(({ id }) => id === parameter(url, "view"))?.id ?? "";
    const [all, entities, proposals] = await Promise.all([
      readExceptions(request),
      ports.overview.entities(caller),
      view === "proposed" ? ports.api.exceptions.proposals(caller, null) : [],
    ]);
    const asked = { q: parameter(url, "q"), entity: parameter(url, "entity") };
    const of = (id: ViewId) => all.filter((row) => isIn(row, id, viewing.now));
    const counts = { "": of("").length, expired: of("expired").length, idle: of("idle").length };
    return {
      view,
      asked,
      entities,
      rows: of(view).filter((row) => fits(row, asked)),
      counts: view === "proposed" ? { ...counts, proposed: proposals.length } : counts,
      proposals: proposals as unknown as Proposed[],
      mayWrite: may(caller, "exceptions:write"),
    };
  },
  view: ({ view, asked, entities, rows, counts, proposals, mayWrite }, { url }) => {
    const first = (pageNumber(url) - 1) * pageSize;
    const shown = rows.slice(first, first + pageSize);
    return (
      <>
        <PageHead
          title="Exceptions"
          sub="What matches one is still deduplicated and sent as alerts; it no longer counts towards a score."
        >
          {mayWrite ? (
            <a class="btn primary" href="/exceptions/new">
              <Icon n="plus" />
              New exception
            </a>
          ) : null}
        </PageHead>
        <Views
          views={views.map(({ id, name }) => ({
            name,
            ...(counts[id] === undefined ? {} : { count: counts[id] }),
            here: id === view,
            href: withParameters(url, { view: id, page: null }),
          }))}
        />
        {view === "proposed" ? (
          <Proposals proposals={proposals} mayWrite={mayWrite} />
        ) : (
          <section class="panel list" aria-label="Exceptions">
            <Filters action="/exceptions" label="Exceptions" list="list" keep={{ view }}>
              <SearchField name="q" value={asked.q} label="Words of rule, actor, host, reason or person" />
              <EntityChoice value={asked.entity} entities={entities} />
            </Filters>
            <div id="list">
              {shown.length === 0 ? (
                <NoMatch icon="ban" title="No exception matches." reset="/exceptions" />
              ) : (
                <Table caption="Exceptions, newest first" columns={columns} rows={shown} id={({ id }) => id} />
              )}
              <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={shown.length} total={rows.length}>
                <RowKeys />
              </PageFoot>
            </div>
          </section>
        )}
      </>
    );
  },
});

function isIn(row: ExceptionRow, view: ViewId, now: number): boolean {
  if (view === "idle") return !isOver(row, now) && row.hits === 0;
  return isOver(row, now) === (view === "expired");
}

function fits(row: ExceptionRow, { q, entity }: Data["asked"]): boolean {
  const text = [...scopeOf(row).map(([, value]) => value), row.reason, row.who, row.id].join("\n").toLowerCase();
  const words = q.toLowerCase().split(/\s+/);
  const isOfEntity =
    entity === "" || row.entity_name === null || row.entity_name.toLowerCase() === entity.toLowerCase();
  return isOfEntity && words.every((word) => text.includes(word));
}

const columns: readonly Column<ExceptionRow>[] = [
  {
    head: "Covers",
    class: "wide",
    cell: (row) => (
      <a class="lead any" href={`/exceptions/${row.id}`}>
        <Scope row={row} />
      </a>
    ),
  },
  {
    head: "Entity",
    class: "names tiny",
    cell: (row) => (row.entity_name === null ? <span class="quiet">every entity</span> : row.entity_name),
  },
  {
    head: "Why",
    class: "names",
    cell: (row) => (
      <span class="two any">
        <span>{row.reason.length > 120 ? `${row.reason.slice(0, 120).toWellFormed()}…` : row.reason}</span>
        <small>
          <Person login={row.who} />, <Time at={row.created_at} />
        </small>
      </span>
    ),
  },
  { head: "Suppressed", class: "r", label: "suppressed", cell: (row) => row.hits },
  { head: "Last", class: "nowrap", label: "last", cell: (row) => <Time at={row.last_hit_at} /> },
  { head: "Until", class: "nowrap", cell: (row) => <Until row={row} /> },
];

/** `rule Net.EXE Execution · actor svc-*`, shortened. */
const Scope = ({ row }: { row: ExceptionRow }) => (
  <>
    {scopeOf(row).map(([name, value], at) => (
      <>
        {at === 0 ? "" : " · "}
        <small class="quiet">{name}</small> {value.length > 80 ? `${value.slice(0, 80).toWellFormed()}…` : value}
      </>
    ))}
  </>
);

export const Until = ({ row }: { row: ExceptionRow }) => {
  const { now } = useViewing();
  if (row.until === null) return <State kind="good">Until removed</State>;
  return (
    <State kind={isOver(row, now) ? "idle" : "good"}>
      <span>
        {isOver(row, now) ? "Ended" : "Until"} <Time at={row.until} />
      </span>
    </State>
  );
};

const Proposals = ({ proposals, mayWrite }: { proposals: readonly Proposed[]; mayWrite: boolean }) => (
  <section class="panel list" aria-label="Proposed exceptions">
    {proposals.length === 0 ? (
      <Empty icon="ban" title="Nothing is proposed.">
        <p>Incidents that are marked as false positives propose what would keep them from coming back.</p>
      </Empty>
    ) : (
      <Table
        caption="Proposed exceptions, of the newest false positives first"
        columns={[...proposalColumns, mayWrite ? tryColumn : null]}
        rows={proposals}
        id={() => null}
        keys={false}
      />
    )}
  </section>
);

const proposalColumns: readonly Column<Proposed>[] = [
  { head: "Rule", class: "wide", cell: (one) => <b class="any">{one.rule_title}</b> },
  {
    head: "From",
    cell: (one) => (
      <a class="mono tiny" href={`/incidents/${one.incident_id}`}>
        {one.incident_id}
      </a>
    ),
  },
  { head: "Detections", class: "r", label: "detections", cell: (one) => one.detections },
  { head: "Rests on", class: "names", cell: (one) => <span class="small soft any">{one.why}</span> },
];

const tryColumn: Column<Proposed> = {
  head: "Next",
  cell: (one) => (
    <a class="btn mini" href={addressOf(one)}>
      See what it would suppress
    </a>
  ),
};

/** The page of a new exception with what is proposed. */
function addressOf({ exception }: Proposed): string {
  const given = new URLSearchParams();
  for (const name of exceptionFields) {
    const value = exception[name as keyof typeof exception] ?? "";
    if (value !== "") given.set(name, name === "until" ? value.slice(0, 10) : value);
  }
  return `/exceptions/new?${given}`;
}
