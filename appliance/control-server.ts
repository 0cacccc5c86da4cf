/** The control socket: commands reach the running appliance here. A unix socket in the data folder, 0600; no other door leads to it. */
import { rmSync } from "node:fs";
import { Hono } from "hono";
import { EdgeError, messageOf } from "../core/errors.ts";
import type { IntakeKind } from "../core/intake/intake.ts";
import { socketAddress } from "./control-address.ts";
import type { NewKey } from "./key-ring.ts";
import type { Operations } from "./operations.ts";
import { type HttpServer, serve } from "./runtime/http-server.ts";

const maxBodyBytes = 64 * 1024 * 1024;

export function startControlServer(dataDir: string, operations: Operations): HttpServer {
  const app = controlApp(operations);
  const address = socketAddress(dataDir);
  // A socket file that a killed process left behind; the data folder's lock says that no other process uses it.
  rmSync(address.path, { force: true });
  return serve({
    listen: { unix: address.path },
    idleTimeoutSeconds: 255,
    maxBodyBytes,
    fetch: async (request, connection) => {
      connection.extendTimeout(0);
      return app.fetch(request);
    },
  });
}

function controlApp(operations: Operations): Hono {
  const app = new Hono();
  app.post("/ping", (c) => c.json({}));
  app.post("/key/create", async (c) => c.json(await operations.createKey(await c.req.json<NewKey>())));
  app.post("/key/list", async (c) => c.json(await operations.listKeys()));
  app.post("/key/revoke", async (c) => c.json(await operations.revokeKey((await c.req.json<{ id: string }>()).id)));
  app.post("/replay", async (c) => {
    const { destination, from } = await c.req.json<{ destination: string; from: number }>();
    return c.json(await operations.replay(destination, from));
  });
  app.post("/import", async (c) => {
    const kind = (c.req.query("kind") ?? "detections") as IntakeKind;
    const body = new Uint8Array(await c.req.arrayBuffer());
    return c.json(await operations.importBatch({ kind, format: c.req.query("format") ?? "rhythmx", body }));
  });
  app.post("/doctor", async (c) => c.json(await operations.doctor()));
  app.onError((error, c) => {
    const code = error instanceof EdgeError ? error.code : "internal";
    return c.json({ code, message: messageOf(error) }, 400);
  });
  return app;
}
