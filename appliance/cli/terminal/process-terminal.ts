/** The terminal of this process, and what becomes of it when its output is not taken any more. */
import { constants } from "node:os";
import type { Terminal } from "../command.ts";

/**
 * Writes to stdout and stderr. When stdout is not taken any more, the command goes on to its end without it, because what it has begun must
 * not stay half done, and the process ends as other programs do: quietly with 141 after `| head`, with 1 and a reason when the disk is full.
 */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  let open = true;
  const terminal: Terminal = {
    out: (text) => {
      if (open) stdout.write(text);
    },
    bytes: (part) =>
      new Promise((resolve, reject) => stdout.write(part, (error) => (error ? reject(error) : resolve()))),
    err: (text) => void stderr.write(text),
    stdin,
    interactive: stderr.isTTY === true,
    columns: stdout.isTTY === true ? stdout.columns || 80 : null,
  };
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!open) return;
    open = false;
    const code = error.code === "EPIPE" ? 128 + constants.signals.SIGPIPE : 1;
    if (error.code !== "EPIPE") terminal.err(`rhythmx: ${whyNotWritten(error)}\n`);
    process.once("exit", () => {
      process.exitCode = code;
    });
    terminal.outputFailed?.(error);
  });
  // Nobody can be told.
  stderr.on("error", () => {});
  return terminal;
}

/** Why output could not be written, for people. */
function whyNotWritten({ code, message }: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    ENOSPC: "its disk is full: make room and run the command again",
    EDQUOT: "the quota of its disk is used up: make room and run the command again",
    EIO: "its device fails",
  };
  return `the output cannot be written: ${words[code ?? ""] ?? message}`;
}
