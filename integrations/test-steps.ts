/** The steps of a connection test, each with its outcome. */
import { messageOf } from "../core/errors.ts";
import type { TestStep } from "../core/tickets/ticket.ts";

export class TestSteps {
  readonly done: TestStep[] = [];

  /** Takes one step; `look` says what it has found. False: it failed, and why is in `done`. */
  async take(name: string, look: () => Promise<string>): Promise<boolean> {
    try {
      this.done.push({ name, ok: true, detail: await look() });
      return true;
    } catch (error) {
      this.done.push({ name, ok: false, detail: messageOf(error) });
      return false;
    }
  }
}
