/** What a page says when it cannot be shown: each with words of its own, and never the error itself. */
import { expect, test } from "bun:test";
import { EdgeError, StoreError } from "../../core/errors.ts";
import { createApp } from "../../transports/http/app.ts";
import { addConsole } from "../../transports/http/console/console.ts";

/** The console over ports that fail as they are told. */
function consoleThat(fails: () => never) {
  const defects: unknown[] = [];
  const caller = { kind: "user", id: "u1", name: "anna", role: "viewer", scopes: [], entities: null, address: "" };
  const ports = {
    api: {
      clientAddress: () => "127.0.0.1",
      pages: { page: async () => fails() },
      overview: { overview: async () => fails() },
      callers: { onRevoked: () => () => {} },
    },
    overview: { entities: async () => [] },
    sessions: { callerOf: () => ({ ...caller, formToken: "t", mustChangePassword: false, endsAt: 0 }) },
    shell: { counts: async () => fails(), people: () => new Map() },
    sample: { isShown: () => false },
    origin: { isTrustedProxy: () => false, baseUrl: () => null },
    now: () => 0,
  };
  const app = createApp({
    api: ports.api,
    console: ports,
    monotonic: () => 0,
    counts: { answered: () => {}, batch: () => {}, asked: () => {} },
    onDefect: (error: unknown) => defects.push(error),
  } as never);
  const get = async (path: string) => {
    const request = new Request(`http://127.0.0.1${path}`, {
      headers: { Accept: "text/html", Cookie: `rhythmx=${"x".repeat(43)}` },
    });
    const response = await app.fetch(request, { remoteAddress: "127.0.0.1", extendTimeout: () => {} });
    return { status: response.status, html: await response.text() };
  };
  return { get, defects };
}

test("a database that cannot be used: words, with the navigation and without its numbers", async () => {
  const { get } = consoleThat(() => {
    throw new StoreError("store_locked", "SQLITE_BUSY: database is locked");
  });
  const { status, html } = await get("/incidents");
  expect(status).toBe(503);
  expect(html).toContain("Not available at the moment");
  expect(html).toContain("The database cannot be used at the moment: try again.");
  expect(html).toContain('href="/incidents"');
  expect(html).not.toContain("SQLITE");
});

test("what is unknown, and what has a defect", async () => {
  const unknown = await consoleThat(() => {
    throw new EdgeError("incident_unknown", "there is no incident INC-1");
  }).get("/incidents");
  expect([unknown.status, unknown.html.includes("There is no incident INC-1.")]).toEqual([404, true]);
  const { get, defects } = consoleThat(() => {
    throw new TypeError("undefined is not a secret function");
  });
  const broken = await get("/incidents");
  expect([broken.status, broken.html.includes("This page could not be made")]).toEqual([500, true]);
  expect(broken.html).not.toContain("secret function");
  expect(defects.length).toBe(1);
});

test("the table of contents has no path twice", () => {
  const app = {
    get: (path: string) => taken.push(`GET ${path}`),
    post: (path: string) => taken.push(`POST ${path}`),
    on: (method: string, path: string) => taken.push(`${method} ${path}`),
  };
  const taken: string[] = [];
  addConsole(app as never, {} as never);
  expect(taken.length).toBeGreaterThan(10);
  expect(taken.filter((path, at) => taken.indexOf(path) !== at)).toEqual([]);
});
