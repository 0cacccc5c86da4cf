/** The packs for Graylog: content packs of version 1, one with input, stream, pipeline, lookup and events, one with a dashboard. */

import { dashboards } from "./dashboards.ts";
import { contentPack, entity, idOf, reference, references } from "./entities.ts";
import { eventDefinitions } from "./events.ts";
import { grokPatterns, pipeline, pipelineRules } from "./pipeline.ts";

const folder = "appliance/packs/graylog";

/** Path and text of each file. */
export function graylogFiles(): [path: string, text: string][] {
  return [
    [`${folder}/rhythmx-content-pack.json`, text(mainPack())],
    [`${folder}/rhythmx-dashboard-content-pack.json`, text(dashboardPack())],
    [`${folder}/rhythmx_severity.csv`, severities()],
  ];
}

const text = (pack: object) => `${JSON.stringify(pack, null, 2)}\n`;

/** In numbers, for sorting and limits. */
const severities = () =>
  `level,number\n${["informational", "low", "medium", "high", "critical"].map((level, n) => `"${level}","${n}"\n`).join("")}`;

function mainPack(): object {
  const stream = "rhythmx v1 messages";
  return contentPack({
    name: "RhythmX Edge v1",
    summary: "Reads both feeds of RhythmX Edge",
    description:
      "Input, stream, pipeline, lookup and events for alerts, incidents and threat cases of RhythmX Edge. Every name begins with rhythmx v1: nothing that is there already is touched, and a later version can be installed beside this one.",
    parameters: [
      {
        type: "integer",
        name: "RHYTHMX_PORT",
        title: "Port",
        description: "TCP port on which the input listens",
        default_value: 5515,
      },
      {
        type: "string",
        name: "RHYTHMX_SEVERITY_FILE",
        title: "Severity file",
        description: "Where rhythmx_severity.csv is on every Graylog node",
        default_value: "/etc/graylog/server/rhythmx_severity.csv",
      },
    ],
    entities: [
      entity("input", "rhythmx v1 input", {
        title: reference("rhythmx v1 input"),
        type: reference("org.graylog2.inputs.raw.tcp.RawTCPInput"),
        global: reference(true),
        static_fields: references({ rhythmx_feed: "v1" }),
        extractors: [],
        configuration: {
          port: { "@type": "parameter", "@value": "RHYTHMX_PORT" },
          ...references({
            bind_address: "0.0.0.0",
            recv_buffer_size: 1_048_576,
            number_worker_threads: 2,
            max_message_size: 2_097_152,
            use_null_delimiter: false,
            tcp_keepalive: true,
            charset_name: "UTF-8",
            tls_enable: false,
            tls_cert_file: "",
            tls_key_file: "",
            tls_key_password: "",
            tls_client_auth: "disabled",
            tls_client_auth_cert_file: "",
          }),
        },
      }),
      entity("stream", stream, {
        title: reference(stream),
        description: reference("What the input rhythmx v1 input has received"),
        disabled: reference(false),
        matching_type: reference("AND"),
        default_stream: reference(false),
        remove_matches: reference(true),
        outputs: [],
        alert_conditions: [],
        alarm_callbacks: [],
        stream_rules: [
          {
            type: reference("EXACT"),
            field: reference("rhythmx_feed"),
            value: reference("v1"),
            inverted: reference(false),
            description: reference("Static field of the input"),
          },
        ],
      }),
      ...grokPatterns().map(([name, pattern]) => entity("grok_pattern", name, { name, pattern })),
      ...pipelineRules().map(({ name, about, source }) =>
        entity("pipeline_rule", name, {
          title: reference(name),
          description: reference(about),
          source: reference(source),
        }),
      ),
      entity("pipeline", "rhythmx v1", {
        title: reference("rhythmx v1"),
        description: reference("Fields of the messages of RhythmX Edge"),
        source: reference(pipeline()),
        connected_streams: [reference(idOf("stream", stream))],
      }),
      ...lookup(),
      ...eventDefinitions(idOf("stream", stream)),
    ],
  });
}

function lookup(): object[] {
  return [
    entity("lookup_adapter", "rhythmx-v1-severity", {
      name: reference("rhythmx-v1-severity"),
      title: reference("rhythmx v1 severity"),
      description: reference("Levels as numbers"),
      configuration: {
        path: { "@type": "parameter", "@value": "RHYTHMX_SEVERITY_FILE" },
        ...references({
          type: "csvfile",
          separator: ",",
          quotechar: '"',
          key_column: "level",
          value_column: "number",
          check_interval: 60,
          case_insensitive_lookup: true,
        }),
      },
    }),
    entity("lookup_cache", "rhythmx-v1-severity", {
      name: reference("rhythmx-v1-severity"),
      title: reference("rhythmx v1 severity"),
      description: reference("Levels as numbers"),
      configuration: references({
        type: "guava_cache",
        max_size: 100,
        expire_after_access: 60,
        expire_after_access_unit: "SECONDS",
        expire_after_write: 0,
      }),
    }),
    entity("lookup_table", "rhythmx-v1-severity", {
      name: reference("rhythmx-v1-severity"),
      title: reference("rhythmx v1 severity"),
      description: reference("Levels as numbers: informational is 0, critical 4"),
      cache_name: reference(idOf("lookup_cache", "rhythmx-v1-severity")),
      data_adapter_name: reference(idOf("lookup_adapter", "rhythmx-v1-severity")),
      default_single_value: reference(""),
      default_single_value_type: reference("NULL"),
      default_multi_value: reference(""),
      default_multi_value_type: reference("NULL"),
    }),
  ];
}

function dashboardPack(): object {
  return contentPack({
    name: "RhythmX Edge dashboard v1",
    summary: "A dashboard for the feeds of RhythmX Edge",
    description:
      "Incidents, threat cases and detections. It names fields, not streams, so it can be installed before or after the other pack.",
    parameters: [],
    entities: dashboards(),
  });
}
