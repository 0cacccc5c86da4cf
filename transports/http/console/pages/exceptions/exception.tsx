/** @jsxImportSource hono/jsx */
/** `/exceptions/:id`: one exception, what it covers, and what can be done about it. */
import { may } from "../../../../../core/access/caller.ts";
import type { Level } from "../../../../../core/detection.ts";
import { EdgeError } from "../../../../../core/errors.ts";
import { dayMs } from "../../../../../core/time.ts";
import { type Action, type ActionRequest, type Done, page } from "../../page.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { type Column, PageHead, Table } from "../../parts/list.tsx";
import { Person } from "../../parts/person.tsx";
import { Sev } from "../../parts/severity.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty, Panel } from "../../parts/words.tsx";
import { madeOnce } from "../../sent-forms.ts";
import { readException } from "./exception-fields.ts";
import { type ExceptionRow, isOver, isOwn, scopeOf } from "./exception-rows.ts";
import { Until } from "./exceptions.tsx";

interface Matched {
  hash: string;
  rule_title: string;
  level: Level;
  entity_name: string;
  user: string | null;
  host: string | null;
  count: number;
  last_seen: string;
}

interface Data {
  exception: ExceptionRow;
  alerts: Matched[];
  complete: boolean;
}

export function unknownException(id: string): EdgeError {
  return new EdgeError("exception_unknown", `there is no exception ${id.slice(0, 64)}`);
}

export const exceptionDetailPage = page<Data>({
  path: "/exceptions/:id",
  permission: "read",
  at: "/exceptions",
  title: ({ exception }) => `Exception ${exception.id}`,
  load: async ({ caller, ports, param }) =>
    (await ports.api.exceptions.matches(caller, param("id"))) as unknown as Data,
  view: ({ exception: row, alerts, complete }, { caller, viewing: { now } }) => {
    const mayChange = may(caller, "exceptions:write") && isOwn(row, caller);
    return (
      <>
        <nav class="crumbs" aria-label="Way back">
          <a href="/exceptions">Exceptions</a>
          <Icon n="chevron-right" s={13} />
          <span class="mono">{row.id}</span>
        </nav>
        <PageHead
          title={scopeOf(row)
            .map(([, value]) => value)
            .join(", ")
            .slice(0, 160)
            .toWellFormed()}
          sub={row.reason}
        />
        <div class="cols">
          <Panel
            title="Newest alerts that it covers"
            id="matches"
            note={complete ? undefined : "Of the newest ones; older alerts were not looked at."}
          >
            {alerts.length === 0 ? (
              <Empty icon="bell" title="No alert that is kept matches it." />
            ) : (
              <Table caption="Newest alerts first" columns={columns} rows={alerts} id={({ hash }) => hash} />
            )}
          </Panel>
          <div class="stack">
            <Panel title="Exception" id="exception" actions={<Until row={row} />}>
              <dl class="kv body">
                {scopeOf(row).map(([name, value]) => (
                  <>
                    <dt>{name}</dt>
                    <dd class="mono">{value}</dd>
                  </>
                ))}
                <dt>entity</dt>
                <dd>{row.entity_name ?? "every entity"}</dd>
                <dt>suppressed</dt>
                <dd>
                  {row.hits} {row.hits === 1 ? "detection" : "detections"} as they came in, last{" "}
                  <Time at={row.last_hit_at} />
                </dd>
                <dt>made</dt>
                <dd>
                  <Time at={row.created_at} /> by <Person login={row.who} />
                </dd>
              </dl>
            </Panel>
            {mayChange ? <Deeds row={row} isOver={isOver(row, now)} /> : null}
          </div>
        </div>
      </>
    );
  },
});

const Deeds = ({ row, isOver: over }: { row: ExceptionRow; isOver: boolean }) => (
  <Panel title="Change" id="change">
    <div class="body stack">
      <div class="row">
        <a class="btn" href={`/exceptions/${row.id}/edit`}>
          <Icon n="pencil" />
          Edit
        </a>
        {row.until === null ? null : (
          <Form action={`/console/exceptions/${row.id}/extend`}>
            <input type="hidden" name="revision" value={row.revision} />
            <button class="btn">Extend by 30 days</button>
          </Form>
        )}
      </div>
      {over ? null : (
        <Form action={`/console/exceptions/${row.id}/end`} class="stack">
          <p class="small soft">From now on it holds no longer. What it took out of scores stays out.</p>
          <input type="hidden" name="revision" value={row.revision} />
          <span>
            <button class="btn">End now</button>
          </span>
        </Form>
      )}
      <Form action={`/console/exceptions/${row.id}/remove`} class="stack">
        <input type="hidden" name="revision" value={row.revision} />
        <p class="small soft">
          {over
            ? "It is cleared away. What it took out of scores stays out."
            : "It goes, and what it took out of scores when it was saved counts again."}
        </p>
        <span>
          <button class="btn">
            <Icon n="trash-2" />
            Remove exception
          </button>
        </span>
      </Form>
    </div>
  </Panel>
);

const columns: readonly Column<Matched>[] = [
  { head: "Level", cell: (row) => <Sev level={row.level} /> },
  {
    head: "Rule",
    class: "wide",
    cell: (row) => (
      <span class="two any">
        <a class="lead" href={`/alerts/${row.hash}`}>
          {row.rule_title}
        </a>
        <small>{row.entity_name}</small>
      </span>
    ),
  },
  {
    head: "User and host",
    class: "names",
    cell: (row) => (
      <span class="two any">
        <span>{row.user ?? <span class="quiet">no user</span>}</span>
        <small class="mono">{row.host ?? ""}</small>
      </span>
    ),
  },
  { head: "Detections", class: "r", label: "detections", cell: (row) => row.count },
  { head: "Last", class: "nowrap", label: "last", cell: (row) => <Time at={row.last_seen} /> },
];

const own = { permission: "exceptions:write" } as const;
const extendMs = 30 * dayMs;

function shown({ param }: ActionRequest, said: string): Done {
  return { to: `/exceptions/${encodeURIComponent(param("id"))}`, said };
}

function given({ form }: ActionRequest) {
  return readException((name) => form.text(name, 5_000));
}

export const exceptionActions: readonly Action[] = [
  {
    ...own,
    path: "/console/exceptions",
    run: async (request) => {
      const { caller, ports } = request;
      return madeOnce(request, async () => {
        const { id } = (await ports.api.exceptions.add(caller, given(request))) as unknown as ExceptionRow;
        const said = "The exception holds from now on. What it takes out of the evidence no longer counts.";
        return { to: `/exceptions/${id}`, said };
      });
    },
  },
  {
    ...own,
    path: "/console/exceptions/:id/change",
    run: async (request) => {
      const { caller, ports, form, param } = request;
      const { until, ...rest } = given(request);
      // A date that stays keeps its time of day.
      const isSameDay = form.text("until") === form.text("until_was").slice(0, 10);
      const change = isSameDay ? rest : { ...rest, until };
      await ports.api.exceptions.change(caller, param("id"), change, form.text("revision") || null);
      return shown(request, "The exception is changed.");
    },
  },
  {
    ...own,
    path: "/console/exceptions/:id/extend",
    run: async (request) => {
      const { caller, ports, form, param, viewing } = request;
      const { exception } = (await ports.api.exceptions.matches(caller, param("id"))) as unknown as Data;
      const from = Math.max(viewing.now, Date.parse(exception.until ?? ""));
      const until = Number.isNaN(from) ? null : from + extendMs;
      await ports.api.exceptions.change(caller, param("id"), { until }, form.text("revision") || null);
      return shown(request, "The exception holds for 30 days more.");
    },
  },
  {
    ...own,
    path: "/console/exceptions/:id/end",
    run: async (request) => {
      const { caller, ports, form, param } = request;
      await ports.api.exceptions.change(caller, param("id"), { end: true }, form.text("revision") || null);
      return shown(request, "The exception has ended.");
    },
  },
  {
    ...own,
    path: "/console/exceptions/:id/remove",
    run: async ({ caller, ports, form, param }) => {
      await ports.api.exceptions.remove(caller, param("id"), form.text("revision") || null);
      return { to: "/exceptions", said: "The exception is removed." };
    },
  },
];
