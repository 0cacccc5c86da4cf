/** The counting receiver, seen from the bench. */
import { Child } from "./child.ts";
import type { SinkResult } from "./sink.ts";

export class Receiver {
  readonly port: number;
  readonly #child: Child;

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async started(): Promise<Receiver> {
    const child = new Child("sink.ts", {});
    const { port } = await child.next<{ port: number }>();
    return new Receiver(child, port);
  }

  /** Does `work`, and waits until `messages` more have arrived. Throws when one of the sample is not RFC 5424. */
  async after(messages: number, work: () => Promise<unknown>): Promise<SinkResult> {
    this.#child.send({ expect: messages });
    await this.#child.next();
    const [result] = await Promise.all([this.#child.next<SinkResult>(), work()]);
    if (result.bad !== null || result.parsed === 0) throw new Error(`the receiver refuses: ${result.bad}`);
    return result;
  }

  stop(): void {
    this.#child.stop();
  }
}
