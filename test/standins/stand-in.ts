/** A ticket system that stands in for a real one: an HTTP server with the strictness and the faults of one. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { freePort } from "../harness/free-port.ts";
import { applyFault, type FaultPlan } from "./faults.ts";

export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: string;
  /** When it came in, epoch milliseconds. */
  at: number;
  /** On which connection: a client that asks again there has read the answer before. */
  connection: Socket;
}

export abstract class StandIn {
  readonly #server: Server;
  readonly #scheme: "http" | "https";
  readonly #sockets = new Set<Socket>();
  /** Everything that was asked, in order. */
  readonly log: Asked[] = [];
  faults: FaultPlan = () => null;
  /** How long it thinks about each request before anything comes of it. */
  delayMs = 0;
  /** Told +1 when a request comes in and -1 when it is answered or broken off. */
  watch: (change: 1 | -1) => void = () => {};
  port = 0;
  #host = "127.0.0.1";

  /** `tls`: the certificate by which it is reached, as PEM. */
  constructor(tls: { cert: Buffer; key: Buffer } | null = null) {
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    this.#server = tls === null ? createServer(serve) : createTlsServer(tls, serve);
    this.#scheme = tls === null ? "http" : "https";
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** On a free port that is kept over `stop` and `start`. `host`: the address on which it listens. */
  async start(host = "127.0.0.1"): Promise<this> {
    this.#host = host;
    // One of the kernel's own would not do: while nothing listens there, somebody else may be given it.
    if (this.port === 0) this.port = await freePort();
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `${this.#scheme}://${this.#host}:${this.port}`;
  }

  /** What it does with a request; never called for one that a fault has swallowed. */
  protected abstract answer(asked: Asked): Reply;

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.watch(1);
    response.on("close", () => this.watch(-1));
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const asked: Asked = {
      method: request.method ?? "GET",
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: Buffer.concat(parts).toString("utf8"),
      at: Date.now(),
      connection: request.socket,
    };
    this.log.push(asked);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const fault = this.faults(asked);
    if (fault?.when === "before") return applyFault(fault.what, response);
    const { status, body, headers = {} } = this.answer(asked);
    if (fault?.when === "after") return applyFault(fault.what, response);
    response.writeHead(status, { "Content-Type": "application/json;charset=UTF-8", ...headers });
    response.end(body === undefined ? "" : JSON.stringify(body));
  }
}
