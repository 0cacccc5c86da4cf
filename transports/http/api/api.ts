/** The API: every endpoint in order, and what happens around each: authentication, permission, validation and errors. */
import type { Hono } from "hono";
import { type Caller, may, rolesWith, scopesWith } from "../../../core/access/caller.ts";
import { EdgeError } from "../../../core/errors.ts";
import { bodyRefusal, type ConnectionBindings } from "../body.ts";
import { conflictDetail, credentialOf } from "../credentials.ts";
import { problem } from "../problem.ts";
import { refusalOf } from "../refusals.ts";
import type { SystemRoute } from "../system-routes.ts";
import { auditRoutes } from "./access/audit-routes.ts";
import { administrationRoutes } from "./administration-routes.ts";
import { assetRoutes } from "./assets/asset-routes.ts";
import { backupRoutes } from "./backups/backup-routes.ts";
import { campaignRoutes } from "./campaigns/campaign-routes.ts";
import { certificateRoutes } from "./certificate-routes.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { documentRoutes } from "./document-routes.ts";
import { exceptionRoutes } from "./exceptions/exception-routes.ts";
import { incidentRoutes } from "./incident-routes.ts";
import { readJsonBody, readTextBody } from "./json-body.ts";
import { loginRoutes } from "./login-routes.ts";
import { overviewRoutes } from "./overview/overview-routes.ts";
import { packRoutes } from "./packs/pack-routes.ts";
import { pageRoutes } from "./page-routes.ts";
import { readBody, readQuery } from "./read-request.ts";
import type { ApiContext, Request, Route, TextBody } from "./route.ts";
import { settingsRoutes } from "./settings/settings-routes.ts";
import { streamRoutes } from "./stream.ts";
import { systemControlRoutes } from "./system/system-control-routes.ts";
import { deadLetterRoutes } from "./tickets/dead-letter-routes.ts";
import { ticketRoutes } from "./tickets/ticket-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";

export function apiRoutes(dependencies: ApiDependencies): Route[] {
  return [
    ...loginRoutes(dependencies),
    ...pageRoutes(dependencies),
    ...streamRoutes(dependencies),
    ...incidentRoutes(dependencies),
    ...overviewRoutes(dependencies),
    ...campaignRoutes(dependencies),
    ...exceptionRoutes(dependencies),
    ...assetRoutes(dependencies),
    ...ticketRoutes(dependencies),
    ...deadLetterRoutes(dependencies),
    ...settingsRoutes(dependencies),
    ...webhookRoutes(dependencies),
    ...administrationRoutes(dependencies),
    ...backupRoutes(dependencies),
    ...auditRoutes(dependencies),
    ...certificateRoutes(dependencies),
    ...systemControlRoutes(dependencies),
    ...packRoutes(dependencies),
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
  | { verdict: "forbidden"; caller: Caller }
  | { verdict: "conflict" | "unknown" | "password" };

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
  return reaches ? { verdict: "admitted", caller } : { verdict: "forbidden", caller };
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
  if (admission.verdict === "forbidden")
    dependencies.callers.refused(admission.caller, `${route.method} ${route.path}`);
  const scopes = keys && permission !== null ? scopesWith(permission) : [];
  const needed = [
    ...(scopes.length > 0 ? [`an API key with scope ${scopes.join(" or ")}`] : []),
    ...(permission === null ? [] : [`a user with role ${rolesWith(permission).join(", ")}`]),
  ];
  return problem(c, 403, "Forbidden", `this takes ${needed.join(" or ")}`);
}

function refusal(c: ApiContext, error: unknown): Response {
  if (error instanceof EdgeError && error.code === "body_refused") return bodyRefusal(c, error);
  const known = refusalOf(error);
  if (known === null) throw error;
  const { status, title, detail, errors, retryAfter } = known;
  return problem(c, status, title, detail, {
    ...(errors === undefined ? {} : { errors }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}
