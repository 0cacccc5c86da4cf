/** The health port of a feed: `GET /health`, nothing else. */
import { Hono } from "hono";
import type { FeedStatus } from "../../core/feeds/health.ts";

export function healthApp(health: () => { status: FeedStatus; body: Record<string, unknown> }): Hono {
  const app = new Hono();
  app.get("/health", (c) => {
    const { status, body } = health();
    return c.json(body, status === "stopped" ? 503 : 200, { "Cache-Control": "no-store" });
  });
  app.notFound((c) => c.json({ error: "only GET /health is served here" }, 404));
  return app;
}
