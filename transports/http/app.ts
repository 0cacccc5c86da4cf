/** The HTTP surface: every route and middleware, in order. */
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { addApi } from "./api/api.ts";
import type { ApiDependencies } from "./api/dependencies.ts";
import type { ConnectionBindings } from "./body.ts";
import { addConsole, isConsolePath } from "./console/console.ts";
import type { ConsoleDependencies } from "./console/ports.ts";
import type { IngestDependencies } from "./ingest.ts";
import { otherMethods, pathOf } from "./methods.ts";
import { problem } from "./problem.ts";
import { ingestRoutes, type SystemDependencies, systemRoutes } from "./system-routes.ts";

const headers = { xFrameOptions: "DENY", referrerPolicy: "no-referrer" } as const;
const policy = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};
const forPrograms = secureHeaders({ ...headers, contentSecurityPolicy: policy });
/** For pages with scripts of our own. With `same-origin` a browser still sends Origin with forms, which `no-referrer` would blank. */
const forPages = secureHeaders({
  ...headers,
  referrerPolicy: "same-origin",
  contentSecurityPolicy: {
    ...policy,
    scriptSrc: ["'self'"],
    imgSrc: ["'self'"],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["rhythmx"],
  },
});

export interface AppDependencies
  extends Omit<IngestDependencies, "clientAddress">,
    Omit<SystemDependencies, "clientAddress"> {
  api: ApiDependencies;
  console: ConsoleDependencies;
  /** Called with the status of every intake answer. */
  onAnswer(status: number): void;
  /** The same for the rest of the API. */
  onApiAnswer(method: string, status: number): void;
  /** Called with the error behind a 500. */
  onDefect(error: unknown, method: string, path: string): void;
}

export function createApp(dependencies: AppDependencies): Hono<{ Bindings: ConnectionBindings }> {
  const app = new Hono<{ Bindings: ConnectionBindings }>({ getPath: pathOf });
  app.use((c, next) => (isConsolePath(c.req.path) ? forPages : forPrograms)(c, next));

  app.use("/api/v1/ingest/*", async (c, next) => {
    await next();
    dependencies.onAnswer(c.res.status);
  });
  const { clientAddress } = dependencies.api;
  const parts = { ...dependencies, clientAddress };
  const others = [...ingestRoutes(parts), ...systemRoutes(parts)];
  for (const one of others) app.on(one.method, one.path, one.answer);

  app.use("/api/*", async (c, next) => {
    await next();
    if (!c.req.path.startsWith("/api/v1/ingest/")) dependencies.onApiAnswer(c.req.method, c.res.status);
  });
  addApi(app, dependencies.api, others);
  const otherPages = addConsole(app, dependencies.console);
  otherMethods(app);

  const wantsPage = (c: Context) => isConsolePath(c.req.path) && (c.req.header("accept") ?? "").includes("text/html");
  app.notFound((c) =>
    wantsPage(c) ? otherPages.notFound(c) : problem(c, 404, "Not Found", "there is nothing at this address"),
  );
  app.onError((error, c) => {
    dependencies.onDefect(error, c.req.method, c.req.path);
    if (wantsPage(c)) return otherPages.defect(c);
    return problem(c, 500, "Internal error", "the appliance could not answer; its log says why");
  });
  return app;
}
