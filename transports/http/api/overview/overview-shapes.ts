/** What the overview, the activity and the state of the appliance look like. */
import * as v from "valibot";
import { levels } from "../../../../core/detection.ts";
import { feedNames } from "../../../../core/feeds/feeds.ts";
import { riskLevels } from "../../../../core/risk.ts";
import { deliveryStates, ticketSystems } from "../../../../core/tickets/ticket.ts";
import { count, orNull, text, time } from "../shapes/field-shapes.ts";

const byLevel = v.object(Object.fromEntries(levels.map((level) => [level, count])));
const byRiskLevel = v.object(Object.fromEntries(riskLevels.map((level) => [level, count])));

const state = {
  status: v.pipe(
    v.object({ alerts: text, incidents: text }),
    v.description("Of both syslog feeds, as on their health ports: running, degraded, starting or stopped."),
  ),
  destinations: v.array(
    v.object({
      feed: v.picklist(feedNames),
      name: text,
      connected: v.boolean(),
      queued: v.pipe(orNull(count), v.description("Messages waiting; null for callers who are limited to entities.")),
      last_error: orNull(text),
      last_sent: orNull(time),
    }),
  ),
  faults: v.array(v.object({ name: text, message: text, since: time })),
};

export const overview = v.object({
  server_time: time,
  since: v.pipe(time, v.description("What counts as new.")),
  incidents: v.object({
    open: v.pipe(count, v.description("Open or in progress; the figures that follow are of these.")),
    by_level: byRiskLevel,
    in_progress: count,
    unassigned: count,
    unassigned_by_level: byRiskLevel,
    new: v.pipe(count, v.description("Recorded since, whatever became of them.")),
    sla: v.object({ breached: count, at_risk: count, on_track: count }),
  }),
  cases: v.object({ open: count }),
  detections: v.object({ total: count, alerts_new: count, by_level: byLevel }),
  deliveries: v.pipe(
    v.array(v.object({ system: v.picklist(ticketSystems), state: v.picklist(deliveryStates), count })),
    v.description("To ticket systems, those that are not finished."),
  ),
  ...state,
});

export const activity = v.object({
  from: time,
  to: v.pipe(time, v.description("The end of the present hour.")),
  hours: v.array(v.object({ hour: time, detections: byLevel, alerts_new: count })),
});

export const system = v.object({
  server_time: time,
  uptime_seconds: count,
  version: v.object({ version: text, commit: text, runtime: text, target: text }),
  database: v.object({ schema: count, sqlite: text, bytes: count }),
  disk: v.pipe(
    orNull(v.object({ free_bytes: count, total_bytes: count })),
    v.description("Of the data folder; null where it cannot be read."),
  ),
  search: v.object({ behind: v.pipe(count, v.description("Rows that the search does not know yet.")) }),
  retention_days: v.pipe(v.number(), v.description("How long closed incidents and logs are kept.")),
  cluster: v.pipe(
    orNull(
      v.object({
        node: text,
        role: v.picklist(["leader", "follower"]),
        leader: orNull(v.object({ node: text, address: text })),
        epoch: v.pipe(count, v.description("Grows with every leader.")),
        applied: v.pipe(count, v.description("The last record of the cluster's log that this node has.")),
        lag: v.pipe(count, v.description("Records that this node lacks.")),
        quorum: v.pipe(v.boolean(), v.description("Whether a quorum of etcd answers.")),
        nodes: v.array(
          v.object({
            name: text,
            role: v.picklist(["leader", "follower"]),
            address: text,
            applied: count,
            version: text,
            fault: orNull(text),
          }),
        ),
      }),
    ),
    v.description("Of a node of a cluster; null where this appliance is alone."),
  ),
  ...state,
  loops: v.array(
    v.object({
      name: text,
      every_seconds: v.number(),
      runs: count,
      failures: count,
      last_run: orNull(time),
      next_run: v.pipe(orNull(time), v.description("At the latest; something may wake it before.")),
      last_duration_ms: count,
      last_error: orNull(text),
    }),
  ),
});
