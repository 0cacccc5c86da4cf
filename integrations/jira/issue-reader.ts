/** Reads issues back: one by its id, its comments, and the list of changed ones. */
import { DeliveryError } from "../../core/errors.ts";
import type { RemoteChange, RemoteComment, RemoteState } from "../../core/tickets/ticket.ts";
import { isTooLong } from "../answers.ts";
import { changeOf, type IssueBody, issueState, type Meanings, remoteComment, stateFields } from "./issue-state.ts";
import type { IssueUpdates } from "./issue-updates.ts";
import { type JiraSite, unexpected } from "./site.ts";

const changesAPage = 100;
/** Search finds changes only minutes later. */
const overlapMinutes = 15;
const longestSearchMinutes = 90 * 24 * 60;

export class IssueReader {
  readonly #site: JiraSite;
  readonly #updates: IssueUpdates;
  readonly #meanings: Meanings;
  readonly #now: () => number;

  constructor(site: JiraSite, updates: IssueUpdates, meanings: Meanings, now: () => number) {
    this.#site = site;
    this.#updates = updates;
    this.#meanings = meanings;
    this.#now = now;
  }

  async read(id: string): Promise<RemoteState | null> {
    await this.#site.detect();
    const path = `${this.#site.api}/issue/${encodeURIComponent(id)}?fields=${stateFields}`;
    const ask = (more: string) => this.#site.target.request({ method: "GET", path: `${path}${more}`, also: [404] });
    // Data Center gives all changes of an issue at once, with the old and the new text of each. Without them the issue is read, and who changed it is not.
    const { status, body } = await ask("&expand=changelog").catch((error: unknown) => {
      if (!isTooLong(error)) throw error;
      return ask("");
    });
    if (status === 404) return null;
    if (typeof body?.id !== "string" || typeof body?.key !== "string" || typeof body?.fields !== "object")
      throw unexpected("its answer is no issue");
    // Where the answer to its create named nothing else, its key stands for the id.
    if (/^\d+$/.test(id) && body.id !== id)
      throw unexpected(`it answers with issue ${body.id} where ${id} was asked for`);
    return issueState(this.#site.ticket(body.id, body.key), body as IssueBody, this.#meanings, await this.#site.us());
  }

  async comments(id: string, isKnown: (commentId: string) => boolean): Promise<RemoteComment[]> {
    await this.#site.detect();
    const us = await this.#site.us();
    const found: RemoteComment[] = [];
    for await (const page of this.#updates.commentPages(id)) {
      found.push(...page.map((one) => remoteComment(one, us)));
      // Ours are known at once, so that one may be newer than others that are not.
      if (page.every((one) => isKnown(String(one.id)))) break;
    }
    return found;
  }

  /** A step of the connection test. It passes without permission to search, because issues are then read one by one. */
  async testSearch(): Promise<string> {
    try {
      for await (const _ of this.changes(String(this.#now()), 0)) break;
      return "changed issues are found";
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.retryable || error.code === "unauthorized") throw error;
      return "the account may not search: each issue is read, some at a time";
    }
  }

  /** If that cannot be found out, issues are searched by label. */
  async #hasLabels(): Promise<boolean> {
    try {
      return (await this.#site.createMeta()).labels;
    } catch (error) {
      if (error instanceof DeliveryError && !error.retryable && error.code !== "unauthorized") return true;
      throw error;
    }
  }

  /** Uses JQL's relative minutes, so that neither our clock nor the account's time zone matters. Newest first, so that changes during the search hide nothing. */
  async *changes(cursor: string | null, since: number): AsyncGenerator<{ changes: RemoteChange[]; cursor: string }> {
    const begun = this.#now();
    const from = cursor === null ? since : Number(cursor);
    const minutes = Math.min(longestSearchMinutes, Math.max(0, Math.ceil((begun - from) / 60_000)) + overlapMinutes);
    const isCloud = (await this.#site.detect()) === "cloud";
    const scope = (await this.#hasLabels()) ? 'labels = "rhythmx"' : `project = "${this.#site.projectKey}"`;
    const jql = `${scope} AND updated >= -${minutes}m ORDER BY updated DESC`;
    const path = isCloud ? `${this.#site.api}/search/jql` : `${this.#site.api}/search`;
    let place: object = {};
    const seen = new Set<string>();
    for (let read = 0; ; ) {
      const body = JSON.stringify({ jql, maxResults: changesAPage, fields: ["updated"], ...place });
      const answer = (await this.#site.target.request({ method: "POST", path, body })).body;
      const issues = (answer?.issues ?? []) as IssueBody[];
      const all = issues.map(({ id, fields }) => changeOf(String(id), fields ?? {}));
      const changes = all.filter(({ id, stamp }) => !seen.has(`${id} ${stamp}`));
      for (const { id, stamp } of changes) seen.add(`${id} ${stamp}`);
      yield { changes, cursor: String(begun) };
      read += issues.length;
      // A site that ignores the place would return the same page without end.
      if (changes.length === 0) return;
      if (!isCloud && read >= Number(answer?.total ?? 0)) return;
      if (isCloud && (answer?.isLast === true || typeof answer?.nextPageToken !== "string")) return;
      place = isCloud ? { nextPageToken: answer.nextPageToken } : { startAt: read };
    }
  }
}
