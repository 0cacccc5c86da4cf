/** What intake tells of its work, for metrics. */
/** What became of records of one batch. */
export interface IntakeCounts {
  kind: "detections" | "alarms";
  /** One of CONTRACT 2's. */
  format: string;
  accepted: number;
  /** Repeats of an id that is remembered, or of another record of the batch. */
  duplicates: number;
  rejected: number;
}

export interface IntakeListener {
  /** Records of a part of a batch were judged, and those that are good are on the disk. */
  records(counts: IntakeCounts): void;
  /** A batch was taken in, in milliseconds; not one that was in already. */
  tookIn(kind: "detections" | "alarms", milliseconds: number): void;
}
