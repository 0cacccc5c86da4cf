/** What can be done to an issue of the stand-in by its sub-resources: transitions and comments. */

import {
  errors,
  type Issue,
  type JiraComment,
  type JiraOptions,
  type JiraPerson,
  json,
  stamp,
  us,
} from "./jira-model.ts";
import { adf, textLength } from "./jira-screens.ts";
import type { Asked, Reply } from "./stand-in.ts";

interface Jira {
  readonly options: Required<JiraOptions>;
  /** Writes a change into the history of an issue. */
  changed(issue: Issue, author: JiraPerson, field: string, from: string, to: string): void;
  nextId(): string;
  /** A person as this deployment shows them. */
  shownPerson(person: JiraPerson): object;
}

export function transitions(jira: Jira, issue: Issue): Reply {
  const { workflow, resolutions } = jira.options;
  const from = workflow.find(({ name }) => name === issue.status);
  const shown = (from?.to ?? []).map((name) => {
    const to = workflow.find((one) => one.name === name);
    const screen =
      to?.category === "done" && resolutions !== null
        ? { resolution: { required: true, allowedValues: resolutions.map((one) => ({ name: one })) } }
        : {};
    const wanted = to?.category === "done" ? jira.options.transitionRequired : [];
    const others = wanted.map(({ fieldId, ...field }) => [
      fieldId,
      { required: true, hasDefaultValue: false, ...field },
    ]);
    return {
      id: String(workflow.findIndex((one) => one.name === name) * 10 + 1),
      name,
      to: { name, statusCategory: { key: to?.category } },
      fields: { ...screen, ...(Object.fromEntries(others) as object) },
    };
  });
  return { status: 200, body: { transitions: shown } };
}

export function transition(jira: Jira, asked: Asked, issue: Issue): Reply {
  const body = json(asked.body) as {
    transition?: { id?: string };
    fields?: { resolution?: { name: string } };
  } | null;
  const known = (transitions(jira, issue).body as { transitions: { id: string; name: string; fields: object }[] })
    .transitions;
  const chosen = known.find(({ id }) => id === body?.transition?.id);
  if (chosen === undefined)
    return {
      status: 400,
      body: errors({}, ["It seems that you have tried to perform a workflow operation that is not valid."]),
    };
  const resolution = body?.fields?.resolution?.name ?? null;
  const hasScreen = "resolution" in chosen.fields;
  if (resolution !== null && !hasScreen)
    return {
      status: 400,
      body: errors({
        resolution: "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
      }),
    };
  if (hasScreen && !(jira.options.resolutions ?? []).includes(resolution ?? ""))
    return { status: 400, body: errors({ resolution: "Please select a valid resolution." }) };
  const given = (body?.fields ?? {}) as Record<string, unknown>;
  const lacking = jira.options.transitionRequired.find(
    ({ fieldId }) => fieldId in chosen.fields && given[fieldId] === undefined,
  );
  if (lacking !== undefined)
    return { status: 400, body: errors({ [lacking.fieldId]: `${lacking.name} is required.` }) };
  jira.changed(issue, us, "status", issue.status, chosen.name);
  issue.status = chosen.name;
  issue.resolution = resolution;
  return { status: 204 };
}

export function comments(jira: Jira, asked: Asked, issue: Issue): Reply {
  const startAt = Number(asked.query.get("startAt") ?? 0);
  const maxResults = Math.min(100, Number(asked.query.get("maxResults") ?? 50));
  const ordered = asked.query.get("orderBy") === "-created" ? [...issue.comments].reverse() : issue.comments;
  const withProperties = asked.query.get("expand") === "properties";
  const shown = ordered.slice(startAt, startAt + maxResults).map(({ properties, author, created, ...one }) => ({
    ...one,
    author: jira.shownPerson(author),
    created: stamp(created),
    ...(withProperties ? { properties } : {}),
  }));
  return { status: 200, body: { startAt, maxResults, total: issue.comments.length, comments: shown } };
}

export function comment(jira: Jira, asked: Asked, issue: Issue): Reply {
  const body = json(asked.body);
  const strange = Object.keys(body ?? {}).find((name) => !["body", "properties", "visibility"].includes(name));
  if (body === null || strange !== undefined)
    return { status: 400, body: errors({}, [`Unrecognized field ${strange}`]) };
  const isRight = jira.options.deployment === "Cloud" ? adf(body.body) : typeof body.body === "string";
  if (!isRight) return { status: 400, body: errors({ comment: "Comment body is not valid!" }) };
  if (textLength(body.body) > 32_767)
    return { status: 400, body: errors({ comment: "The entered text is too long." }) };
  const id = jira.nextId();
  const now = jira.options.now();
  const properties = (body.properties ?? []) as JiraComment["properties"];
  issue.comments.push({ id, author: us, body: body.body, created: now, properties });
  issue.updated = now;
  return { status: 201, body: { id, author: us, created: stamp(now) } };
}
