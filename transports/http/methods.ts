/** Rules for every route: other methods, and paths with a trailing slash. */
import type { Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { ConnectionBindings } from "./body.ts";
import { problem } from "./problem.ts";

type App = Hono<{ Bindings: ConnectionBindings }>;

const slash = 0x2f;

/**
 * The path by which a request is routed: `/api/incidents/` is `/api/incidents`. Counted from the end: a regular expression for it takes
 * time with the square of the slashes, and anybody may send thousands.
 */
export function pathOf(request: Request): string {
  const path = getPath(request);
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) === slash) end--;
  return path.slice(0, end);
}

/** Every route of the program, as `METHOD /path`: taken from the router itself, so that the list is always complete. */
function routesOf(app: App): string[] {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"));
  return [...new Set(routes.map(({ method, path }) => `${method} ${path}`))];
}

/** Answers OPTIONS on readable paths, and other unsupported methods with 405. Comes after all routes. */
export function otherMethods(app: App): void {
  const byPath = new Map<string, string[]>();
  for (const route of routesOf(app)) {
    const [method = "", path = ""] = route.split(" ");
    byPath.set(path, [...(byPath.get(path) ?? []), method]);
  }
  for (const [path, methods] of byPath) {
    const isRead = methods.includes("GET");
    app.all(path, (c) => {
      const probes = isRead && c.req.method === "OPTIONS" ? ["HEAD", "OPTIONS"] : [];
      c.header("Allow", [...methods, ...probes].join(", "));
      // A load balancer's probe. Without CORS headers, browsers of other origins get no access.
      if (isRead && c.req.method === "OPTIONS") return c.body(null, 204);
      return problem(c, 405, "Method Not Allowed", `${c.req.path} takes ${methods.join(" and ")}`);
    });
  }
}
