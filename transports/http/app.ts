/** The HTTP surface: every route and middleware, in order. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Fault } from "../../core/faults.ts";
import { addApi } from "./api/api.ts";
import type { ApiDependencies } from "./api/dependencies.ts";
import { requireScope } from "./api-key-auth.ts";
import type { ConnectionBindings } from "./body.ts";
import { type IngestDependencies, ingestHandler } from "./ingest.ts";
import { problem } from "./problem.ts";

export interface AppDependencies extends IngestDependencies {
  api: ApiDependencies;
  /** Null while everything that intake needs is there; else what is missing. */
  notReady(): string | null;
  faults(): readonly Fault[];
  /** Prometheus text format. */
  metrics(): Promise<string>;
  /** Told of the status of every answer of intake. */
  onAnswer(status: number): void;
  /** The same of the rest of the API. */
  onApiAnswer(method: string, status: number): void;
  /** Told of a defect behind a 500. */
  onDefect(error: unknown, method: string, path: string): void;
}

const loopback = /^(127\.\d+\.\d+\.\d+|::1)$/;

export function createApp(dependencies: AppDependencies): Hono<{ Bindings: ConnectionBindings }> {
  const app = new Hono<{ Bindings: ConnectionBindings }>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: "DENY",
      referrerPolicy: "no-referrer",
    }),
  );

  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const missing = dependencies.notReady();
    const faults = dependencies.faults().map(({ name, message }) => ({ name, message }));
    if (missing === null) return c.json({ status: "ready", faults });
    return c.json({ status: "not ready", reason: missing, faults }, 503, { "Retry-After": "5" });
  });
  app.get("/metrics", async (c) => {
    if (!loopback.test(c.env.remoteAddress)) {
      const caller = requireScope(c, dependencies.keys, "metrics:read");
      if (caller instanceof Response) return caller;
    }
    return c.text(await dependencies.metrics(), 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
  });

  app.use("/api/v1/ingest/*", async (c, next) => {
    await next();
    dependencies.onAnswer(c.res.status);
  });
  app.post("/api/v1/ingest/detections", ingestHandler("detections", dependencies));
  app.post("/api/v1/ingest/alarms", ingestHandler("alarms", dependencies));
  app.all("/api/v1/ingest/:kind{detections|alarms}", (c) => {
    c.header("Allow", "POST");
    return problem(c, 405, "Method Not Allowed", `${c.req.path} takes POST`);
  });

  app.use("/api/*", async (c, next) => {
    await next();
    if (!c.req.path.startsWith("/api/v1/ingest/")) dependencies.onApiAnswer(c.req.method, c.res.status);
  });
  addApi(app, dependencies.api);

  app.notFound((c) => problem(c, 404, "Not Found", "there is nothing at this address"));
  app.onError((error, c) => {
    dependencies.onDefect(error, c.req.method, c.req.path);
    return problem(c, 500, "Internal error", "the appliance could not answer; its log says why");
  });
  return app;
}
