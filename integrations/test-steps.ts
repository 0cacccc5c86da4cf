/** Collects the steps of a connection test with their outcomes. */
import { messageOf } from "../core/errors.ts";
import type { TestStep } from "../core/tickets/ticket-system.ts";

/** The finding of a step; `warning` is a problem that does not fail it. */
export type TestFinding = string | { detail: string; warning: boolean };

export class TestSteps {
  readonly done: TestStep[] = [];

  /** Runs one step; `look` returns its finding. Returns false if it failed; the reason is in `done`. */
  async take(name: string, look: () => Promise<TestFinding>): Promise<boolean> {
    try {
      const found = await look();
      this.done.push({ name, ok: true, ...(typeof found === "string" ? { detail: found } : found) });
      return true;
    } catch (error) {
      this.done.push({ name, ok: false, detail: messageOf(error) });
      return false;
    }
  }
}
