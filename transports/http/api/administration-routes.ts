/** Users and API keys. */
import * as v from "valibot";
import { roles } from "../../../core/access/user.ts";
import { apiKeyScopes } from "../../../core/api-key.ts";
import { keyRow, listedUser, userRow } from "./access/access-shapes.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { shortText, someText, word } from "./parameters.ts";
import { ifMatch, type Route, route } from "./route.ts";

const entities = v.optional(
  v.pipe(
    v.array(someText(), "a list of entity names"),
    v.maxLength(1000, "at most 1000 names"),
    v.description("Entities (tenants) to be limited to; empty or absent = all."),
  ),
);
const password = v.pipe(v.string("a text"), v.maxLength(1024, "at most 1024 characters"));
const newUser = v.object({ name: someText(64), role: word(roles), password, entities });
const userChange = v.object({
  role: v.optional(word(roles)),
  entities,
  disabled: v.optional(v.boolean("true or false")),
  password: v.optional(password),
  reset_second_factor: v.optional(
    v.pipe(v.boolean("true or false"), v.description("True removes the second factor and its recovery codes.")),
  ),
  end_sessions: v.optional(
    v.pipe(v.boolean("true or false"), v.description("True ends every login and every session of the console.")),
  ),
  display_name: v.optional(
    v.nullable(v.pipe(shortText(80), v.description("How the person is called in the console; null = by name."))),
  ),
});
const dayForm = "a number of days above 0, up to 36500";
const newKey = v.object({
  name: someText(100),
  scopes: v.pipe(
    v.array(word(apiKeyScopes), "a list of scopes"),
    v.minLength(1, `one or more of ${apiKeyScopes.join(", ")}`),
  ),
  entities,
  expires_in_days: v.nullish(
    v.pipe(v.number(dayForm), v.gtValue(0, dayForm), v.maxValue(36_500, dayForm), v.description("Absent = never.")),
  ),
});
const gone = { 204: { description: "Done." } };
const unknown = { description: "There is none of that name or id." };
const conflict = { description: "The name is taken, or the last administrator would go." };

export function administrationRoutes({ administration }: ApiDependencies): Route[] {
  const admin = { permission: "administer", callers: "users", tag: "Administration" } as const;
  return [
    route({
      ...admin,
      method: "GET",
      path: "/api/users",
      summary: "Users",
      answers: { 200: { description: "By name.", schema: v.object({ users: v.array(listedUser) }) } },
      handle: async ({ c, caller }) => c.json({ users: administration.users(caller) }),
    }),
    route({
      ...admin,
      method: "POST",
      path: "/api/users",
      summary: "Makes a user",
      description: "Role soar is for programs: it is never asked to change its password.",
      body: newUser,
      bodyExample: { name: "soar-service-account", role: "soar", password: "...", entities: ["Primary Site"] },
      answers: { 201: { description: "The user.", schema: userRow }, 409: conflict },
      handle: async ({ c, caller, body }) =>
        c.json(await administration.createUser(caller, { ...body, entities: body.entities ?? [] }), 201),
    }),
    route({
      ...admin,
      method: "PATCH",
      path: "/api/users/:name",
      summary: "Changes a user",
      description:
        "Another password, role or entity limit, and disabling, end every login of the user. With If-Match (the `revision` of the user) what somebody else has changed since is not overwritten.",
      body: userChange,
      bodyExample: { disabled: true },
      answers: {
        200: { description: "The user.", schema: userRow },
        404: unknown,
        409: conflict,
        412: { description: "The user was changed since the revision that If-Match names." },
      },
      handle: async ({ c, caller, param, body }) => {
        const { reset_second_factor: resetTotp, display_name: displayName, end_sessions: endSessions, ...rest } = body;
        const change = Object.fromEntries(
          Object.entries({ ...rest, resetTotp, displayName, endSessions }).filter(([, value]) => value !== undefined),
        );
        const revision = ifMatch(c.req.header("if-match"));
        return c.json(await administration.changeUser(caller, param("name"), change, revision));
      },
    }),
    route({
      ...admin,
      method: "DELETE",
      path: "/api/users/:name",
      summary: "Removes a user",
      description: "With If-Match (the `revision` of the user) it stays where somebody else has changed it since.",
      answers: {
        ...gone,
        404: unknown,
        409: conflict,
        412: { description: "The user was changed since the revision that If-Match names." },
      },
      handle: async ({ c, caller, param }) => {
        await administration.removeUser(caller, param("name"), ifMatch(c.req.header("if-match")));
        return c.body(null, 204);
      },
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/keys",
      summary: "API keys",
      answers: {
        200: { description: "By age; never the keys themselves.", schema: v.object({ keys: v.array(keyRow) }) },
      },
      handle: async ({ c, caller }) => c.json({ keys: await administration.keys(caller) }),
    }),
    route({
      ...admin,
      method: "POST",
      path: "/api/keys",
      summary: "Makes an API key",
      body: newKey,
      bodyExample: { name: "soar", scopes: ["feed:read", "incident:write"], entities: [], expires_in_days: 365 },
      answers: {
        201: {
          description: "The key: it is not shown again.",
          schema: v.object({ ...keyRow.entries, key: v.string() }),
        },
      },
      handle: async ({ c, caller, body }) => {
        const { name, scopes, entities: limit, expires_in_days } = body;
        const key = { name, scopes, entities: limit ?? [], expiresInDays: expires_in_days ?? null };
        return c.json(await administration.createKey(caller, key), 201);
      },
    }),
    route({
      ...admin,
      method: "DELETE",
      path: "/api/keys/:id",
      summary: "Revokes an API key, at once",
      answers: { ...gone, 404: unknown },
      handle: async ({ c, caller, param }) => {
        await administration.revokeKey(caller, param("id"));
        return c.body(null, 204);
      },
    }),
  ];
}
