/** Forms of values that only settings of ticket systems have. */

import { type IncidentStatus, incidentStatuses } from "../incident.ts";
import type { RiskLevel } from "../risk.ts";
import type { PeopleOfSystems } from "../tickets/people.ts";
import {
  defaultPolicies,
  type FieldPolicies,
  type FieldPolicy,
  fieldPolicies,
  type TicketField,
  ticketFields,
} from "../tickets/policy.ts";
import { type TicketSystemName, ticketSystems } from "../tickets/ticket.ts";
import { canCome } from "./cron.ts";
import { type Form, matching } from "./forms.ts";

export const line = matching(/^[^\p{Cc}]{1,500}$/u, "a text on one line");
export const headerValue = matching(/^[\x21-\x7e]{1,100}$/, "a word of printable ASCII characters");
export const url: Form<string> = {
  accepted: "an https address (http only to this machine), a path prefix may follow",
  read(value) {
    const text = typeof value === "string" ? value.trim().replace(/\/+$/, "") : "";
    return isTargetUrl(text) ? text : undefined;
  },
};
export const instance: Form<string> = {
  accepted: "an instance such as acme, acme.service-now.com or an https address",
  read(value) {
    const text = typeof value === "string" ? value.trim().replace(/\/+$/, "") : "";
    return /^[a-z0-9][a-z0-9.-]{0,253}$/i.test(text) || isTargetUrl(text) ? text : undefined;
  },
};
export const proxy = matching(/^https?:\/\/[^\s/@?#\\]+\/?$/, "an address such as http://proxy.example:3128");
export const jsonObject: Form<Record<string, unknown>> = {
  accepted: 'a JSON object such as {"customfield_10010": {"value": "SOC"}}',
  read(value) {
    try {
      const parsed: unknown = JSON.parse(String(value));
      return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
        ? (parsed as Record<string, unknown>)
        : undefined;
    } catch {
      return undefined;
    }
  },
};
export const projectKey = matching(/^[A-Z][A-Z0-9_]{1,79}$/, "a project key such as SEC");

/** Where tickets of an entity go instead. */
export interface TicketRoute {
  jiraProject?: string;
  assignmentGroup?: string;
  serviceIdentifier?: string;
}

/** By entity, in lower case. */
export const routes: Form<Map<string, TicketRoute>> = {
  accepted: 'a JSON object such as {"North": {"jira_project": "SEC", "assignment_group": "SOC North"}}',
  read(value) {
    const given = jsonObject.read(value);
    if (given === undefined) return undefined;
    const read = new Map<string, TicketRoute>();
    for (const [entity, to] of Object.entries(given)) {
      if (typeof to !== "object" || to === null) return undefined;
      const {
        jira_project: project,
        assignment_group: group,
        service_identifier: ci,
        ...others
      } = to as Record<string, unknown>;
      const [jiraProject, assignmentGroup, serviceIdentifier] = [
        projectKey.read(project),
        line.read(group),
        line.read(ci),
      ];
      const isWrong =
        Object.keys(others).length > 0 ||
        (project !== undefined && jiraProject === undefined) ||
        (group !== undefined && assignmentGroup === undefined) ||
        (ci !== undefined && serviceIdentifier === undefined);
      if (isWrong) return undefined;
      read.set(entity.trim().toLowerCase(), {
        ...(jiraProject === undefined ? {} : { jiraProject }),
        ...(assignmentGroup === undefined ? {} : { assignmentGroup }),
        ...(serviceIdentifier === undefined ? {} : { serviceIdentifier }),
      });
    }
    return read;
  },
};
export const numbers: Form<number[]> = {
  accepted: "seconds that grow, with commas between them, such as 60,300,900,3600",
  read(value) {
    const list = String(value)
      .split(",")
      .map((part) => Number(part.trim() || "x"));
    const grows = list.every(
      (number, at) => Number.isFinite(number) && number >= (list[at - 1] ?? 0) && number <= 86_400,
    );
    return grows && list.length <= 20 ? list : undefined;
  },
};
export const systems: Form<TicketSystemName[]> = {
  accepted: `${ticketSystems.join(", ")} with commas between them`,
  read(value) {
    const list = String(value)
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter((part) => part !== "");
    return list.every((one) => (ticketSystems as readonly string[]).includes(one))
      ? ([...new Set(list)] as TicketSystemName[])
      : undefined;
  },
};
export const severity: Form<RiskLevel> = {
  accepted: "CRITICAL, HIGH, MEDIUM or LOW",
  read(value) {
    const word = String(value).trim().toLowerCase();
    return ["critical", "high", "medium", "low"].includes(word) ? (word as RiskLevel) : undefined;
  },
};
/** What a status of the target means to an incident; null = nothing. By its name or value, in lower case. */
export type StatusMeanings = ReadonlyMap<string, IncidentStatus | null>;

export const statusMeanings: Form<StatusMeanings> = {
  accepted: `a JSON object such as {"Waiting for vendor": "IN_PROGRESS", "Rejected": "FALSE_POSITIVE"}; meanings: ${incidentStatuses.join(", ")} or NONE`,
  read(value) {
    const given = jsonObject.read(value);
    const meanings = new Map<string, IncidentStatus | null>();
    for (const [name, meaning] of Object.entries(given ?? {})) {
      const word = String(meaning).toUpperCase();
      const status = incidentStatuses.find((one) => one === word);
      if (status === undefined && word !== "NONE") return undefined;
      meanings.set(name.trim().toLowerCase(), status ?? null);
    }
    return given === undefined ? undefined : meanings;
  },
};
/** Values of the field `state` that stand for an incident's status. */
export const stateValues: Form<Record<IncidentStatus, string>> = {
  accepted:
    'a JSON object such as {"OPEN": "1", "IN_PROGRESS": "2", "CLOSED": "6", "FALSE_POSITIVE": "8"}, all four of them',
  read(value) {
    const given = jsonObject.read(value);
    const values = incidentStatuses.map((status) => [status, String(given?.[status] ?? "")] as const);
    const isWhole = values.every(([, one]) => /^-?\d{1,6}$/.test(one));
    return isWhole && Object.keys(given ?? {}).length === values.length
      ? (Object.fromEntries(values) as Record<IncidentStatus, string>)
      : undefined;
  },
};
export const policies: Form<FieldPolicies> = {
  accepted: `fields with their policy such as status=two_way,assignee=two_way,notes=ours,priority=once; policies: ${fieldPolicies.join(", ")} (priority: once or ours)`,
  read(value) {
    const read: Record<TicketField, FieldPolicy> = { ...defaultPolicies };
    for (const part of String(value).split(",")) {
      const [name = "", word = ""] = part.split("=").map((side) => side.trim().toLowerCase().replaceAll("-", "_"));
      const field = ticketFields.find((one) => one === name);
      const policy = fieldPolicies.find((one) => one === word);
      if (field === undefined || policy === undefined || (field === "priority" && policy === "two_way"))
        return undefined;
      read[field] = policy;
    }
    return read;
  },
};
/** Lower case. */
export const names: Form<string[]> = {
  accepted: "names with commas between them",
  read(value) {
    const list = String(value)
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter((part) => part !== "");
    return list.length <= 100 ? list : undefined;
  },
};
export const people: Form<PeopleOfSystems> = {
  accepted: 'a JSON object such as {"jane.doe": {"jira": "5b10ac8d82e05b22cc7d4ef5", "servicenow": "jdoe"}}',
  read(value) {
    const given = jsonObject.read(value);
    const read = new Map<string, Partial<Record<TicketSystemName, string>>>();
    for (const [analyst, ids] of Object.entries(given ?? {})) {
      if (typeof ids !== "object" || ids === null) return undefined;
      const entries = Object.entries(ids as Record<string, unknown>);
      const isRight = entries.every(
        ([system, id]) => (ticketSystems as readonly string[]).includes(system) && line.read(id) !== undefined,
      );
      if (!isRight) return undefined;
      read.set(analyst.trim(), Object.fromEntries(entries));
    }
    return given === undefined ? undefined : read;
  },
};
export const cron: Form<string> = {
  accepted: "a schedule of five or six fields such as */2 * * * *, of a time that comes",
  read: (value) => (typeof value === "string" && /^\S+( \S+){4,5}$/.test(value) && canCome(value) ? value : undefined),
};
export const maskPatterns: Form<RegExp[]> = {
  accepted: 'a JSON list of at most 20 regular expressions such as ["(?<=badge )\\\\d{6}"]',
  read(value) {
    try {
      const list: unknown = JSON.parse(String(value));
      if (!Array.isArray(list) || list.length > 20) return undefined;
      const patterns = list.map((one) => new RegExp(one, "giu"));
      // One that matches nothing at all would put masks between all letters.
      return list.every((one) => typeof one === "string" && one.length <= 300) && !patterns.some((one) => one.test(""))
        ? patterns
        : undefined;
    } catch {
      return undefined;
    }
  },
};

/** Which of the patterns is wrong, and why; null = none. */
export function problemOfPatterns(text: string): string | null {
  if (maskPatterns.read(text) !== undefined) return null;
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = null;
  }
  if (!Array.isArray(list)) return maskPatterns.accepted;
  if (list.length > 20) return `found ${list.length} patterns; accepted: at most 20`;
  for (const [index, one] of list.entries()) {
    const where = `pattern ${index + 1}`;
    if (typeof one !== "string" || one.length > 300) return `${where}: accepted is a text of at most 300 characters`;
    try {
      if (new RegExp(one, "giu").test("")) return `${where} also matches nothing at all, so it would mask everywhere`;
    } catch (error) {
      return `${where}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return maskPatterns.accepted;
}

function isTargetUrl(text: string): boolean {
  // What programs read in different ways is no address: another one could be compared than is called.
  if (!URL.canParse(text) || /[\s\\?#@]/.test(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(hostname));
}
