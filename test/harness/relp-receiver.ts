/** A RELP receiver that is as strict about transaction numbers as librelp, and misbehaves on command. */
import type { Socket } from "node:net";
import { type Peer, type ReceiverTls, type StreamMisbehaviour, StreamReceiver } from "./stream-receiver.ts";

interface RelpMisbehaviour extends StreamMisbehaviour {
  /** Acknowledges when `acknowledge` says so. */
  holding?: boolean;
  /** Takes messages and says nothing. */
  silent?: boolean;
  /** After this many messages on a connection: reset; the last `unacknowledged` of them without an answer. */
  resetAfter?: number;
  /** After this many messages on a connection: `serverclose` and FIN. */
  serverCloseAfter?: number;
  /** Answers 500 to the message with this count (from 1), over all connections; once. */
  refuse?: number;
  /** Answers `open` with these offers. */
  offers?: string;
}

interface Session extends Peer {
  txnr: number;
}

export class RelpReceiver extends StreamReceiver<Session, RelpMisbehaviour> {
  misbehaviour: RelpMisbehaviour = {};
  /** `close` commands answered. */
  goodbyes = 0;
  /** Sessions opened. */
  sessions = 0;
  readonly #held: (() => void)[] = [];

  constructor(tls: ReceiverTls | null = null, options: { port?: number; host?: string } = {}) {
    super({ ...options, tls });
  }

  /** `serverclose` and FIN on every session. */
  serverClose(): void {
    for (const { socket } of this.peers) socket.end("0 serverclose 0\n");
  }

  /** Acknowledges the oldest `count` of the messages that wait for it. */
  acknowledge(count: number): void {
    for (const answer of this.#held.splice(0, count)) answer();
  }

  protected peerOf(socket: Socket): Session {
    return { socket, rest: Buffer.alloc(0), txnr: 0, messages: 0, done: false };
  }

  protected read(session: Session): void {
    while (!session.done) {
      const header = /^(\d+) (open|syslog|close) (\d+)( |\n)/.exec(session.rest.toString("latin1", 0, 64));
      if (!header) return;
      const [whole, txnr = "", command = "", length = ""] = header;
      const start = Number(length) === 0 ? whole.length - 1 : whole.length;
      const end = start + Number(length);
      if (session.rest.length <= end) return;
      const body = session.rest.toString("utf8", start, end);
      const expected = (session.txnr % 999_999_999) + 1;
      if (Number(txnr) !== expected || session.rest[end] !== 0x0a) {
        session.done = true;
        session.socket.end("0 serverclose 0\n");
        return;
      }
      session.txnr = expected;
      session.rest = session.rest.subarray(end + 1);
      this.#command(session, expected, command, body);
    }
  }

  #command(session: Session, txnr: number, command: string, body: string): void {
    if (command === "open") {
      this.sessions++;
      const offers = this.misbehaviour.offers ?? "relp_version=0\nrelp_software=test\ncommands=syslog";
      this.#answer(session, txnr, `200 OK\n${offers}`);
    } else if (command === "close") {
      this.goodbyes++;
      session.socket.end(`${txnr} rsp 0\n0 serverclose 0\n`);
    } else this.#message(session, txnr, body);
  }

  #message(session: Session, txnr: number, body: string): void {
    const { refuse, resetAfter, serverCloseAfter, silent, holding } = this.misbehaviour;
    if (refuse === this.messages.length + 1) {
      delete this.misbehaviour.refuse;
      this.#answer(session, txnr, "500 queue is\x1b[31m full");
      return;
    }
    this.messages.push(body);
    session.messages++;
    if (session.messages === resetAfter || session.messages === serverCloseAfter) {
      session.done = true;
      if (session.messages === resetAfter) session.socket.resetAndDestroy();
      else session.socket.end("0 serverclose 0\n");
      return;
    }
    if (silent) return;
    if (holding) this.#held.push(() => this.#answer(session, txnr, "200 OK"));
    else this.#answer(session, txnr, "200 OK");
  }

  #answer(session: Session, txnr: number, text: string): void {
    if (!session.done) session.socket.write(`${txnr} rsp ${Buffer.byteLength(text)} ${text}\n`);
  }
}
