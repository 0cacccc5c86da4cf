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
  /** Of the answer that is coming in. */
  #parts: Buffer[] = [];
  #received = 0;
  #status = 0;
  #headBytes = 0;
  /** Bytes in all; 0 while its head is not complete. */
  #expected = 0;
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
    this.#parts.push(part);
    this.#received += part.length;
    if (this.#expected === 0) {
      const start = this.#parts.length === 1 ? part : Buffer.concat(this.#parts);
      const headEnd = start.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const head = start.toString("latin1", 0, headEnd);
      this.#headBytes = headEnd + 4;
      this.#status = Number(head.slice(9, 12));
      this.#expected = this.#headBytes + Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    }
    if (this.#received < this.#expected) return;
    const body = Buffer.concat(this.#parts).subarray(this.#headBytes);
    this.#parts = [];
    this.#received = 0;
    this.#expected = 0;
    this.#done(this.#status, body);
  }
}
