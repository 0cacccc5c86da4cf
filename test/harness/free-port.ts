import { createServer } from "node:net";

/** Below the range from which Linux gives out ports by itself (32768 to 60999): a connection of somebody else never has it. */
const lowest = 10_000;
const highest = 32_000;

/** A TCP port of loopback that nobody listens on at the moment, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
