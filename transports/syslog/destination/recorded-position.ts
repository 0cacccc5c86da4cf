/**
 * A destination's position in memory and on the disk, usually equal. While the connection is in trouble the one on the disk
 * stays, or goes back, behind what only the sender's memory is sure to have, so that a crash then loses nothing.
 */
import { messageOf } from "../../../core/errors.ts";
import type { EventLog, SyslogSender } from "../../../core/ports.ts";

/** Everything up to `seq` was in the first `messages` messages that the sender took. */
interface Milestone {
  seq: number;
  messages: number;
}

export interface RecordedPositionOptions {
  log: EventLog;
  /** Owner of the position in the event log. */
  reader: string;
  sender: SyslogSender;
  /** Called when it could not be recorded; the next `record()` tries again. */
  onUnsaved(message: string): void;
  onSaved(): void;
}

export class RecordedPosition {
  readonly #options: RecordedPositionOptions;
  #sent = 0;
  #recorded = 0;
  /** The recordings before the next one. */
  #recording: Promise<void> = Promise.resolve();
  #unsaved = false;
  /** Messages that the sender has taken, those that are no events included. */
  #taken = 0;
  /** Ends of batches, from the newest that lies behind everything the sender holds. */
  #milestones: Milestone[] = [];

  constructor(options: RecordedPositionOptions) {
    this.#options = options;
  }

  /** Everything up to here has been sent. */
  get sent(): number {
    return this.#sent;
  }

  /** The last attempt to record failed. */
  get unsaved(): boolean {
    return this.#unsaved;
  }

  /** Where it is on the disk already. */
  startFrom(seq: number): void {
    this.#sent = seq;
    this.#recorded = seq;
    this.#milestones = [{ seq, messages: this.#taken }];
  }

  /** Sets it from outside; `then` is called when it is on the disk. Rejects with `StoreError`. */
  async moveTo(seq: number, then: () => void): Promise<void> {
    const moving = this.#recording.then(async () => {
      await this.#options.log.savePosition(this.#options.reader, seq);
      this.startFrom(seq);
      then();
    });
    this.#recording = moving.catch(() => {});
    await moving;
  }

  /** The sender has taken this many more messages. */
  took(messages: number): void {
    this.#taken += messages;
  }

  /** Everything up to `seq` has been sent: it was in the messages taken so far. */
  pass(seq: number): void {
    this.#sent = seq;
    if (this.#milestones.at(-1)?.messages === this.#taken) this.#milestones.pop();
    this.#milestones.push({ seq, messages: this.#taken });
  }

  /** Records the current position, one write at a time. Resolves when that is done or has failed. */
  record(): Promise<void> {
    this.#recording = this.#recording.then(() => this.#recordNow());
    return this.#recording;
  }

  async #recordNow(): Promise<void> {
    const { log, reader, onSaved, onUnsaved } = this.#options;
    const position = this.#safe();
    if (position === this.#recorded && !this.#unsaved) return;
    try {
      await log.savePosition(reader, position);
      this.#recorded = position;
      this.#unsaved = false;
      onSaved();
    } catch (error) {
      // Sending continues even when the disk is full. A crash before the next record repeats messages but loses none.
      this.#unsaved = true;
      onUnsaved(messageOf(error));
    }
  }

  /** The position up to which nothing depends on this process's memory. */
  #safe(): number {
    const { messages, atRisk } = this.#options.sender.held();
    const safe = this.#taken - messages;
    const beyond = this.#milestones.findIndex((milestone) => milestone.messages > safe);
    this.#milestones.splice(0, (beyond < 0 ? this.#milestones.length : beyond) - 1);
    return atRisk ? (this.#milestones[0]?.seq ?? this.#sent) : this.#sent;
  }
}
