/** The control socket, through which commands call the running appliance: a unix socket in the data folder with mode 0600. */
import { rmSync } from "node:fs";
import { Hono } from "hono";
import * as v from "valibot";
import { roles } from "../../core/access/user.ts";
import { apiKeyScopes } from "../../core/api-key.ts";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { ticketSystems } from "../../core/tickets/ticket.ts";
import { type HttpServer, serve } from "../runtime/http-server.ts";
import { version } from "../runtime/version.ts";
import { socketAddress } from "./control-address.ts";
import type { Operations } from "./operations.ts";

/** The requests of commands. They are checked, because program and running appliance may be of different versions. */
const newKey = v.object({
  name: v.string(),
  scopes: v.array(v.picklist(apiKeyScopes)),
  entities: v.array(v.string()),
  expiresInDays: v.nullable(v.number()),
});
const keyId = v.object({ id: v.string() });
const newUser = v.object({
  name: v.string(),
  role: v.picklist(roles),
  password: v.string(),
  entities: v.array(v.string()),
});
const userChange = v.object({
  name: v.string(),
  change: v.object({
    password: v.exactOptional(v.string()),
    disabled: v.exactOptional(v.boolean()),
    resetTotp: v.exactOptional(v.boolean()),
  }),
});
const replay = v.object({ destination: v.string(), from: v.number(), to: v.nullable(v.number()) });
const skip = v.object({ destination: v.string(), to: v.nullable(v.number()) });
const forget = v.object({ destination: v.string() });
const deadLetters = v.object({
  id: v.exactOptional(v.string()),
  system: v.exactOptional(v.picklist(ticketSystems)),
  state: v.exactOptional(v.picklist(["parked", "dead"])),
  causes: v.exactOptional(v.array(v.string())),
  entities: v.exactOptional(v.nullable(v.array(v.string()))),
  incidentId: v.exactOptional(v.string()),
  since: v.exactOptional(v.number()),
  before: v.exactOptional(v.number()),
});
const renewal = v.object({
  incidentId: v.string(),
  system: v.picklist(ticketSystems),
  reason: v.nullable(v.string()),
});
const exception = v.object({
  entity: v.string(),
  rule: v.string(),
  actor: v.string(),
  host: v.string(),
  process: v.string(),
  commandLine: v.string(),
  hash: v.string(),
  until: v.nullable(v.number()),
  reason: v.string(),
});
const identified = v.object({ id: v.string(), number: v.string() });
const importQuery = v.object({ kind: v.picklist(["detections", "alarms"]), format: v.string(), before: v.string() });

const maxBodyBytes = 64 * 1024 * 1024;

/** What a node of a cluster that follows does itself; it sends everything else on. What is new belongs here only if it changes nothing. */
const changingNothing: ReadonlySet<string> = new Set([
  ...["/ping", "/doctor", "/support", "/reload", "/key/list", "/user/list", "/backup/status", "/tickets/test"],
  ...["/replay/count", "/destinations/list", "/destinations/skip/count", "/destinations/forget/count"],
  ...[
    "/dead-letters/list",
    "/dead-letters/matching",
    "/deliveries/candidates",
    "/exceptions/list",
    "/exceptions/try",
    "/exceptions/proposals",
  ],
]);

/** `elsewhere`: where another node of a cluster leads, as for the HTTP surface; null: this appliance changes what it is told to. */
export function startControlServer(
  dataDir: string,
  operations: Operations,
  elsewhere: () => { address: string | null } | null,
): Promise<HttpServer> {
  const app = controlApp(operations, elsewhere);
  const address = socketAddress(dataDir);
  // Left by a killed process: the data folder's lock proves that no other process uses it.
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

function controlApp(operations: Operations, elsewhere: () => { address: string | null } | null): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const leader = changingNothing.has(c.req.path) ? null : elsewhere();
    if (leader === null) return next();
    throw new EdgeError(
      "store_not_leader",
      leader.address === null
        ? "this node follows, and no node of the cluster leads at the moment: try again"
        : `this node follows, and changes nothing itself: run this on the node that leads the cluster, ${leader.address}`,
    );
  });
  app.post("/ping", (c) => c.json({ version }));
  app.post("/key/create", async (c) => c.json(await operations.createKey(v.parse(newKey, await c.req.json()))));
  app.post("/key/list", async (c) => c.json(await operations.listKeys()));
  app.post("/key/revoke", async (c) => c.json(await operations.revokeKey(v.parse(keyId, await c.req.json()).id)));
  app.post("/user/create", async (c) => {
    await operations.createUser(v.parse(newUser, await c.req.json()));
    return c.json({});
  });
  app.post("/user/list", async (c) => c.json(await operations.listUsers()));
  app.post("/user/change", async (c) => {
    const { name, change } = v.parse(userChange, await c.req.json());
    await operations.changeUser(name, change);
    return c.json({});
  });
  app.post("/replay", async (c) => c.json(await operations.replay(v.parse(replay, await c.req.json()))));
  app.post("/replay/count", async (c) => c.json(await operations.countReplay(v.parse(replay, await c.req.json()))));
  app.post("/destinations/list", async (c) => c.json(await operations.listDestinations()));
  app.post("/destinations/skip", async (c) => {
    const { destination, to } = v.parse(skip, await c.req.json());
    return c.json(await operations.skipDestination(destination, to));
  });
  app.post("/destinations/skip/count", async (c) => {
    const { destination, to } = v.parse(skip, await c.req.json());
    return c.json(await operations.countSkip(destination, to));
  });
  app.post("/destinations/forget", async (c) =>
    c.json(await operations.forgetDestination(v.parse(forget, await c.req.json()).destination)),
  );
  app.post("/destinations/forget/count", async (c) =>
    c.json(await operations.countForget(v.parse(forget, await c.req.json()).destination)),
  );
  app.post("/reload", async (c) => c.json(await operations.reload()));
  app.post("/import", async (c) => {
    const { kind, format, before } = v.parse(importQuery, c.req.query());
    const body = new Uint8Array(await c.req.arrayBuffer());
    return c.json(await operations.importBatch({ kind, format, body, before }));
  });
  app.post("/secrets/rotate", async (c) => {
    const { newKey } = v.parse(v.object({ newKey: v.nullable(v.string()) }), await c.req.json());
    return c.json(await operations.rotateSecrets(newKey === null ? null : Buffer.from(newKey, "base64")));
  });
  app.post("/dead-letters/list", async (c) => c.json(await operations.listDeadLetters()));
  app.post("/dead-letters/matching", async (c) => {
    const { which, toDiscard } = v.parse(v.object({ which: deadLetters, toDiscard: v.boolean() }), await c.req.json());
    return c.json(await operations.matchingDeliveries(which, toDiscard));
  });
  app.post("/tickets/renew", async (c) => {
    const { incidentId, system, reason } = v.parse(renewal, await c.req.json());
    await operations.renewTicket(incidentId, system, reason);
    return c.json({});
  });
  app.post("/dead-letters/retry", async (c) => {
    const { which } = v.parse(v.object({ which: deadLetters }), await c.req.json());
    return c.json(await operations.retryDeliveries(which));
  });
  app.post("/dead-letters/discard", async (c) => {
    const { which, reason } = v.parse(v.object({ which: deadLetters, reason: v.string() }), await c.req.json());
    return c.json(await operations.discardDeliveries(which, reason));
  });
  app.post("/deliveries/candidates", async (c) =>
    c.json(await operations.listCandidates(v.parse(keyId, await c.req.json()).id)),
  );
  app.post("/deliveries/identify", async (c) => {
    const { id, number } = v.parse(identified, await c.req.json());
    await operations.identifyDelivery(id, number);
    return c.json({});
  });
  app.post("/exceptions/list", async (c) => c.json(await operations.listExceptions()));
  app.post("/exceptions/add", async (c) =>
    c.json(await operations.addException(v.parse(exception, await c.req.json()))),
  );
  app.post("/exceptions/try", async (c) =>
    c.json(await operations.tryException(v.parse(exception, await c.req.json()))),
  );
  app.post("/exceptions/remove", async (c) => {
    await operations.removeException(v.parse(keyId, await c.req.json()).id);
    return c.json({});
  });
  app.post("/exceptions/proposals", async (c) => {
    const { incidentId } = v.parse(v.object({ incidentId: v.nullable(v.string()) }), await c.req.json());
    return c.json(await operations.proposedExceptions(incidentId));
  });
  app.post("/tickets/test", async (c) => c.json(await operations.testTickets()));
  app.post("/support", async (c) =>
    c.json({ base64: Buffer.from(await operations.supportBundle()).toString("base64") }),
  );
  app.post("/backup", async (c) => c.json(await operations.makeBackup()));
  app.post("/backup/taken", async (c) => {
    const { from, to } = v.parse(v.object({ from: v.string(), to: v.string() }), await c.req.json());
    await operations.backupTaken(from, to);
    return c.json({});
  });
  app.post("/backup/status", async (c) => c.json(await operations.backupStatus()));
  app.post("/doctor", async (c) => c.json(await operations.doctor()));
  app.onError((error, c) => {
    const code = error instanceof EdgeError ? error.code : "internal";
    return c.json({ code, message: messageOf(error) }, 400);
  });
  return app;
}
