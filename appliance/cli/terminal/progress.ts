/** A progress bar, on a terminal only. */
import { basename } from "node:path";
import type { Terminal } from "../command.ts";

const cells = 30;

/** Whether a line can be drawn again in its place. */
export function canRedraw({ interactive }: Pick<Terminal, "interactive">): boolean {
  return interactive && process.env.TERM !== "dumb";
}

export function progressBar(terminal: Terminal, file: string, totalBytes: number | null) {
  const started = performance.now();
  let drawn = 0;
  const draw = (bytes: number, records: number) => {
    const rate = Math.round(records / Math.max(0.001, (performance.now() - started) / 1000));
    const share = totalBytes === null || totalBytes === 0 ? null : Math.min(1, bytes / totalBytes);
    const bar =
      share === null
        ? ""
        : `[${"#".repeat(Math.round(share * cells)).padEnd(cells, ".")}] ${String(Math.floor(share * 100)).padStart(3)} % `;
    terminal.err(`\r\x1b[K${basename(file).slice(0, 30)} ${bar}${records} records, ${rate}/s`);
  };
  return {
    advance(bytes: number, records: number): void {
      if (!canRedraw(terminal) || performance.now() - drawn < 100) return;
      drawn = performance.now();
      draw(bytes, records);
    },
    end(): void {
      if (drawn > 0) terminal.err("\r\x1b[K");
    },
  };
}
