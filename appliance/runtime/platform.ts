/**
 * What the JavaScript runtimes do differently. Everything else of the program is written for node: modules and Web APIs, which Bun, Deno
 * and Node share. `#platform` in package.json names the file that implements this for the runtime that loads the program; that
 * runtime and no other is in a bundle.
 */

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

export interface ListenOptions {
  /** An address (port 0 = any free port), or the path of a unix socket. */
  listen: { host: string; port: number } | { unix: string };
  /** What it throws is a defect: the peer is answered 500 without details. */
  fetch(request: Request, connection: Connection): Response | Promise<Response>;
  /** PEM texts; absent = plain HTTP. TLS 1.2 and newer. */
  tls?: { cert: string; key: string };
  /** Connections silent for this long are closed, 1-255. */
  idleTimeoutSeconds: number;
  /** Bodies whose announced length is larger are answered 413 without being read. */
  maxBodyBytes: number;
  /** Another server that does too may listen on the same port at the same time: see `useCertificate`. Default: no. */
  sharesPort?: boolean;
}

export interface Listening {
  /** The port in use; 0 on a unix socket. */
  port: number;
  /** Gives new connections another certificate. Absent where a server cannot: another one then has to listen on the same port. */
  useCertificate?: (tls: { cert: string; key: string }) => void;
  /** Refuses new connections and resolves when running requests have been answered. */
  drain(): Promise<unknown>;
  /** Closes every connection. */
  close(): Promise<unknown>;
}

export interface Argon2Cost {
  memoryKiB: number;
  rounds: number;
}

export interface OutboundOptions {
  /** PEM text that replaces the system's certificate authorities; null = those of the system. */
  authority: string | null;
  /** Address of a proxy; null = that of `HTTPS_PROXY` or `HTTP_PROXY`. Hosts in `NO_PROXY` take neither. */
  proxy: string | null;
  /** False: certificates are not checked. */
  verify: boolean;
}

export interface Platform {
  /** Name and version, such as "bun 1.4.5". */
  readonly runtime: string;
  /** Rejects with the error of the operating system (`code`: EADDRINUSE…). */
  listen(options: ListenOptions): Promise<Listening>;
  /** A hash of argon2id, one lane, in PHC form (`$argon2id$v=19$m=…,t=…,p=1$salt$hash`), which every runtime reads. */
  hashPassword(password: string, cost: Argon2Cost): Promise<string>;
  /** @throws if the hash cannot be read */
  verifyPassword(password: string, hash: string): Promise<boolean>;
  /**
   * A function that sends datagrams to a unix socket without waiting; "@" begins an abstract name. Failures are ignored.
   * @throws if this runtime cannot, or not here
   */
  datagramsTo(address: string): (text: string) => void;
  fetchWith(options: OutboundOptions): typeof fetch;
  /**
   * Gives back the pages of the program file that are in memory, where that is possible: most of them were read by the start alone. Those that are
   * needed come back one by one, from the kernel's cache of files.
   */
  giveBackProgram(): void;
  /** Ends the process with this code once everything that it has started has ended, or at once where that takes longer for no reason. */
  exit(code: number): void;
}
