/** Decides from the free disk space whether intake is open (CONTRACT 8). */
export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
}

export type SpaceDecision =
  | { open: true; reason: "enough" }
  | { open: false; reason: "few-bytes" | "few-percent"; message: string };

/** Intake closes below `minFreeBytes`, or below `minFreePercent` of the disk. */
export function spaceDecision(space: DiskSpace, minFreeBytes: number, minFreePercent: number): SpaceDecision {
  const percent = space.totalBytes === 0 ? 0 : (100 * space.freeBytes) / space.totalBytes;
  const left = `the data folder's disk has ${mebibytes(space.freeBytes)} MiB (${percent.toFixed(1)} %) left`;
  if (space.freeBytes < minFreeBytes)
    return {
      open: false,
      reason: "few-bytes",
      message: `${left}; intake opens again at ${mebibytes(minFreeBytes)} MiB: free some space`,
    };
  if (percent < minFreePercent)
    return {
      open: false,
      reason: "few-percent",
      message: `${left}; intake opens again at ${minFreePercent} %: free some space`,
    };
  return { open: true, reason: "enough" };
}

/** The free bytes below which intake closes on a disk of this size. */
export function spaceLimit(totalBytes: number, minFreeBytes: number, minFreePercent: number): number {
  return Math.max(minFreeBytes, Math.ceil((totalBytes * minFreePercent) / 100));
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 1_048_576);
}
