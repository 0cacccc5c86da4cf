/**
 * Settings of ticket systems that are JSON objects. Their keys are names that people choose: fields of a ticket, entities, statuses, users. So
 * each says of a name what is wrong with it.
 */

import { type IncidentStatus, incidentStatuses } from "../incident.ts";
import { scalarText } from "../text/own.ts";
import type { PeopleOfSystems } from "../tickets/people.ts";
import { type TicketSystemName, ticketSystems } from "../tickets/ticket.ts";
import type { Form } from "./forms.ts";
import { parseJsonText } from "./json-text.ts";
import { line, projectKey } from "./ticket-forms.ts";

/** What is wrong with an object, for people. */
class Wrong {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

/** Names that mean something else than themselves to many programs. */
const neverNames = ["__proto__", "prototype", "constructor"];

/** What is wrong with a name of a person's own choice; null = nothing. */
function nameProblem(name: string): string | null {
  const shown = JSON.stringify(name.slice(0, 40));
  if (neverNames.includes(name.trim().toLowerCase())) return `${shown} is no name that can be used here: take it out`;
  if (name.trim() === "") return "a name is empty: give it one or take it out";
  return /^[^\p{Cc}]{1,200}$/u.test(name)
    ? null
    : `${shown}: a name has 1 to 200 characters without control characters`;
}

/** A form that reads the entries of an object. `key`: two names that are the same by it are refused. */
function objectForm<T>(
  accepted: string,
  build: (entries: [string, unknown][]) => T | Wrong,
  key = (name: string) => name.trim().toLowerCase(),
): Form<T> {
  const parse = (value: unknown): T | Wrong => {
    const text = String(value);
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return new Wrong(accepted);
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return new Wrong(accepted);
    const entries = Object.entries(parsed);
    for (const [name] of entries) {
      const problem = nameProblem(name);
      if (problem !== null) return new Wrong(problem);
    }
    const twice = repeatedName(text, entries, key);
    if (twice !== null) return new Wrong(`${JSON.stringify(twice.slice(0, 40))} is given twice: once is enough`);
    return build(entries);
  };
  return {
    accepted,
    read(value) {
      const found = parse(value);
      return found instanceof Wrong ? undefined : found;
    },
    problem(value) {
      const found = parse(value);
      return found instanceof Wrong ? found.why : undefined;
    },
  };
}

function repeatedName(text: string, entries: readonly [string, unknown][], key: (name: string) => string) {
  const read = parseJsonText(text);
  const [repeated] = "root" in read && read.root.kind === "object" ? read.root.repeated : [];
  if (repeated !== undefined) return repeated.key;
  const seen = new Set<string>();
  for (const [name] of entries) {
    if (seen.has(key(name))) return name;
    seen.add(key(name));
  }
  return null;
}

/** Fields of a ticket system: values by id. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** Ids of fields of a ticket system. */
interface FieldNames {
  pattern: RegExp;
  /** What an id looks like. */
  accepted: string;
  /** Those that are filled here, each with how. */
  ours: Readonly<Record<string, string>>;
}

const jiraIds = { pattern: /^[A-Za-z][\w.-]{0,99}$/, accepted: "an id such as customfield_10010 or components" };
const columnIds = { pattern: /^[a-z][a-z0-9_]{0,79}$/, accepted: "the name of a column such as u_soc" };
const byContent = "it says what happened";
const byIdentity = "the ticket is found again by it";

export const jiraFieldNames: FieldNames = {
  ...jiraIds,
  ours: {
    project: "it is the setting of its own name",
    issuetype: "it is the setting of its own name",
    summary: byContent,
    description: byContent,
  },
};
/** For the screens of transitions. */
export const transitionFieldNames: FieldNames = { ...jiraIds, ours: {} };
export const columnNames: FieldNames = {
  ...columnIds,
  ours: {
    short_description: byContent,
    description: byContent,
    work_notes: byContent,
    correlation_id: byIdentity,
    correlation_display: byIdentity,
    sys_id: "the instance gives it",
    number: "the instance gives it",
  },
};
/** For records that are closed. */
export const closeColumnNames: FieldNames = {
  ...columnIds,
  ours: {
    state: "it is the setting of its own name",
    close_code: "it is the setting of its own name",
    close_notes: "it holds what the analyst wrote",
    ...columnNames.ours,
  },
};

/** What is wrong with the id of a field; null = nothing. */
function fieldNameProblem(name: string, { pattern, accepted, ours }: FieldNames): string | null {
  const shown = JSON.stringify(name.slice(0, 40));
  const problem = nameProblem(name);
  if (problem !== null) return problem;
  if (!pattern.test(name)) return `${shown} is no field: ${accepted}`;
  const how = Object.hasOwn(ours, name) ? ours[name] : undefined;
  return how === undefined ? null : `${shown} is filled by RhythmX Edge: ${how}; take it out`;
}

/** Values of fields by their ids. */
export function fieldValues(names: FieldNames): Form<FieldValues> {
  return objectForm(
    'a JSON object such as {"customfield_10010": {"value": "SOC"}}',
    (entries) => {
      const problem = entries.map(([name]) => fieldNameProblem(name, names)).find((one) => one !== null);
      return problem === undefined ? Object.fromEntries(entries) : new Wrong(problem);
    },
    (name) => name,
  );
}

/** Where tickets of an entity go instead. */
export interface TicketRoute {
  jiraProject?: string;
  assignmentGroup?: string;
  serviceIdentifier?: string;
}

const routeForm = 'a JSON object such as {"North": {"jira_project": "SEC", "assignment_group": "SOC North"}}';

/** By entity, in lower case. */
export const routes: Form<Map<string, TicketRoute>> = objectForm(routeForm, (entries) => {
  const read = new Map<string, TicketRoute>();
  for (const [entity, to] of entries) {
    const route = routeOf(to);
    if (typeof route === "string") return new Wrong(`${JSON.stringify(entity.slice(0, 40))}: ${route}`);
    read.set(entity.trim().toLowerCase(), route);
  }
  return read;
});

/** A text says what is wrong with it. */
function routeOf(to: unknown): TicketRoute | string {
  if (typeof to !== "object" || to === null) return routeForm;
  const {
    jira_project: project,
    assignment_group: group,
    service_identifier: ci,
    ...others
  } = to as Record<string, unknown>;
  const [jiraProject, assignmentGroup, serviceIdentifier] = [projectKey.read(project), line.read(group), line.read(ci)];
  if (Object.keys(others).length > 0) return routeForm;
  if (project !== undefined && jiraProject === undefined) return `jira_project is ${projectKey.accepted}`;
  if (group !== undefined && assignmentGroup === undefined) return `assignment_group is ${line.accepted}`;
  if (ci !== undefined && serviceIdentifier === undefined) return `service_identifier is ${line.accepted}`;
  return {
    ...(jiraProject === undefined ? {} : { jiraProject }),
    ...(assignmentGroup === undefined ? {} : { assignmentGroup }),
    ...(serviceIdentifier === undefined ? {} : { serviceIdentifier }),
  };
}

/** What a status of the target means to an incident; null = nothing. By its name or value, in lower case. */
export type StatusMeanings = ReadonlyMap<string, IncidentStatus | null>;

const meanings = `${incidentStatuses.join(", ")} or NONE`;

export const statusMeanings: Form<StatusMeanings> = objectForm(
  `a JSON object such as {"Waiting for vendor": "IN_PROGRESS", "Rejected": "FALSE_POSITIVE"}; meanings: ${meanings}`,
  (entries) => {
    const read = new Map<string, IncidentStatus | null>();
    for (const [name, meaning] of entries) {
      const word = scalarText(meaning).toUpperCase();
      const status = incidentStatuses.find((one) => one === word);
      if (status === undefined && word !== "NONE")
        return new Wrong(`${JSON.stringify(name.slice(0, 40))} means one of ${meanings}`);
      read.set(name.trim().toLowerCase(), status ?? null);
    }
    return read;
  },
);

/** Values of the field `state` that stand for an incident's status. */
export const stateValues: Form<Record<IncidentStatus, string>> = objectForm(
  'a JSON object such as {"OPEN": "1", "IN_PROGRESS": "2", "CLOSED": "6", "FALSE_POSITIVE": "8"}, all four of them',
  (entries) => {
    const given = new Map(entries);
    const values = incidentStatuses.map((status) => [status, scalarText(given.get(status))] as const);
    const missing = values.find(([, value]) => !/^-?\d{1,6}$/.test(value));
    if (missing !== undefined) return new Wrong(`${missing[0]} needs the value of a state, a number such as 6`);
    const other = entries.find(([name]) => !incidentStatuses.some((status) => status === name));
    if (other !== undefined)
      return new Wrong(`${JSON.stringify(other[0].slice(0, 40))} is no status: ${incidentStatuses.join(", ")}`);
    return Object.fromEntries(values) as Record<IncidentStatus, string>;
  },
);

const peopleForm = 'a JSON object such as {"jane.doe": {"jira": "5b10ac8d82e05b22cc7d4ef5", "servicenow": "jdoe"}}';

export const people: Form<PeopleOfSystems> = objectForm(
  peopleForm,
  (entries) => {
    const read = new Map<string, Partial<Record<TicketSystemName, string>>>();
    for (const [analyst, ids] of entries) {
      const own = typeof ids === "object" && ids !== null ? Object.entries(ids as Record<string, unknown>) : null;
      const isRight = own?.every(
        ([system, id]) => (ticketSystems as readonly string[]).includes(system) && line.read(id) !== undefined,
      );
      if (own === null || !isRight) return new Wrong(`${JSON.stringify(analyst.slice(0, 40))}: ${peopleForm}`);
      read.set(analyst.trim(), Object.fromEntries(own));
    }
    return read;
  },
  (name) => name.trim(),
);
