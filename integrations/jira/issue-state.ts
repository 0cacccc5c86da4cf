/** The state of an issue, and what it means for an incident (protocols 3.8). */
import type { IncidentStatus } from "../../core/incident.ts";
import type {
  RemoteChange,
  RemoteComment,
  RemotePerson,
  RemoteState,
  RemoteTicket,
} from "../../core/tickets/ticket.ts";
import { type AdfNode, adfText } from "./adf.ts";

export interface Meanings {
  /** By lower-case name. */
  statuses: ReadonlyMap<string, IncidentStatus | null>;
  falsePositiveResolutions: readonly string[];
}

/** `accountId` in Jira Cloud, `name` or `key` in Data Center. */
export interface JiraUser {
  accountId?: string;
  name?: string;
  key?: string;
  displayName?: string;
  emailAddress?: string;
}

interface JiraStatus {
  name?: string;
  statusCategory?: { key?: string };
}

export interface IssueFields {
  status?: JiraStatus;
  resolution?: { name?: string } | null;
  assignee?: JiraUser | null;
  updated?: string;
  issuelinks?: { type?: { name?: string; outward?: string }; outwardIssue?: { key?: string } }[];
}

interface Change {
  id?: string | number;
  created?: string;
  author?: JiraUser;
  items?: { field?: string }[];
}

export interface IssueBody {
  id?: string;
  key?: string;
  fields?: IssueFields;
  changelog?: { histories?: Change[] };
}

export const stateFields = "status,resolution,assignee,updated,issuelinks";

/** `ourId`: our own account; null = not known. */
export function issueState(
  ticket: RemoteTicket,
  { fields = {}, changelog }: IssueBody,
  meanings: Meanings,
  ourId: string | null,
): RemoteState {
  const { status, resolution, assignee, updated } = fields;
  const name = textOf(status?.name) ?? "";
  const resolvedAs = textOf(resolution?.name);
  const resolved = resolvedAs === null ? "" : ` (${resolvedAs})`;
  const changed = timeOf(updated);
  return {
    ...ticket,
    status: `${name}${resolved}`.slice(0, 200),
    means: meaningOf({ ...status, name }, resolvedAs, meanings),
    isFinal: /^(closed|cancell?ed)$/i.test(name.trim()),
    assignee: personOf(assignee),
    changedBy: lastChange(changelog?.histories ?? [], ourId),
    mergedInto: duplicateOf(fields.issuelinks ?? []),
    updated: changed,
    stamp: String(changed),
  };
}

export function changeOf(id: string, { updated }: IssueFields): RemoteChange {
  const changed = timeOf(updated);
  return { id, updated: changed, stamp: String(changed) };
}

/** Uses configured names first, then the category that every status has. */
export function meaningOf(
  { name = "", statusCategory }: JiraStatus,
  resolution: string | null,
  { statuses, falsePositiveResolutions }: Meanings,
): IncidentStatus | null {
  const named = statuses.get(name.trim().toLowerCase());
  if (named !== undefined) return named;
  switch (statusCategory?.key) {
    case "new":
      return "OPEN";
    case "indeterminate":
      return "IN_PROGRESS";
    case "done":
      return resolution !== null && falsePositiveResolutions.includes(resolution.toLowerCase())
        ? "FALSE_POSITIVE"
        : "CLOSED";
    default:
      return null;
  }
}

function personOf(user: JiraUser | null | undefined): RemotePerson | null {
  const id = idOf(user);
  if (id === null) return null;
  const { displayName, name, key } = user ?? {};
  const address = textOf(user?.emailAddress);
  const aliases = [textOf(name), textOf(key), address, address?.split("@")[0] ?? null].filter((one) => one !== null);
  return { id, name: textOf(displayName) ?? textOf(name) ?? id, aliases };
}

export function idOf(user: JiraUser | null | undefined): string | null {
  return textOf(user?.accountId) ?? textOf(user?.name) ?? textOf(user?.key);
}

/** Whatever the interface describes, an answer may hold something else than a text. */
function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function lastChange(histories: readonly Change[], ourId: string | null): RemoteState["changedBy"] {
  // The order differs between Cloud and Data Center.
  const [last] = histories
    .filter(({ items }) => items?.some(({ field }) => field === "status" || field === "resolution"))
    .sort((a, b) => timeOf(b.created) - timeOf(a.created) || Number(b.id ?? 0) - Number(a.id ?? 0));
  if (last?.author === undefined) return null;
  const id = idOf(last.author);
  return { name: textOf(last.author.displayName) ?? id ?? "somebody", isUs: ourId !== null && id === ourId };
}

/** Jira has no merging: a duplicate has a link to the other issue. */
function duplicateOf(links: NonNullable<IssueFields["issuelinks"]>): string | null {
  const link = links.find(
    ({ type, outwardIssue }) => textOf(outwardIssue?.key) !== null && /duplicate/i.test(textOf(type?.name) ?? ""),
  );
  return textOf(link?.outwardIssue?.key);
}

export interface CommentBody {
  id?: string;
  author?: JiraUser;
  body?: AdfNode | string;
  created?: string;
  properties?: { key?: string; value?: { delivery?: string } }[];
}

export function remoteComment(comment: CommentBody, ourId: string | null): RemoteComment {
  return {
    id: String(comment.id),
    author: textOf(comment.author?.displayName) ?? idOf(comment.author) ?? "somebody",
    isUs: ourId !== null && idOf(comment.author) === ourId,
    at: timeOf(comment.created),
    text: adfText(comment.body).trim(),
  };
}

/** Parses `2026-03-13T04:30:00.000+0000`, whose offset has no colon. */
function timeOf(text: string | undefined): number {
  const time = Date.parse(String(text ?? "").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return Number.isNaN(time) ? 0 : time;
}
