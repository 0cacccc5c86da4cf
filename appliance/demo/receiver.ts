/** The demo's syslog receiver: TCP on loopback, any free port, one message a line (RFC 6587, 3.4.2). */
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface Receiver {
  port: number;
  close(): Promise<void>;
}

/** Calls `onMessage` with each message as text, in order of arrival. */
export async function startReceiver(onMessage: (message: string) => void): Promise<Receiver> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    let rest = "";
    socket.on("data", (part) => {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onMessage(line);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
