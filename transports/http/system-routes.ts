/** The routes beside the API: liveness and readiness, metrics, and intake, each with its required scope. */
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { Fault } from "../../core/faults.ts";
import { type KeyJudge, requireScope } from "./api-key-auth.ts";
import type { ConnectionBindings } from "./body.ts";
import { type IngestDependencies, ingestHandler } from "./ingest.ts";

type SystemContext = Context<{ Bindings: ConnectionBindings }>;

/** A route that has no row of the API's: its address, who may use it, and how the API document describes it. */
export interface SystemRoute {
  method: "GET" | "POST";
  path: string;
  /** Null = open to everybody; else the scope of the API key that it takes. */
  scope: "ingest" | "metrics:read" | null;
  tag: "Intake" | "System";
  summary: string;
  description: string;
  /** Media types of the body. */
  takes?: readonly string[];
  query?: Readonly<Record<string, string>>;
  answers: Readonly<Record<number, { description: string; type: string }>>;
  answer(c: SystemContext): Response | Promise<Response>;
}

export interface SystemDependencies {
  keys: KeyJudge;
  clientAddress(peer: string, forwardedFor: string | undefined): string;
  /** Null while everything that intake needs is there; else what is missing. */
  notReady(): string | null;
  faults(): readonly Fault[];
  /** All metrics: Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
  metrics(form: "text" | "openmetrics"): Promise<string>;
}

const loopback = /^(127\.\d+\.\d+\.\d+|::1)$/;
const json = "application/json";
const prometheus = "text/plain; version=0.0.4; charset=utf-8";
const openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export function systemRoutes(dependencies: SystemDependencies): SystemRoute[] {
  return [
    {
      method: "GET",
      path: "/healthz",
      scope: null,
      tag: "System",
      summary: "Whether the process answers",
      description: "For a watchdog: always 200 while the process turns.",
      answers: { 200: { description: "It does.", type: json } },
      answer: (c) => c.json({ status: "ok" }),
    },
    {
      method: "GET",
      path: "/readyz",
      scope: null,
      tag: "System",
      summary: "Whether detections can be taken in",
      description: "For a load balancer.",
      answers: {
        200: { description: "They can; `faults` names what is wrong besides.", type: json },
        503: { description: "They cannot: `reason` says why.", type: json },
      },
      answer: (c) => {
        const missing = dependencies.notReady();
        const faults = dependencies.faults().map(({ name, message }) => ({ name, message }));
        if (missing === null) return c.json({ status: "ready", faults });
        return c.json({ status: "not ready", reason: missing, faults }, 503, { "Retry-After": "5" });
      },
    },
    {
      method: "GET",
      path: "/metrics",
      scope: "metrics:read",
      tag: "System",
      summary: "What the appliance counts",
      description:
        "In Prometheus' text format, or as OpenMetrics where `Accept` asks for it. From this machine itself, and not through a proxy on it, without a key.",
      answers: { 200: { description: "The metrics.", type: prometheus } },
      answer: async (c) => {
        const forwardedFor = c.req.header("x-forwarded-for");
        const address = dependencies.clientAddress(c.env.remoteAddress, forwardedFor);
        if (!loopback.test(address) || isForwarded(c)) {
          const caller = requireScope(c, dependencies.keys, "metrics:read", address);
          if (caller instanceof Response) return caller;
        }
        const wanted = accepts(c, {
          header: "Accept",
          supports: ["text/plain", "application/openmetrics-text"],
          default: "text/plain",
        });
        const isOpen = wanted === "application/openmetrics-text";
        c.header("Vary", "Accept");
        return c.text(await dependencies.metrics(isOpen ? "openmetrics" : "text"), 200, {
          "Content-Type": isOpen ? openMetrics : prometheus,
        });
      },
    },
  ];
}

/** Whether the request came through a proxy: one on this machine makes every caller look local. */
function isForwarded(c: SystemContext): boolean {
  return ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host", "x-forwarded-proto"].some(
    (name) => c.req.header(name) !== undefined,
  );
}

const ndjson = "application/x-ndjson";

export function ingestRoutes(dependencies: IngestDependencies): SystemRoute[] {
  const route = (kind: "detections" | "alarms", summary: string, formats: string): SystemRoute => ({
    method: "POST",
    path: `/api/v1/ingest/${kind}`,
    scope: "ingest",
    tag: "Intake",
    summary,
    description:
      "One JSON record a line, or an array of them; `Content-Encoding: gzip` is understood. At most 16 MiB (decompressed) and 20,000 records. With an `Idempotency-Key` a batch that is sent again within a day counts once. The answer comes after the records are on disk.",
    takes: [ndjson, json],
    query: { format: formats },
    answers: {
      200: { description: "What was taken in, and what was rejected and why, record by record.", type: json },
      400: { description: "No record can be read.", type: "application/problem+json" },
      409: { description: "The batch of this Idempotency-Key is being taken in.", type: "application/problem+json" },
      413: { description: "The batch is too large.", type: "application/problem+json" },
      415: { description: "Another media type or encoding.", type: "application/problem+json" },
      422: { description: "The Idempotency-Key had another body.", type: "application/problem+json" },
      429: { description: "Intake is behind: `Retry-After` says when to try again.", type: "application/problem+json" },
      503: { description: "Nothing can be stored at the moment.", type: "application/problem+json" },
    },
    answer: ingestHandler(kind, dependencies),
  });
  return [
    route(
      "detections",
      "Takes detections in",
      "Whose records they are: `rhythmx` (default), `hayabusa`, `chainsaw`, `zircolite`, `elastic`, `wazuh`, or `auto`.",
    ),
    route("alarms", "Takes SIEM alarms in", "Whose alarms they are: `rhythmx` (default) or `logrhythm`."),
  ];
}
