/** Ctrl-C and the like, for commands that have something to bring to an end first. */
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The exit code of a program that a signal has ended, as a shell reports it. */
function codeOf(signal: (typeof signals)[number]): number {
  return 128 + constants.signals[signal];
}

/** A command was ended from outside. */
export class Interrupted extends Error {
  readonly exitCode: number;
  constructor(exitCode = codeOf("SIGINT"), message = "interrupted") {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs `work` with a signal that is aborted, with `Interrupted` as its reason, when the process is asked to end or `end` is called. A second
 * request ends the process at once.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal, end: (exitCode: number) => void) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = (exitCode: number) => ending.abort(new Interrupted(exitCode));
  const onSignal = (signal: (typeof signals)[number]) => {
    if (ending.signal.aborted) process.exit(codeOf(signal));
    end(codeOf(signal));
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work(ending.signal, end);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** What `work` comes to, or the interruption, whichever is first. @throws Interrupted */
export async function orInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  // Whatever becomes of it after an interruption.
  work.catch(() => {});
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
