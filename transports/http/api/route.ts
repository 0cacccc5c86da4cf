/**
 * One endpoint of the API: its address, who may use it, what it takes and gives. The same object defines the route, checks the request and
 * describes both in the API document.
 */
import type { Context } from "hono";
import type * as v from "valibot";
import type { Caller, Permission } from "../../../core/access/caller.ts";
import type { ConnectionBindings } from "../body.ts";

export type ApiContext = Context<{ Bindings: ConnectionBindings }>;
type ObjectSchema = v.GenericSchema & { entries: v.ObjectEntries };
type Output<S> = S extends v.GenericSchema ? v.InferOutput<S> : undefined;

export interface Answer {
  description: string;
  /** Absent = no body. */
  schema?: v.GenericSchema;
  example?: unknown;
  /** The media type of a file that is given instead of JSON. */
  file?: string;
  /** Where it is also given as CSV: an example. */
  csv?: string;
}

/** A body that a route reads itself. */
export interface TextBody {
  format: "json" | "csv";
  text: string;
}

export interface Request<Query, Body> {
  c: ApiContext;
  /** Of routes without a permission the address alone is known. */
  caller: Caller;
  address: string;
  query: Query;
  body: Body;
  /** Empty JSON unless the route has a `textBody`. */
  text: TextBody;
  param(name: string): string;
  /** The caller as the same credential stands for it now; null once it no longer opens this route. For answers that go on. */
  stillAdmitted(): Promise<Caller | null>;
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As hono writes it: `/api/incidents/:id`. */
  path: string;
  /** Null = open to everybody. */
  permission: Permission | null;
  /** Whether users (JWT) may use it, or API keys too. */
  callers: "users" | "users and keys";
  /** Open to a user whose password somebody else has set, who has to choose another one first. */
  withInitialPassword?: boolean;
  tag:
    | "Login"
    | "Incidents"
    | "Overview"
    | "Packs"
    | "Cases"
    | "Alerts"
    | "Feeds"
    | "Exceptions"
    | "Assets"
    | "Tickets"
    | "Settings"
    | "Administration";
  summary: string;
  description?: string;
  query?: ObjectSchema;
  body?: ObjectSchema;
  bodyExample?: unknown;
  /** In `body`'s place: JSON or CSV of up to `most` bytes, which the route reads itself; the rest describes it. */
  textBody?: { most: number; schema: ObjectSchema; example: unknown; csv: string };
  answers: Readonly<Record<number, Answer>>;
  handle(request: Request<never, never>): Promise<Response>;
}

interface Typed<Q extends ObjectSchema | undefined, B extends ObjectSchema | undefined>
  extends Omit<Route, "query" | "body" | "handle"> {
  query?: Q;
  body?: B;
  handle(request: Request<Output<Q>, Output<B>>): Promise<Response>;
}

/** The revision that `If-Match` names, with or without quotes; null = whichever there is. */
export function ifMatch(header: string | undefined): string | null {
  const text = header?.trim() ?? "*";
  return text === "*" ? null : text.replace(/^(?:W\/)?"(.*)"$/, "$1").slice(0, 200);
}

/** Makes a route whose handler gets the types of its schemas. */
export function route<Q extends ObjectSchema | undefined = undefined, B extends ObjectSchema | undefined = undefined>(
  definition: Typed<Q, B>,
): Route {
  return definition as unknown as Route;
}
