/**
 * `npm run chaos:api [-- SEED COUNT]`: requests made up from the API document, right and wrong ones, by callers with much and with little.
 * None may end in a 5xx, say what another tenant has, or show how the program is made.
 */
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { Dice } from "./dice.ts";

type Json = Record<string, unknown>;

interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; schema: Json }[];
  body: Json | null;
}

/** Stands in everything of the other tenant. */
const mark = "NORTHMARK";
const hostile = [
  ...[
    "",
    " ",
    "\u0000",
    "%",
    "%00",
    "' or 1=1 --",
    '"',
    "\\",
    "../../etc/passwd",
    "<script>",
    "{{7*7}}",
    "\r\nX-Injected: 1",
  ],
  ...[
    "null",
    "undefined",
    "NaN",
    "-0",
    "1e308",
    "0x10",
    "9".repeat(40),
    "x".repeat(3000),
    "😀".repeat(50),
    "\ud800",
    "ÿ",
    "true",
  ],
  ...[
    "[]",
    "{}",
    "__proto__",
    "constructor",
    "INC-00000000",
    "CASE-ffffffff",
    "CLOSED,OPEN",
    ",,,",
    "2026-03-13T04:30:00Z",
  ],
];

export interface FuzzReport {
  requests: number;
  /** How often each status came. */
  statuses: Map<number, number>;
  violations: string[];
}

export async function fuzzApi(seed: number, count: number): Promise<FuzzReport> {
  const dice = new Dice(seed);
  const appliance = await TestAppliance.start({
    env: { RHYTHMX_ADMIN_PASSWORD: password, RHYTHMX_TRUSTED_PROXIES: "127.0.0.0/8" },
  });
  const report: FuzzReport = { requests: 0, statuses: new Map(), violations: [] };
  try {
    const attack = (user: string, entity: string) =>
      [1, 2, 3].map((n) =>
        detection({
          user,
          entity,
          host: `${user}-pc`,
          rule_title: `R${n} ${user}`,
          rule_id: `${user}${n}`,
          level: "critical",
          tags: ["attack.execution"],
        }),
      );
    for (let n = 0; n < 20; n++)
      await appliance.ingest([...attack(`${mark}${n}`, mark), ...attack(`south${n}`, "South")]);
    const url = appliance.appliance.apiUrl;
    const document = (await new ApiClient(url).get("/api/openapi.json")).body;
    const operations = operationsOf(document);
    const key = await ApiClient.withKey(appliance, ["feed:read", "incident:write"], ["South"]);
    const user = async (name: string, role: "analyst" | "soar", entities: string[] = []) => {
      await ApiClient.asUser(appliance, name, role, entities);
      return new Login(appliance, name);
    };
    const south = [key, await user("southern-analyst", "analyst", ["South"])];
    const others = [new Login(appliance, "admin"), await user("soar-account", "soar"), new ApiClient(url)];
    const known = [
      ...(await key.get("/api/incidents?limit=50")).body.incidents.map((row: Json) => String(row.incident_id)),
      ...(await key.get("/api/cases/search?limit=50")).body.cases.map((row: Json) => String(row.case_id)),
      (await key.get("/api/incidents?since=")).body.next_cursor as string,
    ];
    const maker = new RequestMaker(dice, known);
    const lanes = Array.from({ length: 16 }, async () => {
      while (report.requests < count) {
        report.requests++;
        const southern = dice.chance(0.6);
        const client = dice.pick(southern ? south : others);
        const { method, path, body, headers } = maker.request(dice.pick(operations));
        const sent = { ...client.headers, ...headers };
        const what = `${method} ${path.slice(0, 200)} ${String(body).slice(0, 200)}`;
        try {
          const { status, text } = await send(url, method, path, body, sent);
          if (status === 401 && client instanceof Login) await client.renew();
          report.statuses.set(status, (report.statuses.get(status) ?? 0) + 1);
          const complain = (why: string) => report.violations.push(`${why}: ${what} → ${status} ${text.slice(0, 200)}`);
          if (status >= 500 && status !== 503) complain("5xx");
          if (southern && text.includes(mark)) complain("another tenant's data");
          if (/\bat .*\.ts:\d|node_modules|SQLITE|\/work\//.test(text)) complain("inner workings");
          if (status >= 400 && !text.startsWith('{"type":"about:blank"')) complain("no problem document");
        } catch (error) {
          // A file is cut off once its caller is signed out, which other requests and the clock do here: then these headers are refused by now.
          const isCut =
            path.startsWith("/api/audit/export") &&
            (await send(url, "GET", "/api/audit?limit=1", null, sent)).status === 401;
          if (!isCut) report.violations.push(`no answer (${error}): ${what}`);
        }
      }
    });
    await Promise.all(lanes);
    if (appliance.logLines.some((line) => line.includes("request failed")))
      report.violations.push(`a defect: ${appliance.logLines.find((line) => line.includes("request failed"))}`);
  } finally {
    await appliance.dispose();
  }
  return report;
}

/** A user who logs in again when something made up has ended the login. */
class Login {
  readonly #appliance: TestAppliance;
  readonly #name: string;
  headers: Readonly<Record<string, string>> = {};

  constructor(appliance: TestAppliance, name: string) {
    this.#appliance = appliance;
    this.#name = name;
  }

  async renew(): Promise<void> {
    // Wrong passwords made up for this account have made the next login wait.
    this.#appliance.clock.jump(61_000);
    this.headers = (await ApiClient.loggedIn(this.#appliance, this.#name)).headers;
  }
}

async function send(url: string, method: string, path: string, body: string | null, headers: Record<string, string>) {
  const stop = new AbortController();
  const response = await fetch(url + path, {
    method,
    headers,
    signal: stop.signal,
    ...(body === null ? {} : { body }),
  });
  const endless = response.headers.get("content-type")?.startsWith("text/event-stream");
  const text = endless ? "" : await response.text();
  if (endless) stop.abort();
  return { status: response.status, text };
}

function operationsOf(document: { paths: Record<string, Record<string, Json>> }): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const content = (operation.requestBody as { content: Record<string, { schema: Json }> } | undefined)?.content;
      return {
        method: method.toUpperCase(),
        path,
        parameters: (operation.parameters ?? []) as Operation["parameters"],
        body: content?.["application/json"]?.schema ?? null,
      };
    }),
  );
}

class RequestMaker {
  readonly #dice: Dice;
  /** Ids and a cursor that there are. */
  readonly #known: readonly string[];

  constructor(dice: Dice, known: readonly string[]) {
    this.#dice = dice;
    this.#known = known;
  }

  request({ method, path, parameters, body }: Operation) {
    const dice = this.#dice;
    const address = path.replace(/\{\w+\}/g, () =>
      encodeURIComponent(dice.pick([...this.#known, ...hostile, "x"]).replaceAll("\ud800", "?") || "x"),
    );
    const query = parameters
      .filter((one) => one.in === "query" && dice.chance(0.3))
      .map(({ name, schema }) => `${name}=${this.#inQuery(this.#value(schema))}`);
    if (dice.chance(0.05)) query.push(`${this.#inQuery(dice.pick(hostile))}=1`);
    // From many addresses: made-up logins would otherwise keep everybody out.
    const headers: Record<string, string> = { "X-Forwarded-For": `10.${dice.int(0, 255)}.${dice.int(0, 255)}.1` };
    if (body !== null) headers["Content-Type"] = "application/json";
    if (dice.chance(0.02)) headers["Content-Type"] = dice.pick(["text/plain", "application/json; charset=x", "x"]);
    if (dice.chance(0.05)) headers["X-RhythmX-Since"] = dice.pick(["literal", "x"]);
    if (dice.chance(0.05)) headers["Last-Event-ID"] = dice.pick(["0", "1", "-1", "x", "9".repeat(30)]);
    return {
      method,
      path: query.length === 0 ? address : `${address}?${query.join("&")}`,
      headers,
      body: body === null ? null : this.#body(body),
    };
  }

  #inQuery(value: unknown): string {
    const text = (Array.isArray(value) ? value.join(",") : String(value)).replaceAll("\ud800", "?");
    // Now and then as a careless client would.
    return this.#dice.chance(0.9) ? encodeURIComponent(text) : text.replace(/[^!-~]|#/g, "+");
  }

  #body(schema: Json): string {
    const dice = this.#dice;
    if (dice.chance(0.05))
      return dice.pick(["", "{", "[]", "null", "1", '{"a":', "\u0000", '{"__proto__":{"role":"admin"}}']);
    const choices = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
    if (choices !== undefined) return this.#body(dice.pick(choices));
    const properties = (schema.properties ?? {}) as Record<string, Json>;
    const fields = Object.entries(properties).filter(() => dice.chance(0.85));
    const body = Object.fromEntries(fields.map(([name, one]) => [name, this.#value(one)]));
    if (dice.chance(0.1)) body[dice.pick(hostile)] = this.#value({});
    return JSON.stringify(body);
  }

  #value(schema: Json): unknown {
    const dice = this.#dice;
    if (dice.chance(0.2)) return dice.pick<unknown>([...hostile, null, -1, 1.5, true, [], {}, [[]], { a: 1 }]);
    const choices = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
    if (choices !== undefined) return this.#value(dice.pick(choices));
    if (schema.enum !== undefined) return dice.pick(schema.enum as string[]);
    if (schema.type === "array") return Array.from({ length: dice.int(0, 3) }, () => this.#value(schema.items as Json));
    if (schema.type === "integer" || schema.type === "number")
      return dice.int(Number(schema.minimum ?? 0), Math.min(1000, Number(schema.maximum ?? 1000)));
    if (schema.type === "boolean") return dice.chance(0.5);
    return dice.pick([
      ...this.#known,
      "South",
      "south1",
      "svc",
      "2026-03-13T04:30:00Z",
      "2020-01-01",
      "a long enough password 1",
    ]);
  }
}

if (import.meta.main) {
  const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
  console.log(`api: seed ${seed}`);
  const { requests, statuses, violations } = await fuzzApi(seed, Number(process.argv[3] ?? 100_000));
  const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${n} × ${status}`);
  console.log(`${requests} requests: ${counts.join(", ")}`);
  for (const violation of violations.slice(0, 20)) console.log(violation);
  console.log(`${violations.length} violations`);
  process.exit(violations.length === 0 ? 0 : 1);
}
