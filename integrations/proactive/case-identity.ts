/** Identifies cases: by correlation, by number, and whether the API shows our own. Where a create was sent counts, whatever the settings name by now. */
import { DeliveryError } from "../../core/errors.ts";
import { isSamePlace, type RemoteTicket, type SentTo, sentTo, sentToText } from "../../core/tickets/ticket.ts";
import type { KnownTicket, NamedTicket, SentCreate } from "../../core/tickets/ticket-system.ts";
import type { Target } from "../http.ts";
import { sentElsewhere } from "../sent-elsewhere.ts";
import { type CaseAnswer, casesOf, numberForm, paths } from "./wire.ts";

/** A correlation that no case has. */
export const nobodys = "rhythmx-connection-test";
/** How many of our own cases are tried before the account counts as unable to see them. */
const mostKnown = 3;

export class CaseIdentity {
  readonly #target: Target;
  readonly #base: string;
  readonly #table: string;

  constructor(target: Target, { baseUrl, table }: { baseUrl: string; table: string }) {
    this.#target = target;
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#table = table;
  }

  /** Where a create is sent now. */
  hint(): string {
    return sentToText({ mark: this.#table, place: this.#base });
  }

  /** @throws DeliveryError hidden, unfiltered, elsewhere */
  async find({ correlation, hint }: SentCreate): Promise<RemoteTicket | null> {
    const sent = this.#elsewhere(hint);
    if (sent === null) return this.#find(this.#table, correlation);
    const isOtherTable = isSamePlace(sent.place ?? "", this.#base);
    const found =
      (isOtherTable ? await this.#find(sent.mark, correlation) : null) ?? (await this.#find(this.#table, correlation));
    if (found !== null) return found;
    throw sentElsewhere(whereIs(sent), `${this.#base}/${this.#table}`);
  }

  async findAll(correlation: string): Promise<RemoteTicket[]> {
    const found = await this.#cases(this.#table, correlation);
    return found.filter((one) => one.correlationId === correlation).map((one) => this.ticket(one));
  }

  /** Another API has a case of the same number. */
  async owns({ remote, correlation }: KnownTicket): Promise<boolean> {
    if (remote.url.startsWith(`${this.#base}/${encodeURIComponent(this.#table)}/`)) return true;
    return (await this.#find(this.#table, correlation).catch(unfiltered))?.id === remote.id;
  }

  async findsOwn(known: readonly KnownTicket[]): Promise<boolean> {
    for (const { remote, correlation } of known.slice(0, mostKnown))
      if ((await this.#find(this.#table, correlation).catch(unfiltered))?.id === remote.id) return true;
    return false;
  }

  /** @throws DeliveryError number_form */
  async named(number: string, { correlation, hint }: SentCreate): Promise<NamedTicket> {
    if (!numberForm.test(number))
      throw new DeliveryError("number_form", "a case number such as CS0001234", {
        retryable: false,
        data: { permanent: true },
      });
    const asked = { method: "GET" as const, path: paths.one(this.#table, number), also: [403, 404] };
    const answer = await this.#target.request(asked);
    const found = answer.status === 200 ? casesOf(answer.body).find((one) => one.ticketNumber === number) : undefined;
    const sent = this.#elsewhere(hint);
    // What has this number at what the settings name is another case.
    if (sent !== null && found?.correlationId !== correlation) {
      const url = `${sent.place}${paths.one(sent.mark, number)}`;
      return { ticket: { id: number, key: number, url }, seen: false, correlation: null, elsewhere: whereIs(sent) };
    }
    if (found === undefined)
      return { ticket: this.ticket({ ticketNumber: number, ticketStatus: "" }), seen: false, correlation: null };
    return { ticket: this.ticket(found), seen: true, correlation: found.correlationId };
  }

  ticket({ ticketNumber, ticketStatus }: Pick<CaseAnswer, "ticketNumber" | "ticketStatus">, table = this.#table) {
    const url = `${this.#base}${paths.one(table, ticketNumber)}`;
    return { id: ticketNumber, key: ticketNumber, url, ...(ticketStatus === "" ? {} : { status: ticketStatus }) };
  }

  async #find(table: string, correlation: string): Promise<RemoteTicket | null> {
    const found = await this.#cases(table, correlation);
    // An API that ignores the parameter returns every case: only one with our id counts.
    const ours = found.find((one) => one.correlationId === correlation);
    if (ours !== undefined) return this.ticket(ours, table);
    const [only] = found;
    if (only === undefined) return null;
    // One that does not say whose it is counts where nothing is found for a correlation that nobody has.
    const isAnonymous = found.length === 1 && only.correlationId === null;
    if (isAnonymous && (await this.#cases(table, nobodys)).length === 0) return this.ticket(only, table);
    throw new DeliveryError(
      "unfiltered",
      "the API gives cases that do not show the correlationId asked for, so that it says nothing: it ignores the parameter, or does not show whose they are",
      { retryable: true, data: { permanent: false, words: "" } },
    );
  }

  /** @throws DeliveryError hidden: the API counts cases, or gives one of this correlation, and does not say which */
  async #cases(table: string, correlation: string): Promise<CaseAnswer[]> {
    const answer = await this.#target.request({ method: "GET", path: paths.find(table, correlation), also: [404] });
    if (answer.status === 404) return [];
    const found = casesOf(answer.body);
    const counted = Number(answer.headers.get("x-total-count") ?? 0);
    const isNamed = JSON.stringify(answer.body ?? null).includes(JSON.stringify(correlation));
    if (found.length > 0 || !(counted > 0 || isNamed)) return found;
    throw new DeliveryError(
      "hidden",
      "the API has a case and does not show its ticketNumber to the account: ask for the right to read cases",
      { retryable: false, data: { permanent: true, status: answer.status, words: "" } },
    );
  }

  /** Where it was sent, if that is not what the settings name. */
  #elsewhere(hint: string | null): SentTo | null {
    const sent = sentTo(hint);
    if (sent === null || sent.place === null) return null;
    return isSamePlace(sent.place, this.#base) && sent.mark === this.#table ? null : sent;
  }
}

function whereIs({ mark, place }: SentTo): string {
  return `${place}/${mark}`;
}

/** For `catch`: a search that gives what was not asked for shows none. @throws the error */
function unfiltered(error: unknown): null {
  if (error instanceof DeliveryError && error.code === "unfiltered") return null;
  throw error;
}
