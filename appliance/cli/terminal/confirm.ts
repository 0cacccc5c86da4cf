import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Terminal } from "../command.ts";

/** Whether somebody can answer. */
export function canAsk({ stdin, interactive }: Terminal): boolean {
  return interactive && "isTTY" in stdin && stdin.isTTY === true;
}

/** Asks on the terminal; anything but y or yes means no, also that `signal` is aborted. */
export async function confirm(terminal: Terminal, question: string, signal?: AbortSignal): Promise<boolean> {
  terminal.err(`${question} [y/N] `);
  const lines = createInterface({ input: terminal.stdin as Readable });
  // The terminal is let go of, so that the process can end.
  const letGo = () => lines.close();
  signal?.addEventListener("abort", letGo);
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line);
    return false;
  } finally {
    signal?.removeEventListener("abort", letGo);
    lines.close();
  }
}
