/** The settings of Jira; names are those of the section `jira`. */
import type { FieldGroup } from "../../../parts/settings/field-spec.ts";
import { enabled, network, policyHint } from "./shared-fields.ts";

export const jiraGroups: readonly FieldGroup[] = [
  {
    title: "Jira",
    fields: [
      enabled("Jira"),
      { name: "url", label: "Address", kind: "text", placeholder: "https://acme.atlassian.net", wide: true },
      {
        name: "email",
        label: "E-mail of the account",
        kind: "text",
        hint: "Empty for Data Center: the token is then a Bearer token.",
      },
      { name: "api_token", label: "API token", kind: "secret" },
      { name: "project_key", label: "Project", kind: "text", placeholder: "SEC" },
      { name: "issue_type", label: "Issue type", kind: "text", placeholder: "Task" },
      {
        name: "deployment",
        label: "Deployment",
        kind: "choice",
        options: [
          ["auto", "Ask the server"],
          ["cloud", "Cloud"],
          ["datacenter", "Data Center, Server"],
        ],
      },
    ],
  },
  {
    title: "What tickets hold besides",
    note: "fields that the project's screens require",
    fields: [
      {
        name: "extra_fields",
        label: "Fields of new tickets",
        kind: "pairs",
        of: "Field",
        placeholder: '{"customfield_10010": {"value": "SOC"}}',
        hint: "By the id of each, with its value as text or JSON; picked from the fields that Jira offers, below, or typed. Test Connection names those that are required and not filled.",
      },
      {
        name: "transition_fields",
        label: "Fields of transitions",
        kind: "pairs",
        of: "Field",
        placeholder: '{"customfield_10020": [{"id": "7"}]}',
        hint: "Likewise, for the screens of transitions that ask for more.",
      },
    ],
  },
  {
    title: "Kept in step",
    fields: [
      {
        name: "status_map",
        label: "Meaning of statuses",
        kind: "area",
        mono: true,
        placeholder: '{"Waiting for customer": "IN_PROGRESS"}',
        hint: "A JSON object, status to OPEN, IN_PROGRESS, CLOSED, FALSE_POSITIVE or NONE. Others mean what their category says.",
      },
      {
        name: "false_positive_resolutions",
        label: "Resolutions of false positives",
        kind: "text",
        wide: true,
        hint: "With commas between them.",
      },
      { name: "field_policy", label: "Which side counts", kind: "text", wide: true, mono: true, hint: policyHint },
      {
        name: "sync_schedule",
        label: "Look for changes",
        kind: "text",
        mono: true,
        hint: "Cron with five fields, or six with seconds first.",
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
