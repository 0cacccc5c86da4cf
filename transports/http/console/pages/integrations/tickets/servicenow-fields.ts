/** The settings of ServiceNow by either way; names are those of the sections `servicenow` and `proactive`. */
import type { FieldGroup } from "../../../parts/settings/field-spec.ts";
import { enabled, network, policyHint } from "./shared-fields.ts";

export const serviceNowGroups: readonly FieldGroup[] = [
  {
    title: "ServiceNow",
    fields: [
      enabled("ServiceNow"),
      { name: "instance", label: "Instance", kind: "text", placeholder: "acme or acme.service-now.com", wide: true },
      { name: "username", label: "User name of the account", kind: "text" },
      { name: "password", label: "Password", kind: "secret" },
      { name: "table", label: "Table", kind: "text", mono: true },
      { name: "assignment_group", label: "Assignment group", kind: "text", hint: "Name or sys_id." },
    ],
  },
  {
    title: "What tickets hold besides",
    note: "columns that the table requires",
    fields: [
      {
        name: "extra_fields",
        label: "Columns of new tickets",
        kind: "pairs",
        of: "Column",
        placeholder: '{"contact_type": "monitoring"}',
        hint: "By the name of each, with its value; picked from the columns that ServiceNow offers, below, or typed. Test Connection names those that are required and not filled.",
      },
      {
        name: "close_fields",
        label: "Columns of tickets that are closed",
        kind: "pairs",
        of: "Column",
        placeholder: '{"u_root_cause": "other"}',
        hint: "Likewise, for what the table requires besides resolution code and notes.",
      },
      { name: "close_code", label: "Resolution code", kind: "text", hint: "Of incidents that are closed." },
      { name: "false_positive_close_code", label: "Resolution code of false positives", kind: "text" },
    ],
  },
  {
    title: "Kept in step",
    fields: [
      {
        name: "state_values",
        label: "States that are set",
        kind: "area",
        mono: true,
        hint: "A JSON object, status of an incident to the value of state.",
      },
      {
        name: "state_map",
        label: "Meaning of states",
        kind: "area",
        mono: true,
        hint: "A JSON object, value or name of a state to a status. Others mean what they mean in the base system.",
      },
      { name: "field_policy", label: "Which side counts", kind: "text", wide: true, mono: true, hint: policyHint },
      {
        name: "snow_sync_schedule",
        label: "Look for changes",
        kind: "text",
        mono: true,
        hint: "Cron with five fields, or six with seconds first.",
      },
      {
        name: "snow_update_cadence_hours",
        label: "Hours between two updates of risk",
        kind: "number",
        hint: "For Jira, too. The first one and the rise to critical go at once.",
      },
      {
        name: "webhook_secret",
        label: "Webhook secret",
        kind: "secret",
        hint: "None: webhooks are refused, and changes come in by looking.",
      },
    ],
  },
  network(),
];

export const proactiveGroups: readonly FieldGroup[] = [
  {
    title: "Proactive Case API",
    fields: [
      {
        name: "ticket_integration",
        label: "ServiceNow is reached by",
        kind: "choice",
        options: [
          ["standard", "its Table API (the page ServiceNow)"],
          ["proactive", "the Proactive Case API"],
        ],
        wide: true,
        hint: "Another choice is in force at once; tickets that exist stay where they are.",
      },
      { name: "snow_base_url", label: "Address", kind: "text", placeholder: "https://gateway.example/api", wide: true },
      { name: "snow_app_id", label: "Application id", kind: "text" },
      { name: "snow_secret", label: "Secret", kind: "secret" },
      { name: "snow_table", label: "Table", kind: "text", mono: true },
      { name: "snow_source", label: "Source", kind: "text", mono: true, hint: "Header of every request." },
      {
        name: "snow_service_identifier",
        label: "Service identifier",
        kind: "text",
        wide: true,
        hint: "The registered configuration item. None: nothing is sent.",
      },
    ],
  },
  {
    ...network("snow_"),
    fields: [
      {
        name: "snow_verify_ssl",
        label: "Verify the certificate",
        kind: "switch",
        wide: true,
        hint: "Off is for test systems alone: whoever is between can read and change every ticket.",
      },
      ...network("snow_").fields,
    ],
  },
];
