/** What receivers on a byte stream have in common: a TCP or TLS server whose connections can be paused and broken at any time. */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { freePort } from "./free-port.ts";

export interface ReceiverTls {
  cert: Buffer;
  key: Buffer;
  /** Demands a client certificate of this CA. */
  clientCa?: Buffer;
}

export interface StreamMisbehaviour {
  /** Closes each connection at once. */
  closeOnAccept?: boolean;
  /** Accepts and never reads. */
  deaf?: boolean;
  /** Reads slowly. */
  bytesPerSecond?: number;
}

/** One connection. */
export interface Peer {
  socket: Socket;
  /** Read, but no whole message yet. */
  rest: Buffer;
  messages: number;
  /** Nothing is taken from it any more. */
  done: boolean;
}

export abstract class StreamReceiver<P extends Peer, M extends StreamMisbehaviour> {
  readonly messages: string[] = [];
  /** What it does to its connections; may be changed at any time. */
  abstract misbehaviour: M;
  /** Connections accepted so far. */
  accepted = 0;
  protected readonly peers = new Set<P>();
  #server: Server | null = null;
  #port: number;
  readonly #tls: ReceiverTls | null;
  readonly #host: string;

  /** `port` 0 = any free one; it is kept over `stop` and `start`. */
  constructor(options: { port?: number; tls?: ReceiverTls | null; host?: string }) {
    this.#port = options.port ?? 0;
    this.#host = options.host ?? "127.0.0.1";
    this.#tls = options.tls ?? null;
  }

  /** A new connection, as it begins. */
  protected abstract peerOf(socket: Socket): P;
  /** Takes what is whole off the front of `peer.rest`. */
  protected abstract read(peer: P): void;

  get port(): number {
    return this.#port;
  }

  /** Connections that stand. */
  get connections(): number {
    return this.peers.size;
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
    // One of the kernel's own would not do: while nothing listens there, a sender that tries again may be given it as its own and reach itself.
    if (this.#port === 0) this.#port = await freePort();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#host, resolve);
    });
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
    for (const peer of this.peers) {
      peer.done = true;
      peer.socket.resetAndDestroy();
    }
    this.peers.clear();
  }

  pause(): void {
    for (const { socket } of this.peers) socket.pause();
  }

  resume(): void {
    for (const { socket } of this.peers) socket.resume();
  }

  /** Resolves when `condition` holds; rejects after `milliseconds`. */
  async until(condition: () => boolean, milliseconds = 180_000): Promise<void> {
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
    const peer = this.peerOf(socket);
    this.peers.add(peer);
    socket.on("error", () => {});
    socket.on("close", () => this.peers.delete(peer));
    socket.on("end", () => socket.end());
    if (this.misbehaviour.closeOnAccept) {
      socket.destroy();
      return;
    }
    socket.on("data", (data) => this.#receive(peer, data as Buffer));
    if (this.misbehaviour.deaf) socket.pause();
  }

  #receive(peer: P, data: Buffer): void {
    if (peer.done) return;
    peer.rest = Buffer.concat([peer.rest, data]);
    this.read(peer);
    const rate = this.misbehaviour.bytesPerSecond;
    if (rate === undefined || peer.done) return;
    peer.socket.pause();
    setTimeout(() => peer.socket.resume(), (data.length / rate) * 1000);
  }
}
