/** The steps of a connection test, each with its outcome. */
import { messageOf } from "../core/errors.ts";
import type { TestStep } from "../core/tickets/ticket.ts";

/** What a step has found; with `warning`, something that does not stop it. */
export type TestFinding = string | { detail: string; warning: boolean };

export class TestSteps {
  readonly done: TestStep[] = [];

  /** Takes one step; `look` says what it has found. False: it failed, and why is in `done`. */
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
