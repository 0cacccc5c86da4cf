/** What is pushed, and tried again; names are those of the sections `auto_push` and `retry`. */
import type { FieldGroup } from "../../../parts/settings/field-spec.ts";

export const autoPushGroups: readonly FieldGroup[] = [
  {
    title: "Which incidents get a ticket by themselves",
    fields: [
      {
        name: "enabled",
        label: "Enabled",
        kind: "switch",
        wide: true,
        hint: "Off: tickets are made by hand, on the page of the incident.",
      },
      {
        name: "min_severity",
        label: "From which severity on",
        kind: "choice",
        options: [
          ["CRITICAL", "Critical"],
          ["HIGH", "High and critical"],
          ["MEDIUM", "Medium and above"],
          ["LOW", "All"],
        ],
        hint: "When the incident is made, and when it rises to this.",
      },
      {
        name: "systems",
        label: "In which systems",
        kind: "several",
        options: [
          ["jira", "Jira"],
          ["servicenow", "ServiceNow"],
          ["proactive", "Proactive Case API"],
        ],
        hint: "ServiceNow and Proactive mean whichever of the two is in use. A system that is not enabled gets nothing.",
      },
      {
        name: "campaigns",
        label: "Incidents of a campaign",
        kind: "choice",
        options: [
          ["lead", "One ticket for all of them"],
          ["each", "A ticket for each"],
        ],
      },
    ],
  },
];

export const retryGroups: readonly FieldGroup[] = [
  {
    title: "When a ticket system does not take something",
    fields: [
      {
        name: "max_retries",
        label: "Retries",
        kind: "number",
        hint: "After the first attempt; then a person has to look.",
      },
      {
        name: "base_delay_seconds",
        label: "Seconds before the first",
        kind: "number",
        hint: "Doubled for each further one.",
      },
      { name: "max_delay_seconds", label: "Seconds at most", kind: "number" },
      {
        name: "schedule",
        label: "When they are made",
        kind: "text",
        mono: true,
        hint: "Cron with five fields, or six with seconds first.",
      },
    ],
  },
  {
    title: "When nobody knows whether a ticket was made",
    note: "a timeout, a broken connection, an error after sending",
    fields: [
      {
        name: "unknown_lookup_delays_seconds",
        label: "Look for it in Jira after … seconds",
        kind: "text",
        mono: true,
        hint: "Numbers that grow, with commas between them.",
      },
      {
        name: "unknown_outcome",
        label: "If it cannot be found",
        kind: "choice",
        options: [
          ["resend", "Make it, once all look-ups have found nothing"],
          ["ask", "Wait for a person"],
        ],
      },
    ],
  },
];
