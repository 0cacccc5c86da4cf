/** The samples of other engines' records in test/data/engines, read as intake reads them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Alarm, Detection } from "../../core/detection.ts";
import { formatOf } from "../../core/intake/engines/format.ts";

const data = join(import.meta.dir, "..", "data");
const context = {
  now: Date.UTC(2026, 10, 1),
  defaultEntity: "Primary Site",
  allowedEntities: null,
  repaired: false,
};

export function sampleText(file: string): string {
  return readFileSync(join(data, "engines", file), "utf8");
}

/** The sample in our own format. */
export function ownSampleText(): string {
  return gunzipSync(readFileSync(join(data, "detections", "alerts.jsonl.gz"))).toString();
}

/** What became of each record: a detection or alarm, or the error. */
export function readBatch(format: string, text: string, kind: "detections" | "alarms" = "detections") {
  const chosen = formatOf(kind, format);
  if ("known" in chosen) throw new Error(`no format ${format}`);
  return chosen.split(text, 20_000).map((source) => chosen.read(source, context));
}

/** The detections of a batch; fails when a record is refused. */
export function detectionsOf(format: string, text: string): Detection[] {
  return readBatch(format, text).map((result) => {
    if (!result.ok) throw new Error(result.error);
    return (result as { detection: Detection }).detection;
  });
}

export function alarmsOf(format: string, text: string): Alarm[] {
  return readBatch(format, text, "alarms").map((result) => {
    if (!result.ok) throw new Error(result.error);
    return (result as { alarm: Alarm }).alarm;
  });
}

/** What each record is refused for; null for one that is taken. */
export function errorsOf(
  format: string,
  text: string,
  kind: "detections" | "alarms" = "detections",
): (string | null)[] {
  return readBatch(format, text, kind).map((result) => (result.ok ? null : result.error));
}
