/** Events of the Graylog pack; one of them starts playbooks without a connector. */
import { entity, reference } from "./entities.ts";

interface Event {
  title: string;
  about: string;
  query: string;
  /** Fields of the event, by the names of the list of fields: what a notification hands on. */
  fields: readonly string[];
  /** Events with the same values of these are one for a day. */
  key: readonly string[];
  /** 1 low, 2 normal, 3 high. */
  priority: 1 | 2 | 3;
}

const events: readonly Event[] = [
  {
    title: "rhythmx v1 incident with risk of 70 or more",
    about:
      "An incident that is new, or whose risk level has changed, with a score of 70 or more: for a notification that starts a playbook.",
    query:
      "rhythmx_kind:incident AND rhythmx_risk_score:>=70 AND (rhythmx_status:OPEN OR rhythmx_status:IN_PROGRESS) AND (rhythmx_event:created OR rhythmx_changed_fields:risk_level)",
    fields: [
      ...["incident_id", "actor", "actor_type", "entity", "risk_score", "risk_level"],
      ...["related_case_ids", "sigma_alert_count", "external_ticket"],
    ],
    key: ["incident_id", "risk_level"],
    priority: 3,
  },
  {
    title: "rhythmx v1 critical threat case",
    about: "A threat case of severity CRITICAL that is not closed.",
    query: "rhythmx_kind:case AND rhythmx_severity:CRITICAL AND NOT rhythmx_status:CLOSED",
    fields: ["case_id", "case_type", "primary_user", "affected_hosts", "alert_count", "related_incident_id", "entity"],
    key: ["case_id"],
    priority: 3,
  },
  {
    title: "rhythmx v1 burst of detections",
    about: "A rule fires far more often than usual.",
    query: "rhythmx_kind:alert AND rhythmx_burst:true",
    fields: ["hash", "rule_title", "user", "host", "ip", "hourly_delta", "entity"],
    key: ["hash"],
    priority: 2,
  },
];

const minutes = 60_000;

/** Switched off: they run when somebody enables them. */
export function eventDefinitions(stream: string): object[] {
  const found = events.map(({ title, about, query, fields, key, priority }) =>
    definition(title, about, priority, {
      config: {
        type: "aggregation-v1",
        query: reference(query),
        filters: [],
        streams: [stream],
        group_by: [],
        series: [],
        conditions: { expression: null },
        search_within_ms: 5 * minutes,
        execute_every_ms: 5 * minutes,
        use_cron_scheduling: false,
        event_limit: 1000,
      },
      field_spec: Object.fromEntries(fields.map((name) => [name, template(`rhythmx_${name}`, key.includes(name))])),
      key_spec: key,
      // A notification is sent for each key at most once a day.
      notification_settings: { grace_period_ms: 24 * 60 * minutes, backlog_size: 1 },
    }),
  );
  const silent = definition(
    "rhythmx v1 feed is silent",
    'No message of any kind for 30 minutes. Needs "heartbeat_minutes": 5 in the destination.',
    2,
    {
      config: {
        type: "aggregation-v1",
        query: reference("*"),
        filters: [],
        streams: [stream],
        group_by: [],
        series: [{ type: "count", id: "count()", field: null }],
        conditions: {
          expression: {
            expr: "<",
            left: { expr: "number-ref", ref: "count()" },
            right: { expr: "number", value: 1 },
          },
        },
        search_within_ms: 30 * minutes,
        execute_every_ms: 5 * minutes,
        use_cron_scheduling: false,
        event_limit: 0,
      },
      field_spec: {},
      key_spec: [],
      notification_settings: { grace_period_ms: 60 * minutes, backlog_size: 0 },
    },
  );
  return [...found, silent];
}

function template(field: string, required: boolean): object {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the form of Graylog's templates
  const text = "${source.FIELD}".replace("FIELD", field);
  return { data_type: "string", providers: [{ type: "template-v1", template: text, require_values: required }] };
}

function definition(title: string, about: string, priority: number, more: object): object {
  return entity("event_definition", title, {
    title: reference(title),
    description: reference(about),
    priority: reference(priority),
    alert: reference(true),
    ...more,
    notifications: [],
    // "All events", a stream of Graylog's own that is the same everywhere.
    storage: [{ type: "persist-to-streams-v1", streams: ["000000000000000000000002"] }],
    is_scheduled: reference(false),
  });
}
