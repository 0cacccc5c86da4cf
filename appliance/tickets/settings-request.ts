/** Requests about the settings of ticket systems: which section is meant, what is wrong with the fields, what changes. */
import { EdgeError, UsageError } from "../../core/errors.ts";
import { feedSections } from "../../core/settings/sections/feed-section.ts";
import type { Difference, FieldProblem } from "../../core/settings/sections/section-version.ts";
import { type SettingsSection, settingsSectionNames } from "../../core/settings/sections/sections.ts";
import { definitionOf, fieldOf, problemOf, type SettingName } from "../../core/settings/setting-definitions.ts";
import type { GivenValue } from "../../core/settings/tickets.ts";
import { type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import { type GivenFields, givenFields, refuseLeavingSecret } from "./secret-guard.ts";

export type Values = ReadonlyMap<string, GivenValue>;

/** A change of a setting, for the audit log. */
export interface SettingChange {
  /** As in the environment. */
  name: string;
  /** Null = not set. */
  old: string | null;
  new: string | null;
}

/** Everything that is wrong with these fields. `present`: the values in force. */
export function fieldProblems(
  section: SettingsSection,
  body: Readonly<Record<string, unknown>>,
  { pinned, present }: { pinned: Values; present: Values },
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  let given: GivenFields = new Map();
  const told = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const [, name = "body", reason = error.message] = /^([^:]{1,64}): (.*)$/s.exec(error.message) ?? [];
      problems.push({ name, reason });
    }
  };
  told(() => {
    given = givenFields(section, body);
  });
  for (const [name, text] of given) {
    const field = fieldOf(section, name);
    const where = pinned.get(name);
    const wrong = text === null ? null : problemOf(name, text);
    if (where !== undefined)
      problems.push({ name: field, reason: `${name} is set in ${where.source}; change it there` });
    else if (wrong !== null) problems.push({ name: field, reason: wrong });
  }
  told(() => refuseLeavingSecret(section, given, present));
  return problems;
}

/** @throws EdgeError setting_pinned */
export function refusePinned(section: SettingsSection, given: GivenFields, pinned: Values): void {
  for (const name of given.keys()) {
    const where = pinned.get(name);
    if (where !== undefined)
      throw new EdgeError(
        "setting_pinned",
        `${fieldOf(section, name)}: ${name} is set in ${where.source}; change it there`,
      );
  }
}

/** A change as the audit log shows it: without secrets and without the user information of an address. */
export function changeOf(name: SettingName, before: string | null, after: string | null): SettingChange[] {
  if (before === after) return [];
  const forAudit = (text: string | null) => {
    if (text === null) return null;
    if (definitionOf(name).secret) return "(secret)";
    const shown = text.replace(/(:\/\/)[^/@\s]*@/g, "$1…@");
    return shown.length > 200 ? `${shown.slice(0, 200).toWellFormed()}…` : shown;
  };
  return [{ name, old: forAudit(before), new: forAudit(after) }];
}

/** What a person who saves at the same time as another is told: both values. */
export function differenceOf(
  section: SettingsSection,
  name: SettingName,
  before: ReadonlyMap<string, GivenValue>,
  text: string | null,
): Difference[] {
  const { secret, fallback } = definitionOf(name);
  const saved = before.get(name)?.text ?? fallback;
  const given = text ?? fallback;
  if (saved === given) return [];
  const shown = (value: string) => (secret && value !== "" ? "(secret)" : JSON.stringify(value));
  return [{ name: fieldOf(section, name), saved: shown(saved), given: shown(given) }];
}

/** @throws EdgeError section_unknown */
export function known(section: string): SettingsSection {
  const found = settingsSectionNames.find((one) => one === section);
  if (found === undefined)
    throw new EdgeError(
      "section_unknown",
      `there is no section ${section.slice(0, 40)}: ${[...Object.keys(feedSections), ...settingsSectionNames].join(", ")}`,
    );
  return found;
}

/** @throws EdgeError section_unknown: there is no such system */
export function systemOf(section: string): TicketSystemName {
  const found = ticketSystems.find((one) => one === section);
  if (found === undefined)
    throw new EdgeError(
      "section_unknown",
      `section ${section.slice(0, 40)} has no connection to test: ${ticketSystems.join(", ")}`,
    );
  return found;
}

/** What the value of a secret is bound to. */
export function placeOf(name: string): string {
  return `saved_settings/${name}/value`;
}
