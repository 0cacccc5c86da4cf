/** Bun's HTTP server. */
import type { Listening, ListenOptions } from "../platform.ts";
import { tlsCiphers } from "../tls-ciphers.ts";

export async function listen(options: ListenOptions): Promise<Listening> {
  const { listen } = options;
  const common = {
    fetch: (request: Request, server: Bun.Server<undefined>) =>
      options.fetch(absolute(request), {
        remoteAddress: server.requestIP(request)?.address.replace(/^::ffff:(?=\d+\.)/, "") ?? "",
        extendTimeout: (seconds) => server.timeout(request, seconds),
      }),
    error: () => new Response(null, { status: 500 }),
    development: false,
    maxRequestBodySize: options.maxBodyBytes,
    ...(options.tls === undefined ? {} : { tls: { ...options.tls, ciphers: tlsCiphers } }),
  };
  const server =
    "unix" in listen
      ? Bun.serve({ ...common, unix: listen.unix })
      : Bun.serve({
          ...common,
          hostname: listen.host,
          port: listen.port,
          // On by default outside development: two servers could share one port and each get half of the requests.
          reusePort: options.sharesPort ?? false,
          idleTimeout: options.idleTimeoutSeconds,
        });
  return { port: server.port ?? 0, drain: () => server.stop(), close: () => server.stop(true) };
}

/** Load balancers send health checks in HTTP/1.0 without a Host header; Bun's URL is then a bare path. */
function absolute(request: Request): Request {
  return request.url.startsWith("/") ? new Request(`http://localhost${request.url}`, request) : request;
}
