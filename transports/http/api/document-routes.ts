/** The API document at `/api/openapi.json`, and for people at `/api/docs`: everything embedded, no network needed. */
import type { Hono } from "hono";
import type { ConnectionBindings } from "../body.ts";
import type { SystemRoute } from "../system-routes.ts";
import { documentPage, documentStyle } from "./document-page.ts";
import { openApiDocument } from "./openapi.ts";
import type { Route } from "./route.ts";

export function documentRoutes(
  app: Hono<{ Bindings: ConnectionBindings }>,
  routes: readonly Route[],
  others: readonly SystemRoute[],
  version: string,
): void {
  const made = { json: "", page: "" };
  // Built on the first request: most appliances never get one.
  const json = () => {
    made.json ||= JSON.stringify(openApiDocument(routes, others, version));
    return made.json;
  };
  const page = () => {
    made.page ||= documentPage(openApiDocument(routes, others, version));
    return made.page;
  };
  app.get("/api/openapi.json", (c) => c.body(json(), 200, { "Content-Type": "application/json" }));
  app.get("/api/docs", (c) => c.html(page()));
  app.get("/api/docs/style.css", (c) => c.body(documentStyle, 200, { "Content-Type": "text/css; charset=utf-8" }));
}
