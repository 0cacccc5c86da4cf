/**
 * What core needs from outside. Ports are declared here; store, transports and appliance implement them.
 */
import type { Alarm, Detection, RecordWarning, RejectedRecord } from "./detection.ts";
import type { AppendedCounts, EventKind, LoggedEvent } from "./event.ts";
import type { PackedEvents } from "./feeds/packed-events.ts";

/** The appliance's clock. Both values are milliseconds. */
export interface Clock {
  /** Wall clock, epoch milliseconds UTC. May jump both ways. */
  now(): number;
  /** Milliseconds that only ever grow, for durations and timeouts. */
  monotonic(): number;
}

/** A uniformly distributed number in [0, 1): jitter only, never secrets. */
export type Random = () => number;

/** Waits; rejects with the signal's reason when aborted. A fake clock resolves it by hand. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/** The durable, ordered log of everything that happened. One writer; any number of readers, each with its own position. */
export interface EventLog {
  /** Events with `seq > after` of the given kinds, oldest first, at most `limit`. */
  read(after: number, limit: number, kinds: readonly EventKind[]): Promise<LoggedEvent[]>;
  /** The same, with the bodies in `shared` as far as they fit: `unpackBodies` makes events of the answer. */
  readInto(shared: SharedArrayBuffer, after: number, limit: number, kinds: readonly EventKind[]): Promise<PackedEvents>;
  /** The position of a reader, or null when it has none yet. */
  position(reader: string): Promise<number | null>;
  /** Records that `reader` has finished with everything up to and including `seq`. Durable when it resolves. */
  savePosition(reader: string, seq: number): Promise<void>;
  /** Highest sequence number written, 0 for an empty log. */
  end(): Promise<number>;
  /** How many events of these kinds wait behind `after`. */
  countAfter(after: number, kinds: readonly EventKind[]): Promise<number>;
  /** Called after every commit that appended events. Returns the function that stops it. */
  onAppend(listener: (end: number, counts: AppendedCounts) => void): () => void;
}

/** How a syslog connection is doing; every count is since process start. */
export interface SenderStatus {
  connected: boolean;
  /** Messages handed over for the first time. */
  written: number;
  /** Messages written again after a connection broke (byte-identical duplicates at the receiver). */
  resent: number;
  /** Connection attempts that failed and connections that broke. */
  errors: number;
  /** The last failure, readable; null while there is none. */
  lastError: string | null;
}

/** Messages that a sender has taken and keeps, so that it can write them again after a break. */
export interface HeldMessages {
  /** How many: the newest of all whose `send` has resolved. */
  messages: number;
  /**
   * The connection is in trouble, so that these messages might be lost with this process: nothing but its memory is sure to
   * have them. A durable position then stays behind them.
   */
  atRisk: boolean;
}

/**
 * Sends whole syslog messages to one receiver, in order. It owns its connection: it connects when first used,
 * notices a peer that went away, and reconnects with jittered backoff until closed.
 */
export interface SyslogSender {
  /** Starts to connect (udp: does nothing), so that a receiver that is away is known before the first message. */
  connect(): void;
  /**
   * Hands messages over in order. Resolves when the transport has them: written to the socket (tcp, tls), handed to the kernel
   * (udp), acknowledged by the peer (relp). While the receiver is away it waits, however long that takes; it rejects only
   * with `DeliveryError` code `closed` after `close()`. May be called again before the former call resolved; order is kept.
   * The bytes must stay as they are until it resolves; then they are no longer used.
   */
  send(messages: readonly SyslogBytes[]): Promise<void>;
  status(): SenderStatus;
  /** Nothing for udp, which promises nothing, and for relp, where what has resolved has been acknowledged. */
  held(): HeldMessages;
  /** `listener` is called whenever `held().atRisk` may have changed, and now and then while it is true. */
  onRisk(listener: () => void): void;
  /** Stops at once; pending sends reject with code `closed`. `held()` then says whether the receiver closed in order. */
  close(): Promise<void>;
}

/** One encoded RFC 5424 message without framing. */
export type SyslogBytes = Uint8Array;

/** Running totals of a batch. Alerts are counted once per batch. */
export interface IntakeTally {
  /** Detections (or alarms) that count. */
  accepted: number;
  /** Repeats of an id that is remembered. */
  duplicates: number;
  alertsNew: number;
  alertsUpdated: number;
}

/** The place of one write within a batch that came with an Idempotency-Key; recorded in the same commit as its records. */
export interface BatchStep {
  /** Scope of the key: the API key's id. */
  owner: string;
  key: string;
  bodySha256: string;
  /** Records of the batch, refused ones included, that are done once this write is in. */
  done: number;
  /** The tally before this write. */
  before: IntakeTally;
  /** On the last write, the rest of the answer, which is then stored; null before. */
  rest: AnswerRest | null;
}

/** The rest of a batch's answer, besides the tally. */
export interface AnswerRest {
  received: number;
  rejected: RejectedRecord[];
  warnings: RecordWarning[];
  /** Records that repeat what another record says; they are answered as duplicates. */
  repeats: number;
}

export interface StoredBatch {
  bodySha256: string;
  done: number;
  tally: IntakeTally;
  /** The answer as JSON text once the batch is complete. */
  answer: string | null;
}

export interface DetectionWrite {
  /** At most 1,000. */
  detections: readonly Detection[];
  /** Epoch milliseconds. */
  now: number;
  /** Hashes that earlier writes of this batch have already counted as new or updated. */
  counted: readonly string[];
  step: BatchStep | null;
  /** Where more of the batch follows: under which name its actors wait for `assessBatch`. Null: cases and incidents follow at once. */
  more: string | null;
}

export interface AlarmWrite {
  alarms: readonly Alarm[];
  now: number;
  step: BatchStep | null;
  more: string | null;
}

/** Stores accepted records. Each write is one commit, on the disk when it resolves. Rejects with `StoreError`. */
export interface IntakeStore {
  /** Returns the tally of this write alone. */
  writeDetections(write: DetectionWrite): Promise<IntakeTally>;
  writeAlarms(write: AlarmWrite): Promise<IntakeTally>;
  /**
   * What follows for the actors that wait under this name: scores, cases, incidents, for some of them in one commit. Returns whether
   * others still wait. Those of a batch that never comes to this are assessed later (`assessLeft`).
   */
  assessBatch(name: string, now: number): Promise<boolean>;
  /** The batch under this key, if retention has not forgotten it: by age here, a clock that jumps would count a repeat twice. */
  findBatch(owner: string, key: string): Promise<StoredBatch | null>;
}

/** One turn of the hourly feed. */
export interface HourlyStore {
  /**
   * Records an HOURLY event for up to 1,000 alerts that are due at `now`. Returns how many it recorded, and whether others wait.
   */
  recordHourly(now: number, intervalMs: number): Promise<{ recorded: number; more: boolean }>;
}
