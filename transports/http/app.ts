/** The HTTP surface: every route and middleware, in order. */
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { addApi } from "./api/api.ts";
import type { ApiDependencies } from "./api/dependencies.ts";
import type { ConnectionBindings } from "./body.ts";
import { addCluster, type ClusterPort } from "./cluster.ts";
import { addConsole, isConsolePath } from "./console/console.ts";
import type { ConsoleDependencies } from "./console/ports.ts";
import type { IngestDependencies } from "./ingest.ts";
import { otherMethods, pathOf } from "./methods.ts";
import { problem } from "./problem.ts";
import { ingestRoutes, type SystemDependencies, systemRoutes } from "./system-routes.ts";

const headers = {
  xFrameOptions: "DENY",
  referrerPolicy: "no-referrer",
  // A year (OWASP ASVS 3.4.1). Over plain HTTP browsers ignore it.
  strictTransportSecurity: "max-age=31536000; includeSubDomains",
} as const;
const policy = {
  defaultSrc: ["'none'"],
  objectSrc: ["'none'"],
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
  /** Of a node of a cluster; absent where this appliance is alone. */
  cluster?: ClusterPort;
  /** What is counted for metrics. */
  counts: {
    /** An answer of intake. */
    batch(status: number): void;
    /** An answer of the rest of the API. */
    asked(method: string, status: number): void;
    /** How long the answer of a request took, intake and streams apart. */
    answered(kind: RequestClass, milliseconds: number): void;
  };
  /** Milliseconds that only grow. */
  monotonic(): number;
  /** Called with the error behind a 500. */
  onDefect(error: unknown, method: string, path: string): void;
}

/** Kinds of requests that take about as long as each other. */
type RequestClass = "read" | "change" | "login" | "connection_test" | "webhook" | "console";

/** Null: it is counted elsewhere, or asked for by machines all the time. */
function requestClass(method: string, path: string): RequestClass | null {
  if (path.startsWith("/api/v1/ingest/")) return null;
  if (/^\/api\/(login|refresh|logout|password)$/.test(path)) return "login";
  if (path.startsWith("/api/webhooks/")) return "webhook";
  // Asks a ticket system or a receiver, and takes as long as that does.
  if (/^\/(?:api|console)\/(?:settings|integrations)\/.+\/(?:test|send|fields)$/.test(path)) return "connection_test";
  if (path.startsWith("/api/")) return method === "GET" || method === "HEAD" ? "read" : "change";
  return isConsolePath(path) ? "console" : null;
}

export function createApp(dependencies: AppDependencies): Hono<{ Bindings: ConnectionBindings }> {
  const { counts, monotonic } = dependencies;
  const app = new Hono<{ Bindings: ConnectionBindings }>({ getPath: pathOf });
  app.use(async (c, next) => {
    const begun = monotonic();
    await next();
    const kind = requestClass(c.req.method, c.req.path);
    // A stream is open for as long as its reader wants it.
    const isStream = (c.res.headers.get("content-type") ?? "").startsWith("text/event-stream");
    if (kind !== null && !isStream) counts.answered(kind, monotonic() - begun);
  });
  app.use((c, next) => (isConsolePath(c.req.path) ? forPages : forPrograms)(c, next));
  // The address is put together of what the request says, such as a Host that is none.
  app.use(async (c, next) => {
    if (URL.canParse(c.req.url)) return next();
    return problem(c, 400, "Bad Request", "Host and path of this request are no address");
  });

  if (dependencies.cluster !== undefined) addCluster(app, dependencies.cluster, dependencies.console);
  app.use("/api/v1/ingest/*", async (c, next) => {
    await next();
    counts.batch(c.res.status);
  });
  const { clientAddress } = dependencies.api;
  const parts = { ...dependencies, clientAddress };
  const others = [...ingestRoutes(parts), ...systemRoutes(parts)];
  for (const one of others) app.on(one.method, one.path, one.answer);

  app.use("/api/*", async (c, next) => {
    await next();
    if (!c.req.path.startsWith("/api/v1/ingest/")) counts.asked(c.req.method, c.res.status);
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
