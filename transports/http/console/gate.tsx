/** @jsxImportSource hono/jsx */
/**
 * What happens around each page and action: who it is, whether the request comes from the console's own pages, what the person may do, and
 * what is answered to those who are refused.
 */
import { may, rolesWith } from "../../../core/access/caller.ts";
import type { ApiContext } from "../api/route.ts";
import { problem } from "../problem.ts";
import type { Refusal } from "../refusals.ts";
import { bare, isForScript, Pages, sentence, viewingOf, Words, wordsOf } from "./answer.tsx";
import { leaveSaid, preferencesOf, sessionCookie } from "./cookies.ts";
import { readForm, refusalOfForm } from "./form-fields.ts";
import { isFromElsewhere, isOwnPage, safeReturn } from "./origin.ts";
import { type Action, type AnyPage, Elsewhere, type PageRequest, type Saved } from "./page.ts";
import { formTokenField } from "./parts/form.tsx";
import type { ConsoleCaller, ConsoleDependencies } from "./ports.ts";

export class Gate {
  readonly pages: Pages;
  readonly #dependencies: ConsoleDependencies;

  constructor(dependencies: ConsoleDependencies, paths: ReadonlySet<string>) {
    this.#dependencies = dependencies;
    this.pages = new Pages(dependencies, paths);
  }

  /** The person behind the cookie. Credentials of the API do not count here. */
  callerOf(c: ApiContext): ConsoleCaller | null {
    const { origin, sessions } = this.#dependencies;
    const cookie = sessionCookie(c, origin);
    // What the console fetches by itself does not keep a session alive.
    return cookie === null ? null : sessions.callerOf(cookie, this.addressOf(c), c.req.header("x-live") === undefined);
  }

  addressOf(c: ApiContext): string {
    return this.#dependencies.api.clientAddress(c.env.remoteAddress, c.req.header("x-forwarded-for"));
  }

  async page(c: ApiContext, page: AnyPage): Promise<Response> {
    if (isFromElsewhere(c)) return hop(c, this.#dependencies);
    const caller = this.callerOf(c);
    if (caller === null) return this.#toSignIn(c);
    if (caller.mustChangePassword) return leadTo(c, `/password?to=${encodeURIComponent(pathOf(c))}`);
    try {
      if (!may(caller, page.permission)) return await this.#notAllowed(c, caller, page.permission);
      const request = this.#request(c, caller);
      const data = await page.load(request);
      return await this.pages.answer(c, caller, {
        title: page.title(data),
        at: page.at,
        view: page.view(data, request),
      });
    } catch (error) {
      if (error instanceof Elsewhere) return leadTo(c, error.to);
      return this.pages.refused(c, caller, error);
    }
  }

  async action(c: ApiContext, action: Action): Promise<Response> {
    const { origin } = this.#dependencies;
    if (!isOwnPage(c, origin))
      return problem(c, 403, "Forbidden", "this is taken from pages of the console alone, not from another site");
    const caller = this.callerOf(c);
    if (caller === null) return this.#signedOut(c);
    try {
      const form = await readForm(c, { address: caller.address, known: true }, action.most);
      const token = c.req.header("x-form-token") ?? form.text(formTokenField);
      if (token !== caller.formToken) return await this.#outdated(c, caller);
      if (caller.mustChangePassword && action.withInitialPassword !== true) return leadTo(c, "/password");
      if (!may(caller, action.permission)) return await this.#notAllowed(c, caller, action.permission);
      const done = await action.run({ ...this.#request(c, caller), form, mayGoOn: () => this.#mayStill(c, action) });
      if ("file" in done) return save(c, done);
      if ("view" in done) return await this.pages.answer(c, caller, done);
      return follow(c, done.to, done.said);
    } catch (error) {
      const refusal = refusalOfForm(error);
      if (refusal === null) throw error;
      return this.#refusedAction(c, caller, refusal);
    }
  }

  #request(c: ApiContext, caller: ConsoleCaller): PageRequest {
    const preferences = preferencesOf(c);
    const { api, destinations, sessions, overview, incidents, sample } = this.#dependencies;
    return {
      c,
      url: new URL(c.req.url),
      caller,
      preferences,
      viewing: viewingOf(caller, preferences, this.#dependencies),
      ports: { api, destinations, sessions, overview, incidents, sample },
      param: (name) => c.req.param(name) ?? "",
    };
  }

  #mayStill(c: ApiContext, { permission }: Action): boolean {
    const caller = this.callerOf(c);
    return caller !== null && !caller.mustChangePassword && may(caller, permission);
  }

  #toSignIn(c: ApiContext): Response {
    if (isForScript(c)) return signInNeeded(c);
    const to = pathOf(c);
    return leadTo(c, to === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(to)}`);
  }

  /** A form that was sent after its session had ended. A script asks for a sign-in and sends it again. */
  #signedOut(c: ApiContext): Response | Promise<Response> {
    if (isForScript(c)) return signInNeeded(c);
    const view = (
      <Words title="You are signed out">
        <p>
          The session has ended, so nothing was changed. Go back to the form: what you typed is still there. Copy what
          is worth it, <a href="/sign-in">sign in</a> in another tab, load the page of the form again, and send it from
          there.
        </p>
      </Words>
    );
    return bare(c, this.#dependencies, { title: "You are signed out", view, status: 401 });
  }

  /** The page is older than the session. A script takes the new token and sends the form again. */
  #outdated(c: ApiContext, caller: ConsoleCaller): Response | Promise<Response> {
    c.header("X-Form-Token", caller.formToken);
    if (isForScript(c)) return c.body(null, 403);
    const view = (
      <Words title="This form was out of date">
        <p>
          You have signed in anew since the page was opened, so nothing was changed. Go back, copy what you typed, load
          the page again and send the form once more.
        </p>
      </Words>
    );
    return this.pages.answer(c, caller, { title: "This form was out of date", at: "", view, status: 403 });
  }

  #notAllowed(c: ApiContext, caller: ConsoleCaller, permission: AnyPage["permission"]): Response | Promise<Response> {
    const roles = rolesWith(permission).filter((role) => role !== "soar");
    const detail = `this takes the role ${roles.join(" or ")}; yours is ${caller.role}. An administrator can change that`;
    const refusal: Refusal = { status: 403, title: "Not allowed", detail };
    this.#dependencies.api.callers.refused(caller, `${c.req.method} ${c.req.routePath}`);
    if (c.req.method === "POST") return this.#refusedAction(c, caller, refusal);
    return this.pages.answer(c, caller, { ...wordsOf(refusal), at: "", status: 403 });
  }

  #refusedAction(c: ApiContext, caller: ConsoleCaller, refusal: Refusal): Response | Promise<Response> {
    const { status, detail, retryAfter } = refusal;
    if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
    if (isForScript(c)) {
      c.header("X-Said", encodeURIComponent(sentence(detail).toWellFormed().slice(0, 1_000)));
      return c.body(null, status);
    }
    return this.pages.answer(c, caller, { ...wordsOf(refusal), at: "", status });
  }
}

/** The present address with its query, as a place to come back to. */
function pathOf(c: ApiContext): string {
  const { pathname, search } = new URL(c.req.url);
  return safeReturn(`${pathname}${search}`);
}

/** 303: the next request is a GET, whatever this one was. */
export function leadTo(c: ApiContext, to: string): Response {
  c.header("Cache-Control", "no-store");
  // As headers carry it: what is not ASCII is percent-encoded.
  const { pathname, search, hash } = new URL(to, "http://console.invalid");
  const target = `${pathname}${search}${hash}`;
  if (!isForScript(c)) return c.redirect(target, 303);
  c.header("X-Location", target);
  return c.body(null, 204);
}

/** After an action: the page that follows it, which tells what was done. */
export function follow(c: ApiContext, to: string, said: string | undefined): Response {
  if (said !== undefined) {
    if (isForScript(c)) c.header("X-Said", encodeURIComponent(said.toWellFormed().slice(0, 1_000)));
    else leaveSaid(c, said);
  }
  return leadTo(c, to);
}

function save(c: ApiContext, { file, type, body }: Saved): Response {
  c.header("Content-Type", type);
  c.header("Content-Disposition", `attachment; filename="${file}"`);
  c.header("Cache-Control", "no-store");
  return c.body(body);
}

function signInNeeded(c: ApiContext): Response {
  c.header("X-Sign-In", "needed");
  c.header("Cache-Control", "no-store");
  return c.body(null, 401);
}

/**
 * A link on another site, such as a ticket, brings no cookie (SameSite=Strict). This page leads to the same address again, now from our own
 * page, and so with the cookie.
 */
function hop(c: ApiContext, dependencies: ConsoleDependencies): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const here = `/${pathname.replace(/^\/+/, "")}${search}`;
  c.header("Refresh", `0; url=${here}`);
  return bare(c, dependencies, {
    title: "One moment",
    view: (
      <p>
        <a href={here}>To the page</a>
      </p>
    ),
  });
}
