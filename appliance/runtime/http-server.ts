/**
 * The HTTP server behind an interface without Bun types: `fetch` takes a web `Request` and returns a `Response`.
 * For another runtime, only `serve` in this file has to be replaced.
 */
import { chmodSync } from "node:fs";
import { EdgeError, messageOf } from "../../core/errors.ts";

/** The connection of a request. */
export interface Connection {
  /** The peer's IP address, IPv4 without its IPv6 mapping; "" on a unix socket. */
  remoteAddress: string;
  /**
   * Allows this request to be silent for `seconds` (0 = no limit) instead of `idleTimeoutSeconds`. Needed for long uploads,
   * slow answers and event streams: the idle timer closes them even while an upload is being received.
   */
  extendTimeout(seconds: number): void;
}

export interface ServeOptions {
  /** An address (port 0 = any free port), or the path of a unix socket (created with mode 0600). */
  listen: { host: string; port: number } | { unix: string };
  fetch(request: Request, connection: Connection): Response | Promise<Response>;
  /** PEM texts; absent = plain HTTP. TLS 1.2 and newer. For a new certificate, serve beside on the same port, then stop this one. */
  tls?: { cert: string; key: string };
  /** Connections silent for this long are closed, 1-255. */
  idleTimeoutSeconds: number;
  /** Larger bodies are answered 413 without being read. */
  maxBodyBytes: number;
  /** Another server that does too may listen on the same port at the same time; each gets a part of the new connections. Default: no. */
  sharesPort?: boolean;
}

export interface HttpServer {
  /** The port in use; 0 on a unix socket. */
  port: number;
  /** Such as `http://127.0.0.1:8080`, without a slash at the end; `unix:<path>` on a unix socket. */
  url: string;
  /** Refuses new connections, waits up to `graceMs` for running requests, then closes them. */
  stop(graceMs: number): Promise<void>;
}

/** @throws EdgeError `listen_failed`, with the address and what to do */
export function serve(options: ServeOptions): HttpServer {
  const { listen } = options;
  const server = start(options);
  if ("unix" in listen) chmodSync(listen.unix, 0o600);
  return {
    port: server.port ?? 0,
    url: "unix" in listen ? `unix:${listen.unix}` : server.url.origin,
    async stop(graceMs) {
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([server.stop(), grace]);
      clearTimeout(timer);
      await server.stop(true);
    },
  };
}

function start(options: ServeOptions): Bun.Server<undefined> {
  const { listen } = options;
  const common = {
    fetch: (request: Request, server: Bun.Server<undefined>) =>
      options.fetch(absolute(request), {
        remoteAddress: server.requestIP(request)?.address.replace(/^::ffff:(?=\d+\.)/, "") ?? "",
        extendTimeout: (seconds) => server.timeout(request, seconds),
      }),
    // An error from `fetch` is a defect; the peer gets no details.
    error: () => new Response(null, { status: 500 }),
    development: false,
    maxRequestBodySize: options.maxBodyBytes,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  };
  try {
    return "unix" in listen
      ? Bun.serve({ ...common, unix: listen.unix })
      : Bun.serve({
          ...common,
          hostname: listen.host,
          port: listen.port,
          // On by default outside development: two servers could share one port and each get half of the requests.
          reusePort: options.sharesPort ?? false,
          idleTimeout: options.idleTimeoutSeconds,
        });
  } catch (cause) {
    const where = "unix" in listen ? listen.unix : `${listen.host}:${listen.port}`;
    throw new EdgeError("listen_failed", `cannot listen on ${where}: ${whyNot(cause)}`, { cause });
  }
}

/** Load balancers send health checks in HTTP/1.0 without a Host header; Bun's URL is then a bare path. */
function absolute(request: Request): Request {
  return request.url.startsWith("/") ? new Request(`http://localhost${request.url}`, request) : request;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has it; stop that one or choose another port",
  EACCES: "not allowed; ports below 1024 need a privilege, choose a higher one",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "this name has no address",
};

function whyNot(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return reasons[code] ?? messageOf(cause);
}
