/**
 * The HTTP server of node:http, for Node and Deno. Deno's own is faster but closes neither silent connections nor those that drip
 * headers, so that a few clients could hold all descriptors.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Connection, Listening, ListenOptions } from "../platform.ts";
import { tlsCiphers } from "../tls-ciphers.ts";

export async function listen({ listen, fetch, tls, ...limits }: ListenOptions): Promise<Listening> {
  const idleMs = limits.idleTimeoutSeconds * 1000;
  const options: ServerOptions = {
    headersTimeout: idleMs,
    keepAliveTimeout: idleMs,
    // Bodies have limits of their own; a slow sender is no silent one.
    requestTimeout: 0,
    connectionsCheckingInterval: 5_000,
  };
  const answer = getRequestListener((request, env) => fetch(request, connectionOf((env as HttpBindings).incoming)), {
    // For load balancers, which send health checks in HTTP/1.0 without a Host header.
    hostname: "localhost",
    errorHandler: (error) => new Response(null, { status: isOfClient(error) ? 400 : 500 }),
  });
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (Number(incoming.headers["content-length"] ?? 0) > limits.maxBodyBytes)
      outgoing.writeHead(413, { Connection: "close" }).end();
    else void answer(incoming, outgoing);
  };
  const strict = { minVersion: "TLSv1.2", ciphers: tlsCiphers } as const;
  const secure =
    tls === undefined ? null : createTlsServer({ ...options, ...tls, ...strict, handshakeTimeout: idleMs }, listener);
  const server = secure ?? createServer(options, listener);
  server.setTimeout(idleMs);
  server.listen(
    "unix" in listen
      ? { path: listen.unix }
      : { host: listen.host, port: listen.port, reusePort: limits.sharesPort ?? false },
  );
  await once(server, "listening");
  // A connection that could not be accepted; the next one may be.
  server.on("error", () => {});
  const closed = once(server, "close");
  return {
    port: "unix" in listen ? 0 : (server.address() as AddressInfo).port,
    ...(secure === null ? {} : { useCertificate: (next) => secure.setSecureContext({ ...next, ...strict }) }),
    drain: () => {
      server.close();
      return closed;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
      return closed;
    },
  };
}

function connectionOf({ socket }: IncomingMessage): Connection {
  return {
    remoteAddress: socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "") ?? "",
    // For this request alone: the server sets its own timeout again after the answer.
    extendTimeout: (seconds) => socket.setTimeout(seconds * 1000),
  };
}

/** The adapter refuses requests whose address or Host header is none. */
function isOfClient(error: unknown): boolean {
  return error instanceof Error && error.name === "RequestError";
}
