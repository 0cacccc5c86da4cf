/** Backups in answers. */
import * as v from "valibot";
import { count, orNull, text, time } from "../shapes/field-shapes.ts";

export const backupStatus = v.object({
  folder: text,
  schedule: v.pipe(orNull(text), v.description("Null = backups are made on request only.")),
  keep: v.pipe(count, v.description("So many stay in the folder.")),
  next_at: orNull(time),
  last: v.pipe(
    orNull(v.object({ at: time, bytes: count, path: text })),
    v.description("The last one that succeeded; null = there was none."),
  ),
  failure: v.pipe(
    orNull(v.object({ at: time, message: text })),
    v.description("Why the last one failed; null after a success."),
  ),
  running: v.pipe(
    orNull(v.object({ phase: v.picklist(["copy", "check", "pack"]), done: count, total: count })),
    v.description("How far the present one is, in bytes; null = none is being made."),
  ),
  backups: v.array(v.object({ name: text, bytes: count, at: time })),
});
