/** The sections of settings that API and console read and save, besides the two syslog feeds. */

/** Of ticket systems. */
export const ticketSections = ["jira", "servicenow", "proactive", "auto_push", "retry"] as const;

/** Of the appliance. */
export const generalSections = [
  ...(["correlation", "sla", "routing", "masking"] as const),
  ...(["retention", "backup", "network", "logging"] as const),
] as const;
export type GeneralSection = (typeof generalSections)[number];

export const settingsSectionNames = [...ticketSections, ...generalSections] as const;
export type SettingsSection = (typeof settingsSectionNames)[number];
