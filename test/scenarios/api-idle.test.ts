/** Connections that say nothing, or little and slowly, keep nobody else from being served. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";

const connections = 10_000;

test(
  `${connections} idle connections and a hundred that drip their headers: others are served, and memory stays small`,
  cleaningUp(async (defer) => {
    const appliance = await ApplianceProcess.prepare({ config: {}, wrapper: ["prlimit", "--nofile=16384"] });
    defer(() => appliance.dispose());
    const key = appliance.run(["key", "create", "poller", "--scope", "feed:read"]).stdout.trim();
    await appliance.start();
    // Loopback has 28,000 ports for each address.
    const sockets: Socket[] = [];
    defer(() => sockets.forEach((socket) => void socket.destroy()));
    const open = (text: string) =>
      new Promise<void>((resolve) => {
        const socket = connect({ port: appliance.apiPort, host: "127.0.0.1" });
        sockets.push(socket);
        socket.on("error", () => resolve());
        socket.once("connect", () => {
          if (text !== "") socket.write(text);
          resolve();
        });
      });
    for (let n = 0; n < connections; n += 500) await Promise.all(Array.from({ length: 500 }, () => open("")));
    for (let n = 0; n < 100; n++) await open("GET /api/incidents HTTP/1.1\r\nHost: x\r\nX-A: ");
    const alive = () => sockets.filter((socket) => socket.readyState === "open").length;
    expect(alive()).toBeGreaterThan(connections * 0.95);
    const dripping = setInterval(() => {
      for (const socket of sockets.slice(-100)) if (socket.writable) socket.write("a");
    }, 500);
    defer(() => clearInterval(dripping));
    for (let n = 0; n < 20; n++) {
      const answer = await fetch(`${appliance.apiUrl}/api/v1/feed/incidents?since=`, { headers: { "X-API-Key": key } });
      expect(answer.status).toBe(200);
    }
    const status = readFileSync(`/proc/${appliance.pid}/status`, "utf8");
    expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(400_000);
  }),
);
