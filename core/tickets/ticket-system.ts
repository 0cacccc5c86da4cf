/** What core needs of a ticket system; each adapter implements it (integrations/). */
import type { IncidentStatus } from "../incident.ts";
import type { RiskLevel } from "../risk.ts";
import type { Block, Draft } from "./draft.ts";
import type { TargetScreens } from "./fields/target-fields.ts";
import type { RemoteChange, RemoteComment, RemoteState, RemoteTicket, TicketSystemName } from "./ticket.ts";

/** The title of a ticket, and what is known of it in the target. */
export interface TitleChange {
  /** Within the system's limit. */
  text: string;
  /** Titles that are ours: what was last kept, and what requests of unknown outcome have asked for since. Any other is a person's. */
  ours: readonly string[];
}

/** The outcome of an update. */
export interface UpdateResult {
  /** The target's id of what was made. */
  commentId?: string;
  /** The ticket as it is afterwards, where the target tells. */
  state?: RemoteState;
  /** What the target did differently from the request. */
  warning?: string;
  /** It cannot be said in a field: what a comment has to say instead. */
  instead?: string;
  /** The title as it was kept; null: a person has changed it, and it was left alone. */
  title?: string | null;
}

/** A comment or work note to be written. */
export interface CommentRequest {
  blocks: readonly Block[];
  /** Token by which it is found again: the delivery's id. */
  token: string;
}

/** A ticket to be made: what is said, and by which word it is found again. */
export interface TicketRequest {
  /** Label, correlation id: `rhythmx-inc-7601d999`. */
  correlation: string;
  draft: Draft;
}

/** A certificate that a target shows. Times: ISO 8601. */
export interface ShownCertificate {
  /** The common name, else the whole subject. */
  subject: string;
  issuer: string;
  /** The names that it is for, with commas between them; "" = none. */
  names: string;
  valid_from: string;
  valid_to: string;
}

/** One step of a connection test. */
export interface TestStep {
  name: string;
  /** Which of several things that were tried: `alerts/siem`. */
  of?: string;
  ok: boolean;
  /** What was found, or what is wrong and how to mend it. */
  detail: string;
  /** It works with a limitation, which the status shows. */
  warning?: boolean;
  /** Something that the target requires is not filled: it is enabled only when a person says "all the same". */
  asks?: boolean;
  /** It failed because the target refuses what was asked: it is not away. */
  refused?: boolean;
  /** What the target said, in its own words. */
  words?: string;
  /** The chain that it showed, its own certificate first. */
  certificates?: readonly ShownCertificate[];
}

/** A ticket of ours, and the word by which its target finds it. */
export interface KnownTicket {
  remote: RemoteTicket;
  correlation: string;
}

/** A create that has been sent: what its ticket is found by, and what was remembered before it (`TicketSystem.hint`). */
export interface SentCreate {
  correlation: string;
  hint: string | null;
}

/** A ticket named by a person. */
export interface NamedTicket {
  ticket: RemoteTicket;
  /** Whether the account could read it. */
  seen: boolean;
  /** By which correlation it is found, where it has one of ours; null = none, or not seen. */
  correlation: string | null;
  /** Where the create was sent, in words, where that is not what the settings name: it cannot be read there. */
  elsewhere?: string;
}

/** What a target says to a request: noted for the ledger of attempts. */
export interface Exchange {
  request: string;
  status: number | null;
  words: string;
  /** What was sent and answered, without secrets and shortened; null = nothing. */
  sent: string | null;
  answer: string | null;
}

/** A ticket that a create may have made, as its target shows it. */
export interface TicketCandidate {
  ticket: RemoteTicket;
  /** "" = not said. */
  title: string;
  /** As the target calls it; "" = not said. */
  status: string;
  /** ISO 8601; null = not said. */
  madeAt: string | null;
  /** Correlations of other incidents that it has, too. */
  others: readonly string[];
}

/** A ticket system. Every method throws `DeliveryError`; `data.sent` of it tells whether the request may have had its effect. */
export interface TicketSystem {
  readonly name: TicketSystemName;
  /** Whether it can be asked what has changed; else each open ticket is read. */
  readonly searches: boolean;
  /** Whether its connection test fails where the account may not read tickets of its own, even before there is one. */
  readonly testShowsReading: boolean;
  /** Fields of a create's request that nobody mends by hand, because the ticket is found or routed by them. */
  readonly fixedFields: readonly string[];
  /** The exact request body as JSON text, the same for the same request and settings. May ask the target what it accepts. */
  render(request: TicketRequest): Promise<string>;
  /** Whether its search may not show for a while what was just made: one look is not enough. */
  readonly searchLags: boolean;
  /** What to store before this create, for a later look-up: where it is sent (`sentToText`). `known`: tickets of ours, the newest first. */
  hint(known: readonly KnownTicket[], payload: string): Promise<string>;
  create(payload: string): Promise<RemoteTicket>;
  /** The priority that this request will give, by the target's name; null = it sends none. */
  priorityOf(payload: string): Promise<string | null>;
  /** The title that a create's request gives; null = none. */
  titleOf(payload: string): string | null;
  /** The title for this level and draft, within the system's limit. */
  titleFor(level: RiskLevel, draft: Draft): string;
  /**
   * The ticket of this correlation, null where there is none. `hint`: what was remembered before the create. @throws DeliveryError inconclusive: it may
   * be there all the same; elsewhere: it was sent to what the settings do not name, and is not seen there; unfiltered: the search gives what was not asked for
   */
  find(correlation: string, hint: string | null): Promise<RemoteTicket | null>;
  /** Every ticket of this correlation that a search shows; more than one only where two processes have made it. */
  findAll(correlation: string): Promise<RemoteTicket[]>;
  /** Every ticket of this correlation that the target shows, for a person to choose from. Null = this system lists none. */
  candidates: ((sent: SentCreate) => Promise<TicketCandidate[]>) | null;
  /** Whether the account finds tickets of its own: only then does an empty look mean that there is none. `known`: the newest first. */
  findsOwn(known: readonly KnownTicket[]): Promise<boolean>;
  /** False where what the settings name has another ticket of this one's id, or was never where this one is. */
  owns(known: KnownTicket): Promise<boolean>;
  /** The ticket of this number that this create has made, read where the account may. @throws DeliveryError number_form */
  named(number: string, sent: SentCreate): Promise<NamedTicket>;
  /** Puts the link to the incident into the ticket; doing it again changes nothing. Null = this system has it in the body. */
  link: ((ticket: RemoteTicket, draft: Draft) => Promise<void>) | null;
  /** Null: it is not there, or hidden from the account. */
  read(id: string): Promise<RemoteState | null>;
  /** The newest first, page by page, until one is known. */
  comments(id: string, isKnown: (commentId: string) => boolean): Promise<RemoteComment[]>;
  /**
   * Tickets that have changed since `cursor` (null: since `since`, epoch ms), page by page to the end. The last page's cursor is the next
   * one's beginning, with an overlap: tickets already seen may come again; their stamp shows that.
   */
  changes(cursor: string | null, since: number): AsyncIterable<{ changes: RemoteChange[]; cursor: string }>;
  /** The exact request body of a comment as JSON text. */
  renderComment(request: CommentRequest): Promise<string>;
  comment(id: string, payload: string): Promise<UpdateResult>;
  /** The comment of this token, null where there is none. */
  findComment(id: string, token: string): Promise<{ commentId: string } | null>;
  /** `state`: the ticket as it is. */
  setStatus(state: RemoteState, status: IncidentStatus, notes: string): Promise<UpdateResult>;
  /** The id of the person whom an analyst is in the target; null = nobody, or several. */
  findPerson(analyst: string): Promise<string | null>;
  /** Null = nobody. */
  setAssignee(id: string, personId: string | null): Promise<UpdateResult>;
  /**
   * `draft`: what the ticket would say now, for a system whose text is kept up to date. `title`: follows the level unless it is a person's by
   * now; null = left alone. What the account may not do to a title is a warning, because the level counts.
   */
  setPriority(
    id: string,
    level: RiskLevel,
    draft: () => Promise<Draft>,
    title: TitleChange | null,
  ): Promise<UpdateResult>;
  /** Reads only. `real`: a ticket that is rendered and held against what the target requires, also when it is closed. */
  test(real?: TicketRequest): Promise<TestStep[]>;
  /** The fields of the target's own screens. Reads only; what cannot be read is said in the answer. Null = this system describes none. */
  screens: (() => Promise<TargetScreens>) | null;
}
