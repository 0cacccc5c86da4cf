/** The HTTP listeners: health ports in plain HTTP, and the API, whose certificate can be renewed while it runs. */
import { messageOf } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { FeedName } from "../../core/feeds/feeds.ts";
import type { ListenAddress } from "../../core/settings.ts";
import { type HttpServer, originOf, serve } from "./http-server.ts";

type Fetch = (request: Request, connection: object) => Response | Promise<Response>;

/** PEM texts. */
interface Certificate {
  cert: string;
  key: string;
}

/** Where the API's certificate comes from. */
export interface CertificateSource {
  /** Null = plain HTTP. */
  readonly files: object | null;
  /** The certificate as it is now; null = plain HTTP. Rejects with what is wrong with it. */
  read(): Promise<Certificate | null>;
}

/** Far above the app's own limits, which are answered with an explanation; the server would just close the connection. */
const largestUpload = 1024 * 1024 * 1024;
/** Nobody has anything to send to a health port. */
const largestProbe = 1024 * 1024;
const graceMs = 5_000;
/** The longest upload. Event streams are closed then, and their clients connect again. */
const longestRequestMs = 15 * 60_000;

/** A feed's health port. If it is in use, that is named as a fault and retried; nothing else stops. */
export class HealthListener {
  /** Name of the feed. */
  readonly #name: FeedName;
  #address: ListenAddress;
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

  /** Listens on another address instead, after a reload. */
  move(address: ListenAddress): Promise<void> {
    this.#starting = this.#starting.then(async () => {
      if (address.host === this.#address.host && address.port === this.#address.port) return;
      this.#address = address;
      await this.#server?.stop(0);
      this.#server = null;
      await this.#listen();
    });
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
      this.#server = await serve({
        listen: this.#address,
        fetch: this.#fetch,
        idleTimeoutSeconds: 30,
        maxBodyBytes: largestProbe,
      });
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
  readonly #source: CertificateSource;
  #certificate: Certificate | null = null;
  #server: HttpServer | null = null;
  /** Servers with an earlier certificate, until their last connection is closed. */
  readonly #retired = new Set<HttpServer>();
  /** Earlier replacements of the server: two at the same time would compete for the port. */
  #changing: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(address: ListenAddress, source: CertificateSource, fetch: Fetch, faults: Faults) {
    this.#address = address;
    this.#source = source;
    this.#fetch = fetch;
    this.#faults = faults;
  }

  static async start(
    address: ListenAddress,
    source: CertificateSource,
    fetch: Fetch,
    faults: Faults,
  ): Promise<ApiListener> {
    const api = new ApiListener(address, source, fetch, faults);
    await api.tick();
    return api;
  }

  /** The address it listens on, or would. */
  get url(): string {
    const scheme = this.#source.files === null ? "http" : "https";
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
        this.#certificate = await this.#source.read();
        this.#server = await this.#listenAlone();
        this.#faults.clear("api");
      } catch (error) {
        this.#faults.set("api", `the API cannot be reached: ${messageOf(error)}`);
      }
    });
  }

  /** The port it listens on, or would. */
  get port(): number {
    return this.#server?.port ?? this.#address.port;
  }

  /**
   * Reads the certificate again and returns whether it is another one, which is then used for new connections. Those that are open go on with
   * the server that they have, which ends with the last of them. If the certificate is invalid this throws, and continues as before.
   */
  async renew(): Promise<boolean> {
    let renewed = false;
    await this.#change(async () => {
      const certificate = await this.#source.read();
      const same = certificate?.cert === this.#certificate?.cert && certificate?.key === this.#certificate?.key;
      if (same && this.#server !== null) return;
      await this.#use(certificate);
      this.#certificate = certificate;
      this.#faults.clear("api");
      renewed = true;
    });
    return renewed;
  }

  /** Closes every connection, also idle ones, and listens again. Running requests get a second to end. */
  closeConnections(): Promise<void> {
    return this.#change(async () => {
      // The port chosen at the start, if any free one was requested.
      const { port } = this;
      await Promise.all([this.#server, ...this.#retired].map((server) => server?.stop(1_000)));
      this.#server = null;
      this.#server = await this.#listen(port, this.#certificate, true);
      this.#faults.clear("api");
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#changing;
    await Promise.all([this.#server, ...this.#retired].map((server) => server?.stop(graceMs)));
  }

  async #use(certificate: Certificate | null): Promise<void> {
    const earlier = this.#server;
    if (earlier === null) this.#server = await this.#listenAlone(certificate);
    else if (certificate !== null && this.#certificate !== null && earlier.useCertificate)
      earlier.useCertificate(certificate);
    else {
      this.#server = await this.#listen(earlier.port, certificate, true);
      this.#retire(earlier);
    }
  }

  /** A server on a port that nobody else has: sharing is asked for only once that is sure. */
  async #listenAlone(certificate = this.#certificate): Promise<HttpServer> {
    const first = await this.#listen(this.#address.port, certificate, false);
    await first.stop(0);
    return this.#listen(first.port, certificate, true);
  }

  /** @throws EdgeError `listen_failed`, with the address */
  #listen(port: number, tls: Certificate | null, sharesPort: boolean): Promise<HttpServer> {
    return serve({
      listen: { ...this.#address, port },
      fetch: this.#fetch,
      ...(tls === null ? {} : { tls }),
      idleTimeoutSeconds: 30,
      maxBodyBytes: largestUpload,
      sharesPort,
    });
  }

  /** Uploads and event streams over the earlier certificate go on. */
  #retire(server: HttpServer): void {
    this.#retired.add(server);
    void server.stop(longestRequestMs).finally(() => this.#retired.delete(server));
  }

  #change(work: () => Promise<void>): Promise<void> {
    const change = this.#changing.then(() => (this.#stopped ? undefined : work()));
    this.#changing = change.catch(() => {});
    return change;
  }
}
