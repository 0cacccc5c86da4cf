/** The least an HTTP client can be: one keep-alive connection, one request at a time. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Target {
  port: number;
  path: string;
  headers: Record<string, string>;
}

export class HttpConnection {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #headers: string;
  #received: Buffer = Buffer.alloc(0);
  #done: (status: number, body: Buffer) => void = () => {};

  private constructor(socket: Socket, path: string, headers: string) {
    this.#socket = socket;
    this.#path = path;
    this.#headers = headers;
    socket.setNoDelay(true);
    socket.on("data", (part: Buffer) => this.#receive(part));
    socket.on("error", (error) => {
      throw error;
    });
  }

  static async open({ port, path, headers }: Target): Promise<HttpConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const lines = Object.entries({ Host: `127.0.0.1:${port}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    return new HttpConnection(socket, path, lines.join(""));
  }

  /** Throws when the answer is not 200. */
  async post(body: Uint8Array): Promise<void> {
    const answered = new Promise<number>((resolve) => {
      this.#done = resolve;
    });
    this.#socket.cork();
    this.#socket.write(`POST ${this.#path} HTTP/1.1\r\n${this.#headers}Content-Length: ${body.length}\r\n\r\n`);
    this.#socket.write(body);
    this.#socket.uncork();
    const status = await answered;
    if (status !== 200) throw new Error(`the answer is ${status}`);
  }

  /** The body of another address. Throws when the answer is not 200. */
  async get(path: string): Promise<Buffer> {
    const answered = new Promise<{ status: number; body: Buffer }>((resolve) => {
      this.#done = (status, body) => resolve({ status, body });
    });
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${this.#headers}\r\n`);
    const { status, body } = await answered;
    if (status !== 200) throw new Error(`the answer is ${status}: ${body.toString("utf8").slice(0, 300)}`);
    return body;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(part: Buffer): void {
    this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part]);
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < headEnd + 4 + length) return;
    const body = this.#received.subarray(headEnd + 4);
    this.#received = Buffer.alloc(0);
    this.#done(Number(head.slice(9, 12)), body);
  }
}
