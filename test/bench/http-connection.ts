/** The least an HTTP client can be: one keep-alive connection, one request at a time, nothing but the status looked at. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Target {
  port: number;
  path: string;
  headers: Record<string, string>;
}

export class HttpConnection {
  readonly #socket: Socket;
  readonly #head: string;
  #received: Buffer = Buffer.alloc(0);
  #done: (status: number) => void = () => {};

  private constructor(socket: Socket, head: string) {
    this.#socket = socket;
    this.#head = head;
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
    return new HttpConnection(socket, `POST ${path} HTTP/1.1\r\n${lines.join("")}`);
  }

  /** Throws when the answer is not 200. */
  async post(body: Uint8Array): Promise<void> {
    const answered = new Promise<number>((resolve) => {
      this.#done = resolve;
    });
    this.#socket.cork();
    this.#socket.write(`${this.#head}Content-Length: ${body.length}\r\n\r\n`);
    this.#socket.write(body);
    this.#socket.uncork();
    const status = await answered;
    if (status !== 200) throw new Error(`the answer is ${status}`);
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
    this.#received = Buffer.alloc(0);
    this.#done(Number(head.slice(9, 12)));
  }
}
