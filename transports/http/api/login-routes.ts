/** Logging in and out, and changes by users to their own accounts. */
import * as v from "valibot";
import { tokenPair, userRow } from "./access/access-shapes.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { shortText, someText } from "./parameters.ts";
import { type Route, route } from "./route.ts";

const password = v.pipe(v.string("a text"), v.maxLength(1024, "at most 1024 characters"));
const loginBody = v.object({
  username: someText(),
  password,
  totp: v.nullish(
    v.pipe(shortText(32), v.description("Six digits, for users with a second factor; or one of their recovery codes.")),
  ),
});
const refreshBody = v.object({ refresh_token: shortText(400) });
const logoutBody = v.object({ refresh_token: v.nullish(shortText(400)) });
const passwordBody = v.object({ current_password: password, new_password: password });
const confirmBody = v.object({
  code: someText(16),
  recovery_codes: v.optional(
    v.pipe(v.boolean("true or false"), v.description("True makes recovery codes, which the answer has once.")),
  ),
});
const codes = {
  description: "Each works once, in the place of a code of the app. They are not shown again.",
  schema: v.object({ recovery_codes: v.array(v.string()) }),
};
const withPassword = v.object({ password });

const refused = { description: "User name, password, code or token does not hold." };
const busy = { description: "Too many failures: `Retry-After` says when the next attempt is looked at." };
const done = { 204: { description: "Done." } };

export function loginRoutes({ logins }: ApiDependencies): Route[] {
  const open = { method: "POST", permission: null, callers: "users", tag: "Login" } as const;
  const own = { permission: "self", callers: "users", tag: "Login" } as const;
  return [
    route({
      ...open,
      path: "/api/login",
      summary: "Logs a user in",
      description:
        "The access token holds for 15 minutes, the refresh token works once. API keys need no login. With `password_change_required` the token opens `POST /api/password` and `GET /api/me` alone.",
      body: loginBody,
      bodyExample: { username: "soar-service-account", password: "..." },
      answers: { 200: { description: "Tokens.", schema: tokenPair }, 401: refused, 429: busy },
      handle: async ({ c, body, address }) => {
        const { username, password: given, totp } = body;
        return c.json(await logins.login({ username, password: given, totp: totp ?? null, address }));
      },
    }),
    route({
      ...open,
      path: "/api/refresh",
      summary: "New tokens for a refresh token",
      body: refreshBody,
      answers: { 200: { description: "Tokens.", schema: tokenPair }, 401: refused },
      handle: async ({ c, body, address }) => c.json(await logins.refresh(body.refresh_token, address)),
    }),
    route({
      ...open,
      path: "/api/logout",
      summary: "Ends a login",
      description: "That of the access token in `Authorization`, or of the refresh token in the body.",
      body: logoutBody,
      answers: { ...done, 401: refused },
      handle: async ({ c, caller, body, address }) => {
        const session = "sessionId" in caller ? { sessionId: String(caller.sessionId) } : null;
        await logins.logout(session, body.refresh_token ?? null, address);
        return c.body(null, 204);
      },
    }),
    route({
      ...own,
      method: "GET",
      path: "/api/me",
      withInitialPassword: true,
      summary: "The user of this login",
      answers: { 200: { description: "The user.", schema: userRow } },
      handle: async ({ c, caller }) => c.json(logins.me(caller)),
    }),
    route({
      ...own,
      method: "POST",
      path: "/api/password",
      withInitialPassword: true,
      summary: "Another password for oneself",
      description: "Ends every login of the user.",
      body: passwordBody,
      answers: { ...done, 401: refused, 429: busy },
      handle: async ({ c, caller, body }) => {
        await logins.changePassword(caller, body.current_password, body.new_password);
        return c.body(null, 204);
      },
    }),
    route({
      ...own,
      method: "POST",
      path: "/api/totp",
      summary: "Begins a second factor",
      description: "Returns a secret for an authenticator app; it counts once a code was confirmed.",
      body: withPassword,
      answers: {
        200: { description: "The secret.", schema: v.object({ secret: v.string(), otpauth_uri: v.string() }) },
        401: refused,
        429: busy,
      },
      handle: async ({ c, caller, body }) => c.json(await logins.beginTotp(caller, body.password)),
    }),
    route({
      ...own,
      method: "POST",
      path: "/api/totp/confirm",
      summary: "Confirms a second factor",
      body: confirmBody,
      answers: { ...done, 200: codes, 401: refused, 409: { description: "None is being set up." } },
      handle: async ({ c, caller, body }) => {
        const made = await logins.confirmTotp(caller, body.code, body.recovery_codes ?? false);
        return made.length === 0 ? c.body(null, 204) : c.json({ recovery_codes: made });
      },
    }),
    route({
      ...own,
      method: "POST",
      path: "/api/totp/recovery-codes",
      summary: "New recovery codes",
      description: "They end those before them.",
      body: withPassword,
      answers: { 200: codes, 401: refused, 409: { description: "There is no second factor." }, 429: busy },
      handle: async ({ c, caller, body }) =>
        c.json({ recovery_codes: await logins.newRecoveryCodes(caller, body.password) }),
    }),
    route({
      ...own,
      method: "POST",
      path: "/api/totp/remove",
      summary: "Takes the second factor away",
      body: withPassword,
      answers: { ...done, 401: refused, 429: busy },
      handle: async ({ c, caller, body }) => {
        await logins.removeTotp(caller, body.password);
        return c.body(null, 204);
      },
    }),
  ];
}
