/** The answer of `GET /api/system` (api/overview/overview-shapes.ts), and the same as a text to hand on. */
import { lengthOf } from "../../parts/time.tsx";

export interface LoopRow {
  name: string;
  every_seconds: number;
  runs: number;
  failures: number;
  last_run: string | null;
  next_run: string | null;
  last_duration_ms: number;
  last_error: string | null;
}

export interface SystemData {
  server_time: string;
  uptime_seconds: number;
  version: { version: string; commit: string; runtime: string; target: string };
  database: { schema: number; sqlite: string; bytes: number };
  disk: { free_bytes: number; total_bytes: number } | null;
  search: { behind: number };
  retention_days: number;
  cluster: {
    node: string;
    role: "leader" | "follower";
    leader: { node: string; address: string } | null;
    lag: number;
    quorum: boolean;
    nodes: { name: string; role: string; address: string; applied: number; version: string; fault: string | null }[];
  } | null;
  status: { alerts: string; incidents: string };
  destinations: {
    feed: string;
    name: string;
    connected: boolean;
    queued: number | null;
    last_error: string | null;
    last_sent: string | null;
  }[];
  faults: { name: string; message: string; since: string }[];
  loops: LoopRow[];
}

/** As people write sizes: `1.4 GiB`. */
export function sizeOf(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** Such as `every 5 min`; loops of less than a minute in seconds. */
export function paceOf(seconds: number): string {
  return seconds < 60 ? `every ${Number(seconds.toFixed(1))} s` : `every ${lengthOf(seconds * 1000)}`;
}

/** Everything on the page as plain lines, for a request for support. Texts of others are on one line each. */
export function reportOf(data: SystemData): string {
  const { version, database, disk, search, status, destinations, faults, loops, cluster } = data;
  const line = (text: string) => text.replace(/\s+/g, " ").trim();
  const list = (title: string, rows: readonly string[]) => [
    "",
    title,
    ...(rows.length === 0 ? ["  none"] : rows.map((row) => `  ${line(row)}`)),
  ];
  return [
    `RhythmX Edge ${version.version} (${version.commit}), ${version.runtime}, ${version.target}`,
    `Time        ${data.server_time}`,
    `Up for      ${data.uptime_seconds} s`,
    `Schema      ${database.schema} (SQLite ${database.sqlite})`,
    `Database    ${sizeOf(database.bytes)}`,
    `Disk        ${disk === null ? "not readable" : `${sizeOf(disk.free_bytes)} free of ${sizeOf(disk.total_bytes)}`}`,
    `Search      ${search.behind} rows behind`,
    `Retention   ${data.retention_days} days`,
    `Feeds       alerts ${status.alerts}, incidents ${status.incidents}`,
    ...(cluster === null
      ? []
      : list(
          "Cluster",
          cluster.nodes.map(
            ({ name, role, address, applied, version: its, fault }) =>
              `${name}${name === cluster.node ? " (this node)" : ""}: ${role}, ${address}, record ${applied}, version ${its}${fault === null ? "" : `, ${fault}`}`,
          ),
        )),
    ...list(
      "Faults",
      faults.map(({ name, message, since }) => `${name} since ${since}: ${message}`),
    ),
    ...list(
      "Destinations",
      destinations.map(
        (one) =>
          `${one.feed}/${one.name}: ${one.connected ? "connected" : "not connected"}, ${one.queued ?? "?"} waiting, last sent ${one.last_sent ?? "never"}${one.last_error === null ? "" : `, last error: ${one.last_error}`}`,
      ),
    ),
    ...list(
      "Loops",
      loops.map(
        (one) =>
          `${one.name}: ${one.runs} runs, ${one.failures} failed, last ${one.last_run ?? "never"} (${one.last_duration_ms} ms)${one.last_error === null ? "" : `, last error: ${one.last_error}`}`,
      ),
    ),
    "",
  ].join("\n");
}
