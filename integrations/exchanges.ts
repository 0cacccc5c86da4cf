/** Which requests a piece of work has made: for the ledger of attempts. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Exchange } from "../core/tickets/ticket-system.ts";

/** The requests made during one piece of work. */
export interface Exchanges {
  last: Exchange | null;
  /** Whether one of the requests succeeded. */
  answered: boolean;
}

const recording = new AsyncLocalStorage<Exchanges>();

/** Runs `work` and records its requests, apart from those of other work that runs at the same time. */
export function recordingExchanges<T>(work: (exchanges: Readonly<Exchanges>) => Promise<T>): Promise<T> {
  const record: Exchanges = { last: null, answered: false };
  return recording.run(record, () => work(record));
}

/** Runs `work` without noting its requests: they are about other tickets, which are nobody's business who sees this one. */
export function unrecorded<T>(work: () => Promise<T>): Promise<T> {
  return recordingExchanges(work);
}

/** Notes a request of the work that is recorded. */
export function note(exchange: Exchange, answered = false): void {
  const record = recording.getStore();
  if (record === undefined) return;
  record.last = exchange;
  record.answered ||= answered;
}

/** The request that was noted before has had no whole answer. */
export function noteBroken(request: string, words: string): void {
  const sent = recording.getStore()?.last?.sent ?? null;
  note({ request, status: null, words, sent, answer: null });
}

/** Whether this work is recorded. */
export function isRecording(): boolean {
  return recording.getStore() !== undefined;
}
