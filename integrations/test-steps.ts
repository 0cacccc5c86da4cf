/** Collects the steps of a connection test with their outcomes. */
import { DeliveryError, messageOf } from "../core/errors.ts";
import { oneLine } from "../core/logs/event-text.ts";
import type { TestStep } from "../core/tickets/ticket-system.ts";

/** The finding of a step; `warning` is a problem that does not fail it, `asks` one that a person has to accept. */
export type TestFinding = string | { detail: string; warning: boolean; asks?: true };

/** Names that a target gives stand in findings. */
const longestDetail = 2_000;

export class TestSteps {
  readonly done: TestStep[] = [];
  readonly #authority: string;

  /** `authority`: the setting with the certificate authority of the system. */
  constructor(authority: string) {
    this.#authority = authority;
  }

  /** Runs one step; `look` returns its finding. Returns false if it failed; the reason is in `done`. */
  async take(name: string, look: () => Promise<TestFinding>): Promise<boolean> {
    try {
      const found = await look();
      const { detail, ...more } = typeof found === "string" ? { detail: found } : found;
      this.done.push({ name, ok: true, detail: oneLine(detail, longestDetail), ...more });
      return true;
    } catch (error) {
      const advice = error instanceof DeliveryError ? this.#adviceOn(error) : null;
      const said = oneLine(messageOf(error), longestDetail);
      const isRefused = error instanceof DeliveryError && error.data.permanent === true;
      const found = advice === null ? { detail: said } : { detail: advice, words: said };
      this.done.push({ name, ok: false, ...found, ...(isRefused ? { refused: true } : {}) });
      return false;
    }
  }

  /** What to do where no answer came at all. */
  #adviceOn({ code, message }: DeliveryError): string | null {
    switch (code) {
      case "unreachable":
        return /ENOTFOUND|EAI_AGAIN/.test(message)
          ? "there is no such name: check the address, and the DNS of this machine"
          : "nothing answers at this address: check it and its port, and whether the way there needs a proxy";
      case "timeout":
        return "no answer came in time: check the address, the network and the proxy";
      case "tls":
        if (/expired/i.test(message)) return "its certificate has expired: have it renewed there";
        if (/altname|does not match|hostname/i.test(message))
          return "its certificate is for another name: give an address with a name that it is for";
        return `its certificate is signed by an authority that is not trusted here: give that authority as ${this.#authority}`;
      case "connection_broke":
        return "it breaks the connection: check the port, and whether it speaks https or http there";
      default:
        return null;
    }
  }
}
