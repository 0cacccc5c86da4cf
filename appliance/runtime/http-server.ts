/**
 * The HTTP server, behind an interface that asks nothing of Bun: `fetch` takes a web `Request` and gives a `Response`.
 * Another runtime needs only a twin of `serve` in this file.
 */
import { chmodSync } from "node:fs";
import { EdgeError, messageOf } from "../../core/errors.ts";

/** What is known about the connection that a request came on. */
export interface Connection {
  /** IP address of the peer, IPv4 without its IPv6 mapping; "" on a unix socket. */
  remoteAddress: string;
  /**
   * Lets this request be silent for `seconds` (0 = for ever) instead of `idleTimeoutSeconds`. Needed for uploads that may
   * take long, slow answers and event streams: the idle timer cuts them even while bytes of the upload flow.
   */
  extendTimeout(seconds: number): void;
}

export interface ServeOptions {
  /** Where to listen: an address with port 0 for any free port, or the path of a unix socket (made 0600). */
  listen: { host: string; port: number } | { unix: string };
  fetch(request: Request, connection: Connection): Response | Promise<Response>;
  /** PEM texts; absent = plain HTTP. TLS 1.2 and newer. A new certificate needs stop and serve again. */
  tls?: { cert: string; key: string };
  /** Closes connections that are silent this long, 1-255. */
  idleTimeoutSeconds: number;
  /** Bodies over this are answered 413 without being read. */
  maxBodyBytes: number;
}

export interface HttpServer {
  /** The port in use; 0 on a unix socket. */
  port: number;
  /** Such as `http://127.0.0.1:8080`, without a slash at the end; `unix:<path>` on a unix socket. */
  url: string;
  /** Refuses new connections, lets running requests end for `graceMs`, then cuts them. */
  stop(graceMs: number): Promise<void>;
}

/** @throws EdgeError `listen_failed` that names the address and what to do. */
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
    // What `fetch` throws is its defect; the peer learns nothing about it.
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
          // On by default outside development: two servers would share one port and each get half of the requests.
          reusePort: false,
          idleTimeout: options.idleTimeoutSeconds,
        });
  } catch (cause) {
    const where = "unix" in listen ? listen.unix : `${listen.host}:${listen.port}`;
    throw new EdgeError("listen_failed", `cannot listen on ${where}: ${whyNot(cause)}`, { cause });
  }
}

/** Health checks of load balancers speak HTTP/1.0 without a Host header; Bun then leaves a bare path where a URL should be. */
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
