/** A proxy for HTTPS, and a TLS front for servers that speak plain HTTP: what stands between an appliance and a ticket system. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { serverPair } from "./test-certificates.ts";

/** Takes CONNECT and passes every connection on to one port of loopback, whatever name was asked for. */
export class ConnectProxy {
  /** `host:port` of every CONNECT. */
  readonly asked: string[] = [];
  /** `Proxy-Authorization` of every CONNECT. */
  readonly credentials: (string | undefined)[] = [];
  readonly #server: Server;

  private constructor(to: number) {
    this.#server = createServer((_, response) => response.writeHead(501).end());
    this.#server.on("connect", (request: IncomingMessage, socket: Socket) => {
      this.asked.push(request.url ?? "");
      this.credentials.push(request.headers["proxy-authorization"]);
      const target = joined(socket, to);
      target.once("connect", () => socket.write("HTTP/1.1 200 Connection established\r\n\r\n"));
    });
  }

  static async started(to: number): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(to);
    await listening(proxy.#server);
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** TLS in front of a port of loopback, with a certificate of test/data/tls. */
export class TlsFront {
  readonly #server: NetServer;

  private constructor(certificate: Parameters<typeof serverPair>[0], to: number) {
    this.#server = createTlsServer(serverPair(certificate), (socket) => joined(socket, to));
    this.#server.on("tlsClientError", () => {});
  }

  static async started(certificate: Parameters<typeof serverPair>[0], to: number): Promise<TlsFront> {
    const front = new TlsFront(certificate, to);
    await listening(front.#server);
    return front;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
  }
}

/** A connection to this port whose bytes are those of `socket`, both ways; each ends with the other. */
function joined(socket: Socket, port: number): Socket {
  const target = connect(port, "127.0.0.1");
  target.once("connect", () => socket.pipe(target).pipe(socket));
  for (const [one, other] of [
    [socket, target],
    [target, socket],
  ] as const)
    one.on("error", () => {}).on("close", () => other.destroy());
  return target;
}

function listening(server: NetServer): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}
