import { createServer, type Server } from "node:net";

/** Below the range from which Linux gives out ports by itself (32768 to 60999): a connection of somebody else never has it. */
const lowest = 10_000;
const highest = 32_000;

/** Claims of this process, held until it ends. */
const claims: Server[] = [];

/**
 * A TCP port of loopback that nobody listens on, for programs that cannot choose one themselves. No other test gets it as long as
 * this process lives, also while nobody listens on it: a name in Linux's abstract socket namespace claims it, which goes with the process.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const claim = await listening(`\0rhythmx-test-port-${port}`);
    if (claim === null) continue;
    claim.unref();
    claims.push(claim);
    const server = await listening(port);
    if (server === null) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

function listening(at: string | number): Promise<Server | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
    if (typeof at === "string") server.listen(at, () => resolve(server));
    else server.listen(at, "127.0.0.1", () => resolve(server));
  });
}
