/** The API: every endpoint in order, and what happens around each — who calls, may they, is the request sound, what went wrong. */
import type { Hono } from "hono";
import { type Caller, may, rolesWith, scopesWith } from "../../../core/access/caller.ts";
import { DeliveryError, EdgeError, StoreError, UsageError } from "../../../core/errors.ts";
import type { ConnectionBindings } from "../body.ts";
import { problem } from "../problem.ts";
import { administrationRoutes } from "./administration-routes.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { documentRoutes } from "./document-routes.ts";
import { incidentRoutes } from "./incident-routes.ts";
import { readJsonBody } from "./json-body.ts";
import { loginRoutes } from "./login-routes.ts";
import { pageRoutes } from "./page-routes.ts";
import { BadRequest, readBody, readQuery } from "./read-request.ts";
import type { ApiContext, Request, Route } from "./route.ts";
import { streamRoutes } from "./stream.ts";
import { ticketRoutes } from "./ticket-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";

export function apiRoutes(dependencies: ApiDependencies): Route[] {
  return [
    ...loginRoutes(dependencies),
    ...pageRoutes(dependencies),
    ...streamRoutes(dependencies),
    ...incidentRoutes(dependencies),
    ...ticketRoutes(dependencies),
    ...webhookRoutes(dependencies),
    ...administrationRoutes(dependencies),
  ];
}

export function addApi(app: Hono<{ Bindings: ConnectionBindings }>, dependencies: ApiDependencies): void {
  const routes = apiRoutes(dependencies);
  app.use("/api/*", async (c, next) => {
    await next();
    // Answers are one caller's: no proxy and no browser keeps them.
    if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
  });
  documentRoutes(app, routes, dependencies.version);
  for (const one of routes) app.on(one.method, one.path, (c) => answer(c, one, dependencies));
  for (const path of new Set(routes.map((one) => one.path))) {
    const methods = routes.filter((one) => one.path === path).map(({ method }) => method);
    app.all(path, (c) => {
      c.header("Allow", methods.join(", "));
      return problem(c, 405, "Method Not Allowed", `${c.req.path} takes ${methods.join(" and ")}`);
    });
  }
}

async function answer(c: ApiContext, route: Route, dependencies: ApiDependencies): Promise<Response> {
  try {
    const address = dependencies.clientAddress(c.env.remoteAddress, c.req.header("x-forwarded-for"));
    const caller = await admit(c, route, dependencies, address);
    if (caller instanceof Response) return caller;
    const query = route.query === undefined ? undefined : readQuery(route.query, new URL(c.req.url));
    const body = route.body === undefined ? undefined : readBody(route.body, await readJsonBody(c));
    const request: Request<unknown, unknown> = {
      c,
      caller,
      address,
      query,
      body,
      param: (name) => c.req.param(name) ?? "",
    };
    return await route.handle(request as Request<never, never>);
  } catch (error) {
    return refusal(c, error);
  }
}

const nobody: Omit<Caller, "address"> = { kind: "user", id: "", name: "", role: null, scopes: [], entities: [] };

/** The caller, or the answer that refuses: 401 without credentials that hold, 403 where they do not reach. */
async function admit(
  c: ApiContext,
  { permission, callers: allowed }: Route,
  { callers }: ApiDependencies,
  address: string,
): Promise<Caller | Response> {
  const key = c.req.header("x-api-key");
  const authorization = c.req.header("authorization");
  const token = /^Bearer +(\S+)$/i.exec(authorization?.trim() ?? "")?.[1];
  const user = token === undefined ? null : await callers.ofToken(token, address);
  if (permission === null) return user ?? { ...nobody, address };
  // Credentials that were given count; a key beside a token that does not hold is no way round it.
  const caller = authorization !== undefined ? user : key !== undefined ? callers.ofKey(key, address) : null;
  if (caller === null) {
    const keys = allowed === "users and keys";
    c.header("WWW-Authenticate", `Bearer realm="rhythmx"${keys ? ', ApiKey realm="rhythmx"' : ""}`);
    const how = "an access token of POST /api/login in Authorization: Bearer";
    return problem(c, 401, "Unauthorized", keys ? `send an API key in X-API-Key, or ${how}` : `send ${how}`);
  }
  if (may(caller, permission) && (caller.kind === "user" || allowed === "users and keys")) return caller;
  const scopes = allowed === "users and keys" ? scopesWith(permission) : [];
  const needed = [
    ...(scopes.length > 0 ? [`an API key with scope ${scopes.join(" or ")}`] : []),
    `a user with role ${rolesWith(permission).join(", ")}`,
  ];
  return problem(c, 403, "Forbidden", `this takes ${needed.join(" or ")}`);
}

/** What a refusal is called and which status it has; its message is the caller's to read. */
const refusals: Readonly<
  Record<string, { status: 400 | 401 | 403 | 404 | 409 | 410 | 422 | 429 | 502 | 503; title: string }>
> = {
  incident_unknown: { status: 404, title: "Not Found" },
  case_unknown: { status: 404, title: "Not Found" },
  actor_unknown: { status: 404, title: "Not Found" },
  exception_unknown: { status: 404, title: "Not Found" },
  user_unknown: { status: 404, title: "Not Found" },
  key_unknown: { status: 404, title: "Not Found" },
  delivery_unknown: { status: 404, title: "Not Found" },
  section_unknown: { status: 404, title: "Not Found" },
  not_configured: { status: 409, title: "Not configured" },
  ca_file: { status: 409, title: "Not configured" },
  preview_outdated: { status: 409, title: "The preview is outdated" },
  not_enabled: { status: 409, title: "Not enabled" },
  identify_refused: { status: 409, title: "Not that ticket" },
  delivery_state: { status: 409, title: "Not in this state" },
  webhook_off: { status: 403, title: "Webhooks are off" },
  webhook_signature: { status: 401, title: "Unauthorized" },
  webhook_outdated: { status: 401, title: "Unauthorized" },
  webhook_unreadable: { status: 400, title: "Unreadable body" },
  setting_pinned: { status: 409, title: "Pinned" },
  incident_newer: { status: 409, title: "A newer incident is open" },
  case_newer: { status: 409, title: "A newer case is active" },
  incident_exists: { status: 409, title: "The actor has an open incident" },
  user_exists: { status: 409, title: "The name is taken" },
  last_admin: { status: 409, title: "The last administrator" },
  totp_not_begun: { status: 409, title: "No second factor is being set up" },
  exception_refused: { status: 422, title: "Unprocessable Content" },
  entity_foreign: { status: 403, title: "Forbidden" },
  cursor_gap: { status: 410, title: "Gone" },
  login_refused: { status: 401, title: "Unauthorized" },
  refresh_refused: { status: 401, title: "Unauthorized" },
  password_wrong: { status: 401, title: "Unauthorized" },
  totp_needed: { status: 401, title: "Second factor needed" },
  totp_wrong: { status: 401, title: "Wrong code" },
  login_throttled: { status: 429, title: "Too many failed logins" },
  logins_busy: { status: 503, title: "Busy" },
  no_correlation: { status: 503, title: "No incidents" },
};

function refusal(c: ApiContext, error: unknown): Response {
  if (error instanceof BadRequest) return problem(c, 400, "Bad request", error.message, { errors: [...error.errors] });
  if (error instanceof StoreError)
    return problem(c, 503, "Not available", "the database cannot be used at the moment: try again", { retryAfter: 5 });
  if (error instanceof DeliveryError)
    return problem(c, 502, "The target does not answer as it should", `${error.code}: ${error.message}`);
  if (!(error instanceof EdgeError)) throw error;
  const { code, message, data } = error;
  if (code === "cursor_invalid")
    return problem(c, 400, "Bad request", `cursor: ${message}`, { errors: [{ name: "cursor", reason: message }] });
  if (error instanceof UsageError) {
    const [, name = "body", reason = message] = /^([a-z_]+): (.*)$/s.exec(message) ?? [];
    return problem(c, 400, "Bad request", message, { errors: [{ name, reason }] });
  }
  if (code === "body_refused") return problem(c, data.status as 400, String(data.title), message);
  const known = refusals[code];
  if (known === undefined) throw error;
  const retryAfter = typeof data.retryAfter === "number" ? data.retryAfter : known.status === 503 ? 5 : undefined;
  return problem(c, known.status, known.title, message, retryAfter === undefined ? {} : { retryAfter });
}
