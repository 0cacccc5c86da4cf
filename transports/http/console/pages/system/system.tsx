/** @jsxImportSource hono/jsx */
/** `/system`: how the appliance itself does, and one report to hand on. */
import { page } from "../../page.ts";
import { Icon } from "../../parts/icon.tsx";
import { Bar, words } from "../../parts/severity.tsx";
import { State } from "../../parts/state.tsx";
import { lengthOf, Time } from "../../parts/time.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import type { SystemState } from "../integrations/integration-state.ts";
import { Administration } from "./administration.tsx";
import { type Administration as AdministrationData, readAdministration } from "./administration-state.ts";
import { Loops, type Polling } from "./loops.tsx";
import { Retention } from "./retention.tsx";
import { reportOf, type SystemData, sizeOf } from "./system-state.ts";

interface SystemPageData {
  system: SystemData;
  polling: Polling[];
  administration: AdministrationData | null;
}

export const systemPage = page<SystemPageData>({
  path: "/system",
  permission: "read",
  at: "/system",
  title: () => "System",
  load: async (request) => ({
    system: (await request.ports.api.overview.system(request.caller)) as unknown as SystemData,
    polling: pollingOf((await request.ports.api.settings.status()) as unknown as SystemState[]),
    administration: await readAdministration(request),
  }),
  view: ({ system: data, polling, administration }) => (
    <>
      <div class="page-head">
        <div class="grow">
          <h1>System</h1>
          <p class="sub">
            RhythmX Edge {data.version.version}, up for{" "}
            {data.uptime_seconds < 60 ? "less than a minute" : lengthOf(data.uptime_seconds * 1000)}
          </p>
        </div>
        <button class="btn" type="button" data-copy="#report">
          <Icon n="copy" />
          Copy report
        </button>
      </div>
      <div class="cols">
        <div class="stack">
          <Faults faults={data.faults} />
          <Loops loops={data.loops} polling={polling} maySet={administration !== null} />
          {administration === null ? null : <Retention state={administration.retention} />}
        </div>
        <div class="stack">
          <Panel title="Appliance" id="appliance">
            <div class="body">
              <Facts data={data} />
            </div>
          </Panel>
          {data.cluster === null ? null : <Cluster cluster={data.cluster} />}
          <Storage data={data} />
          {administration === null ? null : <Administration data={administration} />}
        </div>
      </div>
      <Panel title="Report" id="report-panel" class="below" note="everything above as text, without secrets">
        <div class="body">
          <pre class="log mono" id="report" tabindex={0}>
            {reportOf(data)}
          </pre>
        </div>
      </Panel>
    </>
  ),
});

/** Of the systems that are asked at all. */
function pollingOf(systems: readonly SystemState[]): Polling[] {
  return systems
    .filter(({ enabled, configured }) => enabled && configured)
    .map(({ system, sync }) => ({ system, last: sync.last_search, next: sync.next_search, error: sync.error }));
}

const Faults = ({ faults }: { faults: SystemData["faults"] }) => (
  <Panel title="Faults" id="faults">
    <div class="body stack">
      {faults.length === 0 ? (
        <Notice kind="good">Nothing is wrong with the appliance itself.</Notice>
      ) : (
        faults.map(({ name, message, since }) => (
          <Notice kind="bad">
            <b>{words(name)}.</b> {message} <span class="quiet">Since </span>
            <Time at={since} seconds />. What was accepted is kept.
          </Notice>
        ))
      )}
    </div>
  </Panel>
);

const feedStates: Readonly<Record<string, "good" | "wait" | "idle">> = { running: "good", degraded: "wait" };

const Facts = ({ data: { version, status, server_time, retention_days, search } }: { data: SystemData }) => (
  <dl class="kv">
    <dt>Version</dt>
    <dd>{version.version}</dd>
    <dt>Commit</dt>
    <dd class="mono">{version.commit}</dd>
    <dt>Runtime</dt>
    <dd>{version.runtime}</dd>
    <dt>Target</dt>
    <dd>{version.target}</dd>
    <dt>Its clock</dt>
    <dd>
      <Time at={server_time} seconds />
    </dd>
    <dt>Alert feed</dt>
    <dd>
      <State kind={feedStates[status.alerts] ?? "idle"}>{words(status.alerts)}</State>
    </dd>
    <dt>Incident feed</dt>
    <dd>
      <State kind={feedStates[status.incidents] ?? "idle"}>{words(status.incidents)}</State>
    </dd>
    <dt>Search</dt>
    <dd>
      {search.behind === 0 ? "knows everything" : search.behind === 1 ? "1 row behind" : `${search.behind} rows behind`}
    </dd>
    <dt>Retention</dt>
    <dd>{retention_days} days</dd>
  </dl>
);

const Cluster = ({ cluster }: { cluster: NonNullable<SystemData["cluster"]> }) => (
  <Panel title="Cluster" id="cluster">
    <div class="body stack">
      {cluster.quorum ? null : <Notice kind="bad">Too few machines of etcd answer, so nothing is written.</Notice>}
      <dl class="kv">
        <dt>This node</dt>
        <dd>
          {cluster.node},{" "}
          {cluster.role === "leader"
            ? "leads"
            : cluster.leader === null
              ? "follows, and nobody leads"
              : `follows ${cluster.leader.node}`}
        </dd>
        {cluster.role === "leader" || cluster.leader === null ? null : (
          <>
            <dt>Changes are made at</dt>
            <dd>
              <a href={cluster.leader.address}>{cluster.leader.address}</a>
            </dd>
          </>
        )}
        {cluster.nodes.map(({ name, role, fault, applied }) => (
          <>
            <dt>{name}</dt>
            <dd>
              <State kind={fault === null ? "good" : "wait"}>{role}</State> record {applied}
              {fault === null ? null : <span class="quiet">: {fault}</span>}
            </dd>
          </>
        ))}
      </dl>
    </div>
  </Panel>
);

const Storage = ({ data: { disk, database } }: { data: SystemData }) => (
  <Panel title="Storage" id="storage">
    <div class="body stack">
      {disk === null ? (
        <p class="small soft">The disk of the data folder cannot be read.</p>
      ) : (
        <div class="tight">
          <p class="spread small">
            <b>{sizeOf(disk.free_bytes)} free</b>
            <span class="quiet">of {sizeOf(disk.total_bytes)}</span>
          </p>
          <Bar
            of={disk.total_bytes}
            value={disk.total_bytes - disk.free_bytes}
            tone={disk.free_bytes / disk.total_bytes < 0.1 ? "f-critical" : "f-accent"}
          />
        </div>
      )}
      <dl class="kv">
        <dt>Database</dt>
        <dd>{sizeOf(database.bytes)}</dd>
        <dt>Schema</dt>
        <dd>{database.schema}</dd>
        <dt>SQLite</dt>
        <dd>{database.sqlite}</dd>
      </dl>
    </div>
  </Panel>
);
