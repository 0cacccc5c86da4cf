/**
 * `GET /api/v1/feed/stream`: the event log as server-sent events (WHATWG HTML, 9.2). The id of an event is its number in the log, so
 * `Last-Event-ID` resumes without a gap or a repeat.
 */
import * as v from "valibot";
import { type Caller, seesEntity } from "../../../core/access/caller.ts";
import { EdgeError } from "../../../core/errors.ts";
import { type EventKind, eventKinds, type LoggedEvent } from "../../../core/event.ts";
import { parseSnapshot } from "../../../core/feeds/snapshot.ts";
import { problem } from "../problem.ts";
import type { ApiDependencies, StreamPort } from "./dependencies.ts";
import { shortText, word } from "./parameters.ts";
import { type Request, type Route, route } from "./route.ts";

const batch = 200;
/** Comments keep proxies from closing a quiet stream, and reveal a client that is gone. */
const quietMs = 15_000;
const mostStreams = 200;
const mostPerCaller = 10;

const query = v.object({
  events: v.optional(
    v.pipe(
      v.array(word(eventKinds)),
      v.minLength(1, `a comma list of ${eventKinds.join(", ")}`),
      v.description(`Kinds of events, with commas between them; default all: ${eventKinds.join(", ")}.`),
    ),
  ),
  last_event_id: v.optional(
    v.pipe(shortText(40), v.description("For clients that cannot set the header Last-Event-ID.")),
  ),
});

const streamHeaders = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no",
};

export function streamRoutes(dependencies: ApiDependencies): Route[] {
  /** Open streams by caller. */
  const open = new Map<string, number>();
  return [
    route({
      method: "GET",
      path: "/api/v1/feed/stream",
      permission: "read",
      callers: "users and keys",
      tag: "Feeds",
      summary: "Everything that happens, as it happens",
      description:
        "Server-sent events; `id` is the event's number in the log (after a restore with the database's generation before it), `event` its kind, `data` a JSON object. With `Last-Event-ID` it goes on behind that event, without it begins with what comes. A stream ends when what opened it no longer holds: with the token, when the user is disabled, when the key is revoked.",
      query,
      answers: {
        200: { description: "text/event-stream, without end." },
        410: { description: "Retention has removed events behind Last-Event-ID, or a restore has." },
        429: { description: "This caller has too many streams open." },
        503: { description: "Too many streams are open." },
      },
      handle: async (request) => {
        const { c, caller } = request;
        const start = await startOf(request, dependencies.stream);
        if (start instanceof Response) return start;
        // A HEAD answer has no body, so nothing may be kept open for it.
        if (c.req.method === "HEAD") return new Response(null, { headers: streamHeaders });
        const who = `${caller.kind} ${caller.id}`;
        const own = open.get(who) ?? 0;
        const all = [...open.values()].reduce((sum, count) => sum + count, 0);
        const retry = { retryAfter: 30 };
        if (own >= mostPerCaller)
          return problem(c, 429, "Too many streams", `${mostPerCaller} streams of yours are open: close some`, retry);
        if (all >= mostStreams)
          return problem(c, 503, "Too many streams", `${mostStreams} streams are open: close some`, retry);
        open.set(who, own + 1);
        const events = new EventStream(request, start, dependencies, () => {
          const left = (open.get(who) ?? 1) - 1;
          if (left === 0) open.delete(who);
          else open.set(who, left);
        });
        c.env.extendTimeout(0);
        return new Response(events.body, { headers: streamHeaders });
      },
    }),
  ];
}

type StreamRequest = Request<v.InferOutput<typeof query>, undefined>;

/** The event behind which the stream begins, or the answer that refuses it. */
async function startOf({ c, query: asked }: StreamRequest, stream: StreamPort): Promise<number | Response> {
  const text = (c.req.header("last-event-id") ?? asked.last_event_id ?? "").trim();
  const end = await stream.end();
  if (text === "") return end;
  const [, generation = "0", number = ""] = /^(?:(\d{1,15})-)?(\d{1,15})$/.exec(text) ?? [];
  if (number === "")
    return problem(c, 400, "Bad request", "Last-Event-ID: the id of an event of this stream, as it was given", {
      errors: [{ name: "Last-Event-ID", reason: "is no id of an event that this appliance has sent" }],
    });
  const last = Number(number);
  const again = "fetch what is there with GET /api/v1/feed/incidents?since=, then connect without Last-Event-ID";
  if (Number(generation) !== stream.generation || last > end)
    return problem(c, 410, "Gone", `this Last-Event-ID is from before the database was restored: ${again}`);
  const oldest = await stream.oldest();
  if (last < end && (oldest === null || oldest > last + 1))
    return problem(c, 410, "Gone", `retention has removed events behind this Last-Event-ID: ${again}`);
  return last;
}

class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #request: StreamRequest;
  readonly #kinds: readonly EventKind[];
  readonly #stream: StreamPort;
  readonly #onEnd: () => void;
  #position: number;
  #ended = false;
  #wake: () => void = () => {};
  #news = true;
  #close: () => void = () => {};
  readonly #stopListening: () => void;

  constructor(request: StreamRequest, start: number, { stream, callers }: ApiDependencies, onEnd: () => void) {
    this.#request = request;
    this.#kinds = request.query.events ?? eventKinds;
    this.#stream = stream;
    this.#position = start;
    this.#onEnd = onEnd;
    const news = () => {
      this.#news = true;
      this.#wake();
    };
    const end = () => this.#end();
    const { signal } = request.c.req.raw;
    const stops = [stream.onAppend(news), callers.onRevoked(() => void this.#endUnlessAdmitted())];
    stream.stopping.addEventListener("abort", end);
    signal?.addEventListener("abort", end);
    this.#stopListening = () => {
      for (const stop of stops) stop();
      stream.stopping.removeEventListener("abort", end);
      signal?.removeEventListener("abort", end);
    };
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#close = () => controller.close();
          controller.enqueue(bytes(`retry: 3000\n: position ${start}\n\n`));
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#end(),
      },
      // At most one batch is buffered: a slow reader delays only itself.
      { highWaterMark: 1 },
    );
    if (stream.stopping.aborted || signal?.aborted) this.#end();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (!this.#ended) {
      const text = await this.#next().catch((error: unknown) => {
        this.#end();
        throw error;
      });
      if (this.#ended) return;
      if (text !== null) {
        controller.enqueue(bytes(text));
        return;
      }
      if (await this.#quiet()) {
        if (!this.#ended) controller.enqueue(bytes(":\n\n"));
        return;
      }
    }
  }

  /** The next events as text; null when there are none that this caller may see. */
  async #next(): Promise<string | null> {
    this.#news = false;
    const events = await this.#stream.read(this.#position, batch, this.#kinds);
    // Checked right before the events are sent: what the stream's credential may see now.
    const caller = await this.#endUnlessAdmitted();
    const last = events.at(-1);
    if (caller === null || last === undefined) return null;
    this.#position = last.seq;
    if (events.length === batch) this.#news = true;
    const seen = events.filter(({ entity }) => seesEntity(caller, entity));
    return seen.length === 0 ? null : seen.map((event) => eventText(event, this.#stream.generation)).join("");
  }

  /** Waits for new events; true when a keep-alive comment is due. */
  #quiet(): Promise<boolean> {
    if (this.#news || this.#ended) return Promise.resolve(false);
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    return this.#stream.sleep(quietMs, woken.signal).then(
      () => true,
      () => false,
    );
  }

  async #endUnlessAdmitted(): Promise<Caller | null> {
    const caller = await this.#request.stillAdmitted();
    if (caller === null) this.#end();
    return caller;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopListening();
    this.#wake();
    this.#onEnd();
    try {
      this.#close();
    } catch {
      // The client is gone: nothing is left to close.
    }
  }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function eventText(event: LoggedEvent, generation: number): string {
  const id = generation === 0 ? event.seq : `${generation}-${event.seq}`;
  return `id: ${id}\nevent: ${event.kind}\ndata: ${dataOf(event)}\n\n`;
}

/** JSON has no line break outside strings here, and inside they are escaped: one line. */
function dataOf({ seq, at, kind, subject, entity, data }: LoggedEvent): string {
  const head = { seq, at: new Date(at).toISOString(), kind, subject, entity_name: entity };
  return JSON.stringify({ ...head, data: kind.startsWith("alert_") ? alertData(data) : JSON.parse(data) });
}

function alertData(data: string): object {
  const time = (at: number) => new Date(at).toISOString();
  try {
    const s = parseSnapshot(data);
    return {
      hash: s.hash,
      count: s.count,
      risk: s.risk,
      ml_cluster: s.mlCluster,
      first_seen: time(s.firstSeen),
      last_seen: time(s.lastSeen),
      ...(s.delta === undefined ? {} : { hourly_delta: s.delta, burst: s.burst ?? false }),
      rule_id: s.ruleId || null,
      rule_title: s.ruleTitle,
      rule_author: s.ruleAuthor || null,
      level: s.level,
      tags: s.tags,
      entity_name: s.entity,
      user: s.user || null,
      host: s.host || null,
      src_ip: s.ip || null,
    };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return { unreadable: error.message };
  }
}
