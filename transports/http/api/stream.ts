/** `GET /api/v1/feed/stream`: the event log as server-sent events. */
import * as v from "valibot";
import { EdgeError } from "../../../core/errors.ts";
import { eventKinds, type LoggedEvent } from "../../../core/event.ts";
import { parseSnapshot } from "../../../core/feeds/snapshot.ts";
import { EventStreams } from "../event-stream.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { shortText, word } from "./parameters.ts";
import { type Route, route } from "./route.ts";

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

export function streamRoutes(dependencies: ApiDependencies): Route[] {
  const streams = new EventStreams({
    stream: dependencies.stream,
    onRevoked: (listener) => dependencies.callers.onRevoked(listener),
  });
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
      handle: ({ c, caller, query: asked, stillAdmitted }) =>
        streams.open({
          c,
          caller,
          kinds: asked.events ?? eventKinds,
          lastEventId: asked.last_event_id,
          stillAdmitted,
          dataOf,
        }),
    }),
  ];
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
