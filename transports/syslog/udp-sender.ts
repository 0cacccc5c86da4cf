/** Syslog over UDP (RFC 5426): one message per datagram, at most once. */
import { createSocket, type Socket } from "node:dgram";
import { DeliveryError } from "../../core/errors.ts";
import type { HeldMessages, SenderStatus, SyslogBytes, SyslogSender } from "../../core/ports.ts";
import { LinkState } from "./link-state.ts";
import type { SenderContext } from "./options.ts";
import { resolveAll } from "./resolve.ts";

/** The kernel's send buffer is full: it drains in far less. */
const FULL_BUFFER_MS = 5;
/** A receiver's buffer of the usual size holds about 90 datagrams of 1.2 kB; at full speed a tenth of 100,000 was lost. */
const DATAGRAMS_PER_PAUSE = 32;
const PAUSE_MS = 1;
/** A refusal is reported some milliseconds after the datagram it is about; only a longer silence means that it is over. */
const REFUSAL_MEMORY_MS = 5_000;

type SendError = (Error & { code?: string }) | null;

export class UdpSender implements SyslogSender {
  readonly #context: SenderContext;
  readonly #state: LinkState;
  #socket: Socket | null = null;
  #address = "";
  /** All addresses of the name when it was last resolved for a socket. */
  #addresses: string[] = [];
  #resolvedAt = 0;
  #resolving = false;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** Index of the next address, modulo their number; a refusal advances it. */
  #turn = 0;
  #moveOn = false;
  /** The sends before this one. */
  #tail: Promise<void> = Promise.resolve();

  constructor(context: SenderContext) {
    this.#context = context;
    this.#state = new LinkState(context);
  }

  /** There is nothing to connect to. */
  connect(): void {}

  send(messages: readonly SyslogBytes[]): Promise<void> {
    return this.#state.promise((resolve) => {
      this.#tail = this.#tail.then(() => this.#sendAll(messages)).then(resolve, () => {});
    });
  }

  status(): SenderStatus {
    return this.#state.status();
  }

  /** UDP confirms nothing, so nothing is held. */
  held(): HeldMessages {
    return { messages: 0, atRisk: false };
  }

  onRisk(): void {}

  async close(): Promise<void> {
    if (this.#state.closed) return;
    this.#state.close();
    this.#drop();
  }

  async #sendAll(messages: readonly SyslogBytes[]): Promise<void> {
    for (const [index, message] of messages.entries()) {
      await this.#sendOne(message);
      if (index % DATAGRAMS_PER_PAUSE === DATAGRAMS_PER_PAUSE - 1)
        await this.#context.sleep(PAUSE_MS, this.#state.signal);
    }
  }

  async #sendOne(message: SyslogBytes): Promise<void> {
    for (let refusals = 0; ; ) {
      if (this.#moveOn) this.#drop();
      const socket = this.#socket ?? (await this.#state.persist(() => this.#open()));
      this.#resolveAgain();
      const error = await sent(socket, message);
      if (this.#state.closed) throw this.#state.closedError();
      const code = error?.code;
      if (code === "EAGAIN" || code === "ENOBUFS") {
        await this.#context.sleep(FULL_BUFFER_MS, this.#state.signal);
      } else if (code === "ECONNREFUSED") {
        // The kernel reports an earlier datagram's refusal instead of sending this one: once more, then it counts as sent.
        this.#refused(error);
        if (++refusals > 1) return this.#sent();
      } else if (code === "EMSGSIZE") {
        this.#state.failed(tooLong(message, this.#context));
        return;
      } else if (error) {
        this.#state.failed(error);
        this.#turn++;
        this.#drop();
        await this.#state.pause();
      } else {
        return this.#sent();
      }
    }
  }

  #sent(): void {
    this.#state.written++;
    if (this.#context.clock.monotonic() - this.#refusedAt < REFUSAL_MEMORY_MS) return;
    this.#state.connected();
    this.#state.progress();
  }

  #refused(error: unknown): void {
    this.#refusedAt = this.#context.clock.monotonic();
    this.#state.failed(error);
    if (this.#addresses.length < 2 || this.#moveOn) return;
    // A name with an IPv6 address whose receiver listens on IPv4 alone, for example.
    this.#turn++;
    this.#moveOn = true;
  }

  async #open(): Promise<Socket> {
    const addresses = await resolveAll(this.#context);
    const target = addresses[this.#turn % addresses.length];
    if (!target)
      throw new DeliveryError("unresolved", `the name ${this.#context.host} has no address`, { retryable: true });
    const socket = await connectSocket(this.#context, target).catch((error: unknown) => {
      // A name with an IPv6 address on a machine without IPv6, for example: the next attempt takes the next one.
      this.#turn++;
      throw error;
    });
    if (this.#state.closed) {
      socket.close();
      throw this.#state.closedError();
    }
    socket.on("error", (error) => {
      if (socket === this.#socket) this.#refused(error);
    });
    this.#drop();
    this.#socket = socket;
    this.#addresses = addresses.map(({ address }) => address);
    this.#address = target.address;
    this.#resolvedAt = this.#context.clock.monotonic();
    this.#state.connected();
    return socket;
  }

  /** Resolves in the background, so that a dead resolver does not delay datagrams to a known address. */
  #resolveAgain(): void {
    const { clock, limits } = this.#context;
    if (this.#resolving || clock.monotonic() - this.#resolvedAt < limits.resolveMs) return;
    this.#resolving = true;
    resolveAll(this.#context)
      .then(
        (addresses) => {
          if (!addresses.some(({ address }) => address === this.#address)) this.#drop();
        },
        () => {}, // Keeps the address that worked.
      )
      .finally(() => {
        this.#resolving = false;
        this.#resolvedAt = clock.monotonic();
      });
  }

  #drop(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#moveOn = false;
  }
}

/** A socket that is connected to this address; nothing is sent. @throws DeliveryError where there is no way to it */
export function connectSocket(
  { host, port }: Pick<SenderContext, "host" | "port">,
  { address, family }: { address: string; family: number },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    const failed = (cause: unknown) => {
      socket.off("error", failed);
      socket.close();
      const where = address === host ? `${host}:${port}` : `${host}:${port} (${address})`;
      const why = "no route, no IPv6 on this machine, a broadcast address, or a firewall";
      reject(
        new DeliveryError("unreachable", `there is no way to ${where}: ${why}; check network and firewall`, {
          retryable: true,
          cause,
        }),
      );
    };
    socket.once("error", failed);
    try {
      // Called with the error where it could not be connected, which then is not emitted.
      socket.connect(port, address, ((error?: unknown) => {
        if (error) return failed(error);
        socket.off("error", failed);
        resolve(socket);
      }) as () => void);
    } catch (error) {
      failed(error);
    }
  });
}

/** Sends it; resolves with what went wrong, also where the socket refuses at once (one that has just been closed). */
function sent(socket: Socket, message: SyslogBytes): Promise<SendError> {
  return new Promise((resolve) => {
    try {
      socket.send(message, (failure) => resolve(failure));
    } catch (error) {
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function tooLong(message: SyslogBytes, { host, port }: SenderContext): DeliveryError {
  const text = `a message of ${message.length} bytes is too long for a datagram to ${host}:${port} and was dropped; lower max_bytes or use tcp`;
  return new DeliveryError("too_long", text, { retryable: false });
}
