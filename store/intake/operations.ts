/** Operations of intake: detections, alarms, and the hourly events. */
import type { AlarmWrite, DetectionWrite } from "../../core/ports.ts";
import type { Operations } from "../database/operation.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { correlationAuthor, UnitOfWork } from "../incidents/unit-of-work.ts";
import { writeAlarms } from "./alarms.ts";
import { type Written, writeDetections } from "./alerts.ts";
import { findBatch } from "./batches.ts";
import { recordHourly } from "./hourly.ts";

export const intakeOperations = {
  writeDetections: {
    kind: "write",
    shares: true,
    records: ({ detections }: DetectionWrite) => detections.length,
    run: async (open, write: DetectionWrite) =>
      took(
        open,
        await UnitOfWork.inOneWrite(open, correlationAuthor, write.now, (unit) =>
          writeDetections(unit, write, open.correlator),
        ),
        write.more,
      ),
  },
  writeAlarms: {
    kind: "write",
    shares: true,
    records: ({ alarms }: AlarmWrite) => alarms.length,
    run: async (open, write: AlarmWrite) =>
      took(
        open,
        await UnitOfWork.inOneWrite(open, correlationAuthor, write.now, (unit) =>
          writeAlarms(unit, write, open.correlator),
        ),
        write.more,
      ),
  },
  findBatch: {
    kind: "read",
    shares: true,
    run: ({ database }, owner: string, key: string) => findBatch(database, owner, key),
  },
  recordHourly: {
    kind: "write",
    run: async ({ database, sequences, appended }, now: number, intervalMs: number) => {
      const { recorded, more } = await recordHourly(database, sequences, now, intervalMs);
      if (recorded > 0) appended({ alert_hourly: recorded });
      return { recorded, more };
    },
  },
} satisfies Operations<OpenIncidents>;

/** After a part was written: its actors wait while more of the batch is to come. */
function took({ assessments }: OpenIncidents, { tally, periodIds }: Written, more: string | null) {
  if (more !== null) assessments.wait(more, periodIds);
  return tally;
}
