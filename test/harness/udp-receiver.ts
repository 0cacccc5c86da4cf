/** A syslog receiver over UDP that records what it gets. */
import { createSocket, type Socket } from "node:dgram";

export class UdpReceiver {
  readonly messages: string[] = [];
  #socket: Socket | null = null;
  #port: number;

  constructor(port = 0) {
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const socket = createSocket("udp4");
    socket.on("message", (message) => this.messages.push(message.toString("utf8")));
    await new Promise<void>((resolve) => socket.bind(this.#port, "127.0.0.1", resolve));
    this.#port = socket.address().port;
    this.#socket = socket;
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    await new Promise<void>((resolve) => (socket ? socket.close(() => resolve()) : resolve()));
  }
}
