/** Carries out steps one after the other and says what became of each. */
import { visible } from "../../../core/text/visible.ts";
import type { Paint } from "../terminal/paint.ts";
import type { Step } from "./steps.ts";

export interface Done {
  subject: string;
  /** In a dry run `made` and `changed` are what would be done. */
  state: "right" | "made" | "changed";
  detail: string;
}

interface Way {
  dryRun: boolean;
  say(text: string): void;
  /** Aborted when somebody asks it to end: the step that it is at is brought to its end. */
  signal?: AbortSignal;
  paint: Paint;
}

/** All steps look before the first one changes anything, so that what is refused leaves nothing half done. */
export async function carryOut(steps: readonly Step[], { dryRun, say, signal, paint }: Way): Promise<Done[]> {
  for (const step of steps) await step.look();
  const done: Done[] = [];
  for (const step of steps) {
    // A signal can come in between.
    await new Promise((resume) => setImmediate(resume));
    signal?.throwIfAborted();
    const change = await step.look();
    const one: Done = {
      subject: step.subject,
      state: change?.kind ?? "right",
      detail: change?.detail ?? step.right ?? "",
    };
    if (change !== null && !dryRun) await change.run();
    done.push(one);
    const words = {
      right: "as it was",
      made: dryRun ? "would make" : "made",
      changed: dryRun ? "would change" : "changed",
    };
    const word = words[one.state].padEnd(dryRun ? 12 : 9);
    const detail = one.detail === "" ? "" : ` (${one.detail})`;
    say(
      `${one.state === "right" ? paint.faint(word) : paint.green(word)}  ${visible(one.subject)}${paint.faint(visible(detail))}\n`,
    );
  }
  return done;
}
