/** What is told by the names of settings, as files and the environment have them, in the words of the forms. */
import type { FieldGroup } from "../../parts/settings/field-spec.ts";
import { jiraGroups } from "./tickets/jira-fields.ts";
import { proactiveGroups, serviceNowGroups } from "./tickets/servicenow-fields.ts";

export const tlsFileLabels = {
  ca_file: "Authority of the receiver (CA)",
  cert_file: "Our certificate",
  key_file: "Its private key",
} as const;

function labelsOf(prefix: string, groups: readonly FieldGroup[]): [setting: string, label: string][] {
  return groups.flatMap(({ fields }) =>
    fields.map(({ name, label }) => [`${prefix}_${name}`.toUpperCase(), label] as [string, string]),
  );
}

const labels: ReadonlyMap<string, string> = new Map([
  ...Object.entries(tlsFileLabels),
  ["server_name", "Name in its certificate"],
  ...labelsOf("JIRA", jiraGroups),
  ...labelsOf("SERVICENOW", serviceNowGroups),
  ...labelsOf("PROACTIVE", proactiveGroups),
]);

/** The same text with the labels of the forms in the place of settings' names. */
export function inWordsOfForms(text: string): string {
  return text.replace(/\b[A-Za-z]+(?:_[A-Za-z]+)+\b/g, (name) => {
    const label = labels.get(name);
    return label === undefined ? name : `“${label}”`;
  });
}
