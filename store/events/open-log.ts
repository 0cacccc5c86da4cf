/** What operations that append events can use. */
import type { AppendedCounts } from "../../core/event.ts";
import type { OpenDatabase } from "../database/operation.ts";
import type { Sequences } from "./sequences.ts";

export interface OpenLog extends OpenDatabase {
  readonly sequences: Sequences;
  /** Tells readers of the log how many events of each kind were committed. */
  appended(counts: AppendedCounts): void;
}
