/** The HTTP listeners: health ports in plain HTTP, and the API, whose certificate can be renewed while it runs. */
import { createSecureContext } from "node:tls";
import { EdgeError, messageOf } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { FeedName } from "../../core/feeds/feeds.ts";
import type { ListenAddress, Settings } from "../../core/settings.ts";
import { type HttpServer, originOf, serve } from "./http-server.ts";
import { readTextFile } from "./text-files.ts";

type Fetch = (request: Request, connection: object) => Response | Promise<Response>;

interface Certificate {
  cert: string;
  key: string;
}

type CertificateFiles = Pick<Settings, "tlsCertFile" | "tlsKeyFile">;

/** Far above the app's own limits, which are answered with an explanation; the server would just close the connection. */
const largestUpload = 1024 * 1024 * 1024;
/** Nobody has anything to send to a health port. */
const largestProbe = 1024 * 1024;
const graceMs = 5_000;

/** @throws EdgeError `listen_failed`, with the address */
function listen(
  address: ListenAddress,
  fetch: Fetch,
  { tls = null, maxBodyBytes }: { tls?: Certificate | null; maxBodyBytes: number },
): Promise<HttpServer> {
  return serve({
    listen: address,
    fetch,
    ...(tls === null ? {} : { tls }),
    idleTimeoutSeconds: 30,
    maxBodyBytes,
  });
}

/** A feed's health port. If it is in use, that is named as a fault and retried; nothing else stops. */
export class HealthListener {
  /** Name of the feed. */
  readonly #name: FeedName;
  readonly #address: ListenAddress;
  readonly #fetch: Fetch;
  readonly #faults: Faults;
  #server: HttpServer | null = null;
  /** The latest attempt to listen. */
  #starting: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(name: FeedName, address: ListenAddress, fetch: Fetch, faults: Faults) {
    this.#name = name;
    this.#address = address;
    this.#fetch = fetch;
    this.#faults = faults;
  }

  static async start(name: FeedName, address: ListenAddress, fetch: Fetch, faults: Faults): Promise<HealthListener> {
    const listener = new HealthListener(name, address, fetch, faults);
    await listener.tick();
    return listener;
  }

  /** The address it listens on, or would. */
  get url(): string {
    return this.#server?.url ?? originOf("http", this.#address.host, this.#address.port);
  }

  /** Starts listening, unless it already does. */
  tick(): Promise<void> {
    this.#starting = this.#starting.then(() => this.#listen());
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#starting;
    await this.#server?.stop(0);
  }

  async #listen(): Promise<void> {
    if (this.#server !== null || this.#stopped) return;
    try {
      this.#server = await listen(this.#address, this.#fetch, { maxBodyBytes: largestProbe });
      this.#faults.clear(this.#fault);
    } catch (error) {
      this.#faults.set(this.#fault, `no health port of the ${this.#name} feed: ${messageOf(error)}`);
    }
  }

  get #fault(): string {
    return this.#name === "alerts" ? "health_port" : `${this.#name}_health_port`;
  }
}

/**
 * The API's listener. A port in use, an unknown address, or a missing or invalid certificate is named as the fault `api`
 * and retried; nothing else stops.
 */
export class ApiListener {
  readonly #fetch: Fetch;
  readonly #address: ListenAddress;
  readonly #faults: Faults;
  #files: CertificateFiles;
  #certificate: Certificate | null = null;
  #server: HttpServer | null = null;
  /** Earlier replacements of the server: two at the same time would compete for the port. */
  #changing: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(address: ListenAddress, files: CertificateFiles, fetch: Fetch, faults: Faults) {
    this.#address = address;
    this.#files = files;
    this.#fetch = fetch;
    this.#faults = faults;
  }

  static async start(
    address: ListenAddress,
    files: CertificateFiles,
    fetch: Fetch,
    faults: Faults,
  ): Promise<ApiListener> {
    const api = new ApiListener(address, files, fetch, faults);
    await api.tick();
    return api;
  }

  /** The address it listens on, or would. */
  get url(): string {
    const scheme = this.#files.tlsCertFile === null ? "http" : "https";
    return this.#server?.url ?? originOf(scheme, this.#address.host, this.#address.port);
  }

  /** The certificate in use, PEM; null while it speaks plain HTTP. */
  get certificate(): string | null {
    return this.#certificate?.cert ?? null;
  }

  /** Starts listening, unless it already does. */
  async tick(): Promise<void> {
    if (this.#server !== null || this.#stopped) return;
    await this.#change(async () => {
      if (this.#server !== null) return;
      try {
        this.#certificate = await readCertificate(this.#files);
        this.#server = await listen(this.#address, this.#fetch, {
          tls: this.#certificate,
          maxBodyBytes: largestUpload,
        });
        this.#faults.clear("api");
      } catch (error) {
        this.#faults.set("api", `the API cannot be reached: ${messageOf(error)}`);
      }
    });
  }

  /**
   * Reads the files again and returns whether they hold another certificate, which is then used. A listening server cannot change
   * its certificate, so a new server replaces it on the same port, or is started if there is none. If the files are invalid it throws
   * and continues as before.
   */
  async renew(files: CertificateFiles): Promise<boolean> {
    this.#files = files;
    const renewed = await readCertificate(files);
    const same = renewed?.cert === this.#certificate?.cert && renewed?.key === this.#certificate?.key;
    if (same && this.#server !== null) return false;
    this.#certificate = renewed;
    await this.#listenAgain(graceMs);
    return true;
  }

  /** Closes every connection, also idle ones, and listens again. Running requests get a second to end. */
  closeConnections(): Promise<void> {
    return this.#listenAgain(1_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#changing;
    await this.#server?.stop(graceMs);
  }

  #listenAgain(milliseconds: number): Promise<void> {
    return this.#change(async () => {
      // The port chosen at the start, if any free one was requested.
      const port = this.#server?.port ?? this.#address.port;
      await this.#server?.stop(milliseconds);
      this.#server = null;
      this.#server = await listen({ ...this.#address, port }, this.#fetch, {
        tls: this.#certificate,
        maxBodyBytes: largestUpload,
      });
      this.#faults.clear("api");
    });
  }

  #change(work: () => Promise<void>): Promise<void> {
    const change = this.#changing.then(() => (this.#stopped ? undefined : work()));
    this.#changing = change.catch(() => {});
    return change;
  }
}

/** Null if none is configured. @throws EdgeError `tls_file`, with setting and file */
async function readCertificate({ tlsCertFile, tlsKeyFile }: CertificateFiles): Promise<Certificate | null> {
  if (tlsCertFile === null || tlsKeyFile === null) return null;
  const read = async (name: string, path: string) => {
    const content = await readTextFile(path);
    if (content.kind === "text") return content.text;
    const why = content.kind === "absent" ? "there is no such file" : content.fault.found;
    throw new EdgeError("tls_file", `${name}: ${path} cannot be read (${why}): check path, owner and mode`);
  };
  const cert = await read("RHYTHMX_TLS_CERT_FILE", tlsCertFile);
  const key = await read("RHYTHMX_TLS_KEY_FILE", tlsKeyFile);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    // The library's message is not repeated: it may quote the key.
    const message = `RHYTHMX_TLS_CERT_FILE ${tlsCertFile} and RHYTHMX_TLS_KEY_FILE ${tlsKeyFile} are no PEM certificate with its key`;
    throw new EdgeError("tls_file", message, { cause });
  }
  return { cert, key };
}
