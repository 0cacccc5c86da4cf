/** The dashboard of both feeds with all that it refers to. */
import {
  alerts,
  axes,
  both,
  count,
  dataView,
  distinct,
  incidents,
  metric,
  object,
  overTime,
  type SavedObject,
  search,
  table,
  terms,
  visualization,
} from "./saved-objects.ts";

const open = "rhythmx.kind: incident and rhythmx.incident.status: (OPEN or IN_PROGRESS)";

const panels: readonly (readonly [panel: SavedObject, w: number, h: number])[] = [
  [
    visualization("rhythmx-incidents-now", "Incidents that are open", "metric", incidents, open, [
      distinct("rhythmx.incident.id", "incidents"),
    ]),
    12,
    8,
  ],
  [
    visualization(
      "rhythmx-incidents-high",
      "Open with risk of 70 or more",
      "metric",
      incidents,
      `${open} and event.risk_score >= 70`,
      [distinct("rhythmx.incident.id", "incidents")],
    ),
    12,
    8,
  ],
  [
    visualization("rhythmx-not-parsed", "Messages that were not parsed", "metric", both, "event.kind: pipeline_error", [
      count,
    ]),
    12,
    8,
  ],
  [
    visualization("rhythmx-alerts-number", "Alerts", "metric", alerts, "rhythmx.kind: alert", [
      distinct("rhythmx.alert.hash", "alerts"),
    ]),
    12,
    8,
  ],
  [
    visualization(
      "rhythmx-alerts-time",
      "Alerts by level",
      "histogram",
      alerts,
      "rhythmx.kind: alert",
      [count, overTime, terms("group", "rhythmx.alert.level", "level", 5)],
      axes,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-incidents-time",
      "Messages of incidents by risk level",
      "histogram",
      incidents,
      "rhythmx.kind: incident",
      [count, overTime, terms("group", "rhythmx.incident.risk_level", "risk level", 4)],
      axes,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-rules",
      "Rules",
      "table",
      alerts,
      "rhythmx.kind: alert",
      [
        { ...distinct("rhythmx.alert.hash", "alerts") },
        metric("max", "event.risk_score", "risk"),
        terms("bucket", "rule.name", "rule", 50),
      ],
      table,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-hosts",
      "Hosts and users",
      "table",
      alerts,
      "rhythmx.kind: alert",
      [
        { ...distinct("rhythmx.alert.hash", "alerts") },
        metric("max", "event.risk_score", "risk"),
        terms("bucket", "host.name", "host", 20),
        terms("bucket", "user.name", "user", 5),
      ],
      table,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-tactics",
      "Tactics",
      "pie",
      alerts,
      "rhythmx.kind: alert",
      [count, terms("segment", "threat.tactic.name", "tactic", 14)],
      { isDonut: true, labels: { show: true, values: true, last_level: true, truncate: 100 } },
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-bursts",
      "Bursts",
      "table",
      alerts,
      "rhythmx.alert.burst: true",
      [metric("sum", "rhythmx.alert.hourly_delta", "detections"), terms("bucket", "rule.name", "rule", 20)],
      table,
    ),
    24,
    14,
  ],
  [
    visualization(
      "rhythmx-heartbeats",
      "Heartbeats",
      "table",
      both,
      "rhythmx.kind: status",
      [
        metric("max", "@timestamp", "last one"),
        metric("max", "rhythmx.feed.queued", "most that waited"),
        terms("bucket", "log.syslog.hostname", "appliance"),
        terms("bucket", "event.dataset", "feed"),
        terms("bucket", "rhythmx.feed.destination", "destination"),
      ],
      table,
    ),
    48,
    10,
  ],
  [search("rhythmx-incident-list", "Incidents", incidents, "rhythmx.kind: incident", incidentColumns()), 48, 18],
  [
    search("rhythmx-failures", "Messages that were not parsed", both, "event.kind: pipeline_error", [
      "error.message",
      "message",
    ]),
    48,
    12,
  ],
];

function incidentColumns(): string[] {
  return [
    "rhythmx.incident.id",
    "event.action",
    "rhythmx.incident.actor",
    "event.risk_score",
    "rhythmx.incident.risk_level",
    "rhythmx.incident.status",
    "organization.name",
    "rhythmx.incident.external_ticket",
  ];
}

/** dashboards.ndjson: an object a line, the dashboard last. */
export function dashboards(): string {
  let [x, y, rowHeight] = [0, 0, 0];
  const placed = panels.map(([panel, w, h], n) => {
    if (x + w > 48) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const gridData = { x, y, w, h, i: String(n + 1) };
    [x, rowHeight] = [x + w, Math.max(rowHeight, h)];
    return {
      panel,
      json: {
        version: "7.10.0",
        gridData,
        panelIndex: String(n + 1),
        embeddableConfig: {},
        panelRefName: `panel_${n}`,
      },
    };
  });
  const dashboard = object(
    "dashboard",
    "rhythmx-overview",
    {
      title: "[RhythmX] Alerts and incidents",
      description: "Both feeds of RhythmX Edge",
      hits: 0,
      version: 1,
      panelsJSON: JSON.stringify(placed.map(({ json }) => json)),
      optionsJSON: JSON.stringify({ useMargins: true, hidePanelTitles: false }),
      timeRestore: true,
      timeFrom: "now-24h",
      timeTo: "now",
      refreshInterval: { pause: false, value: 60_000 },
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { query: "", language: "kuery" }, filter: [] }),
      },
    },
    placed.map(({ panel: { id, type } }, n) => ({ id, name: `panel_${n}`, type })),
  );
  const all = [
    dataView(alerts, "logs-rhythmx.alert-*"),
    dataView(incidents, "logs-rhythmx.incident-*"),
    dataView(both, "logs-rhythmx.*"),
    ...panels.map(([panel]) => panel),
    dashboard,
  ];
  return `${all.map((one) => JSON.stringify(one)).join("\n")}\n`;
}
