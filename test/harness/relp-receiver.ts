/** A RELP receiver that is as strict about transaction numbers as librelp, and misbehaves on command. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ReceiverTls } from "./syslog-receiver.ts";

export interface RelpMisbehaviour {
  /** Milliseconds before each acknowledgement. */
  ackDelayMs?: number;
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
  /** Closes each connection at once. */
  closeOnAccept?: boolean;
  /** Reads slowly. */
  bytesPerSecond?: number;
}

interface Session {
  socket: Socket;
  rest: Buffer;
  txnr: number;
  messages: number;
  done: boolean;
}

export class RelpReceiver {
  readonly messages: string[] = [];
  misbehaviour: RelpMisbehaviour = {};
  /** `close` commands answered. */
  goodbyes = 0;
  /** Sessions opened. */
  sessions = 0;
  /** Connections accepted so far. */
  accepted = 0;
  #server: Server | null = null;
  #port: number;
  readonly #tls: ReceiverTls | null;
  readonly #host: string;
  readonly #open = new Set<Session>();

  constructor(tls: ReceiverTls | null = null, options: { port?: number; host?: string } = {}) {
    this.#tls = tls;
    this.#port = options.port ?? 0;
    this.#host = options.host ?? "127.0.0.1";
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const onSocket = (socket: Socket) => this.#accept(socket);
    const tls = this.#tls;
    const server: Server = tls
      ? createTlsServer(
          {
            cert: tls.cert,
            key: tls.key,
            ...(tls.clientCa ? { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true } : {}),
          },
          onSocket,
        )
      : createServer(onSocket);
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(this.#port, this.#host, resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.reset();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  reset(): void {
    for (const session of this.#open) {
      session.done = true;
      session.socket.resetAndDestroy();
    }
    this.#open.clear();
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#open.size;
  }

  pause(): void {
    for (const { socket } of this.#open) socket.pause();
  }

  /** `serverclose` and FIN on every session. */
  serverClose(): void {
    for (const { socket } of this.#open) socket.end("0 serverclose 0\n");
  }

  async until(condition: () => boolean, milliseconds = 8_000): Promise<void> {
    const deadline = performance.now() + milliseconds;
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(`still ${this.messages.length} messages after ${milliseconds} ms`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #accept(socket: Socket): void {
    this.accepted++;
    const session: Session = { socket, rest: Buffer.alloc(0), txnr: 0, messages: 0, done: false };
    this.#open.add(session);
    socket.on("error", () => {});
    socket.on("close", () => this.#open.delete(session));
    if (this.misbehaviour.closeOnAccept) {
      socket.destroy();
      return;
    }
    socket.on("data", (data) => this.#read(session, data as Buffer));
  }

  #read(session: Session, data: Buffer): void {
    const rate = this.misbehaviour.bytesPerSecond;
    if (rate !== undefined) {
      session.socket.pause();
      setTimeout(() => session.socket.resume(), (data.length / rate) * 1000);
    }
    session.rest = Buffer.concat([session.rest, data]);
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
    const { refuse, resetAfter, serverCloseAfter, silent, ackDelayMs } = this.misbehaviour;
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
    if (ackDelayMs === undefined) this.#answer(session, txnr, "200 OK");
    else setTimeout(() => this.#answer(session, txnr, "200 OK"), ackDelayMs);
  }

  #answer(session: Session, txnr: number, text: string): void {
    if (!session.done) session.socket.write(`${txnr} rsp ${Buffer.byteLength(text)} ${text}\n`);
  }
}
