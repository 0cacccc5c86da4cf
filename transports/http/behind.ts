/** What a node of a cluster answers while its database has an older schema than its program: nothing of what is in it, and where that is read. */
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { ConnectionBindings } from "./body.ts";
import type { ClusterPort } from "./cluster.ts";
import { isConsolePath } from "./console/console.ts";
import { pathOf } from "./methods.ts";
import { problem } from "./problem.ts";

/** `why`: what the fault says of it. */
export function behindApp({ elsewhere, snapshot }: ClusterPort, why: string): Hono<{ Bindings: ConnectionBindings }> {
  const app = new Hono<{ Bindings: ConnectionBindings }>({ getPath: pathOf });
  app.use(secureHeaders({ xFrameOptions: "DENY", contentSecurityPolicy: { defaultSrc: ["'none'"] } }));
  const leader = () => elsewhere()?.address ?? null;
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const address = leader();
    const reason = address === null ? "no node of the cluster leads" : `this node follows ${address}`;
    return c.json({ status: "not ready", reason, faults: [] }, 503, { "Retry-After": "5" });
  });
  app.get("/cluster/snapshot", (c) => {
    // The file is copied before the first byte.
    c.env.extendTimeout(0);
    return snapshot(c.req.raw);
  });
  app.all("*", (c) => answerElsewhere(c, leader(), why));
  return app;
}

function answerElsewhere(c: Context, leader: string | null, why: string): Response {
  const reads = ["GET", "HEAD", "OPTIONS"].includes(c.req.method);
  c.header("Cache-Control", "no-store");
  if (leader === null) return problem(c, 503, "Nobody leads", `${why}; no node leads at the moment`, { retryAfter: 5 });
  c.header("X-RhythmX-Leader", leader);
  if (!reads) return problem(c, 421, "Misdirected Request", `${why}: send this to ${leader}, which leads the cluster`);
  // A person who looks something up need not know about it.
  const wantsPage = isConsolePath(c.req.path) && (c.req.header("accept") ?? "").includes("text/html");
  if (wantsPage) return c.redirect(`${leader}${c.req.path}`, 307);
  return problem(c, 503, "Not served here", `${why}: ask ${leader}, which leads the cluster`, { retryAfter: 5 });
}
