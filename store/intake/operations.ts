/** What comes in: detections, alarms, and the hourly feed's turn. */
import type { AlarmWrite, DetectionWrite } from "../../core/ports.ts";
import type { Operations } from "../database/operation.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { writeAlarms } from "./alarms.ts";
import type { AlertWriter, Written } from "./alerts.ts";
import { findBatch } from "./batches.ts";
import { recordHourly } from "./hourly.ts";

export interface OpenIntake extends OpenIncidents {
  readonly alerts: AlertWriter;
}

export const intakeOperations = {
  writeDetections: {
    kind: "write",
    shares: true,
    records: ({ detections }: DetectionWrite) => detections.length,
    run: async (open, write: DetectionWrite) => took(open, await open.alerts.write(write, open.correlator), write.more),
  },
  writeAlarms: {
    kind: "write",
    shares: true,
    records: ({ alarms }: AlarmWrite) => alarms.length,
    run: async (open, write: AlarmWrite) => {
      const { database, sequences, correlator } = open;
      return took(open, await writeAlarms(database, sequences, write, correlator), write.more);
    },
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
} satisfies Operations<OpenIntake>;

/** A part that has been written: its actors wait while more of the batch is to come. */
function took({ assessments, appended }: OpenIntake, { tally, counts, periodIds }: Written, more: string | null) {
  if (more !== null) assessments.wait(more, periodIds);
  appended(counts);
  return tally;
}
