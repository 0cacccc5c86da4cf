/** What operations that append events can use. */
import type { AppendedCounts } from "../../core/event.ts";
import type { OpenDatabase } from "../database/operation.ts";
import type { Sequences } from "./sequences.ts";

export interface OpenLog extends OpenDatabase {
  readonly sequences: Sequences;
  /** Announces events that are in the file, of each kind so many, to readers of the log. */
  appended(counts: AppendedCounts): void;
}
