/**
 * A syslog receiver over TCP or TLS that records what it gets and misbehaves on command. It takes both framings, deciding by the
 * first byte of each frame (RFC 6587, 3.4.1). `messages` is what its program has read: bytes left in the kernel are lost with it.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export interface ReceiverTls {
  cert: Buffer;
  key: Buffer;
  /** Demands a client certificate of this CA. */
  clientCa?: Buffer;
}

/** What it does to its connections; may be changed at any time. */
export interface Misbehaviour {
  /** After this many messages on a connection: RST, the rest unread. */
  resetAfter?: number;
  /** After this many messages on a connection: FIN, the rest thrown away, while the other direction stays open. */
  finAfter?: number;
  /** Closes each connection at once. */
  closeOnAccept?: boolean;
  /** Accepts and never reads. */
  deaf?: boolean;
  /** Reads slowly. */
  bytesPerSecond?: number;
}

interface Peer {
  socket: Socket;
  rest: Buffer;
  messages: number;
  done: boolean;
}

export class SyslogReceiver {
  readonly messages: string[] = [];
  misbehaviour: Misbehaviour = {};
  /** Connections accepted so far. */
  accepted = 0;
  #server: Server | null = null;
  #port: number;
  readonly #tls: ReceiverTls | null;
  readonly #host: string;
  readonly #peers = new Set<Peer>();

  /** `port` 0 = any free one; it is kept over `stop` and `start`. */
  constructor(options: { port?: number; tls?: ReceiverTls; host?: string } = {}) {
    this.#port = options.port ?? 0;
    this.#host = options.host ?? "127.0.0.1";
    this.#tls = options.tls ?? null;
  }

  static async started(options: { port?: number; tls?: ReceiverTls } = {}): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver(options);
    await receiver.start();
    return receiver;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#peers.size;
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
      : createServer({ allowHalfOpen: true }, onSocket);
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Stops listening and resets every connection; unread data is lost. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.reset();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  /** RST on every connection. */
  reset(): void {
    for (const peer of this.#peers) {
      peer.done = true;
      peer.socket.resetAndDestroy();
    }
    this.#peers.clear();
  }

  /** FIN on every connection, as a program does that has read everything and goes away. */
  fin(): void {
    for (const peer of this.#peers) peer.socket.end();
  }

  pause(): void {
    for (const { socket } of this.#peers) socket.pause();
  }

  resume(): void {
    for (const { socket } of this.#peers) socket.resume();
  }

  /** Resolves when `condition` holds; rejects after `milliseconds`. */
  async until(condition: () => boolean, milliseconds = 8_000): Promise<void> {
    const deadline = performance.now() + milliseconds;
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(`still ${this.messages.length} messages after ${milliseconds} ms`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #accept(socket: Socket): void {
    if (this.#server === null) {
      // Accepted while it was stopping.
      socket.resetAndDestroy();
      return;
    }
    this.accepted++;
    const peer: Peer = { socket, rest: Buffer.alloc(0), messages: 0, done: false };
    this.#peers.add(peer);
    socket.on("error", () => {});
    socket.on("close", () => this.#peers.delete(peer));
    socket.on("end", () => socket.end());
    if (this.misbehaviour.closeOnAccept) {
      socket.destroy();
      return;
    }
    socket.on("data", (data) => this.#read(peer, data as Buffer));
    if (this.misbehaviour.deaf) socket.pause();
  }

  #read(peer: Peer, data: Buffer): void {
    if (peer.done) return;
    peer.rest = Buffer.concat([peer.rest, data]);
    let at = 0;
    for (;;) {
      const frame = nextFrame(peer.rest, at);
      if (!frame) break;
      this.messages.push(peer.rest.toString("utf8", frame.start, frame.end));
      at = frame.next;
      peer.messages++;
      if (this.#misbehave(peer)) return;
    }
    peer.rest = peer.rest.subarray(at);
    const rate = this.misbehaviour.bytesPerSecond;
    if (rate === undefined) return;
    peer.socket.pause();
    setTimeout(() => peer.socket.resume(), (data.length / rate) * 1000);
  }

  #misbehave(peer: Peer): boolean {
    const { resetAfter = Number.POSITIVE_INFINITY, finAfter = Number.POSITIVE_INFINITY } = this.misbehaviour;
    if (peer.messages >= resetAfter) peer.socket.resetAndDestroy();
    else if (peer.messages >= finAfter) peer.socket.end();
    else return false;
    peer.done = true;
    return true;
  }
}

function nextFrame(buffer: Buffer, at: number): { start: number; end: number; next: number } | null {
  const first = buffer[at];
  if (first === undefined) return null;
  if (first < 0x31 || first > 0x39) {
    const end = buffer.indexOf(0x0a, at);
    return end < 0 ? null : { start: at, end, next: end + 1 };
  }
  const space = buffer.indexOf(0x20, at);
  if (space < 0) return null;
  const length = Number(buffer.toString("latin1", at, space));
  if (!Number.isSafeInteger(length)) throw new Error(`not a frame length: ${buffer.toString("latin1", at, space)}`);
  const start = space + 1;
  return start + length > buffer.length ? null : { start, end: start + length, next: start + length };
}
