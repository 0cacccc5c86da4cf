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
import { type ApiContext, type Request, type Route, route } from "./route.ts";

const batch = 200;
/** Comments in between keep proxies from closing a quiet stream, and show a client that is gone. */
const quietMs = 15_000;
const mostStreams = 200;

const query = v.object({
  events: v.optional(
    v.pipe(
      v.array(word(eventKinds)),
      v.minLength(1, `a comma list of ${eventKinds.join(", ")}`),
      v.description(`Kinds of events, with commas between them; default all: ${eventKinds.join(", ")}.`),
    ),
  ),
  last_event_id: v.optional(
    v.pipe(shortText(20), v.description("For clients that cannot set the header Last-Event-ID.")),
  ),
});

export function streamRoutes(dependencies: ApiDependencies): Route[] {
  let open = 0;
  return [
    route({
      method: "GET",
      path: "/api/v1/feed/stream",
      permission: "read",
      callers: "users and keys",
      tag: "Feeds",
      summary: "Everything that happens, as it happens",
      description:
        "Server-sent events; `id` is the event's number in the log, `event` its kind, `data` a JSON object. With `Last-Event-ID` it goes on behind that event, without it begins with what comes. A token's stream ends with the token, a key's when it is revoked.",
      query,
      answers: {
        200: { description: "text/event-stream, without end." },
        410: { description: "Retention has removed events behind Last-Event-ID." },
        503: { description: "Too many streams are open." },
      },
      handle: async (request) => {
        if (open >= mostStreams)
          return problem(request.c, 503, "Too many streams", `${mostStreams} streams are open: close some`, {
            retryAfter: 30,
          });
        const start = await startOf(request, dependencies.stream);
        if (start instanceof Response) return start;
        open++;
        const events = new EventStream(request, start, dependencies, () => {
          open--;
        });
        request.c.env.extendTimeout(0);
        return new Response(events.body, {
          headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" },
        });
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
  const last = Number(text);
  if (!/^\d{1,15}$/.test(text) || last > end)
    return problem(c, 400, "Bad request", "Last-Event-ID: the id of an event of this stream, as it was given", {
      errors: [{ name: "Last-Event-ID", reason: "is no id of an event that this appliance has sent" }],
    });
  const oldest = await stream.oldest();
  if (last < end && (oldest === null || oldest > last + 1))
    return problem(
      c,
      410,
      "Gone",
      "retention has removed events behind this Last-Event-ID: fetch what is there with GET /api/v1/feed/incidents, then connect without it",
    );
  return last;
}

class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #c: ApiContext;
  #caller: Caller;
  readonly #kinds: readonly EventKind[];
  readonly #dependencies: ApiDependencies;
  readonly #onEnd: () => void;
  #position: number;
  #ended = false;
  #wake: () => void = () => {};
  #news = true;
  readonly #stopListening: () => void;

  constructor(request: StreamRequest, start: number, dependencies: ApiDependencies, onEnd: () => void) {
    this.#c = request.c;
    this.#caller = request.caller;
    this.#kinds = request.query.events ?? eventKinds;
    this.#dependencies = dependencies;
    this.#position = start;
    this.#onEnd = onEnd;
    const wake = () => {
      this.#news = true;
      this.#wake();
    };
    this.#stopListening = dependencies.stream.onAppend(wake);
    dependencies.stream.stopping.addEventListener("abort", wake);
    request.c.req.raw.signal?.addEventListener("abort", () => this.#end());
    this.body = new ReadableStream(
      {
        start: (controller) => controller.enqueue(bytes(`retry: 3000\n: position ${start}\n\n`)),
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#end(),
      },
      // One batch in hand: a reader that is slow holds nothing but itself up.
      { highWaterMark: 1 },
    );
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { stream } = this.#dependencies;
    while (!this.#ended) {
      if (stream.stopping.aborted || !(await this.#stillMay())) {
        this.#end();
        controller.close();
        return;
      }
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
        controller.enqueue(bytes(":\n\n"));
        return;
      }
    }
  }

  /** The next events as text; null when there are none that this caller may see. */
  async #next(): Promise<string | null> {
    this.#news = false;
    const events = await this.#dependencies.stream.read(this.#position, batch, this.#kinds);
    const last = events.at(-1);
    if (last === undefined) return null;
    this.#position = last.seq;
    if (events.length === batch) this.#news = true;
    const seen = events.filter(({ entity }) => seesEntity(this.#caller, entity));
    return seen.length === 0 ? null : seen.map(eventText).join("");
  }

  /** Waits for news; true when none came for so long that a sign of life is due. */
  #quiet(): Promise<boolean> {
    if (this.#news) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), quietMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  }

  /** A revoked key, a disabled user and an expired token end the stream; other entities count from now on. */
  async #stillMay(): Promise<boolean> {
    const { callers } = this.#dependencies;
    const key = this.#c.req.header("x-api-key");
    const token = /^Bearer (\S+)$/i.exec(this.#c.req.header("authorization") ?? "")?.[1];
    const { address } = this.#caller;
    const caller = key !== undefined ? callers.ofKey(key, address) : await callers.ofToken(token ?? "", address);
    if (caller === null) return false;
    this.#caller = caller;
    return true;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopListening();
    this.#wake();
    this.#onEnd();
  }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function eventText(event: LoggedEvent): string {
  return `id: ${event.seq}\nevent: ${event.kind}\ndata: ${dataOf(event)}\n\n`;
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
