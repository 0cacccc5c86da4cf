/** What administrators do with the appliance itself: settings read again. */
import * as v from "valibot";
import type { ApiDependencies } from "../dependencies.ts";
import { type Route, route } from "../route.ts";
import { orNull, text, time } from "../shapes/field-shapes.ts";

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

export function systemControlRoutes({ system }: ApiDependencies): Route[] {
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
