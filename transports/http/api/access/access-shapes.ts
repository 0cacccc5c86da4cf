/** What the API answers about logins, users, keys and the audit log. */
import * as v from "valibot";
import { count, orNull, text, time } from "../shapes/field-shapes.ts";

export const tokenPair = v.object({
  token: v.pipe(text, v.description("The access token, for `Authorization: Bearer`.")),
  access_token: v.pipe(text, v.description("The same.")),
  token_type: v.literal("Bearer"),
  expires_in: v.pipe(count, v.description("Seconds.")),
  refresh_token: v.pipe(text, v.description("Works once; used again, it ends the whole login.")),
  password_change_required: v.pipe(v.boolean(), v.description("Somebody else has set the password.")),
});

export const userRow = v.object({
  name: text,
  display_name: v.pipe(orNull(text), v.description("How the person is called in the console; null = by name.")),
  role: v.picklist(["viewer", "analyst", "soar", "admin"]),
  entities: v.pipe(v.array(text), v.description("Empty = all.")),
  disabled: v.boolean(),
  second_factor: v.boolean(),
  password_change_required: v.boolean(),
  created_at: time,
  last_login_at: orNull(time),
  last_login_from: v.pipe(orNull(text), v.description("IP address.")),
  recovery_codes_left: count,
  revision: v.pipe(text, v.description("Another one after each change; for If-Match.")),
});

export const listedUser = v.object({
  ...userRow.entries,
  locked_until: v.pipe(orNull(time), v.description("After failed logins; null = the next one is looked at.")),
  sessions: v.pipe(count, v.description("Logins of the API and sessions of the console.")),
});

export const keyRow = v.object({
  id: text,
  name: text,
  prefix: text,
  scopes: v.array(text),
  entities: v.pipe(v.array(text), v.description("Empty = all.")),
  created_at: time,
  expires_at: orNull(time),
  revoked_at: orNull(time),
  last_used_at: v.pipe(orNull(time), v.description("To the minute.")),
  last_used_from: v.pipe(orNull(text), v.description("IP address.")),
  created_by: v.pipe(orNull(text), v.description("User name, or `command line`; null = not noted.")),
});

export const auditRow = v.object({
  id: count,
  at: time,
  who: text,
  action: text,
  target: text,
  detail: v.pipe(
    v.record(text, v.unknown()),
    v.description("What was asked for; `changes` has `{name, old, new}` of each field, secrets as `(secret)`."),
  ),
  address: text,
  source: text,
  outcome: v.picklist(["done", "refused", "failed"]),
});
