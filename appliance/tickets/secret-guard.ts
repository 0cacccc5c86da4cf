/**
 * Secrets are write-only, so whoever changes where one is sent has to give it again: with another address, proxy or certificate authority,
 * or without verification, somebody could read it in transit. Applies to saving, and to a test with values that are not saved.
 */

import { UsageError } from "../../core/errors.ts";
import type { SettingsSection } from "../../core/settings/sections/sections.ts";
import {
  definitionOf,
  fieldOf,
  namesOfSection,
  type SettingDefinition,
  type SettingName,
} from "../../core/settings/setting-definitions.ts";
import type { GivenValue } from "../../core/settings/tickets.ts";
import { shownName } from "../../core/text/visible.ts";

/** Fields of a request under the names of their settings; null = reset to the default. */
export type GivenFields = ReadonlyMap<SettingName, string | null>;

interface Sent {
  secret: SettingName;
  /** The settings that decide where a secret is sent and who can read it in transit; the address first. */
  way: readonly SettingName[];
}

const sent: Readonly<Partial<Record<SettingsSection, Sent>>> = {
  jira: { secret: "JIRA_API_TOKEN", way: ["JIRA_URL", "JIRA_PROXY", "JIRA_CA_FILE"] },
  servicenow: {
    secret: "SERVICENOW_PASSWORD",
    way: ["SERVICENOW_INSTANCE", "SERVICENOW_PROXY", "SERVICENOW_CA_FILE"],
  },
  proactive: {
    secret: "PROACTIVE_SNOW_SECRET",
    way: ["PROACTIVE_SNOW_BASE_URL", "PROACTIVE_SNOW_PROXY", "PROACTIVE_SNOW_CA_FILE", "PROACTIVE_SNOW_VERIFY_SSL"],
  },
};

/** The fields of a body under the names of their settings, in any accepted spelling. @throws UsageError for an unknown or repeated field */
export function givenFields(section: SettingsSection, body: Record<string, unknown>): GivenFields {
  const given = new Map<SettingName, string | null>();
  for (const [field, value] of Object.entries(body)) {
    const name = nameOf(section, field);
    if (given.has(name))
      throw new UsageError(`${shownName(field)}: the same as ${fieldOf(section, name)}, which is given too; send one`);
    given.set(name, textOf(field, value, definitionOf(name)));
  }
  return given;
}

/** @throws UsageError that names the field and the secret to send with it */
export function refuseLeavingSecret(
  section: SettingsSection,
  given: GivenFields,
  present: ReadonlyMap<string, GivenValue>,
): void {
  if (section === "network" && given.get("HTTPS_PROXY")) refuseReader(present);
  const rule = sent[section];
  if (rule === undefined) return;
  const known = present.get(rule.secret);
  // Without a stored secret nothing can leak; one in the request is known to its sender.
  if (known === undefined || given.has(rule.secret)) return;
  const [address] = rule.way;
  for (const name of rule.way) {
    const after = given.get(name);
    if (after === undefined) continue;
    const [before, now] = [meaning(name, present.get(name)?.text ?? null), meaning(name, after)];
    // Without an address nothing is sent anywhere.
    if (before === now || (name === address && now === "")) continue;
    const secret = fieldOf(section, rule.secret);
    throw new UsageError(
      known.pinned
        ? `${fieldOf(section, name)}: ${secret} is set in ${known.source}, and so is what it is sent to: change ${name} there`
        : `${fieldOf(section, name)}: ${secret} was given for the present connection; give it again for another address, proxy, certificate authority or verification`,
    );
  }
}

/** Where certificates are not checked, a proxy for all systems could read what is sent. */
function refuseReader(present: ReadonlyMap<string, GivenValue>): void {
  const is = (name: SettingName) => present.get(name)?.text ?? "";
  if (is("PROACTIVE_SNOW_VERIFY_SSL").toLowerCase() !== "false" || is("PROACTIVE_SNOW_PROXY") !== "") return;
  if (present.has("PROACTIVE_SNOW_SECRET"))
    throw new UsageError(
      "https_proxy: certificates of Proactive are not checked, so that a proxy could read its secret: switch verify_ssl on, or give Proactive a proxy of its own",
    );
}

/** Normalises a text for comparison. */
function meaning(name: SettingName, text: string | null): string {
  const value = (text ?? definitionOf(name).fallback).trim();
  if (name.endsWith("_VERIFY_SSL")) return value.toLowerCase();
  if (name.endsWith("_CA_FILE")) return value;
  if (!URL.canParse(value)) return value.toLowerCase().replace(/\/+$/, "");
  // The whole of it: `origin` leaves the host out for other schemes, and who sends may split the rest in another way.
  return new URL(value).href.replace(/\/+$/, "");
}

function nameOf(section: SettingsSection, field: string): SettingName {
  const names = namesOfSection(section);
  const wanted = field.trim().toLowerCase();
  const found = names.find((name) =>
    [wanted, `snow_${wanted}`].some((one) => one === fieldOf(section, name) || one === name.toLowerCase()),
  );
  if (found === undefined)
    throw new UsageError(
      `${shownName(field)}: is no field of ${section}: ${names.map((name) => fieldOf(section, name)).join(", ")}`,
    );
  return found;
}

/** A JSON value as the text that the environment would contain. */
function textOf(field: string, value: unknown, { isJsonList, longest }: SettingDefinition): string | null {
  if (value === null || value === "") return null;
  const given =
    Array.isArray(value) && isJsonList !== true
      ? value.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(",")
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  // A person writes a JSON object on several lines.
  const text = longest === undefined && /^\s*[{[]/.test(given) ? given.replaceAll(/\s*[\r\n]\s*/g, " ").trim() : given;
  if (longest !== undefined && (text.length > longest || text.includes("\0")))
    throw new UsageError(`${shownName(field)}: at most ${longest.toLocaleString("en")} characters`);
  if (longest === undefined && (text.length > 10_000 || /[\0\r\n]/.test(text)))
    throw new UsageError(`${shownName(field)}: one line of at most 10,000 characters`);
  return text;
}
