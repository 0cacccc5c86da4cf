/** What administrators do with the appliance itself: settings read again. */
import * as v from "valibot";
import { EdgeError } from "../../../../core/errors.ts";
import { feedNames } from "../../../../core/feeds/feeds.ts";
import { type ApiDependencies, logLevelNames } from "../dependencies.ts";
import { whole } from "../parameters.ts";
import { type Route, route } from "../route.ts";
import { count, orNull, text, time } from "../shapes/field-shapes.ts";

const change = v.object({
  setting: v.pipe(
    text,
    v.description("RHYTHMX_RETENTION_DAYS, destination alerts/siem, case pattern impact, asset dc01, certificate."),
  ),
  from: v.pipe(orNull(text), v.description("For people. null = it was not there; (secret) for a secret.")),
  to: v.pipe(orNull(text), v.description("null = it is not there any more.")),
  restart: v.pipe(orNull(text), v.description("Why it holds after a restart only; null = it is in force.")),
});
const refused = v.object({
  place: v.pipe(text, v.description("The file with its line, environment, or certificate.")),
  key: v.pipe(text, v.description("Empty = the whole of it.")),
  accepted: orNull(text),
  message: v.pipe(text, v.description("All of that and what was found, on one line.")),
});
const report = v.object({
  at: time,
  by: v.pipe(text, v.description("A user, command line, or signal (SIGHUP).")),
  outcome: v.pipe(
    v.picklist(["taken", "refused"]),
    v.description("refused: something keeps its last good settings; everything else is taken over."),
  ),
  changes: v.array(change),
  refused: v.array(refused),
});

const retention = v.object({
  days: v.pipe(count, v.description("Of which the answer is.")),
  configured_days: count,
  audit_days: v.pipe(count, v.description("The audit log has its own number.")),
  next_run: v.pipe(orNull(time), v.description("When what the answer names is removed.")),
  waits_for_clock: v.pipe(v.boolean(), v.description("Nothing is removed until the clock has been steady for a day.")),
  kinds: v.array(
    v.object({
      kind: v.picklist(["events", "alerts", "incidents", "deliveries", "alarms", "audit"]),
      rows: count,
      bytes: v.pipe(count, v.description("Estimated from the newest rows, without indexes.")),
      oldest: orNull(time),
      removes: v.pipe(count, v.description("Rows that the next pass removes.")),
      removes_bytes: count,
      removes_at_least: v.pipe(v.boolean(), v.description("There are more: counting has ended.")),
    }),
  ),
});
const logLevel = v.object({
  level: v.picklist(logLevelNames),
  configured: v.pipe(v.picklist(logLevelNames), v.description("`RHYTHMX_LOG_LEVEL`.")),
  temporary: v.pipe(v.boolean(), v.description("Chosen until the next restart.")),
});
const heartbeat = v.object({
  feed: v.picklist(feedNames),
  name: text,
  every_minutes: v.pipe(v.number(), v.description("`heartbeat_minutes` of the destination; 0 = none by itself.")),
  last_sent: v.pipe(orNull(time), v.description("Handed to the receiver, since the destination was started.")),
  next: orNull(time),
  waits: v.pipe(v.boolean(), v.description("One waits for the receiver.")),
});

export function systemControlRoutes({ system, overview }: ApiDependencies): Route[] {
  const admin = { permission: "administer", callers: "users", tag: "Administration" } as const;
  const path = "/api/system/reload";
  return [
    route({
      ...admin,
      ...{ method: "GET", path: "/api/system/support-bundle" },
      summary: "A support bundle",
      description:
        "A tar archive with gzip for whoever helps: what doctor and check say, settings with their sources, the last lines of the log, metrics, the last reload. Without secrets, logs and the text of detections and tickets. It tries to reach every receiver, which takes up to 20 seconds. The audit log says who took it.",
      answers: { 200: { description: "The archive.", file: "application/gzip" } },
      handle: async ({ c, caller }) => {
        const bundle = await system.supportBundle(caller);
        c.header("Content-Type", "application/gzip");
        c.header("Content-Disposition", 'attachment; filename="rhythmx-support.tar.gz"');
        c.header("Cache-Control", "no-store");
        return c.body(new Uint8Array(bundle));
      },
    }),
    route({
      ...admin,
      ...{ method: "GET", path: "/api/system/retention" },
      summary: "What is kept, and what retention removes next",
      description: "`days`: what it would remove if so many days of data were kept. Nothing is changed.",
      query: v.object({
        days: v.optional(v.pipe(whole(1, 36_500), v.description("Instead of those of the settings."))),
      }),
      answers: { 200: { description: "By kind.", schema: retention } },
      handle: async ({ c, query }) => c.json(await overview.retention(query.days ?? null)),
    }),
    route({
      ...admin,
      ...{ method: "GET", path: "/api/system/log-level" },
      summary: "From which level on the appliance's log is written",
      answers: { 200: { description: "null = it cannot be chosen.", schema: v.object({ log: v.nullable(logLevel) }) } },
      handle: async ({ c }) => c.json({ log: system.logLevel() }),
    }),
    route({
      ...admin,
      ...{ method: "PUT", path: "/api/system/log-level" },
      summary: "Another level, at once and until the next restart",
      description: "For good it is saved as `level` of the section `logging`. It is in the audit log.",
      body: v.object({
        level: v.nullable(v.pipe(v.picklist(logLevelNames), v.description("null = that of the settings again."))),
      }),
      bodyExample: { level: "debug" },
      answers: {
        200: { description: "As it is now.", schema: v.object({ log: logLevel }) },
        409: { description: "It cannot be chosen: it is a demo." },
      },
      handle: async ({ c, caller, body }) => c.json({ log: await system.chooseLogLevel(caller, body.level) }),
    }),
    route({
      ...admin,
      ...{ method: "GET", path: "/api/system/heartbeats" },
      summary: "Heartbeats of syslog destinations",
      answers: { 200: { description: "Of each that sends.", schema: v.object({ heartbeats: v.array(heartbeat) }) } },
      handle: async ({ c }) => c.json({ heartbeats: system.heartbeats() }),
    }),
    route({
      ...admin,
      ...{ method: "POST", path: "/api/system/heartbeats/:feed/:name" },
      summary: "Sends a destination a heartbeat now",
      description: "A message of MSGID STATUS in its place between the others, also where none is configured.",
      answers: {
        202: { description: "It is on its way.", schema: v.object({ heartbeats: v.array(heartbeat) }) },
        404: { description: "There is no such destination that sends." },
        409: { description: "One waits for the receiver already." },
      },
      handle: async ({ c, caller, param }) => {
        const feed = feedNames.find((one) => one === param("feed"));
        if (feed === undefined) throw new EdgeError("destination_unknown", `feed: one of ${feedNames.join(", ")}`);
        await system.sendHeartbeat(caller, feed, param("name"));
        return c.json({ heartbeats: system.heartbeats() }, 202);
      },
    }),
    route({
      ...admin,
      ...{ method: "GET", path },
      summary: "What came of the last reload of settings",
      description: "Since the start of the appliance.",
      answers: {
        200: { description: "null = there was none.", schema: v.object({ reload: v.nullable(report) }) },
      },
      handle: async ({ c }) => c.json({ reload: system.lastReload() }),
    }),
    route({
      ...admin,
      ...{ method: "POST", path },
      summary: "Reads configuration files and certificates again",
      description: "As `rhythmx reload` and SIGHUP do. What is wrong keeps its last good settings.",
      answers: {
        200: { description: "What changed, and what was refused.", schema: v.object({ reload: report }) },
        409: { description: "There are no files and environment to be read: it is a demo." },
      },
      handle: async ({ c, caller }) => c.json({ reload: await system.reload(caller) }),
    }),
  ];
}
