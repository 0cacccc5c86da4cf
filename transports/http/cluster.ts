/** A node of a cluster that follows: reads are answered, and what changes something is sent to the node that leads. */
import type { Hono } from "hono";
import type { ApiContext } from "./api/route.ts";
import type { ConnectionBindings } from "./body.ts";
import { isConsolePath } from "./console/console.ts";
import { elsewherePage } from "./console/elsewhere.tsx";
import type { ConsoleDependencies } from "./console/ports.ts";
import { problem } from "./problem.ts";

export interface ClusterPort {
  /** Null: this node leads. `address`: of the node that does; null while nobody does. */
  elsewhere(): { address: string | null } | null;
  /** Answers another node that asks for a copy of the database. */
  snapshot(request: Request): Promise<Response>;
}

/** Sign-ins at a follower hold there alone and change nothing that others see. */
const ownBusiness = /^\/(?:sign-in|console\/sign-out|api\/(?:login|refresh|logout))$/;

/** Comes before every other route. `pages`: what pages of the console are made with. */
export function addCluster(
  app: Hono<{ Bindings: ConnectionBindings }>,
  cluster: ClusterPort,
  pages: ConsoleDependencies,
): void {
  app.get("/cluster/snapshot", (c) => {
    // The file is copied before the first byte.
    c.env.extendTimeout(0);
    return cluster.snapshot(c.req.raw);
  });
  app.use(async (c, next) => {
    const reads = ["GET", "HEAD", "OPTIONS"].includes(c.req.method);
    const elsewhere = reads || ownBusiness.test(c.req.path) ? null : cluster.elsewhere();
    return elsewhere === null ? next() : misdirected(c, elsewhere.address, pages);
  });
}

/** 421 with the address where the same request is taken; without a leader 503. */
function misdirected(c: ApiContext, address: string | null, pages: ConsoleDependencies): Response | Promise<Response> {
  const status = address === null ? 503 : 421;
  const title = address === null ? "Nobody leads" : "Misdirected Request";
  const detail =
    address === null
      ? "this node follows, and no node of the cluster leads at the moment: try again"
      : `this node follows: send this to ${address}, which leads the cluster`;
  c.header("Cache-Control", "no-store");
  if (address !== null) c.header("X-RhythmX-Leader", address);
  const wantsPage = isConsolePath(c.req.path) && (c.req.header("accept") ?? "").includes("text/html");
  if (!wantsPage) return problem(c, status, title, detail, address === null ? { retryAfter: 5 } : {});
  return elsewherePage(
    c,
    pages,
    address === null ? null : `${address}${c.req.path.startsWith("/console/") ? "/" : c.req.path}`,
  );
}
