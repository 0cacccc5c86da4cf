/**
 * Those who look on while a soak runs, from a process of its own: health, pages of the console, pollers that keep a cursor, and a client of the
 * event stream that comes back where it was. Each notes how long it waited, and what it was given.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { answer, childOptions, onMessage } from "../bench/child.ts";
import { cursorPoller, keepPolling, type Poller } from "../chaos/poll-clients.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { EventStreamClient } from "../harness/event-stream.ts";
import { Latencies, type Summary } from "./latencies.ts";

export interface WatcherOptions {
  url: string;
  /** `GET /health`. */
  healthUrls: string[];
  password: string;
  /** One key for each poller, and one for the stream. */
  keys: string[];
}

/** `stop` is answered with a `WatcherResult`, once pollers and stream get nothing more. */
export type WatcherCommand = { command: "sample" } | { command: "stop" };

/** By what was asked for. */
export type WatcherSample = Record<string, Summary>;

export interface WatcherResult {
  latencies: WatcherSample;
  /** Ids of incidents, in the order in which they came, by poller and of the stream. */
  given: Record<string, string[]>;
  /** Connections of the stream. */
  streams: number;
  complaints: string[];
}

const { url, healthUrls, password, keys } = childOptions<WatcherOptions>();
const pages: Readonly<Record<string, readonly string[]>> = {
  overview: ["/"],
  list: ["/incidents", "/incidents?view=all&sort=due", "/incidents?level=critical&view=all"],
  search: ["/alerts?q=ws-12", "/search?q=u-200", "/incidents?q=own-2&view=all"],
};
const latencies = new Map<string, Latencies>();
const complaints: string[] = [];
const stop = new AbortController();

function note(what: string): void {
  if (complaints.length < 20) complaints.push(what);
}

async function timed<T>(kind: string, work: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const result = await work();
  const into = latencies.get(kind) ?? new Latencies();
  latencies.set(kind, into);
  into.add(performance.now() - before);
  return result;
}

/** `work` again and again, with a pause in between, until the end. */
async function again(milliseconds: number, work: () => Promise<unknown>): Promise<void> {
  while (!stop.signal.aborted) {
    await work().catch((error: unknown) => note(String(error)));
    await sleep(milliseconds);
  }
}

function health(): Promise<unknown> {
  return timed("health", async () => {
    for (const one of healthUrls) {
      const response = await fetch(one, { signal: AbortSignal.timeout(10_000) });
      await response.text();
      // Degraded is 200 as well: 503 says that a loop stands still.
      if (response.status !== 200) note(`health is ${response.status}`);
    }
  });
}

const client = new ConsoleClient(url);

async function signIn(): Promise<void> {
  const page = await client.post("/sign-in", { username: "admin", password });
  if (page.status !== 200) note(`sign-in is ${page.status}: ${page.text.slice(0, 200)}`);
}

let turn = 0;
async function page(kind: string): Promise<void> {
  const paths = pages[kind] ?? [];
  const path = paths[turn++ % paths.length] ?? "/";
  const got = await timed(`page, ${kind}`, async () => {
    const response = await client.raw("GET", path);
    await response.text();
    return response;
  });
  if (got.status === 303) await signIn();
  else if (got.status !== 200) note(`${path} is ${got.status}`);
}

/** Takes turns on the incidents that the first poller knows. */
async function incidentPage(): Promise<void> {
  const rows = pollers[0]?.rows ?? [];
  const id = rows[Math.floor(Math.random() * rows.length)]?.incident_id;
  if (id === undefined) return;
  const got = await timed("page, incident", async () => {
    const response = await client.raw("GET", `/incidents/${id}`);
    await response.text();
    return response;
  });
  if (got.status !== 200 && got.status !== 303) note(`the page of ${id} is ${got.status}`);
}

const key = (n: number) => keys[n] ?? "";
const base = () => url;
const since = (limit: number) => ({ since: "", limit: String(limit) });
const pollers: Poller[] = [
  cursorPoller("poller by 100", base, key(0), "/api/v1/feed/incidents", since(100)),
  cursorPoller("poller by 7", base, key(1), "/api/v1/feed/incidents", since(7)),
  cursorPoller("poller of the API", base, key(2), "/api/incidents", since(500)),
];
const streamed: string[] = [];
let streams = 0;
/** The stream's last event, 0 = from the beginning, and how many turns in a row brought none. */
let last = 0;
let quiet = 0;

/** Listens for half a minute at a time, and goes on where it was. */
async function stream(): Promise<void> {
  while (quiet < 3) {
    const headers = { "X-API-Key": key(3), "Last-Event-ID": String(last) };
    const listening = await EventStreamClient.open(`${url}/api/v1/feed/stream?events=incident_created`, headers).catch(
      () => null,
    );
    if (listening?.status !== 200) note(`the stream is ${listening?.status}`);
    streams++;
    const before = streamed.length;
    for (const end = performance.now() + 30_000; performance.now() < end && listening?.ended === false; ) {
      for (const { id, data } of listening.events.splice(0)) {
        last = id;
        streamed.push(String(data.subject));
      }
      if (stop.signal.aborted && performance.now() > end - 28_000) break;
      await sleep(200);
    }
    listening?.close();
    if (stop.signal.aborted) quiet = streamed.length === before ? quiet + 1 : 0;
  }
}

await signIn();
const listening = stream();
const polling = pollers.map((poller) => keepPolling(poller, 1000, stop.signal));
const looking = [
  again(100, health),
  ...Object.keys(pages).map((kind) => again(500, () => page(kind))),
  again(500, incidentPage),
];
const sample = (): WatcherSample =>
  Object.fromEntries([...latencies].map(([kind, of]) => [kind, of.summary()] as const));

onMessage<WatcherCommand>(async ({ command }) => {
  if (command === "sample") {
    answer(sample());
    return;
  }
  stop.abort();
  await Promise.all([listening, ...polling, ...looking]);
  const given = Object.fromEntries(
    pollers.map(({ name, rows }) => [name, rows.map(({ incident_id: id }) => id ?? "?")] as const),
  );
  const result: WatcherResult = {
    latencies: sample(),
    given: { ...given, "event stream": streamed },
    streams,
    complaints: [...complaints, ...pollers.flatMap(({ name, complaints: of }) => of.map((one) => `${name}: ${one}`))],
  };
  answer(result);
});
