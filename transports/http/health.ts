/** The health port of a feed: `GET /health`, nothing else. Balancers probe with HEAD or OPTIONS too, and some add a slash. */
import { Hono } from "hono";
import type { FeedStatus } from "../../core/feeds/health.ts";
import { pathOf } from "./methods.ts";

export function healthApp(health: () => { status: FeedStatus; body: Record<string, unknown> }): Hono {
  const app = new Hono({ getPath: pathOf });
  app.get("/health", (c) => {
    const { status, body } = health();
    return c.json(body, status === "stopped" ? 503 : 200, { "Cache-Control": "no-store" });
  });
  app.options("/health", (c) => {
    c.header("Allow", "GET, HEAD, OPTIONS");
    return c.body(null, health().status === "stopped" ? 503 : 204);
  });
  app.notFound((c) => c.json({ error: "only GET /health is served here" }, 404));
  return app;
}
