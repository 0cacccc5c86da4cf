/** Searches of the stand-in for Jira: the JQL that the appliance may use, over an index that lags behind. */
import { errors, type Issue, type JiraOptions, json, stamp } from "./jira-model.ts";
import type { Asked, Reply } from "./stand-in.ts";

interface Searched {
  readonly issues: Issue[];
  readonly options: Required<JiraOptions>;
}

export function search({ issues: all, options }: Searched, asked: Asked): Reply {
  const body = json(asked.body);
  const allowed =
    options.deployment === "Cloud"
      ? ["jql", "maxResults", "fields", "nextPageToken", "expand", "properties"]
      : ["jql", "maxResults", "fields", "startAt"];
  const strange = Object.keys(body ?? {}).find((name) => !allowed.includes(name));
  if (body === null || strange !== undefined)
    return { status: 400, body: errors({}, [`Unrecognized field ${strange}`]) };
  const now = options.now();
  const visible = all.filter(({ createdAt }) => now - createdAt >= options.indexLagMs);
  const jql = String(body.jql);
  const byLabel = /^project = "SEC" AND labels = "([^"\\]+)"$/.exec(jql);
  const changed = /^(?:labels = "rhythmx"|project = "SEC") AND updated >= -(\d+)m ORDER BY updated DESC$/.exec(jql);
  const newest = jql === 'project = "SEC" ORDER BY created DESC';
  if (!options.searchable) return { status: 400, body: errors({}, ["The account may not browse."]) };
  if (changed !== null) return changedSince(all, options, body, now - Number(changed[1]) * 60_000);
  if (byLabel === null && !newest) return { status: 400, body: errors({}, [`Error in the JQL Query: ${jql}`]) };
  const found =
    byLabel === null
      ? [...visible].reverse()
      : visible.filter(({ fields }) => fields.labels.includes(byLabel[1] ?? ""));
  const issues = found.slice(0, Number(body.maxResults ?? 50)).map(({ id, key, fields, status, createdAt }) => {
    const { labels, summary } = fields;
    const all: Record<string, unknown> = { labels, summary, status: { name: status }, created: stamp(createdAt) };
    const wanted = (body.fields ?? []) as string[];
    return { id, key, fields: Object.fromEntries(wanted.map((name) => [name, all[name]])) };
  });
  return {
    status: 200,
    body: options.deployment === "Cloud" ? { issues, isLast: true } : { issues, total: issues.length, startAt: 0 },
  };
}

/** The index sees a change later. */
function changedSince(
  all: Issue[],
  options: Required<JiraOptions>,
  body: Record<string, unknown>,
  since: number,
): Reply {
  const { deployment, indexLagMs, now } = options;
  const found = all
    .filter(({ updated }) => updated >= since && now() - updated >= indexLagMs)
    .sort((a, b) => b.updated - a.updated);
  const most = Math.min(50, Number(body.maxResults ?? 50));
  const start = Number(body.nextPageToken ?? body.startAt ?? 0);
  const issues = found
    .slice(start, start + most)
    .map(({ id, key, updated }) => ({ id, key, fields: { updated: stamp(updated) } }));
  const isLast = start + most >= found.length;
  if (deployment !== "Cloud") return { status: 200, body: { issues, total: found.length, startAt: start } };
  return { status: 200, body: { issues, isLast, ...(isLast ? {} : { nextPageToken: String(start + most) }) } };
}
