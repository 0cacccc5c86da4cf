/** The API: every endpoint in order, and what happens around each: authentication, permission, validation and errors. */
import type { Hono } from "hono";
import { type Caller, may, rolesWith, scopesWith } from "../../../core/access/caller.ts";
import { DeliveryError, EdgeError, StoreError, UsageError } from "../../../core/errors.ts";
import { bodyRefusal, type ConnectionBindings } from "../body.ts";
import { conflictDetail, credentialOf } from "../credentials.ts";
import { problem } from "../problem.ts";
import type { SystemRoute } from "../system-routes.ts";
import { administrationRoutes } from "./administration-routes.ts";
import { assetRoutes } from "./assets/asset-routes.ts";
import { campaignRoutes } from "./campaigns/campaign-routes.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { documentRoutes } from "./document-routes.ts";
import { exceptionRoutes } from "./exception-routes.ts";
import { incidentRoutes } from "./incident-routes.ts";
import { readJsonBody, readTextBody } from "./json-body.ts";
import { loginRoutes } from "./login-routes.ts";
import { pageRoutes } from "./page-routes.ts";
import { BadRequest, readBody, readQuery } from "./read-request.ts";
import type { ApiContext, Request, Route, TextBody } from "./route.ts";
import { streamRoutes } from "./stream.ts";
import { ticketRoutes } from "./ticket-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";

export function apiRoutes(dependencies: ApiDependencies): Route[] {
  return [
    ...loginRoutes(dependencies),
    ...pageRoutes(dependencies),
    ...streamRoutes(dependencies),
    ...incidentRoutes(dependencies),
    ...campaignRoutes(dependencies),
    ...exceptionRoutes(dependencies),
    ...assetRoutes(dependencies),
    ...ticketRoutes(dependencies),
    ...webhookRoutes(dependencies),
    ...administrationRoutes(dependencies),
  ];
}

/** `others`: routes beside these that the API document has to name. */
export function addApi(
  app: Hono<{ Bindings: ConnectionBindings }>,
  dependencies: ApiDependencies,
  others: readonly SystemRoute[],
): void {
  const routes = apiRoutes(dependencies);
  app.use("/api/*", async (c, next) => {
    await next();
    // Answers belong to one caller: proxies and browsers must not cache them.
    if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
  });
  documentRoutes(app, routes, others, dependencies.version);
  for (const one of routes) app.on(one.method, one.path, (c) => answer(c, one, dependencies));
}

async function answer(c: ApiContext, route: Route, dependencies: ApiDependencies): Promise<Response> {
  try {
    const address = dependencies.clientAddress(c.env.remoteAddress, c.req.header("x-forwarded-for"));
    const credential = credentialOf(c);
    const admission = () => admit(c, route, dependencies, credential, address);
    let caller = await admission();
    if (caller instanceof Response) return caller;
    const query = route.query === undefined ? undefined : readQuery(route.query, new URL(c.req.url));
    let body: unknown;
    let text: TextBody = { format: "json", text: "" };
    if (route.body !== undefined || route.textBody !== undefined) {
      const known = caller.id !== "";
      if (route.textBody !== undefined) text = await readTextBody(c, { address, known }, route.textBody.most);
      else if (route.body !== undefined) body = readBody(route.body, await readJsonBody(c, { address, known }));
      // Reading a body may take a while: check again that the caller is still allowed.
      caller = await admission();
      if (caller instanceof Response) return caller;
    }
    const request: Request<unknown, unknown> = {
      c,
      caller,
      address,
      query,
      body,
      text,
      param: (name) => c.req.param(name) ?? "",
      stillAdmitted: async () => {
        const present = await judge(route, dependencies, credential, address);
        return present.verdict === "admitted" ? present.caller : null;
      },
    };
    return await route.handle(request as Request<never, never>);
  } catch (error) {
    return refusal(c, error);
  }
}

const nobody: Omit<Caller, "address"> = { kind: "user", id: "", name: "", role: null, scopes: [], entities: [] };

type Admission =
  | { verdict: "admitted"; caller: Caller }
  | { verdict: "conflict" | "unknown" | "forbidden" | "password" };

/** Whether the caller behind this credential may use the route at this moment. */
async function judge(
  { permission, callers: allowed, withInitialPassword = false }: Route,
  { callers }: ApiDependencies,
  credential: ReturnType<typeof credentialOf>,
  address: string,
): Promise<Admission> {
  if (credential === "conflict") return { verdict: "conflict" };
  const user = credential?.kind === "token" ? await callers.ofToken(credential.text, address) : null;
  if (permission === null) return { verdict: "admitted", caller: user ?? { ...nobody, address } };
  const caller = credential?.kind === "key" ? callers.ofKey(credential.text, address) : user;
  if (caller === null) return { verdict: "unknown" };
  if (user?.mustChangePassword && !withInitialPassword) return { verdict: "password" };
  const reaches = may(caller, permission) && (caller.kind === "user" || allowed === "users and keys");
  return reaches ? { verdict: "admitted", caller } : { verdict: "forbidden" };
}

/** The caller, or a refusal: 401 without valid credentials, 403 if they lack the permission. */
async function admit(
  c: ApiContext,
  route: Route,
  dependencies: ApiDependencies,
  credential: ReturnType<typeof credentialOf>,
  address: string,
): Promise<Caller | Response> {
  const { permission, callers: allowed } = route;
  const admission = await judge(route, dependencies, credential, address);
  if (admission.verdict === "admitted") return admission.caller;
  const keys = allowed === "users and keys";
  if (admission.verdict === "password")
    return problem(
      c,
      403,
      "Password change required",
      "somebody else has set this password: choose one of your own with POST /api/password, then log in again",
    );
  if (admission.verdict === "unknown" || admission.verdict === "conflict") {
    c.header("WWW-Authenticate", `Bearer realm="rhythmx"${keys ? ', ApiKey realm="rhythmx"' : ""}`);
    const how = "an access token of POST /api/login in Authorization: Bearer";
    const detail = keys ? `send an API key in X-API-Key or Authorization: Bearer, or ${how}` : `send ${how}`;
    return problem(c, 401, "Unauthorized", admission.verdict === "conflict" ? conflictDetail : detail);
  }
  const scopes = keys && permission !== null ? scopesWith(permission) : [];
  const needed = [
    ...(scopes.length > 0 ? [`an API key with scope ${scopes.join(" or ")}`] : []),
    ...(permission === null ? [] : [`a user with role ${rolesWith(permission).join(", ")}`]),
  ];
  return problem(c, 403, "Forbidden", `this takes ${needed.join(" or ")}`);
}

/** What a refusal is called and which status it has; its message is the caller's to read. */
const refusals: Readonly<
  Record<string, { status: 400 | 401 | 403 | 404 | 409 | 410 | 412 | 422 | 429 | 502 | 503; title: string }>
> = {
  incident_unknown: { status: 404, title: "Not Found" },
  case_unknown: { status: 404, title: "Not Found" },
  campaign_unknown: { status: 404, title: "Not Found" },
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
  caller_revoked: { status: 401, title: "Unauthorized" },
  account_changed: { status: 409, title: "The account was changed" },
  cursor_restored: { status: 410, title: "Gone" },
  incident_newer: { status: 409, title: "A newer incident is open" },
  case_newer: { status: 409, title: "A newer case is active" },
  incident_exists: { status: 409, title: "The actor has an open incident" },
  user_exists: { status: 409, title: "The name is taken" },
  last_admin: { status: 409, title: "The last administrator" },
  totp_not_begun: { status: 409, title: "No second factor is being set up" },
  exception_refused: { status: 422, title: "Unprocessable Content" },
  exceptions_full: { status: 409, title: "No more exceptions" },
  assets_changed: { status: 412, title: "Precondition Failed" },
  assets_limit: { status: 422, title: "Unprocessable Content" },
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
  if (code === "body_refused") return bodyRefusal(c, error);
  if (code === "notes_too_long") {
    const name = String(data.field);
    return problem(c, 422, "Too long", message, { errors: [{ name, reason: message.slice(name.length + 2) }] });
  }
  const known = refusals[code];
  if (known === undefined) throw error;
  const retryAfter = typeof data.retryAfter === "number" ? data.retryAfter : known.status === 503 ? 5 : undefined;
  return problem(c, known.status, known.title, message, retryAfter === undefined ? {} : { retryAfter });
}
