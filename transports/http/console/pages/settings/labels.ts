/** What the forms of the console call a setting. */
import type { FieldGroup } from "../../parts/settings/field-spec.ts";
import { jiraGroups } from "../integrations/tickets/jira-fields.ts";
import { autoPushGroups, retryGroups } from "../integrations/tickets/push-fields.ts";
import { proactiveGroups, serviceNowGroups } from "../integrations/tickets/servicenow-fields.ts";
import { areaGroups } from "./fields.ts";

const groups: Readonly<Record<string, readonly FieldGroup[]>> = {
  ...areaGroups,
  jira: jiraGroups,
  servicenow: serviceNowGroups,
  proactive: proactiveGroups,
  auto_push: autoPushGroups,
  retry: retryGroups,
};

/** The label of a field by section and name; null where the section's page is not such a form, or has its own words for it. */
export function labelOf(section: string, field: string): string | null {
  const fields = groups[section]?.flatMap((group) => group.fields) ?? [];
  return fields.find(({ name }) => name === field)?.label ?? null;
}
