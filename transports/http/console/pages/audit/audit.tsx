/** @jsxImportSource hono/jsx */
/** `/audit`: who changed what, when and from where, with what it was before; filters in the address, and a file of what they match. */
import { type AuditOutcome, auditOutcomes, auditSources } from "../../../../../core/access/audit.ts";
import { auditFile } from "../../../api/access/audit-routes.ts";
import { type Action, type PageRequest, page } from "../../page.ts";
import { Day } from "../../parts/field.tsx";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Choice, type Column, NoMatch, PageHead, Table } from "../../parts/list.tsx";
import { Person } from "../../parts/person.tsx";
import { words } from "../../parts/severity.tsx";
import { type Outcome, State } from "../../parts/state.tsx";
import { withParameters } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { parameter } from "../listing.ts";
import { type Asked, type AuditRow, askedNames, auditKinds, detailOf, filtersOf, placeOf } from "./audit-rows.ts";

const pageSize = 50;
/** Characters of a value that a row shows; the whole of it opens. */
const longestShown = 120;

interface Data {
  asked: Asked;
  rows: AuditRow[];
  /** The entry from which the page goes on; null = from the newest. */
  before: number | null;
  next: number | null;
}

export const auditPage = page<Data>({
  path: "/audit",
  permission: "administer",
  at: "/audit",
  title: () => "Audit",
  load: async ({ url, ports, preferences: { zone } }: PageRequest) => {
    const asked = Object.fromEntries(askedNames.map((name) => [name, parameter(url, name)])) as Asked;
    const given = Number(parameter(url, "before"));
    const before = Number.isSafeInteger(given) && given > 0 ? given : null;
    const { entries, nextBefore } = await ports.api.audit.page({
      before,
      limit: pageSize,
      filters: filtersOf(asked, zone),
    });
    return { asked, rows: entries as unknown as AuditRow[], before, next: nextBefore };
  },
  view: ({ asked, rows, before, next }, { url }) => (
    <>
      <PageHead
        title="Audit"
        sub="Who changed what, when and from where, and what it was before. Nobody can change an entry."
      />
      <section class="panel list" aria-label="Audit log">
        <Filters action="/audit" label="Audit log" list="list">
          <SearchField name="who" value={asked.who} label="Who: a user, or key NAME" />
          <SearchField name="target" value={asked.target} label="Object: a name or an id" />
          {asked.action === "" ? null : <SearchField name="action" value={asked.action} label="Action" />}
          <Choice name="kind" label="What" value={asked.kind} any="Everything" options={auditKinds} />
          <Choice
            name="source"
            label="Source"
            value={asked.source}
            any="Any source"
            options={auditSources.map((one) => [one, sourceWords[one]] as const)}
          />
          <Choice
            name="outcome"
            label="Outcome"
            value={asked.outcome}
            any="Any outcome"
            options={auditOutcomes.map((one) => [one, words(one)] as const)}
          />
          <Day name="from" label="From day" value={asked.from} />
          <Day name="to" label="To day" value={asked.to} />
        </Filters>
        <div id="list">
          {rows.length === 0 ? (
            <NoMatch icon="scroll-text" title="No entry matches." reset="/audit" />
          ) : (
            <Table
              caption="Entries, newest first"
              columns={columns}
              rows={rows}
              id={({ id }) => `entry-${id}`}
              keys={false}
            />
          )}
          <div class="foot-bar">
            <Form action="/console/audit/export" class="row" plain label="Export">
              {askedNames.map((name) => (
                <input type="hidden" name={name} value={asked[name]} />
              ))}
              <span>All that match, as a file:</span>
              <button class="btn mini" name="format" value="csv">
                <Icon n="download" s={13} />
                Export CSV
              </button>
              <button class="btn mini" name="format" value="ndjson">
                <Icon n="download" s={13} />
                Export NDJSON
              </button>
            </Form>
            <nav class="row" aria-label="Pages">
              {before === null ? null : (
                <a class="btn mini" href={withParameters(url, { before: null })}>
                  Newest
                </a>
              )}
              {next === null ? null : (
                <a class="btn mini" href={withParameters(url, { before: String(next) })} rel="next">
                  Older
                </a>
              )}
            </nav>
          </div>
        </div>
      </section>
    </>
  ),
});

const sourceWords = { api: "API", console: "Console", command: "Command line" } as const;
const outcomeStates: Readonly<Record<AuditOutcome, Outcome>> = { done: "good", refused: "wait", failed: "bad" };

const columns: readonly Column<AuditRow>[] = [
  { head: "When", class: "nowrap", cell: (row) => <Time at={row.at} seconds /> },
  {
    head: "Who",
    class: "names",
    cell: (row) => (
      <span class="two any">
        <a href={`/audit?who=${encodeURIComponent(row.who)}`}>
          <Person login={row.who} />
        </a>
        <small class="mono">
          {[sourceWords[row.source as keyof typeof sourceWords] ?? row.source, row.address]
            .filter((one) => one !== "")
            .join(" ")}
        </small>
      </span>
    ),
  },
  {
    head: "What",
    class: "names",
    cell: (row) => (
      <a class="mono tiny" href={`/audit?action=${encodeURIComponent(row.action)}`}>
        {row.action}
      </a>
    ),
  },
  { head: "Object", class: "names", label: "object", cell: (row) => <Target row={row} /> },
  {
    head: "Outcome",
    cell: (row) => <State kind={outcomeStates[row.outcome]}>{words(row.outcome)}</State>,
  },
  { head: "What changed", class: "wide", cell: (row) => <Detail row={row} /> },
];

const Target = ({ row }: { row: AuditRow }) => {
  const place = placeOf(row);
  if (place === null) return <span class="mono tiny any">{row.target}</span>;
  return (
    <a class="mono tiny any" href={place}>
      {row.target}
    </a>
  );
};

const Detail = ({ row }: { row: AuditRow }) => {
  const { changes, others } = detailOf(row);
  if (changes.length + others.length === 0) return <span class="quiet">nothing more</span>;
  const [first, second, ...more] = changes;
  const isLong = more.length > 0 || others.length > 0 || changes.some((one) => isCut(one.old) || isCut(one.new));
  return (
    <div class="any small">
      {[first, second].map((one) =>
        one === undefined ? null : <Changed name={one.name} old={one.old} now={one.new} isShort />,
      )}
      {isLong ? (
        <details>
          <summary class="tiny quiet">
            {changes.length > 2 ? `All ${changes.length} changes and details` : "Details"}
          </summary>
          {changes.map((one) => (
            <Changed name={one.name} old={one.old} now={one.new} />
          ))}
          <dl class="kv tiny">
            {others.map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd class="mono">{value}</dd>
              </>
            ))}
          </dl>
        </details>
      ) : null}
    </div>
  );
};

function isCut(value: string | null): boolean {
  return value !== null && value.length > longestShown;
}

const Changed = (props: { name: string; old: string | null; now: string | null; isShort?: boolean }) => {
  const shown = (value: string | null) => {
    if (value === null) return <span class="quiet">none</span>;
    return <span>{props.isShort && isCut(value) ? `${value.slice(0, longestShown).toWellFormed()}…` : value}</span>;
  };
  return (
    <p>
      <b>{props.name.replaceAll("_", " ")}</b> {shown(props.old)} → {shown(props.now)}
    </p>
  );
};

export const auditActions: readonly Action[] = [
  {
    path: "/console/audit/export",
    permission: "administer",
    run: async ({ caller, form, ports, preferences: { zone }, mayGoOn }) => {
      const format = form.oneOf("format", ["csv", "ndjson"]);
      const asked = Object.fromEntries(askedNames.map((name) => [name, form.text(name)])) as Asked;
      const { name, type } = auditFile(format);
      const body = await ports.api.audit.export(caller, filtersOf(asked, zone), format, async () => mayGoOn());
      return { file: name, type, body };
    },
  },
];
