/** Identifies issues: from the answer to a create or by a key; and checks whether the account sees its own issues (protocols 3.3). */
import { DeliveryError } from "../../core/errors.ts";
import { isSamePlace, type RemoteTicket, sentTo } from "../../core/tickets/ticket.ts";
import type { KnownTicket, NamedTicket, SentCreate, TicketCandidate } from "../../core/tickets/ticket-system.ts";
import { parseTime, toIso } from "../../core/time.ts";
import type { TargetAnswer } from "../http.ts";
import { type JiraSite, statusName } from "./site.ts";

/** How many of our own issues are tried before the account counts as unable to see them. */
const mostKnown = 3;
/** Candidates that a person is shown: two are one too many already. */
const mostCandidates = 5;
const keyForm = /^[A-Z][A-Z0-9_]{0,40}-[1-9]\d{0,9}$/;

/** The issue that Jira made, from the id, key or address in the answer. */
export function createdIssue(site: JiraSite, { body, headers }: TargetAnswer): RemoteTicket | null {
  const made: unknown = Array.isArray(body) ? body[0] : body;
  const { id, key, self } = (typeof made === "object" && made !== null ? made : {}) as Record<string, unknown>;
  const named = wordOf(key);
  const numbered = wordOf(id) || referenceIn(wordOf(self)) || referenceIn(headers.get("location") ?? "");
  if (named === "" && numbered === "") return null;
  return site.ticket(numbered || named, named || numbered);
}

function wordOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function referenceIn(address: string): string {
  return /\/(?:issue|browse)\/([A-Za-z0-9_-]{1,60})\/?(?:\?.*)?$/.exec(address)?.[1] ?? "";
}

interface ReadIssue {
  id: string;
  key: string;
  /** What we have said of it ourselves; null: nothing, or it does not keep that. */
  property: string | null;
  /** Those of ours, which people add, move and clone. */
  labels: readonly string[];
}

/** Another Jira has an issue of the same id, too. One that a person has named may have no correlation. */
function isThat({ key, property, labels }: ReadIssue, known: KnownTicket): boolean {
  const { correlation } = known;
  if (property !== null) return property === correlation;
  return labels.length === 0 ? key === known.remote.key : labels.includes(correlation);
}

const isOurs = (label: unknown): label is string => typeof label === "string" && label.startsWith("rhythmx-inc-");

export class IssueIdentity {
  readonly #site: JiraSite;

  constructor(site: JiraSite) {
    this.#site = site;
  }

  /** Issues are looked up by reading: an account that can read one issue of the project can read the others that it made. */
  async findsOwn(known: readonly KnownTicket[]): Promise<boolean> {
    const ofProject = known.filter(
      ({ remote }) => remote.key.startsWith(`${this.#site.projectKey}-`) || !keyForm.test(remote.key),
    );
    for (const one of ofProject.slice(0, mostKnown)) {
      const issue = await this.#read(one.remote.id);
      if (issue !== null && isThat(issue, one)) return true;
    }
    return false;
  }

  /** Jira counts its issues, so another site has others of the same ids. One that only has another name has the same ones. */
  async owns(known: KnownTicket): Promise<boolean> {
    await this.#site.detect();
    if (this.#site.has(known.remote.url)) return true;
    const issue = await this.#read(known.remote.id);
    return issue !== null && isThat(issue, known);
  }

  /** Every issue with this label that the search shows: it may be behind. `jql`: asks for it. */
  async candidates(label: string, jql: string): Promise<TicketCandidate[]> {
    const found = await this.#site.issues(jql, mostCandidates, ["labels", "summary", "status", "created"]);
    return found.flatMap(({ id, key, fields }) => {
      if (!(Array.isArray(fields.labels) && fields.labels.includes(label))) return [];
      const made = parseTime(wordOf(fields.created));
      return {
        ticket: this.#site.ticket(id, key),
        title: wordOf(fields.summary),
        status: statusName(fields),
        madeAt: made === null ? null : toIso(made),
        others: fields.labels.filter(isOurs).filter((one) => one !== label),
      };
    });
  }

  /** @throws DeliveryError number_form */
  async named(number: string, { correlation, hint }: SentCreate): Promise<NamedTicket> {
    const key = number.toUpperCase();
    if (!keyForm.test(key))
      throw new DeliveryError("number_form", `an issue key such as ${this.#site.projectKey}-123`, {
        retryable: false,
        data: { permanent: true },
      });
    const issue = await this.#read(key);
    const { place } = sentTo(hint) ?? { place: null };
    const isThere = issue !== null && (issue.property === correlation || issue.labels.includes(correlation));
    // What has this key at the site of the settings is another issue.
    if (place !== null && !isSamePlace(place, this.#site.address) && !isThere) {
      const ticket = { id: key, key, url: `${place}/browse/${encodeURIComponent(key)}` };
      return { ticket, seen: false, correlation: null, elsewhere: place };
    }
    if (issue === null) return { ticket: this.#site.ticket(key, key), seen: false, correlation: null };
    const said = issue.property ?? issue.labels.find((one) => one !== correlation) ?? issue.labels[0] ?? null;
    return { ticket: this.#site.ticket(issue.id, issue.key), seen: true, correlation: said };
  }

  async #read(reference: string): Promise<ReadIssue | null> {
    await this.#site.detect();
    const path = `${this.#site.api}/issue/${encodeURIComponent(reference)}?fields=labels&properties=rhythmx`;
    const { status, body } = await this.#site.target.request({ method: "GET", path, also: [403, 404] });
    if (status !== 200 || typeof body?.id !== "string" || typeof body?.key !== "string") return null;
    const property: unknown = body.properties?.rhythmx?.correlation;
    const labels: unknown = body.fields?.labels;
    return {
      id: body.id,
      key: body.key,
      property: isOurs(property) ? property : null,
      labels: Array.isArray(labels) ? labels.filter(isOurs) : [],
    };
  }
}
