/**
 * The event log as server-sent events (WHATWG HTML, 9.2), for the API and the console. The id of an event is its number in the log, so
 * `Last-Event-ID` resumes without a gap or a repeat.
 */
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import type { EventKind, LoggedEvent } from "../../core/event.ts";
import type { StreamPort } from "./api/dependencies.ts";
import type { ApiContext } from "./api/route.ts";
import { problem } from "./problem.ts";

const batch = 200;
/** Comments keep proxies from closing a quiet stream, and reveal a client that is gone. */
const quietMs = 15_000;
const mostStreams = 200;
const mostPerCaller = 10;

const streamHeaders = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no",
};

export interface StreamRequest {
  c: ApiContext;
  caller: Caller;
  kinds: readonly EventKind[];
  /** For clients that cannot set the header Last-Event-ID. */
  lastEventId: string | undefined;
  /** The caller as the same credential stands for it now; null once it no longer opens the stream. */
  stillAdmitted(): Promise<Caller | null>;
  /** The data of an event as one line of JSON. */
  dataOf(event: LoggedEvent): string;
}

interface StreamParts {
  stream: StreamPort;
  onRevoked(listener: () => void): () => void;
}

/** Opens streams, and bounds how many there are. */
export class EventStreams {
  readonly #parts: StreamParts;
  /** Open streams by caller. */
  readonly #open = new Map<string, number>();

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** The stream, or the answer that refuses it: 400, 410, 429 or 503. */
  async open(request: StreamRequest): Promise<Response> {
    const { c, caller } = request;
    const start = await startOf(request, this.#parts.stream);
    if (start instanceof Response) return start;
    // A HEAD answer has no body, so nothing may be kept open for it.
    if (c.req.method === "HEAD") return new Response(null, { headers: streamHeaders });
    const who = `${caller.kind} ${caller.id}`;
    const open = this.#open;
    const own = open.get(who) ?? 0;
    const all = [...open.values()].reduce((sum, count) => sum + count, 0);
    const retry = { retryAfter: 30 };
    if (own >= mostPerCaller)
      return problem(c, 429, "Too many streams", `${mostPerCaller} streams of yours are open: close some`, retry);
    if (all >= mostStreams)
      return problem(c, 503, "Too many streams", `${mostStreams} streams are open: close some`, retry);
    open.set(who, own + 1);
    const events = new EventStream(request, start, this.#parts, () => {
      const left = (open.get(who) ?? 1) - 1;
      if (left === 0) open.delete(who);
      else open.set(who, left);
    });
    c.env.extendTimeout(0);
    return new Response(events.body, { headers: streamHeaders });
  }
}

/** The event behind which the stream begins, or the answer that refuses it. */
async function startOf({ c, lastEventId }: StreamRequest, stream: StreamPort): Promise<number | Response> {
  const text = (c.req.header("last-event-id") ?? lastEventId ?? "").trim();
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

  constructor(request: StreamRequest, start: number, { stream, onRevoked }: StreamParts, onEnd: () => void) {
    this.#request = request;
    this.#kinds = request.kinds;
    this.#stream = stream;
    this.#position = start;
    this.#onEnd = onEnd;
    const news = () => {
      this.#news = true;
      this.#wake();
    };
    const end = () => this.#end();
    const { signal } = request.c.req.raw;
    const stops = [stream.onAppend(news), onRevoked(() => void this.#endUnlessAdmitted())];
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
    return seen.length === 0 ? null : seen.map((event) => this.#text(event)).join("");
  }

  #text(event: LoggedEvent): string {
    const { generation } = this.#stream;
    const id = generation === 0 ? event.seq : `${generation}-${event.seq}`;
    return `id: ${id}\nevent: ${event.kind}\ndata: ${this.#request.dataOf(event)}\n\n`;
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
