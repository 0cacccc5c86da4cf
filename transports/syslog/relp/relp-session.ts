/** One RELP session on one connection: the handshake, commands out, answers in. */
import { DeliveryError } from "../../../core/errors.ts";
import { type ConnectionEnd, openConnection, type StreamConnection } from "../connection.ts";
import type { SenderContext } from "../options.ts";
import { encodeFrame, nextTxnr, parseAnswer, type RelpFrame, RelpParser } from "./relp-frames.ts";

/** librelp speaks version 0, although its text says 1; servers answer 0 to either. */
const OFFERS = "relp_version=0\nrelp_software=rhythmx-edge\ncommands=syslog";

export interface RelpHandlers {
  /** The peer has taken the message sent under this number. */
  onAcknowledged(txnr: number): void;
  /** All answers that came together have been handed on. */
  onAnswersRead(): void;
  onEnd(end: ConnectionEnd): void;
}

/** Connects and opens a session; rejects with a `DeliveryError` when the peer does not take `syslog` commands. */
export async function openRelpSession(context: SenderContext, signal: AbortSignal): Promise<RelpSession> {
  const session = new RelpSession(context);
  await session.open(signal);
  return session;
}

export class RelpSession {
  readonly #context: SenderContext;
  readonly #parser = new RelpParser();
  #connection: StreamConnection | null = null;
  #txnr = 0;
  #peerSays = "";
  #handlers: RelpHandlers | null = null;
  /** Callback for the answer to `open` or `close`. */
  #onReply: ((frame: RelpFrame) => void) | null = null;

  constructor(context: SenderContext) {
    this.#context = context;
  }

  async open(signal: AbortSignal): Promise<void> {
    const onData = (data: Buffer) => this.#read(data);
    const connection = await openConnection(this.#context, { signal, lateRefusal: false, onData });
    this.#connection = connection;
    try {
      const reply = await this.#ask("open", Buffer.from(OFFERS), this.#context.limits.connectMs, signal);
      const { code, text, offers } = parseAnswer(reply.data);
      this.#peerSays = [text, /^relp_software=([^\n]*)/m.exec(offers)?.[1] ?? ""]
        .filter((part) => part !== "")
        .join(", ")
        .replace(/[^ -~]/g, "?")
        .slice(0, 200);
      if (code !== 200) throw this.#error("relp_refused", `refused the RELP session: ${code} ${text}`);
      if (!/^commands=(.*,)?syslog(,|$)/m.test(offers))
        throw this.#error("relp_refused", "takes no syslog messages over RELP");
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** How the receiver greets and what it calls itself: plain ASCII, "" if it says nothing. */
  get peerSays(): string {
    return this.#peerSays;
  }

  /** Starts reporting answers and the end of the session. */
  watch(handlers: RelpHandlers): void {
    this.#handlers = handlers;
    this.#connection?.watch((end) => handlers.onEnd(end));
  }

  /** The number and the frame of the next message; to be written in this order. */
  frame(message: Uint8Array): { txnr: number; bytes: Buffer } {
    this.#txnr = nextTxnr(this.#txnr);
    return { txnr: this.#txnr, bytes: encodeFrame(this.#txnr, "syslog", message) };
  }

  /** Resolves when there is room for more. */
  async write(frames: Buffer[]): Promise<void> {
    const room = this.#connection?.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames), () => {});
    if (room === false) await this.#connection?.drained();
  }

  /** Ends the session as broken. */
  fail(code: string, what: string): void {
    this.#connection?.fail(this.#error(code, what));
  }

  /** Sends `close` and waits for the answer, at most `closeMs`. */
  async close(): Promise<void> {
    this.#handlers = null;
    await this.#ask("close", Buffer.alloc(0), this.#context.limits.closeMs, null).catch(() => {});
    this.#connection?.destroy();
  }

  #ask(command: "open" | "close", data: Buffer, milliseconds: number, signal: AbortSignal | null): Promise<RelpFrame> {
    const connection = this.#connection;
    return new Promise<RelpFrame>((resolve, reject) => {
      const late = this.#error("timeout", `did not answer the RELP command ${command} within ${milliseconds / 1000} s`);
      const timer = setTimeout(() => settle(() => reject(late)), milliseconds);
      const onAbort = () => settle(() => reject(signal?.reason));
      const settle = (outcome: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#onReply = null;
        outcome();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#txnr = nextTxnr(this.#txnr);
      const asked = this.#txnr;
      this.#onReply = (frame) => {
        if (frame.txnr === asked) settle(() => resolve(frame));
      };
      connection?.watch(({ error }) => settle(() => reject(this.#refusal(error))));
      connection?.write(encodeFrame(asked, command, data), () => {});
    });
  }

  #read(data: Buffer): void {
    let frames: RelpFrame[];
    try {
      frames = this.#parser.push(data);
    } catch (error) {
      if (error instanceof DeliveryError) this.#connection?.fail(error);
      return;
    }
    for (const frame of frames) this.#take(frame);
    this.#handlers?.onAnswersRead();
  }

  #take(frame: RelpFrame): void {
    if (frame.command === "serverclose") this.fail("peer_closed", "ended the RELP session");
    else if (frame.command !== "rsp") return;
    else if (this.#onReply) this.#onReply(frame);
    else this.#answered(frame);
  }

  #answered(frame: RelpFrame): void {
    const { code, text } = parseAnswer(frame.data);
    if (code === 200) this.#handlers?.onAcknowledged(frame.txnr);
    else this.fail("relp_refused", `did not take a message: ${code} ${text}`);
  }

  /** A receiver that takes only certificates it knows closes without a word. */
  #refusal(error: DeliveryError): DeliveryError {
    if (error.code !== "peer_closed") return error;
    const hint = this.#context.tls()
      ? "; check the port, and cert_file and key_file"
      : "; check that the port is a RELP input without TLS";
    return this.#error("relp_refused", `closed the connection instead of opening a RELP session${hint}`);
  }

  #error(code: string, what: string): DeliveryError {
    return new DeliveryError(code, `${this.#context.host}:${this.#context.port} ${what}`, { retryable: true });
  }
}
