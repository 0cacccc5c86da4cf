/** Finds an issue whose create has an unknown outcome: in the project and at the site to which it was sent, whatever the settings name by now. */
import { DeliveryError } from "../../core/errors.ts";
import { isSamePlace, type RemoteTicket, type SentTo, sentTo, sentToText } from "../../core/tickets/ticket.ts";
import type { KnownTicket } from "../../core/tickets/ticket-system.ts";
import { sentElsewhere } from "../sent-elsewhere.ts";
import { KeyLookup, type KnownIssue } from "./key-lookup.ts";
import { refusedSearch, withLabel } from "./label-search.ts";
import { type JiraSite, labelsOf, unexpected } from "./site.ts";

export class LostIssues {
  readonly #site: JiraSite;
  readonly #now: () => number;
  /** By project. */
  readonly #keys = new Map<string, KeyLookup>();
  /** The highest issue number seen so far, by project. */
  readonly #highest = new Map<string, number>();

  constructor(site: JiraSite, now: () => number) {
    this.#site = site;
    this.#now = now;
  }

  /** Search may be behind, or see nothing at all: what we have made ourselves at this site counts too. */
  async hint(known: readonly KnownTicket[], payload: string): Promise<string> {
    const project = projectIn(payload) ?? this.#site.projectKey;
    const newest = numberOf((await this.#newest(project))?.key ?? "");
    const ours = known
      .filter(({ remote }) => remote.key.startsWith(`${project}-`) && this.#site.has(remote.url))
      .map(({ remote }) => numberOf(remote.key));
    const highest = Math.max(this.#highest.get(project) ?? 0, newest, ...ours);
    this.#highest.set(project, highest);
    return sentToText({ mark: `${project}-${highest}`, place: this.#site.address });
  }

  /** An issue was made: what comes after has higher keys. */
  made({ key }: RemoteTicket): void {
    const project = projectOf(key);
    this.#highest.set(project, Math.max(this.#highest.get(project) ?? 0, numberOf(key)));
  }

  /** @throws DeliveryError inconclusive, elsewhere */
  async find(correlation: string, hint: string | null): Promise<RemoteTicket | null> {
    const sent = sentTo(hint);
    if (sent === null) return (await this.all(correlation, this.#site.projectKey))[0] ?? null;
    const project = projectOf(sent.mark);
    // Reading by key decides where the account may not search.
    for (const one of new Set([project, this.#site.projectKey])) {
      const [first] = await this.all(correlation, one).catch(refusedSearch);
      if (first !== undefined) return first;
    }
    // A site that only has another name shows it. Keys of another one say nothing.
    this.expectHere(sent);
    const found = await this.#keysOf(project).find(correlation, numberOf(sent.mark));
    if (found !== null) return this.#site.ticket(found.id, found.key);
    // Whether the account sees the tickets of that project is known of those in the settings' project alone, and it would be sent there.
    if (project.toUpperCase() !== this.#site.projectKey.toUpperCase())
      throw sentElsewhere(`project ${project}`, `project ${this.#site.projectKey}`);
    return null;
  }

  /** Every issue of this correlation that a search of the project shows, the oldest first: a clone has the labels of its original. */
  async all(correlation: string, project: string): Promise<RemoteTicket[]> {
    const jql = withLabel(project, correlation);
    const issues = (await this.#site.search(jql, 5)).filter(({ labels }) => labels.includes(correlation));
    return issues.toSorted((a, b) => Number(a.id) - Number(b.id)).map(({ id, key }) => this.#site.ticket(id, key));
  }

  /** After a search. @throws DeliveryError elsewhere: it was sent to another site */
  expectHere(sent: SentTo | null): void {
    const place = sent?.place ?? null;
    if (place !== null && !isSamePlace(place, this.#site.address)) throw sentElsewhere(place, this.#site.address);
  }

  #keysOf(project: string): KeyLookup {
    const known = this.#keys.get(project) ?? new KeyLookup((number) => this.#readIssue(project, number), this.#now);
    this.#keys.set(project, known);
    return known;
  }

  /** The project's newest issue; null if there is none or the account may not search. */
  async #newest(project: string): Promise<{ key: string } | null> {
    const jql = `project = "${project}" ORDER BY created DESC`;
    try {
      return (await this.#site.search(jql, 1))[0] ?? null;
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.retryable) throw error;
      return null;
    }
  }

  /** Null if there is no issue with this number. */
  async #readIssue(project: string, number: number): Promise<KnownIssue | null> {
    const path = `${this.#site.api}/issue/${encodeURIComponent(`${project}-${number}`)}?fields=labels&properties=rhythmx`;
    const { status, body } = await this.#site.target.request({ method: "GET", path, also: [404] });
    if (status === 404) return null;
    if (typeof body?.key !== "string") throw unexpected("it answers an issue without a key");
    // If the screen has no labels, the property is used.
    const said = [...labelsOf(body?.fields ?? {}), body?.properties?.rhythmx?.correlation];
    const correlations = said.filter((one) => typeof one === "string" && one.startsWith("rhythmx-"));
    return { id: String(body?.id), key: String(body?.key), correlations };
  }
}

/** The project to which a create's request goes; null: it does not say by its key. */
function projectIn(payload: string): string | null {
  const { project } = (JSON.parse(payload) as { fields?: { project?: { key?: unknown } } }).fields ?? {};
  return typeof project?.key === "string" && /^\w{1,64}$/.test(project.key) ? project.key : null;
}

/** The project of a key. */
export function projectOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("-")));
}

function numberOf(key: string): number {
  return Number(/-(\d+)$/.exec(key)?.[1] ?? 0);
}
