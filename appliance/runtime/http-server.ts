/** The HTTP server: `fetch` takes a web `Request` and returns a `Response`. */
import { chmodSync } from "node:fs";
import { platform } from "#platform";
import { EdgeError, messageOf } from "../../core/errors.ts";
import type { Listening, ListenOptions } from "./platform.ts";

export interface HttpServer {
  /** The port in use; 0 on a unix socket. */
  port: number;
  /** Such as `http://127.0.0.1:8080`, without a slash at the end; `unix:<path>` on a unix socket. */
  url: string;
  /** As in `Listening`; null where this runtime's servers cannot. */
  useCertificate: Listening["useCertificate"] | null;
  /** Refuses new connections, waits up to `graceMs` for running requests, then closes them. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Listens; a unix socket is created with mode 0600.
 * @throws EdgeError `listen_failed`, with the address and what to do
 */
export async function serve(options: ListenOptions): Promise<HttpServer> {
  const { listen, tls } = options;
  const server = await started(options);
  if ("unix" in listen) chmodSync(listen.unix, 0o600);
  return {
    port: server.port,
    url:
      "unix" in listen
        ? `unix:${listen.unix}`
        : originOf(tls === undefined ? "http" : "https", listen.host, server.port),
    useCertificate: server.useCertificate ?? null,
    async stop(graceMs) {
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([server.drain(), grace]);
      clearTimeout(timer);
      await server.close();
    },
  };
}

/** `scheme://host:port`, without the scheme's usual port. */
export function originOf(scheme: "http" | "https", host: string, port: number): string {
  return new URL(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`).origin;
}

async function started(options: ListenOptions): Promise<Listening> {
  const { listen } = options;
  try {
    return await platform.listen(options);
  } catch (cause) {
    const where = "unix" in listen ? listen.unix : `${listen.host}:${listen.port}`;
    throw new EdgeError("listen_failed", `cannot listen on ${where}: ${whyNot(cause)}`, { cause });
  }
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
