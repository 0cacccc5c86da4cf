/** @jsxImportSource hono/jsx */
/** Answers in HTML: whole pages, the inner part of one for scripts, and words for everything that is refused. */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiContext } from "../api/route.ts";
import { type Refusal, refusalOf } from "../refusals.ts";
import { type Preferences, preferencesOf, takeSaid } from "./cookies.ts";
import { Bare, Shell } from "./layout.tsx";
import { Icon } from "./parts/icon.tsx";
import { type Viewing, ViewingContext } from "./parts/viewing.ts";
import type { ConsoleCaller, ConsoleDependencies } from "./ports.ts";

const gzipAsync = promisify(gzip);
/** Below this a packed answer is hardly smaller. */
const packedFrom = 1_200;

/** Whether one of our scripts asks, which puts the answer into the page that it is on. */
export function isForScript(c: ApiContext): boolean {
  return c.req.header("x-fragment") !== undefined;
}

export interface Content {
  title: string;
  /** The entry of the navigation that is marked. */
  at: string;
  status?: ContentfulStatusCode;
  view: Child;
}

export function viewingOf(
  caller: ConsoleCaller | null,
  preferences: Preferences,
  dependencies: ConsoleDependencies,
): Viewing {
  return {
    now: dependencies.now(),
    zone: preferences.zone,
    people: caller === null ? new Map() : dependencies.shell.people(),
    formToken: caller?.formToken ?? "",
    user: caller?.name ?? "",
  };
}

/** Makes pages for people who are signed in. `paths`: those of all pages, for the navigation. */
export class Pages {
  readonly #dependencies: ConsoleDependencies;
  readonly #paths: ReadonlySet<string>;

  constructor(dependencies: ConsoleDependencies, paths: ReadonlySet<string>) {
    this.#dependencies = dependencies;
    this.#paths = paths;
  }

  async answer(c: ApiContext, caller: ConsoleCaller, content: Content): Promise<Response> {
    const preferences = preferencesOf(c);
    const { title, at, view, status = 200 } = content;
    const viewing = viewingOf(caller, preferences, this.#dependencies);
    const url = new URL(c.req.url);
    // A script looks at the rest of the page too: the numbers in the navigation change with what happens.
    const counts = await this.#dependencies.shell.counts(caller).catch(() => null);
    return html(
      c,
      status,
      <ViewingContext.Provider value={viewing}>
        <Shell
          title={title}
          at={at}
          here={`${url.pathname}${url.search}`}
          caller={caller}
          preferences={preferences}
          counts={counts}
          isSample={this.#dependencies.sample.isShown()}
          paths={this.#paths}
          said={isForScript(c) ? null : takeSaid(c)}
        >
          {view}
        </Shell>
      </ViewingContext.Provider>,
    );
  }

  /** A page in place of the one that was asked for; a defect is thrown on. */
  async refused(c: ApiContext, caller: ConsoleCaller, error: unknown): Promise<Response> {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return this.answer(c, caller, { ...wordsOf(refusal), at: "", status: refusal.status });
  }
}

/** A page without navigation, for strangers and first steps. `status` 200 unless given. */
export function bare(
  c: ApiContext,
  dependencies: ConsoleDependencies,
  {
    title,
    view,
    status = 200,
    caller = null,
  }: { title: string; view: Child; status?: ContentfulStatusCode; caller?: ConsoleCaller | null },
): Promise<Response> {
  const preferences = preferencesOf(c);
  return html(
    c,
    status,
    <ViewingContext.Provider value={viewingOf(caller, preferences, dependencies)}>
      <Bare title={title} theme={preferences.theme}>
        {view}
      </Bare>
    </ViewingContext.Provider>,
  );
}

/** What each kind of refusal is called on a page. */
const titles: Readonly<Record<number, string>> = {
  403: "Not allowed",
  404: "There is nothing at this address",
  410: "No longer there",
  412: "Changed meanwhile",
  502: "The target does not answer as it should",
  503: "Not available at the moment",
};

/** Title and words of a refusal, with the way on. */
export function wordsOf({ status, title, detail, retryAfter }: Refusal): { title: string; view: Child } {
  const name = titles[status] ?? title;
  return {
    title: name,
    view: (
      <Words title={name}>
        <p>{sentence(detail)}</p>
        {retryAfter === undefined ? null : <p class="small quiet">It is worth trying again in {retryAfter} seconds.</p>}
      </Words>
    ),
  };
}

/** A page of words: what happened, what it means, and the way back. */
export const Words = ({ title, children }: { title: string; children: Child }) => (
  <section class="panel words">
    <h1>
      <Icon n="circle-alert" s={20} c="wait" />
      {title}
    </h1>
    {children}
    <p>
      <a class="btn" href="/">
        To the overview
      </a>
    </p>
  </section>
);

/** With a capital at its beginning and a stop at its end. */
export function sentence(text: string): string {
  // A refusal begins with the field that it is about.
  const named = text.replace(/^[a-z]+(?:_[a-z]+)+(?=: )/, (name) => name.replaceAll("_", " "));
  const whole = named.charAt(0).toUpperCase() + named.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/** Pages belong to one person and one moment: nobody keeps them. */
async function html(c: ApiContext, status: ContentfulStatusCode, content: Child): Promise<Response> {
  const text = `<!doctype html>\n${await String(content)}`;
  c.header("Content-Type", "text/html; charset=utf-8");
  c.header("Cache-Control", "no-store");
  c.header("Vary", "Accept-Encoding, Cookie, X-Fragment");
  if (text.length < packedFrom || !/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return c.body(text, status);
  c.header("Content-Encoding", "gzip");
  // Packed quickly: a page is made for one reader.
  const packed = await gzipAsync(text, { level: constants.Z_BEST_SPEED + 3 });
  return c.body(packed as Uint8Array<ArrayBuffer>, status);
}
