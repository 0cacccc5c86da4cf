/** Finds the record of a create that has been sent: in the table and at the instance to which it was sent, whatever the settings name by now. */
import { isSamePlace, type RemoteTicket, type SentTo, sentTo, sentToText } from "../../core/tickets/ticket.ts";
import type { NamedTicket, SentCreate, TicketCandidate } from "../../core/tickets/ticket-system.ts";
import { isRefused } from "../answers.ts";
import { sentElsewhere } from "../sent-elsewhere.ts";
import { RecordIdentity } from "./identity.ts";
import { recordUrl, type Table } from "./table.ts";

export class SentRecords {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Where a create is sent now. */
  hint(): string {
    return sentToText({ mark: this.#table.name, place: this.#table.origin });
  }

  /** @throws DeliveryError hidden, unfiltered, elsewhere */
  async find({ correlation, hint }: SentCreate): Promise<RemoteTicket | null> {
    const found = await this.#first(hint, (one) => one.find(correlation));
    if (found === null) this.#expectHere(hint);
    return found;
  }

  /** @throws DeliveryError hidden, unfiltered, elsewhere */
  async candidates({ correlation, hint }: SentCreate): Promise<TicketCandidate[]> {
    const found = await this.#first(hint, async (one) => {
      const all = await one.candidates(correlation);
      return all.length === 0 ? null : all;
    });
    if (found === null) this.#expectHere(hint);
    return found ?? [];
  }

  /** @throws DeliveryError number_form */
  async named(number: string, { correlation, hint }: SentCreate): Promise<NamedTicket> {
    const here = await new RecordIdentity(this.#table).named(number);
    const sent = this.#elsewhere(hint);
    // What has this number at what the settings name is another record.
    if (sent === null || here.correlation === correlation) return here;
    const there = this.#isInstance(sent)
      ? await new RecordIdentity(this.#table.sibling(sent.mark)).named(number)
      : { ticket: { ...here.ticket, url: recordUrl(sent.place ?? "", sent.mark, here.ticket.key) }, seen: false };
    if (there.seen && "correlation" in there) return there;
    const { key, url } = there.ticket;
    return { ticket: { id: key, key, url }, seen: false, correlation: null, elsewhere: whereIs(sent, this.#table) };
  }

  /** The first that is found: where it was sent, then where the settings lead. Refused by the one, the other may show it all the same. */
  async #first<T>(hint: string | null, look: (identity: RecordIdentity) => Promise<T | null>): Promise<T | null> {
    const sent = this.#elsewhere(hint);
    const other = sent !== null && this.#isInstance(sent) ? [this.#table.sibling(sent.mark)] : [];
    let refusal: unknown = null;
    for (const table of [...other, this.#table])
      try {
        const found = await look(new RecordIdentity(table));
        if (found !== null) return found;
      } catch (error) {
        if (other.length === 0 || !isRefused(error)) throw error;
        refusal ??= error;
      }
    if (refusal !== null) throw refusal;
    return null;
  }

  /** Where it was sent, if that is not what the settings name. */
  #elsewhere(hint: string | null): SentTo | null {
    const sent = sentTo(hint);
    if (sent === null || sent.place === null) return null;
    return this.#isInstance(sent) && sent.mark === this.#table.name ? null : sent;
  }

  #isInstance(sent: SentTo): boolean {
    return isSamePlace(sent.place ?? "", this.#table.origin);
  }

  /** @throws DeliveryError elsewhere */
  #expectHere(hint: string | null): void {
    const sent = this.#elsewhere(hint);
    if (sent === null) return;
    const { name, origin } = this.#table;
    const now = this.#isInstance(sent) ? `table ${name}` : origin;
    throw sentElsewhere(whereIs(sent, this.#table), now);
  }
}

function whereIs({ mark, place }: SentTo, table: Table): string {
  return isSamePlace(place ?? "", table.origin) ? `table ${mark}` : `${place}, table ${mark}`;
}
