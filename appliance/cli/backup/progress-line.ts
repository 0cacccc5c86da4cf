/** How far a backup or a restore is, on a terminal; and what one holds, in words. */
import type { Terminal } from "../command.ts";
import { canRedraw } from "../terminal/progress.ts";

const cells = 30;
const words = { copy: "copying", check: "checking", pack: "packing", read: "reading" } as const;

export interface Phase {
  phase: keyof typeof words;
  done: number;
  total: number;
}

export function progressLine(terminal: Terminal): { draw(phase: Phase): void; end(): void } {
  let last = "";
  let drawnAt = 0;
  return {
    draw({ phase, done, total }) {
      if (!canRedraw(terminal)) return;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const bar = `[${"#".repeat(Math.round(share * cells)).padEnd(cells, ".")}] ${Math.floor(share * 100)} %`;
      const line = `${words[phase].padEnd(8)} ${phase === "check" ? "" : bar}`;
      const now = performance.now();
      if (line === last || (last.startsWith(words[phase]) && now - drawnAt < 100)) return;
      [last, drawnAt] = [line, now];
      terminal.err(`\r\x1b[K${line}`);
    },
    end() {
      if (last !== "") terminal.err("\r\x1b[K");
      last = "";
    },
  };
}

/** Such as `1,204 alerts, 37 incidents, 12 tickets, 3 users`. */
export function countsOf(counts: Readonly<Record<string, number>>): string {
  const named = [
    ["sigma_alerts", "alert", "alerts"],
    ["incidents", "incident", "incidents"],
    ["tickets", "ticket", "tickets"],
    ["users", "user", "users"],
  ] as const;
  return named
    .flatMap(([table, singular, plural]) => {
      const n = counts[table];
      return n === undefined ? [] : [`${n.toLocaleString("en-US")} ${n === 1 ? singular : plural}`];
    })
    .join(", ");
}
