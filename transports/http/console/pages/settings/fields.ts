/** The fields of each area; names are those of its section. Accepted form and default come from the section itself. */
import type { FieldGroup, FieldSpec } from "../../parts/settings/field-spec.ts";
import type { AreaSection } from "./areas.tsx";

const minutes = (level: string): FieldSpec => ({
  name: `${level}_minutes`,
  label: `${level[0]?.toUpperCase()}${level.slice(1)}, minutes`,
  kind: "number",
});

export const areaGroups: Readonly<Record<AreaSection, readonly FieldGroup[]>> = {
  correlation: [
    {
      title: "Incidents",
      fields: [
        {
          name: "qualify_min_score",
          label: "Lowest score of an incident",
          kind: "number",
          hint: "An actor whose score reaches it has an incident. Incidents that there are stay.",
        },
        {
          name: "host_short_names",
          label: "Hosts by their first label",
          kind: "switch",
          hint: "ws-101.corp.example is the actor ws-101. Actors that there are keep their names.",
        },
        {
          name: "shared_accounts",
          label: "Shared accounts",
          kind: "text",
          wide: true,
          hint: "Accounts that many people or every machine have: their host is the actor, not they. These replace the default.",
        },
      ],
    },
    {
      title: "Tables",
      note: "rows that are added to the built-in ones, or change them",
      fields: [
        {
          name: "case_patterns",
          label: "Case patterns",
          kind: "area",
          mono: true,
          rows: 10,
          longest: 100_000,
          placeholder: '{"patterns": [{"type": "ransomware", "techniques": ["T1486"], "min_alerts": 1}]}',
          hint: "Which detections together make a threat case.",
        },
        {
          name: "floors",
          label: "Floors",
          kind: "area",
          mono: true,
          rows: 10,
          longest: 100_000,
          placeholder: '{"floors": [{"name": "payment_gateway", "rules": ["our-rule-17"], "points": 90}]}',
          hint: "What one detection is worth by itself.",
        },
      ],
    },
  ],
  sla: [
    {
      title: "Time from creation to closing",
      note: "by the level of the incident; at risk from 75 % on",
      fields: [minutes("critical"), minutes("high"), minutes("medium"), minutes("low")],
    },
  ],
  routing: [
    {
      title: "Entities",
      fields: [
        {
          name: "default_entity",
          label: "Default entity",
          kind: "text",
          wide: true,
          hint: "The entity of records and API keys that name none, from now on; what is stored keeps its own.",
        },
        {
          name: "ticket_routes",
          label: "Where tickets of an entity go",
          kind: "rows",
          of: "Entity",
          columns: [
            ["jira_project", "Jira project"],
            ["assignment_group", "Assignment group"],
            ["service_identifier", "Service identifier"],
          ],
          hint: "What is empty here, and entities that are not here, have the values of the system's own page. Assignment group is ServiceNow's, service identifier Proactive's.",
        },
      ],
    },
    {
      title: "People",
      fields: [
        {
          name: "ticket_users",
          label: "Users of ticket systems",
          kind: "rows",
          of: "User",
          columns: [
            ["jira", "Jira account id"],
            ["servicenow", "ServiceNow user"],
            ["proactive", "Proactive user"],
          ],
          hint: "Who an analyst is there. Others are found by user name, e-mail address and name.",
        },
      ],
    },
  ],
  masking: [
    {
      title: "What tickets never show",
      fields: [
        {
          name: "mask_patterns",
          label: "Patterns",
          kind: "lines",
          json: true,
          mono: true,
          accepted: "at most 20 regular expressions of at most 300 characters such as (?<=badge )\\d{6}",
          hint: "Regular expressions, one a line, in any case of letters: what they match is masked in tickets. Passwords, tokens and keys in command lines are always masked.",
        },
      ],
    },
  ],
  retention: [
    {
      title: "How long data is kept",
      fields: [
        {
          name: "days",
          label: "Days",
          kind: "number",
          hint: "Alerts, closed incidents and events that are older are removed at the next pass. A backup from before has them.",
        },
        {
          name: "audit_retention_days",
          label: "Days of the audit log",
          kind: "number",
          hint: "Entries that are older are removed.",
        },
        {
          name: "schedule",
          label: "When it is removed",
          kind: "text",
          mono: true,
          placeholder: "30 3 * * *",
          hint: "Cron with five fields, or six with seconds first, in the machine's time zone. Empty: every hour.",
        },
      ],
    },
    {
      title: "When the disk is nearly full",
      note: "intake answers 503, and what was accepted is kept",
      fields: [
        { name: "min_free_bytes", label: "Bytes that stay free", kind: "number" },
        { name: "min_free_percent", label: "Percent that stay free", kind: "number" },
      ],
    },
  ],
  backup: [
    {
      title: "Backups that are made by themselves",
      fields: [
        {
          name: "schedule",
          label: "When",
          kind: "text",
          mono: true,
          placeholder: "30 2 * * *",
          hint: "Cron with five fields, or six with seconds first, in the machine's time zone. Empty: none are made.",
        },
        { name: "keep", label: "How many are kept", kind: "number", hint: "The newest ones; older ones are removed." },
        {
          name: "dir",
          label: "Folder",
          kind: "text",
          mono: true,
          wide: true,
          hint: "On this machine; the appliance's user has to be allowed to write there. Another disk is better. Empty: backups in the data folder.",
        },
      ],
    },
  ],
  network: [
    {
      title: "How people reach the appliance",
      fields: [
        {
          name: "base_url",
          label: "Address",
          kind: "text",
          wide: true,
          placeholder: "https://edge.example.org",
          hint: "In links of tickets and messages. Empty: the name in the certificate and the port that the API listens on.",
        },
        {
          name: "trusted_proxies",
          label: "Reverse proxies",
          kind: "text",
          mono: true,
          wide: true,
          placeholder: "10.0.0.0/8",
          hint: "Those whose X-Forwarded-For says where a client is. Others' is ignored.",
        },
      ],
    },
    {
      title: "How the appliance reaches ticket systems",
      note: "a system's own page may name another proxy",
      fields: [
        {
          name: "https_proxy",
          label: "Proxy",
          kind: "text",
          mono: true,
          placeholder: "http://proxy.example:3128",
          hint: "This machine itself never takes one. One that asks for a login is set in the environment.",
        },
        {
          name: "no_proxy",
          label: "Without the proxy",
          kind: "text",
          mono: true,
          placeholder: ".example.org,10.0.0.0/8",
          hint: "Hosts that are reached directly, whichever proxy is set.",
        },
      ],
    },
  ],
  logging: [
    {
      title: "The appliance's own log",
      fields: [
        {
          name: "log_level",
          label: "Level",
          kind: "choice",
          options: [
            ["debug", "Debug: every step"],
            ["info", "Info"],
            ["warn", "Warn"],
            ["error", "Error: what went wrong alone"],
          ],
          hint: "What is less important is not written.",
        },
        {
          name: "log_format",
          label: "Form",
          kind: "choice",
          options: [
            ["json", "JSON, one object a line"],
            ["text", "Text, to be read by people"],
          ],
        },
      ],
    },
  ],
};
