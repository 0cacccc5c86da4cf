/** What callers of the API and the console send: filters, bodies, cursors, tokens, forms. */
import { Hono } from "hono";
import { Tokens } from "../../../appliance/access/tokens.ts";
import { Cursors } from "../../../appliance/api/cursors.ts";
import { EdgeError, UsageError } from "../../../core/errors.ts";
import { readSince } from "../../../core/pages/since.ts";
import { searchQuery } from "../../../core/search/query.ts";
import { parseTime } from "../../../core/time.ts";
import { apiRoutes } from "../../../transports/http/api/api.ts";
import { BadRequest, readBody, readQuery } from "../../../transports/http/api/read-request.ts";
import { readForm } from "../../../transports/http/console/form-fields.ts";
import { assertKnown, assertPlain, assertWords, errorOf, holds, type Target, textOf } from "../target.ts";

const key = Buffer.alloc(32, 7);
const cursors = new Cursors(key, 3);
const question = "incidents";
const issued = (["up", "down"] as const).flatMap((direction) =>
  [0, 12, 9_007_199_254_740_991].map((position) =>
    cursors.write({ by: "updated", direction, position, top: position + 1, generation: 2 }, question),
  ),
);
const older = new Cursors(key, 2).write(
  { by: "created", direction: "up", position: 1, top: 0, generation: 0 },
  question,
);

async function attemptCursor(text: string): Promise<void> {
  let read: ReturnType<Cursors["read"]> = null;
  const error = await errorOf(() => {
    read = cursors.read(text, question);
  });
  if (error !== null) {
    assertKnown(error, EdgeError, ["cursor_restored"]);
    holds(text === older, "a cursor of another life that nobody has issued");
    return;
  }
  holds((read !== null) === issued.includes(text), "a cursor that nobody has issued, or a refused one of ours");
  holds(cursors.read(text, "cases") === null, "a cursor of another question");
  if (read !== null) holds(cursors.write(read, question) === text, "a cursor is not read as it was written");
}

const clock = { now: () => Date.UTC(2026, 10, 1), monotonic: () => 0 } as never;
const tokens = new Tokens({ key: (use: string) => Buffer.alloc(32, use) } as never, clock);
const refresh = [1, 999_999_999_999_999].map((counter) =>
  tokens.refresh({ sessionId: `ses-${"0af1".repeat(8)}`, counter, tokenVersion: 1 }),
);
const access = await tokens.access({ userId: "usr-1", sessionId: `ses-${"0af1".repeat(8)}`, tokenVersion: 2 });
const noAlgorithm = [
  Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url"),
  ...access.split(".").slice(1, 2),
  "",
].join(".");

async function attemptToken(text: string): Promise<void> {
  const read = tokens.readRefresh(text);
  holds((read !== null) === refresh.includes(text), "a refresh token that nobody has issued, or a refused one of ours");
  if (read !== null) holds(tokens.refresh(read) === text, "a token is not read as it was written");
  const claims = await tokens.readAccess(text);
  holds((claims !== null) === (text === access), "an access token that nobody has issued, or a refused one of ours");
}

/** The strictest reading of a time without a zone or with one; what it takes, and nothing near it, is that moment. */
function momentOf(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return null;
  const [, day = "", time = "", zone = ""] = match;
  if (new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) !== day || time.startsWith("24")) return null;
  const at = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(at) || at < 0 || at > Date.UTC(9999, 11, 31, 23, 59, 59, 999) ? null : at;
}

function attemptTime(text: string): void {
  const at = parseTime(text);
  holds(at === null || (Number.isInteger(at) && at >= 0 && at <= 253_402_300_799_999), "a time that is none");
  const strict = momentOf(text);
  holds(strict === null || strict === at, "RFC 3339 is read otherwise");
  holds(at === null || /^[\s\d:.,TtZz+-]*$/.test(text), "words are read as a time");
  const since = readSince(text);
  holds(since === null || since.at === null || Number.isInteger(since.at), "a bound that is no time");
  holds(since === null || since.text.length <= text.length, "a bound that grew");
}

/** Every route of the API, whose functions are never called here. */
const routes = apiRoutes(new Proxy({}, { get: () => ({}) }) as never);
const queries = routes.flatMap(({ query, path }) => (query === undefined ? [] : [{ query, path }]));
const bodies = routes.flatMap(({ body }) => (body === undefined ? [] : [body]));

async function attemptQuery(text: string): Promise<void> {
  for (const { query } of queries) {
    const url = new URL("http://localhost/");
    url.search = text.slice(0, 16_384);
    let read: Record<string, unknown> | null = null;
    const error = await errorOf(() => {
      read = readQuery(query, url) as Record<string, unknown>;
    });
    if (error !== null) {
      assertKnown(error, BadRequest);
      continue;
    }
    assertPlain(read);
    const { limit = 1, offset = 0, min_risk = 0, since } = (read ?? {}) as Record<string, never>;
    holds(Number.isInteger(limit) && limit >= 1 && limit <= 500, "a page of another size");
    holds(Number.isInteger(offset) && offset >= 0, "an offset that is none");
    holds(Number.isInteger(min_risk) && min_risk >= 0 && min_risk <= 100, "a risk that is none");
    holds(since === undefined || readSince(since) !== null, "a bound that is none");
    for (const name of Object.keys(read ?? {})) holds(Object.hasOwn(query.entries, name), "a filter that is none");
    const asked = (read as { text?: string } | null)?.text;
    if (asked === undefined) continue;
    const question = searchQuery({ text: asked }, [["North"]]) ?? "";
    // Outside quotes there is only what the appliance put there.
    const bare = question.replace(/"(?:[^"]|"")*"/g, "");
    holds(/^(?:words|facts|AND|OR|[ :()*])*$/.test(bare), "words became operators of the search");
  }
}

/** Each body of the API reads it, or says which field is at fault. */
async function attemptBody(text: string): Promise<void> {
  for (const schema of bodies) {
    let read: object | null = null;
    const error = await errorOf(() => {
      read = readBody(schema, text) as object;
    });
    if (error !== null) {
      assertKnown(error, BadRequest);
      for (const { name, reason } of error.errors) holds(name !== "" && reason !== "", "a refusal without a reason");
      continue;
    }
    assertPlain(read);
    holds(JSON.stringify(read).isWellFormed(), "half a surrogate pair");
    if (schema.type === "loose_object") continue;
    for (const name of Object.keys(read ?? {})) holds(Object.hasOwn(schema.entries, name), "a field that is none");
  }
}

const types = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"];
const known = { address: "192.0.2.1", known: true };
let form: { fields: Awaited<ReturnType<typeof readForm>> | null; error: unknown } = { fields: null, error: null };
const app = new Hono().post("/", async (c) => {
  form = { fields: null, error: null };
  form.error = await errorOf(async () => {
    form.fields = await readForm(c as never, known);
  });
  return c.text("");
});

/** The first byte chooses the media type. */
async function attemptForm(input: Uint8Array): Promise<void> {
  const type = types[(input[0] ?? 0) % 3] ?? "";
  const body = Uint8Array.from(input.subarray(1));
  const env = { remoteAddress: known.address, extendTimeout: () => {} };
  await app.request("/", { method: "POST", headers: { "Content-Type": type }, body }, env);
  const { fields, error } = form;
  if (error !== null) {
    if (!(error instanceof UsageError)) assertKnown(error, EdgeError, ["body_refused"]);
    return assertWords((error as Error).message);
  }
  holds(type !== "text/plain", "another media type is taken for a form");
  for (const name of ["name", "toString", "__proto__", "list"]) {
    const wrong = await errorOf(() => {
      const text = fields?.text(name) ?? "";
      holds(text.length <= 200 && text.isWellFormed() && !text.includes("\0"), "a field that is none");
      holds(!text.includes("\r\n") && text === text.trim(), "a field that was not tidied");
    });
    // A file in the place of a text may be none.
    if (wrong !== null && !(wrong instanceof UsageError)) assertKnown(wrong, EdgeError, ["body_refused"]);
    holds(!(fields?.pem(name, 10_000_000) ?? "").includes("\0"), "a certificate with NUL");
    holds((fields?.all(name) ?? []).length <= 500, "more values than are taken");
    const chosen = await errorOf(() => fields?.oneOf(name, ["a", "b"]));
    if (chosen !== null && !(chosen instanceof UsageError)) assertKnown(chosen, EdgeError, ["body_refused"]);
  }
}

const multipart = ["a", "list"].map(
  (name) => `--b\r\nContent-Disposition: form-data; name="${name}"; filename="x.csv"\r\n\r\nvalue\r\n`,
);

export const callerTargets: readonly Target[] = [
  {
    name: "cursors",
    samples: [...issued, older],
    words: ["=", "A", "_"],
    attempt: (input) => attemptCursor(textOf(input)),
  },
  {
    name: "tokens",
    samples: [...refresh, access, noAlgorithm],
    words: [".", "rt_", "ses-", "="],
    attempt: (input) => attemptToken(textOf(input)),
  },
  {
    name: "times",
    samples: [
      "2026-03-01T12:00:00Z",
      "2026-03-01T12:00:00.123456789+05:30",
      "1772366400",
      "1772366400123.5",
      "2026-03-01 12:00",
      "2026-03-01",
    ],
    words: ["Z", "+00:00", "-", ":60", "24:00", "02-29", "1969", "9999", ",5"],
    attempt: (input) => attemptTime(textOf(input)),
  },
  {
    name: "api-filters",
    samples: [
      "since=2026-03-13T04:30:00Z&limit=100&status=OPEN,CLOSED&min_risk=50&q=mimikatz%20ws-101",
      "updated_since=&cursor=abc&offset=10&sort_by=risk_score&sort_dir=asc&level=high,critical&case_type=lateral_movement",
      "q=%22a%22%20OR%20b*%20NEAR(x)&entity=North&owner=none&ticket=any&sla=breached",
    ],
    words: ["&", "=", "%00", "q=", "limit=", "status=", "__proto__=", "%ED%A0%80", "NOT ", '"'],
    attempt: (input) => attemptQuery(textOf(input)),
  },
  {
    name: "api-bodies",
    samples: [
      '{"status":"CLOSED","note":"done","tags":["a","b"]}',
      '{"note":"\\ud83d\\ude00"}',
      ...routes.flatMap(({ bodyExample }) => (bodyExample === undefined ? [] : [JSON.stringify(bodyExample)])),
      '{"username":"jane","password":"hunter22","code":"123456"}',
      '{"name":"soar","role":"analyst","password":"x","entities":["North"],"scopes":["ingest"],"expires_in_days":90}',
      '{"entity":"North","rule":"R-1","actor":"jane","host":"ws-1","process":"*\\\\a.exe","until":"2026-12-01T00:00:00Z","reason":"known"}',
    ],
    words: [...new Set(bodies.flatMap(({ entries }) => Object.keys(entries).map((name) => JSON.stringify(name))))],
    attempt: (input) => attemptBody(textOf(input)),
  },
  {
    name: "console-forms",
    samples: [`\0name=Jane%20Doe&list=a&list=b&toString=x`, `\u0001${multipart.join("")}--b--\r\n`],
    words: ["&", "=", "%", "+", "%00", "\r\n", "--b", "--b--", 'name="name"', "list=a&"],
    attempt: attemptForm,
  },
];
