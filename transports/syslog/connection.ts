/** One TCP or TLS connection to a receiver: opened, written to, watched until it is over. It is never reused after that. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, TLSSocket } from "node:tls";
import { DeliveryError } from "../../core/errors.ts";
import { connectError } from "./connect-errors.ts";
import type { SenderContext, TlsMaterial } from "./options.ts";
import { resolveAll } from "./resolve.ts";
import { readSocketRowNow, type SocketAddresses } from "./socket-row.ts";

const KEEP_ALIVE_MS = 10_000;

interface Target {
  host: string;
  port: number;
  serverName: string;
  tls: boolean;
}

/** Why a connection is over. */
export interface ConnectionEnd {
  error: DeliveryError;
  /** The peer closed in order (FIN), which the kernel does only when the peer's program had read all that had arrived. */
  inOrder: boolean;
  /** Bytes that the peer's kernel had acknowledged when it closed in order; null where that is not known. */
  acknowledged: number | null;
}

export interface OpenOptions {
  signal: AbortSignal;
  /** Wait for a late refusal under TLS 1.3; not needed where the protocol itself answers. */
  lateRefusal: boolean;
  /** Bytes from the peer; a syslog receiver sends none, and what comes is discarded. */
  onData?: (data: Buffer) => void;
}

/**
 * A connection to itself: where nothing listens on a port of this machine that the kernel gives out by itself (32768 and up), an
 * attempt may be given that very port, and TCP then connects it to itself (RFC 9293, 3.5, simultaneous open). What is written there is lost.
 */
export function isSelf({ localAddress, localPort, remoteAddress, remotePort }: SocketAddresses): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}

/** Resolves the name (on every call), tries each address in turn, and resolves with a connection that is ready to write. */
export async function openConnection(context: SenderContext, options: OpenOptions): Promise<StreamConnection> {
  let failure: unknown;
  try {
    const material = context.tls();
    const { host, port } = context;
    const target = { host, port, serverName: material?.serverName ?? host, tls: material !== null };
    for (const { address } of await resolveAll(context)) {
      options.signal.throwIfAborted();
      const connection = new StreamConnection(target, startSocket(address, target, material), options.onData);
      try {
        await connection.ready(context, options);
        return connection;
      } catch (error) {
        connection.destroy();
        failure = error;
      }
    }
  } catch (error) {
    failure = error;
  }
  throw connectError(failure, context);
}

function startSocket(address: string, target: Target, material: TlsMaterial | null): Socket {
  const base = { host: address, port: target.port, allowHalfOpen: false };
  if (material === null) return connectTcp(base);
  const options: ConnectionOptions = {
    ...base,
    minVersion: "TLSv1.2",
    rejectUnauthorized: material.verify,
    // SNI carries names only; an address is still looked for in the certificate, as the host connected to.
    ...(isIP(target.serverName) === 0 ? { servername: target.serverName } : {}),
    ...(material.ca === undefined ? {} : { ca: material.ca }),
    ...(material.cert === undefined ? {} : { cert: material.cert }),
    ...(material.key === undefined ? {} : { key: material.key }),
  };
  try {
    return connectTls(options);
  } catch (cause) {
    // Bad PEM, or a key that does not belong to the certificate. The library's message may quote the input, so it is not repeated.
    const message = `the TLS files for ${target.host}:${target.port} cannot be used; check that ca_file, cert_file and key_file are PEM and belong together`;
    throw new DeliveryError("tls_files", message, { retryable: true, cause });
  }
}

export class StreamConnection {
  readonly #socket: Socket;
  readonly #target: Target;
  #end: ConnectionEnd | null = null;
  #wakeups: (() => void)[] = [];
  #needsDrain = false;
  #written = 0;
  #handed = 0;
  #addresses: SocketAddresses | null = null;
  #onEnd: (end: ConnectionEnd) => void = () => {};

  constructor(target: Target, socket: Socket, onData: (data: Buffer) => void = () => {}) {
    this.#target = target;
    this.#socket = socket;
    socket.on("data", (data) => {
      if (!this.#end && typeof data !== "string") onData(data);
    });
    socket.on("drain", () => this.#drain());
    // Nobody reads what is written to a half-closed connection.
    socket.on("end", () => this.#over(this.#closedByPeer(), true));
    socket.on("error", (error) => this.#over(connectError(error, target), false));
    socket.on("close", () => this.#over(this.#closedByPeer(), false));
  }

  /** Bytes given to `write`. */
  get written(): number {
    return this.#written;
  }

  /** Bytes of them that the kernel has taken. */
  get handed(): number {
    return this.#handed;
  }

  /** Both ends, as the kernel names them; null before the connection stands. */
  get addresses(): SocketAddresses | null {
    return this.#addresses;
  }

  /** `listener` is called once, when the connection is over; not when this side closes it. */
  watch(listener: (end: ConnectionEnd) => void): void {
    this.#onEnd = listener;
    if (this.#end) listener(this.#end);
  }

  /** Waits until the connection stands and, for TLS 1.3, the peer has had time to refuse our certificate. */
  async ready({ limits }: SenderContext, { signal, lateRefusal }: OpenOptions): Promise<void> {
    const socket = this.#socket;
    const late = Object.assign(new Error("timeout"), { code: "ETIMEDOUT" });
    await this.#orEnd(signal, limits.connectMs, (resolve, reject) => {
      socket.once(this.#target.tls ? "secureConnect" : "connect", resolve);
      return () => reject(late);
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localAddress && localPort && remoteAddress && remotePort) {
      this.#addresses = { localAddress, localPort, remoteAddress, remotePort };
      if (isSelf(this.#addresses)) throw Object.assign(new Error("connected to itself"), { code: "ECONNREFUSED" });
    }
    if (lateRefusal && socket instanceof TLSSocket && socket.getProtocol() === "TLSv1.3") {
      await this.#orEnd(signal, limits.tlsGraceMs, (resolve) => resolve);
    }
  }

  /** Writes, and calls `onHanded` when the kernel has it all. False = wait for `drained()` before writing more. */
  write(bytes: Uint8Array, onHanded: () => void): boolean {
    if (this.#end) return true;
    this.#written += bytes.length;
    const room = this.#socket.write(bytes, (error) => {
      if (error || this.#end) return;
      this.#handed += bytes.length;
      onHanded();
    });
    this.#needsDrain = !room;
    return room;
  }

  /** Resolves when there is room to write again, or the connection is over. */
  drained(): Promise<void> {
    if (this.#end || !this.#needsDrain) return Promise.resolve();
    return new Promise((resolve) => this.#wakeups.push(resolve));
  }

  /** Resolves after `milliseconds`, or earlier when the connection is over. */
  endsWithin(milliseconds: number): Promise<void> {
    if (this.#end) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wakeups.push(() => {
        if (!this.#end) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Gives the connection up as broken, for the reason given. */
  fail(error: DeliveryError): void {
    this.#over(error, false);
  }

  /**
   * Closes in order (close_notify under TLS), at most `milliseconds` long.
   * @returns whether the peer closed in answer: then its program has read everything.
   */
  async close(milliseconds: number): Promise<boolean> {
    if (this.#end) return false;
    let answered = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.watch(({ inOrder }) => {
        clearTimeout(timer);
        answered = inOrder && this.#socket.writableFinished;
        resolve();
      });
      this.#socket.end();
    });
    this.destroy();
    return answered;
  }

  destroy(): void {
    this.#onEnd = () => {};
    this.#over(this.#closedByPeer(), false);
  }

  #drain(): void {
    this.#needsDrain = false;
    const wakeups = this.#wakeups;
    this.#wakeups = [];
    for (const wake of wakeups) wake();
  }

  #over(error: DeliveryError, inOrder: boolean): void {
    if (this.#end) return;
    const row = inOrder && this.#addresses ? readSocketRowNow(this.#addresses) : null;
    const acknowledged = row === null ? null : Math.max(0, this.#handed - row.unacknowledged);
    this.#end = { error, inOrder, acknowledged };
    this.#socket.destroy();
    this.#drain();
    this.#onEnd(this.#end);
  }

  #closedByPeer(): DeliveryError {
    const { host, port } = this.#target;
    return new DeliveryError("peer_closed", `${host}:${port} closed the connection`, { retryable: true });
  }

  /** Rejects when the connection ends or `signal` aborts; `start` says what else ends the wait and what the time-out does. */
  async #orEnd(
    signal: AbortSignal,
    milliseconds: number,
    start: (resolve: () => void, reject: (error: unknown) => void) => () => void,
  ): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(start(resolve, reject), milliseconds);
        onAbort = () => reject(signal.reason);
        if (signal.aborted) onAbort();
        signal.addEventListener("abort", onAbort, { once: true });
        this.watch(({ error }) => reject(this.#handshakeError(error)));
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      this.#onEnd = () => {};
    }
  }

  /** A bare close is how many receivers refuse a certificate, and how one without TLS answers. */
  #handshakeError(error: DeliveryError): DeliveryError {
    const { host, port, tls } = this.#target;
    if (!tls || error.code !== "peer_closed") return error;
    const [code, rest] =
      this.#addresses === null
        ? [
            "tls_handshake",
            "during the TLS handshake; check that the port speaks TLS and which client certificate it wants",
          ]
        : [
            "tls_client_certificate",
            "right after the TLS handshake: it refused our client certificate or demands one; check cert_file and key_file",
          ];
    return new DeliveryError(code, `${host}:${port} closed the connection ${rest}`, { retryable: true, cause: error });
  }
}
